"""The texts of what a rule of the domain finds wrong with one place of the input, in Dutch and English.

Each follows the name of the place, and repeats nothing of what was found there.
"""

from __future__ import annotations

from collections.abc import Mapping

from service.domain.errors import Fault, Faulty, Invalid

NOT_VALID = "is niet geldig", "is not valid"

RULES: Mapping[str, tuple[str, str]] = {
    "double": ("komt dubbel voor", "is there twice"),
    "does-not-exist": ("bestaat niet", "does not exist"),
    "empty": ("is leeg", "is empty"),
    "ends-before-start": ("ligt vóór het begin", "lies before the start"),
    "in-the-past": ("ligt in het verleden", "lies in the past"),
    "not-kept": ("wordt niet bewaard", "is not kept"),
    "no-pseudonym": (
        "is geen pseudoniem als soort.doel.sleutelversie.waarde",
        "is no pseudonym as type.purpose.keyversion.value",
    ),
    "no-supplier": ("is geen aanleveraar die nu mag aanleveren", "is no supplier that may deliver now"),
    "organisation-id": (
        "moet bestaan uit kleine letters, cijfers en streepjes",
        "must consist of lower-case letters, digits and hyphens",
    ),
    "parent-not-coarser": ("ligt niet onder een grover niveau", "does not lie below a coarser level"),
    "region-form": ("is geen regio als indeling/code", "is no region as classification/code"),
    "known-year": (
        "is een jaar waarvan de gemeenten bekend zijn; van het genoemde zijn zij dat niet",
        "is a year whose municipalities are known; those of the year named are not",
    ),
    "list-id": ("moet bestaan uit a-z, 0-9 en -, hoogstens 40", "must consist of a-z, 0-9 and -, at most 40"),
    "missing-municipality": (
        "ontbreekt: elke gemeente van het jaar hoort erin",
        "is missing: every municipality belongs",
    ),
    "reason-too-short": ("is te kort: ten minste 10 tekens", "is too short: at least 10 characters"),
    "region-code": (
        "kan geen code van een regio zijn: gebruik letters, cijfers en - en geen code van een gemeente",
        "can be no code of a region: use letters, digits and -, and no code of a municipality",
    ),
    "region-nameless": ("heeft geen naam: vul haar in", "has no name: fill it in"),
    "region-two-names": ("heeft twee namen: kies er een", "has two names: choose one"),
    "reserved": ("is gereserveerd", "is reserved"),
    "unknown-level": ("noemt een onbekend niveau", "names an unknown level"),
    "unknown-municipality": ("is geen gemeente van dat jaar", "is no municipality of that year"),
    "unknown-parent": ("noemt een onbekende bovenliggende code", "names an unknown parent"),
    "unknown-period": (
        "is geen periode van het niveau waarop deze gegevensset wordt uitgevraagd",
        "is no period of the level at which this data set is asked",
    ),
    "unknown-region": ("is geen regio van een indeling die geldt", "is no region of a classification in force"),
}
"""What is the matter, by the code in `Invalid.faults`."""


def text_of_rule(code: str) -> tuple[str, str]:
    """In Dutch and in English."""
    return RULES.get(code, NOT_VALID)


def told_faults(error: Invalid) -> tuple[Fault, ...]:
    """Every place that is wrong, with its texts."""
    if isinstance(error, Faulty):
        return error.found
    return tuple(Fault(where, what, *text_of_rule(what)) for where, what in error.faults)
