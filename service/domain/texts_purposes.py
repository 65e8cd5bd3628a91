"""The texts of the reasons for a denial that lie in a purpose, or in the agreements that it rests on."""

from __future__ import annotations

from collections.abc import Mapping

from service.domain.texts_table import Text

_LIMITATION = "AVG/GDPR art. 5(1)(b)"
_FOUR_EYES = "Four eyes: NEN 7510 A.5.3"

PURPOSE_REASONS: Mapping[str, Text] = {
    "purpose-unknown": Text(
        _LIMITATION,
        "Doel '{purpose}' bestaat niet, of niet voor uw organisatie.",
        "Purpose '{purpose}' does not exist, or not for your organisation.",
        "Kies een doel uit de lijst met doelen.",
        "Choose a purpose from the list of purposes.",
    ),
    "purpose-not-approved": Text(
        _LIMITATION,
        "Doel '{purpose}' is niet goedgekeurd.",
        "Purpose '{purpose}' is not approved.",
        "Wacht op goedkeuring, of kies een ander doel.",
        "Wait for its approval, or choose another purpose.",
    ),
    "purpose-approvers": Text(
        _FOUR_EYES,
        "Doel '{purpose}' is niet door twee verschillende mensen goedgekeurd.",
        "Purpose '{purpose}' was not approved by two different people.",
        "Laat een tweede persoon het doel goedkeuren.",
        "Have a second person approve the purpose.",
    ),
    "purpose-not-yet-valid": Text(
        _LIMITATION,
        "Doel '{purpose}' geldt pas vanaf {day}.",
        "Purpose '{purpose}' is not valid before {day}.",
        "Vraag het opnieuw op of na {day}.",
        "Ask again on or after {day}.",
    ),
    "purpose-expired": Text(
        _LIMITATION,
        "Doel '{purpose}' gold tot en met {day}.",
        "Purpose '{purpose}' was valid until {day}.",
        "Kies een doel dat nu geldt, of laat dit doel opnieuw vaststellen.",
        "Choose a purpose that is valid now, or have this one adopted again.",
    ),
    "purpose-review-overdue": Text(
        "AVG/GDPR art. 35(11), 24(1)",
        "Doel '{purpose}' had uiterlijk {day} opnieuw beoordeeld moeten zijn.",
        "Purpose '{purpose}' should have been reviewed by {day}.",
        "Laat het doel en de DPIA opnieuw beoordelen.",
        "Have the purpose and its DPIA reviewed.",
    ),
    "purpose-without-legal-basis": Text(
        "AVG/GDPR art. 6(1)",
        "Doel '{purpose}' heeft geen grondslag.",
        "Purpose '{purpose}' has no legal basis.",
        "Leg de grondslag en de wet vast in het doel.",
        "Record the legal basis and statute in the purpose.",
    ),
    "purpose-without-exception": Text(
        "AVG/GDPR art. 9(1), 9(2); UAVG art. 22, 24",
        "De gegevens gaan over gezondheid en doel '{purpose}' noemt geen uitzondering.",
        "The data concern health and purpose '{purpose}' names no exception.",
        "Leg de uitzondering van artikel 9, lid 2, vast in het doel.",
        "Record the exception of article 9(2) in the purpose.",
    ),
    "purpose-without-uavg-evidence": Text(
        "UAVG art. 24; AVG/GDPR art. 9(2)(j)",
        "Doel '{purpose}' onderbouwt niet waarom statistiek zonder toestemming mag.",
        "Purpose '{purpose}' does not argue why statistics without consent are allowed.",
        "Laat een nieuwe versie goedkeuren met de voorwaarden van artikel 24 UAVG.",
        "Have a new version approved with the conditions of UAVG article 24.",
    ),
    "purpose-without-consent-scope": Text(
        "AVG/GDPR art. 4(11), 7",
        "Doel '{purpose}' rust op toestemming en zegt niet waarvoor zij geldt.",
        "Purpose '{purpose}' rests on consent and does not say what for.",
        "Laat een nieuwe versie goedkeuren met de reikwijdte van de toestemming.",
        "Have a new version approved with the scope of the consent.",
    ),
    "purpose-without-joint-arrangement": Text(
        "AVG/GDPR art. 26",
        "Doel '{purpose}' heeft meer verantwoordelijken en geen onderlinge regeling.",
        "Purpose '{purpose}' has several controllers and no joint arrangement.",
        "Leg de onderlinge regeling vast in het doel.",
        "Record the joint arrangement in the purpose.",
    ),
    "purpose-without-processor-agreement": Text(
        "AVG/GDPR art. 28(3)",
        "Bij doel '{purpose}' hoort geen verwerkersovereenkomst.",
        "Purpose '{purpose}' has no processor agreement.",
        "Leg de verwerkersovereenkomst vast in het doel.",
        "Record the processor agreement in the purpose.",
    ),
    "purpose-without-dpia": Text(
        "AVG/GDPR art. 35",
        "Bij doel '{purpose}' hoort geen goedgekeurde DPIA.",
        "Purpose '{purpose}' has no approved DPIA.",
        "Rond de DPIA af en leg de uitkomst vast.",
        "Finish the DPIA and record its outcome.",
    ),
    "dpia-review-overdue": Text(
        "AVG/GDPR art. 35(11)",
        "De DPIA van doel '{purpose}' had voor of op {day} herzien moeten zijn.",
        "The DPIA of purpose '{purpose}' should have been reviewed by {day}.",
        "Herzie de DPIA en laat een nieuwe versie van het doel goedkeuren.",
        "Review the DPIA and have a new version of the purpose approved.",
    ),
    "processor-agreement-not-in-force": Text(
        "AVG/GDPR art. 28(3)",
        "Verwerkersovereenkomst '{reference}' van doel '{purpose}' geldt vandaag niet voor deze gegevens.",
        "Processor agreement '{reference}' of purpose '{purpose}' does not hold for these data today.",
        "Laat haar vastleggen en bevestigen, of verleng haar.",
        "Have it recorded and confirmed, or prolong it.",
    ),
    "joint-arrangement-not-in-force": Text(
        "AVG/GDPR art. 26",
        "Onderlinge regeling '{reference}' van doel '{purpose}' geldt vandaag niet voor deze gegevens.",
        "Joint arrangement '{reference}' of purpose '{purpose}' does not hold for these data today.",
        "Laat haar vastleggen en bevestigen, of verleng haar.",
        "Have it recorded and confirmed, or prolong it.",
    ),
    "dpia-not-in-force": Text(
        "AVG/GDPR art. 35",
        "De DPIA van doel '{purpose}' is vandaag niet als geldig vastgelegd voor deze gegevens.",
        "The DPIA of purpose '{purpose}' is not on record as holding for these data today.",
        "Laat de uitkomst vastleggen en bevestigen, of herzie de DPIA.",
        "Have its outcome recorded and confirmed, or review the DPIA.",
    ),
    "suppliers-without-agreement": Text(
        "AVG/GDPR art. 28(3), 26",
        "Van {suppliers} aanleveraar(s) in deze rondes geldt vandaag geen overeenkomst die dit gebruik dekt.",
        "For {suppliers} supplier(s) in these rounds no agreement that covers this use holds today.",
        "Vraag de datasteward; het kan pas weer als die er is, of als hun aanlevering is ingetrokken.",
        "Ask the data steward; it is possible again once there is one, or once their delivery is withdrawn.",
    ),
    "suppliers-without-consent": Text(
        "Minimal data set, row 3; AVG/GDPR art. 6(1)(a), 6(1)(c), 7(3)",
        "{suppliers} aanleveraar(s) in deze rondes geven voor dit doel vandaag geen toestemming.",
        "{suppliers} supplier(s) in these rounds give no consent for this purpose today.",
        "Vraag de datasteward; het kan pas weer met hun toestemming, of als hun aanlevering is ingetrokken.",
        "Ask the data steward; it is possible again with their consent, or once their delivery is withdrawn.",
    ),
    "own-proposal": Text(
        _FOUR_EYES,
        "Wie iets voorstelt, beoordeelt het niet.",
        "Whoever proposes something does not judge it.",
        "Laat een ander beoordelen.",
        "Have somebody else judge it.",
    ),
    "purpose-reviewed-before": Text(
        _FOUR_EYES,
        "U hebt deze versie van het doel al beoordeeld; het volgende oordeel komt van een ander.",
        "You judged this version of the purpose already; the next verdict comes from someone else.",
        "Laat een ander beoordelen.",
        "Have somebody else judge it.",
    ),
    "own-suspension": Text(
        _FOUR_EYES,
        "Wie een doel schorst, heft de schorsing niet op.",
        "Whoever suspends a purpose does not lift the suspension.",
        "Laat een andere datasteward de schorsing opheffen.",
        "Have another data steward lift the suspension.",
    ),
    "purpose-changed": Text(
        _LIMITATION,
        "Doel '{purpose}' is gewijzigd sinds de aanvraag.",
        "Purpose '{purpose}' changed since the request.",
        "Doe de aanvraag opnieuw onder het doel zoals het nu luidt.",
        "Make the request again under the purpose as it reads now.",
    ),
    "not-a-recipient": Text(
        "AVG/GDPR art. 5(1)(b), 13(1)(e)",
        "De organisatie is geen ontvanger van doel '{purpose}'.",
        "The organisation is not a recipient of purpose '{purpose}'.",
        "Kies een doel waarvan uw organisatie ontvanger is.",
        "Choose a purpose that has your organisation as recipient.",
    ),
    "recipient-without-agreement": Text(
        "AVG/GDPR art. 26, 28(3)",
        "Er is vandaag geen geldige overeenkomst met de ontvangende organisatie.",
        "No agreement with the receiving organisation is in force today.",
        "Sluit of verleng de overeenkomst.",
        "Conclude or prolong the agreement.",
    ),
}

