"""Every problem that the API tells: its status, title, and for the edge's own codes the detail too.

The codes of the domain have their details in `service.domain.texts`; the codes below `EDGE` exist only here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Heading:
    """How a problem starts: the HTTP status and a title that is the same every time (RFC 9457)."""

    status: int
    title: str
    title_nl: str


@dataclass(frozen=True, slots=True)
class EdgeText:
    """A problem of the HTTP side itself."""

    status: int
    title: str
    title_nl: str
    detail: str
    detail_nl: str


UNAVAILABLE = Heading(503, "Not available now", "Nu niet beschikbaar")
CONFLICT = Heading(409, "Conflicts with the present state", "Botst met de huidige toestand")
INVALID = Heading(400, "Breaks a rule", "Voldoet niet aan een regel")
DENIED = Heading(403, "Not allowed", "Niet toegestaan")

HEADINGS: Mapping[str, Heading] = {
    # Denied, NotFound
    "denied": DENIED,
    "request-denied": Heading(403, "The request was denied", "De aanvraag is geweigerd"),
    # Conflict
    "already-delivered": Heading(409, "Another delivery counts already", "Er telt al een andere aanlevering"),
    "corrects-outdated": Heading(409, "It corrects a delivery that does not count", "De gecorrigeerde telt niet meer"),
    "evidence-outdated": Heading(409, "The table was prepared again", "De tabel is opnieuw voorbereid"),
    "idempotency-key-reused": Heading(409, "The idempotency key was used", "De idempotentiesleutel is al gebruikt"),
    "incomplete": Heading(409, "Parts are missing", "Er ontbreken delen"),
    "key-exists": Heading(409, "The key is registered already", "De sleutel is al geregistreerd"),
    "manifest-known": Heading(409, "The manifest is known already", "Het manifest is al bekend"),
    "organisation-exists": Heading(409, "The organisation exists already", "De organisatie bestaat al"),
    "part-differs": Heading(409, "Another part has this number", "Dit nummer is van een ander deel"),
    "part-exists": Heading(409, "The part exists already", "Het deel bestaat al"),
    "period-not-ended": Heading(409, "The period has not ended", "De periode is nog niet voorbij"),
    "purpose-exists": Heading(409, "This version exists already", "Deze versie bestaat al"),
    "purpose-in-bundle": Heading(409, "The purpose is kept as code", "Het doel wordt als code bewaard"),
    "purpose-of-another": Heading(409, "Another organisation's purpose", "Een doel van een andere organisatie"),
    "purpose-pending": Heading(409, "A version waits for its verdict", "Een versie wacht op een oordeel"),
    "purpose-state": Heading(409, "The purpose is in another state", "Het doel is in een andere toestand"),
    "release-not-in-log": Heading(503, "The release waits for the log", "De vrijgave wacht op het log"),
    "release-withdrawn": Heading(409, "The release was withdrawn", "De vrijgave is ingetrokken"),
    "request-state": Heading(409, "The request is in another state", "De aanvraag is in een andere toestand"),
    "reviewed-already": Heading(409, "You gave a verdict already", "U heeft al geoordeeld"),
    "round-closed": Heading(409, "The round is closed", "De ronde is gesloten"),
    "round-exists": Heading(409, "The round exists already", "De ronde bestaat al"),
    "round-not-open": Heading(409, "The round is not open", "De ronde is niet open"),
    "round-state": Heading(409, "The round is in another state", "De ronde is in een andere toestand"),
    "saved-query-exists": Heading(409, "There is a search of this name", "Deze zoekvraag bestaat al"),
    "too-many-keys": Heading(409, "Too many keys", "Te veel sleutels"),
    "sealing-key-not-active": Heading(409, "The key is not in use", "De sleutel is niet in gebruik"),
    "submission-state": Heading(409, "The delivery is in another state", "De aanlevering is in een andere toestand"),
    "try-again": Heading(409, "Changed meanwhile", "Intussen gewijzigd"),
    # Invalid
    "public-regions": Heading(400, "No such regions", "Deze regio's zijn er niet"),
    "picture-impossible": Heading(400, "Not to be made of this release", "Niet te maken van deze vrijgave"),
    "purpose": Heading(400, "The purpose has faults", "Het doel bevat fouten"),
    "purpose-reason": Heading(400, "A verdict needs a reason", "Een oordeel vraagt een reden"),
    "clock-skew": Heading(400, "The clocks differ too much", "De klokken verschillen te veel"),
    "content-digest": Heading(400, "The content is not what was signed", "De inhoud is niet wat ondertekend is"),
    "uploads-too-large": Heading(413, "Too much comes in at the same time", "Er komt te veel tegelijk binnen"),
    "content-too-large": Heading(413, "The content is too large", "De inhoud is te groot"),
    "contact": Heading(400, "No such addresses", "Deze adressen kunnen niet"),
    "cursor": Heading(400, "Unknown cursor", "Onbekende cursor"),
    "manifest-signature": Heading(400, "The signature does not hold", "De handtekening klopt niet"),
    "part-number": Heading(400, "No such part number", "Dit deelnummer kan niet"),
    "part-too-large": Heading(413, "The part is too large", "Het deel is te groot"),
    "rows-differ": Heading(400, "Another number of rows", "Een ander aantal rijen"),
    "reason-needed": Heading(400, "A reason is needed", "Een reden is nodig"),
    "review-reason": Heading(400, "A verdict needs a reason", "Een oordeel vraagt een reden"),
    "sealed-content": Heading(400, "What is sealed does not open", "Wat verzegeld is gaat niet open"),
    "sealing-not-as-announced": Heading(400, "Sealed, or not, as announced", "Verzegeld, of niet, zoals aangekondigd"),
    "round": Heading(400, "The round cannot be planned so", "De ronde kan zo niet worden gepland"),
    "objection": Heading(400, "The objection cannot be lodged", "Het bezwaar kan niet worden vastgelegd"),
    "saved-query": Heading(400, "The search cannot be kept", "De zoekvraag kan niet worden bewaard"),
    "window": Heading(400, "The period is too long", "De periode is te lang"),
    "unstorable-text": Heading(400, "The text cannot be stored", "De tekst kan niet worden bewaard"),
}
"""Codes of the domain with a heading of their own; any other gets that of its class of error."""

EDGE: Mapping[str, EdgeText] = {
    "not-found": EdgeText(
        404,
        "Not found",
        "Niet gevonden",
        "There is nothing here, or nothing that you may know of.",
        "Er is hier niets, of niets waarvan u mag weten.",
    ),
    "ambiguous-length": EdgeText(
        400,
        "Ambiguous length",
        "Dubbelzinnige lengte",
        "The request names both a Content-Length and a Transfer-Encoding; send one of them.",
        "Het verzoek noemt zowel Content-Length als Transfer-Encoding; zend er een van.",
    ),
    "method-not-allowed": EdgeText(
        405,
        "Method not allowed",
        "Methode niet toegestaan",
        "This address does not know that method; see the Allow header.",
        "Dit adres kent die methode niet; zie de header Allow.",
    ),
    "not-acceptable": EdgeText(
        406,
        "Not acceptable",
        "Niet leverbaar",
        "This is given as application/json or text/csv only (the register also as text/html).",
        "Dit wordt alleen als application/json of text/csv gegeven (het register ook als text/html).",
    ),
    "request-timeout": EdgeText(
        408,
        "The body took too long",
        "De inhoud kwam te langzaam",
        "The rest of the body did not come in time. Send it again.",
        "De rest van de inhoud kwam niet op tijd. Stuur het opnieuw.",
    ),
    "body-too-large": EdgeText(
        413,
        "The body is too large",
        "De inhoud is te groot",
        "At most {limit} bytes are taken here. Send larger content in parts.",
        "Hier worden hoogstens {limit} bytes aangenomen. Stuur grotere inhoud in delen.",
    ),
    "unsupported-media-type": EdgeText(
        415,
        "Unsupported media type",
        "Mediatype niet ondersteund",
        "Send {expected}, in UTF-8.",
        "Stuur {expected}, in UTF-8.",
    ),
    "unsupported-content-encoding": EdgeText(
        415,
        "Compressed content is not taken",
        "Gecomprimeerde inhoud wordt niet aangenomen",
        "Send the body as it is, without Content-Encoding.",
        "Stuur de inhoud zoals die is, zonder Content-Encoding.",
    ),
    "too-many-requests": EdgeText(
        429,
        "Too many requests",
        "Te veel verzoeken",
        "Wait {seconds} seconds and go on more slowly.",
        "Wacht {seconds} seconden en ga langzamer verder.",
    ),
    "invalid-request": EdgeText(
        400,
        "The request is not as described",
        "Het verzoek is niet zoals beschreven",
        "See `errors` for every place, and /v1/openapi.json for what is expected.",
        "Zie `errors` voor elke plek, en /v1/openapi.json voor wat wordt verwacht.",
    ),
    "body-incomplete": EdgeText(
        400,
        "The body broke off",
        "De inhoud brak af",
        "The connection ended before the body did. Send it again.",
        "De verbinding eindigde voor de inhoud. Stuur het opnieuw.",
    ),
    "content-refused": EdgeText(
        400,
        "The content has faults",
        "De inhoud bevat fouten",
        "Nothing was taken in. Mend the faults in `faults` and deliver again.",
        "Er is niets aangenomen. Herstel de fouten in `faults` en lever opnieuw aan.",
    ),
    "proof-not-valid": EdgeText(
        400,
        "The proof of possession does not hold",
        "Het bewijs van bezit klopt niet",
        "The proof must be signed with the private half of the key, for this code and this service, just now.",
        "Het bewijs moet net ondertekend zijn met de geheime helft van de sleutel, voor deze code en deze dienst.",
    ),
    "not-authenticated": EdgeText(
        401,
        "Log in first",
        "Log eerst in",
        "Send a valid access token: `Authorization: DPoP ...` with a header DPoP, or `Authorization: Bearer ...`.",
        "Stuur een geldig token mee: `Authorization: DPoP ...` met een kop DPoP, of `Authorization: Bearer ...`.",
    ),
    "stronger-login-needed": EdgeText(
        401,
        "Log in with a second factor",
        "Log in met een tweede factor",
        "Your role needs a stronger log-in than this one.",
        "Uw rol vraagt een sterkere manier van inloggen dan deze.",
    ),
    "provider-unreachable": EdgeText(
        503,
        "The log-in provider does not answer",
        "De inlogdienst antwoordt niet",
        "Who you are cannot be checked at this moment. Try again soon.",
        "Wie u bent kan nu niet worden nagegaan. Probeer het straks opnieuw.",
    ),
    "not-ready": EdgeText(
        503,
        "Not ready",
        "Niet gereed",
        "A part that the service needs does not answer.",
        "Een onderdeel dat de dienst nodig heeft antwoordt niet.",
    ),
    "internal-error": EdgeText(
        500,
        "Something went wrong here",
        "Er ging hier iets mis",
        "It was recorded under the number in `instance`.",
        "Het is vastgelegd onder het nummer in `instance`.",
    ),
}
"""Problems of the HTTP side."""
