"""What a permit obliges to, in a sentence: the terms of `service.domain.obligations` for people.

`{value}` is that of the term. Terms whose value is a code, or two numbers, have a sentence for each or fill in both.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from service.domain.method import Noise, Rounding, method_of
from service.domain.policy import Obligation

Both = tuple[str, str]
"""In Dutch and in English."""

OBLIGATIONS: Mapping[str, Both] = {
    "disclosure-profile": (
        "De tabel wordt beveiligd volgens profiel {value}.",
        "The table is protected by profile {value}.",
    ),
    "minimum-count": (
        "Een cel over minder dan {value} personen of eenheden wordt niet getoond.",
        "A cell about fewer than {value} persons or units is not shown.",
    ),
    "minimum-contributors": (
        "Een cel van minder dan {value} aanleverende partijen wordt niet getoond.",
        "A cell of fewer than {value} contributing parties is not shown.",
    ),
    "dominance": (
        "Een cel waarvan de {largest} grootste partijen samen meer dan {share} % hebben, wordt niet getoond.",
        "A cell of which the {largest} largest parties together have more than {share} % is not shown.",
    ),
    "p-percent": (
        "Een cel waarin een partij het cijfer van een ander tot op {value} % kan schatten, wordt niet getoond.",
        "A cell in which one party can estimate another's figure to within {value} % is not shown.",
    ),
    "zero-is-safe": (
        "Een cel met nul wordt behandeld als elke andere cel.",
        "A cell of zero is treated as any other cell.",
    ),
    "method": (
        "De cijfers worden gemaakt met methode {value}.",
        "The figures are made by method {value}.",
    ),
    "contributors-are": (
        "Organisaties van één concern tellen als één partij.",
        "Organisations of one concern count as one party.",
    ),
    "minimum-age-months": (
        "De nieuwste periode is ten minste {value} maanden voorbij.",
        "The newest period has been over for at least {value} months.",
    ),
    "frequency": (
        "Nieuwere cijfers van deze gegevensset komen onder dit doel ten hoogste {often_nl}.",
        "Newer figures of this data set come under this purpose at most {often_en}.",
    ),
    "recipient": (
        "De tabel gaat naar {who_nl}.",
        "The table goes to {who_en}.",
    ),
    "retention-inputs-months": (
        "Wat is aangeleverd, wordt {value} maanden bewaard.",
        "What was delivered is kept for {value} months.",
    ),
    "retention-intermediates-months": (
        "Wat onderweg is gemaakt, wordt {value} maanden bewaard.",
        "What was made on the way is kept for {value} months.",
    ),
    "retention-outputs-months": (
        "Wat is vrijgegeven, wordt {value} maanden bewaard.",
        "What was released is kept for {value} months.",
    ),
}

_ZERO_SHOWN = (
    "Een cel met nul mag worden getoond.",
    "A cell of zero may be shown.",
)
_OFTEN: Mapping[str, Both] = {
    "once": ("eenmaal", "once"),
    "monthly": ("eenmaal per maand", "once a month"),
    "quarterly": ("eenmaal per kwartaal", "once a quarter"),
    "half-yearly": ("eenmaal per half jaar", "once in half a year"),
    "yearly": ("eenmaal per jaar", "once a year"),
}
_WHO: Mapping[str, Both] = {
    "all-regional-owners": (
        "regionale eigenaren: alle, of onder een doel voor de eigen regio die van de regio",
        "regional owners: all, or under a purpose for the own region those of the region",
    ),
    "public": ("iedereen met een account", "everybody with an account"),
}


def obligation_text(term: Obligation) -> Both:
    """The sentences for a term; one that has none is told by its code and value."""
    texts = OBLIGATIONS.get(term.code, (f"{term.code}: {{value}}", f"{term.code}: {{value}}"))
    value = str(term.value)
    shown = {"value": value}
    match term.code:
        case "zero-is-safe" if value == "1":
            texts = _ZERO_SHOWN
        case "dominance":
            shown["largest"], _, shown["share"] = value.partition(":")
        case "frequency":
            shown["often_nl"], shown["often_en"] = _OFTEN.get(value, (value, value))
        case "recipient":
            shown["who_nl"], shown["who_en"] = _WHO.get(value, (value, value))
        case "method":
            texts = _method(value) or texts
        case _:
            pass
    return texts[0].format_map(shown), texts[1].format_map(shown)


def obligation_json(term: Obligation) -> dict[str, Any]:
    """A term with its sentences, as it stands in answers of the service and of commands."""
    nl, en = obligation_text(term)
    return {"code": term.code, "value": term.value, "nl": nl, "en": en}


def _method(value: str) -> Both | None:
    try:
        method = method_of(value)
    except ValueError:
        return None
    match method:
        case Rounding(base):
            return (
                f"Elk cijfer wordt afgerond op een veelvoud van {base}.",
                f"Every figure is rounded to a multiple of {base}.",
            )
        case Noise(budget=budget):
            return (
                f"Elk cijfer krijgt ruis; het budget van een ronde is {budget}.",
                f"Every figure gets noise; the budget of a round is {budget}.",
            )
        case _:
            return None