_REFRESH = ("Haal de huidige stand op en handel daarnaar.", "Get the present state and act on that.")
_PURPOSE = "AVG/GDPR art. 5(1)(b), 5(2)"

PURPOSE_ERRORS: Mapping[str, Text] = {
    "purpose": Text(
        _PURPOSE,
        "Het doel bevat fouten; elke fout staat erbij, met het artikel.",
        "The purpose has faults; each is listed, with its article.",
        "Herstel alle fouten in `errors` en stel het doel opnieuw voor.",
        "Mend every fault in `errors` and propose the purpose again.",
    ),
    "purpose-exists": Text(
        _PURPOSE, "Deze versie van het doel bestaat al.", "This version of the purpose exists already.", *_REFRESH
    ),
    "purpose-pending": Text(
        _PURPOSE,
        "Een eerdere versie van dit doel wacht nog op een oordeel.",
        "An earlier version of this purpose still waits for its verdict.",
        "Laat die eerst goedkeuren of afwijzen.",
        "Have that one approved or rejected first.",
    ),
    "purpose-in-bundle": Text(
        _PURPOSE,
        "Dit doel wordt als code bewaard en beoordeeld (policies/purposes).",
        "This purpose is kept and reviewed as code (policies/purposes).",
        "Wijzig het daar, of kies een ander id.",
        "Change it there, or choose another id.",
    ),
    "purpose-of-another": Text(
        _PURPOSE,
        "Dit id is van een doel dat een andere organisatie voorstelde.",
        "This id is of a purpose that another organisation proposed.",
        "Kies een ander id.",
        "Choose another id.",
    ),
    "purpose-state": Text(
        _PURPOSE,
        "Het doel is {state}; '{event}' kan nu niet.",
        "The purpose is {state}; '{event}' is not possible now.",
        *_REFRESH,
    ),
    "purpose-reason": Text(
        _PURPOSE,
        "Een oordeel vraagt een reden van ten minste {minimum} tekens.",
        "A verdict needs a reason of at least {minimum} characters.",
        "Schrijf waarom.",
        "Write why.",
    ),
}
