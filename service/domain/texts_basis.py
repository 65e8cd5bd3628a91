"""The texts of the errors about purposes and agreements."""

from __future__ import annotations

from collections.abc import Mapping

from service.domain.texts_table import Text

_PURPOSE = "AVG/GDPR art. 5(1)(b), 5(2)"
_AGREEMENT = "AVG/GDPR art. 26, 28, 35"
_REFRESH = ("Haal de huidige stand op en handel daarnaar.", "Get the present state and act on that.")

BASIS_ERRORS: Mapping[str, Text] = {
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
    "agreement": Text(
        _AGREEMENT,
        "De overeenkomst kan zo niet worden vastgelegd; elke fout staat erbij.",
        "The agreement cannot be recorded so; each fault is listed.",
        "Herstel de fouten in `errors`.",
        "Mend the faults in `errors`.",
    ),
    "agreement-state": Text(
        _AGREEMENT,
        "De overeenkomst is {state}; '{event}' kan nu niet.",
        "The agreement is {state}; '{event}' is not possible now.",
        *_REFRESH,
    ),
}
