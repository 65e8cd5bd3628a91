"""The texts of the errors of `service.domain.errors` that are not a denial with reasons."""

from __future__ import annotations

from collections.abc import Mapping

from service.domain.texts_forms import FORM_ERRORS
from service.domain.texts_log import LOG_ERRORS
from service.domain.texts_public import PUBLIC_ERRORS
from service.domain.texts_purposes import PURPOSE_ERRORS
from service.domain.texts_regions import REGION_ERRORS
from service.domain.texts_reminder import REMINDER_ERRORS
from service.domain.texts_table import Text

_DELIVERY = "Delivery"
_ROUND = "Round"
_REQUEST = "Request"
_INPUT = "Input"
_STATE = "State"
_REFRESH = ("Haal de huidige stand op en handel daarnaar.", "Get the present state and act on that.")
_LATER = ("Er is niets gebeurd; probeer het later opnieuw.", "Nothing was done; try again later.")
_REPORT = (
    "Er is niets gebeurd; meld het aan de beheerder met het kenmerk van dit antwoord.",
    "Nothing was done; report it to the operator with the trace id of this answer.",
)

ERRORS: Mapping[str, Text] = {
    **PURPOSE_ERRORS,
    **LOG_ERRORS,
    **FORM_ERRORS,
    **PUBLIC_ERRORS,
    **REGION_ERRORS,
    **REMINDER_ERRORS,
    "denied": Text(
        "Deny by default",
        "Dit is niet toegestaan.",
        "This is not allowed.",
        "De redenen staan erbij.",
        "The reasons are listed with it.",
    ),
    "not-found": Text(
        "Access",
        "Dit bestaat niet, of niet voor u.",
        "This does not exist, or not for you.",
        "Controleer het kenmerk.",
        "Check the id.",
    ),
    "not-authenticated": Text(
        "Access",
        "De dienst weet niet wie u bent.",
        "The service does not know who you are.",
        "Log opnieuw in, of vraag een nieuw token aan.",
        "Log in again, or ask for a new token.",
    ),
    "internal-error": Text(
        "Service", "Er ging iets mis in de dienst.", "Something went wrong in the service.", *_REPORT
    ),
    # --- the state of things
    "round-not-open": Text(
        _ROUND,
        "Ronde {round} neemt nog geen aanleveringen aan (stand: {state}).",
        "Round {round} takes no deliveries yet (state: {state}).",
        "Wacht tot de ronde open is.",
        "Wait until the round is open.",
    ),
    "period-not-ended": Text(
        "Round; Mw art. 6",
        "De periode van ronde {round} loopt nog tot en met {day}; cijfers over wat nog komt gaan niet door de dienst.",
        "The period of round {round} runs until {day} still; figures about what is to come do not flow.",
        "Open de ronde, of lever aan, na die dag.",
        "Open the round, or deliver, after that day.",
    ),
    "round-closed": Text(
        _ROUND,
        "Ronde {round} is gesloten.",
        "Round {round} is closed.",
        "Vraag de datasteward de ronde te heropenen.",
        "Ask the data steward to reopen the round.",
    ),
    "round-state": Text(
        _STATE,
        "'{event}' kan niet bij een ronde die {state} is.",
        "'{event}' does not fit a round that is {state}.",
        *_REFRESH,
    ),
    "request-state": Text(
        _STATE,
        "'{event}' kan niet bij een aanvraag die {state} is.",
        "'{event}' does not fit a request that is {state}.",
        *_REFRESH,
    ),
    "submission-state": Text(
        _STATE,
        "'{event}' kan niet bij een aanlevering die {state} is.",
        "'{event}' does not fit a submission that is {state}.",
        *_REFRESH,
    ),
    "organisation-exists": Text(
        _STATE,
        "Deze organisatie is er al.",
        "This organisation exists already.",
        "Kies een ander id.",
        "Choose another id.",
    ),
    "key-exists": Text(
        _STATE,
        "Deze sleutel is al geregistreerd.",
        "This key is registered already.",
        "Maak een nieuw sleutelpaar.",
        "Make a new key pair.",
    ),
    "round-exists": Text(
        _STATE,
        "Deze ronde is er al.",
        "This round exists already.",
        "Gebruik de bestaande ronde.",
        "Use the existing round.",
    ),
    "evidence-outdated": Text(
        _REQUEST,
        "De tabel is intussen opnieuw gemaakt of de gegevens zijn veranderd.",
        "The table was made anew meanwhile, or the data changed.",
        "Beoordeel de nieuwe tabel ({evidence}).",
        "Review the new table ({evidence}).",
    ),
    "reviewed-already": Text(
        _REQUEST,
        "U hebt deze tabel al beoordeeld.",
        "You reviewed this table already.",
        "Laat een andere datasteward beoordelen.",
        "Have another data steward review it.",
    ),
    "release-withdrawn": Text(
        "Release", "Deze vrijgave is al ingetrokken.", "This release was withdrawn already.", *_REFRESH
    ),
    # --- deliveries
    "already-delivered": Text(
        _DELIVERY,
        "Voor deze ronde is al aangeleverd ({submission}).",
        "There is already a delivery for this round ({submission}).",
        "Noem die aanlevering in 'corrects' als deze haar vervangt.",
        "Name that delivery in 'corrects' if this one replaces it.",
    ),
    "corrects-outdated": Text(
        _DELIVERY,
        "De aanlevering die u verbetert, telt niet meer; nu telt {submission}.",
        "The delivery that you correct does not count any more; {submission} counts now.",
        "Controleer wat nu telt, en noem dat in 'corrects'.",
        "Check what counts now, and name that in 'corrects'.",
    ),
    "idempotency-key-reused": Text(
        _DELIVERY,
        "Deze Idempotency-Key hoort bij een ander manifest ({submission}).",
        "This Idempotency-Key belongs to another manifest ({submission}).",
        "Gebruik een nieuwe sleutel voor een nieuwe aanlevering.",
        "Use a new key for a new delivery.",
    ),
    "manifest-known": Text(
        _DELIVERY,
        "Dit manifest is al gebruikt.",
        "This manifest was used already.",
        "Maak een nieuw manifest.",
        "Make a new manifest.",
    ),
    "unknown-resource": Text(
        "RFC 8707",
        "Voor dit adres geeft deze dienst geen toegangsbewijzen.",
        "This service gives no access tokens for this address.",
        "Vraag er een voor de dienst zelf, of voor de sleutelhouder die /.well-known/sluis-pseudonyms noemt.",
        "Ask for one for the service itself, or for the key holder that /.well-known/sluis-pseudonyms names.",
    ),
    "incomplete": Text(
        _DELIVERY,
        "Er ontbreken delen: {missing} ({received} van {parts} ontvangen).",
        "Parts are missing: {missing} ({received} of {parts} received).",
        "Zend de ontbrekende delen en rond dan af.",
        "Send the missing parts, then complete.",
    ),
    "part-differs": Text(
        _DELIVERY,
        "Deel {number} is eerder met andere inhoud gezonden.",
        "Part {number} was sent before with other content.",
        "Breek de aanlevering af en begin opnieuw.",
        "Abandon the submission and start again.",
    ),
    "too-many-keys": Text(
        _STATE,
        "Er gelden al {limit} sleutels voor deze organisatie.",
        "{limit} keys hold for this organisation already.",
        "Trek eerst een sleutel in die niet meer nodig is.",
        "First revoke a key that is not needed any more.",
    ),
    "sealing-key-not-active": Text(
        _DELIVERY,
        "De sleutel waaraan dit verzegeld is, is niet in gebruik ({state}).",
        "The key that this is sealed to is not in use ({state}).",
        "Haal de sleutels opnieuw op (/v1/sealing-keys) en verzegel aan de actieve.",
        "Fetch the keys again (/v1/sealing-keys) and seal to the active one.",
    ),
    "sealing-not-as-announced": Text(
        _DELIVERY,
        "De inhoud is verzegeld en dat staat niet in het manifest, of andersom.",
        "The content is sealed and the manifest does not say so, or the other way round.",
        "Verzegel elk deel van een aanlevering met sealed in het manifest, en van een andere geen.",
        "Seal every part of a delivery whose manifest says sealed, and none of another.",
    ),
    "sealed-content": Text(
        _DELIVERY,
        "Wat verzegeld is gaat niet open: het is veranderd, of verzegeld voor een andere plaats.",
        "What is sealed does not open: it was altered, or sealed for another place.",
        "Verzegel met manifestdigest, aanleveraar, sleutel en deelnummer zoals beschreven, en zend opnieuw.",
        "Seal with manifest digest, supplier, key and part number as described, and send again.",
    ),
    "part-exists": Text(
        _DELIVERY, "Dit deel is er al.", "This part is there already.", "Zend het volgende deel.", "Send the next part."
    ),
    "part-number": Text(
        _DELIVERY,
        "Deel {number} hoort niet bij deze aanlevering.",
        "Part {number} does not belong to this submission.",
        "Nummer de delen vanaf 0.",
        "Number the parts from 0.",
    ),
    "part-too-large": Text(
        _DELIVERY,
        "Het deel is {size} bytes; het maximum is {limit}.",
        "The part has {size} bytes; the limit is {limit}.",
        "Maak kleinere delen.",
        "Make smaller parts.",
    ),
    "content-too-large": Text(
        _DELIVERY,
        "De inhoud is {size} bytes; het maximum is {limit}.",
        "The content has {size} bytes; the limit is {limit}.",
        "Lever aan als Parquet, of splits de ronde in overleg met de datasteward.",
        "Deliver Parquet, or split the round in consultation with the data steward.",
    ),
    "uploads-too-large": Text(
        _DELIVERY,
        "Met deze aanlevering komen er {size} bytes van u tegelijk binnen; het maximum is {limit}.",
        "With this delivery {size} bytes of yours would come in at the same time; the limit is {limit}.",
        "Rond eerst af wat onderweg is, of geef het op.",
        "First finish what is under way, or give it up.",
    ),
    "content-digest": Text(
        _DELIVERY,
        "De inhoud past niet bij de opgegeven hash.",
        "The content does not match the digest given.",
        "Zend de inhoud opnieuw; blijft het zo, maak dan een nieuw manifest.",
        "Send the content again; if it stays, make a new manifest.",
    ),
    "rows-differ": Text(
        _DELIVERY,
        "Het manifest noemt {announced} rijen, de inhoud heeft er {rows}.",
        "The manifest names {announced} rows, the content has {rows}.",
        "Tel de rijen opnieuw, zonder kopregel, of laat `rows` leeg (null), en maak een nieuw manifest.",
        "Count the rows again, without the header, or leave `rows` null, and make a new manifest.",
    ),
    "content-refused": Text(
        _DELIVERY,
        "De gegevens zijn geweigerd.",
        "The data were refused.",
        "Herstel de genoemde fouten en lever opnieuw aan; er is niets opgeslagen.",
        "Mend the faults named and deliver again; nothing was stored.",
    ),
    "manifest-signature": Text(
        _DELIVERY,
        "De handtekening onder het manifest klopt niet.",
        "The signature of the manifest is not right.",
        "Onderteken de canonieke vorm (RFC 8785) met de geregistreerde sleutel.",
        "Sign the canonical form (RFC 8785) with the registered key.",
    ),
    "clock-skew": Text(
        _DELIVERY,
        "Uw klok wijkt {seconds} seconden af; bij de dienst is het {now}.",
        "Your clock is off by {seconds} seconds; at the service it is {now}.",
        "Zet de klok gelijk en lever opnieuw aan.",
        "Set the clock and deliver again.",
    ),
    "try-again": Text(_DELIVERY, "Een andere handeling was net voor.", "Another action came first.", *_LATER),
    # --- input
    "organisation": Text(
        _INPUT,
        "De organisatie is niet geldig beschreven.",
        "The organisation is not validly described.",
        "Herstel de genoemde velden.",
        "Mend the fields named.",
    ),
    "agreement": Text(
        _INPUT,
        "De overeenkomst is niet geldig beschreven.",
        "The agreement is not validly described.",
        "Herstel de genoemde velden.",
        "Mend the fields named.",
    ),
    "agreement-reason": Text(
        _INPUT,
        "Wie een overeenkomst beëindigt, zegt waarom: ten minste {minimum} tekens.",
        "Whoever ends an agreement says why: at least {minimum} characters.",
        "Vul de reden in.",
        "Give the reason.",
    ),
    "agreement-state": Text(
        _STATE,
        "De overeenkomst is {state}; '{event}' kan nu niet.",
        "The agreement is {state}; '{event}' is not possible now.",
        *_REFRESH,
    ),
    "agreement-not-left": Text(
        _STATE,
        "Een DPIA of wettelijke grondslag beëindigt een aanleveraar niet zelf.",
        "A supplier does not end an impact assessment or a statutory basis itself.",
        "Vraag de datasteward.",
        "Ask the data steward.",
    ),
    "agreement-left": Text(
        _STATE,
        "Uw organisatie heeft deze overeenkomst al beëindigd.",
        "Your organisation ended this agreement already.",
        "Er is niets te doen.",
        "There is nothing to do.",
    ),
    "agreement-dates": Text(
        _INPUT,
        "De overeenkomst eindigt voor zij begint.",
        "The agreement ends before it starts.",
        "Verbeter de data.",
        "Mend the dates.",
    ),
    "agreement-without-reference": Text(
        "AVG/GDPR art. 28(3)",
        "De overeenkomst heeft geen kenmerk.",
        "The agreement has no reference.",
        "Noem het kenmerk.",
        "Give the reference.",
    ),
    "round": Text(
        _INPUT,
        "Ronde {round} is niet geldig beschreven.",
        "Round {round} is not validly described.",
        "Herstel de genoemde velden.",
        "Mend the fields named.",
    ),
    "request": Text(
        _INPUT,
        "De aanvraag is niet geldig beschreven.",
        "The request is not validly described.",
        "Herstel de genoemde velden.",
        "Mend the fields named.",
    ),
    "reason-needed": Text(
        _INPUT, "'{event}' vraagt een reden.", "'{event}' needs a reason.", "Geef de reden.", "Give the reason."
    ),
    "review-reason": Text(
        _INPUT,
        "Het oordeel vraagt een reden van ten minste {minimum} tekens.",
        "The verdict needs a reason of at least {minimum} characters.",
        "Schrijf op waarop het oordeel berust.",
        "Write down what the verdict rests on.",
    ),
    "cursor": Text(
        _INPUT,
        "De cursor is niet van deze lijst.",
        "The cursor is not of this list.",
        "Begin zonder cursor.",
        "Start without a cursor.",
    ),
    "picture-impossible": Text(
        _INPUT,
        "Van deze vrijgave is dit beeld niet te maken; het vraagt: {needs}.",
        "This picture cannot be made of this release; it needs: {needs}.",
        "Neem een vrijgave die dat heeft, of vraag er een aan.",
        "Take a release that has it, or ask for one.",
    ),
    "unstorable-text": Text(
        _INPUT,
        "De tekst bevat tekens die niet bewaard kunnen worden.",
        "The text holds characters that cannot be stored.",
        "Verwijder stuurtekens.",
        "Remove control characters.",
    ),
    # --- what cannot answer now
    "database-busy": Text("Service", "De database is bezet.", "The database is busy.", *_LATER),
    "database-refused": Text("Service", "De database weigerde.", "The database refused.", *_REPORT),
    "data-key-unreadable": Text(
        "Service", "De sleutel van de gegevens is niet te lezen.", "The key of the data cannot be read.", *_REPORT
    ),
    "aggregation-failed": Text(
        "Service", "Het optellen is mislukt ({cause}).", "The aggregation failed ({cause}).", *_REPORT
    ),
    "aggregation-memory": Text(
        "Service",
        "Voor het optellen is te weinig geheugen.",
        "There is too little memory for the aggregation.",
        *_REPORT,
    ),
    "aggregation-overflow": Text(
        "Service", "De som van {measure} is te groot.", "The sum of {measure} is too large.", *_REPORT
    ),
    "aggregation-unmapped": Text(
        "Service",
        "Er zijn {cells} codes van {dimension} zonder plaats in de indeling.",
        "{cells} codes of {dimension} have no place in the classification.",
        *_REPORT,
    ),
}
