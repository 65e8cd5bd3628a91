"""The texts about the regions that organisations stand for."""

from __future__ import annotations

from collections.abc import Mapping

from service.domain.texts_table import Text

REGION_REASONS: Mapping[str, Text] = {
    "region-no-longer-yours": Text(
        "AVG/GDPR art. 5(1)(b)",
        "Deze vrijgave is van een regio waar uw organisatie niet meer voor staat ({regions}).",
        "This release is of a region that your organisation does not stand for any more ({regions}).",
        "Wat u eerder ophaalde, valt onder uw eigen bewaartermijn. Klopt de regio niet, vraag dan de datasteward.",
        "What you fetched before is under your own retention. If the region is wrong, ask the data steward.",
    ),
}

REGION_ERRORS: Mapping[str, Text] = {
    "classification": Text(
        "Input",
        "Indeling {classification} is geen geldige codelijst.",
        "Classification {classification} is no valid list.",
        "Herstel de genoemde codes.",
        "Mend the codes named.",
    ),
    "classification-list": Text(
        "Input",
        "Deze regio-indeling klopt niet.",
        "This list of regions is not valid.",
        "Herstel de genoemde rijen; de kopregel is rij 1.",
        "Mend the rows named; the header is row 1.",
    ),
    "classification-of-another": Text(
        "State",
        "Deze naam is van een andere organisatie, of van de dienst zelf.",
        "This id is another organisation's, or the service's own.",
        "Kies een andere naam.",
        "Choose another id.",
    ),
    "classification-state": Text(
        "State",
        "De indeling is {state}; '{event}' kan nu niet.",
        "The classification is {state}; '{event}' is not possible now.",
        "Haal de huidige stand op en handel daarnaar.",
        "Get the present state and act on that.",
    ),
    "region-change": Text(
        "Input",
        "Deze wijziging van regio's klopt niet.",
        "This change of regions is not valid.",
        "Herstel de genoemde velden.",
        "Mend the fields named.",
    ),
    "region-change-state": Text(
        "State",
        "De wijziging is {state}; '{event}' kan nu niet.",
        "The change is {state}; '{event}' is not possible now.",
        "Haal de huidige stand op en handel daarnaar.",
        "Get the present state and act on that.",
    ),
}
