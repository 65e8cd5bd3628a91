"""Faults that only a file as it is can have, and warnings against a supplier's own history; codes F3 and F4.

They are told by the client alone: the service sees what was made of the file.
"""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType

from sluis_client import wire


class OwnFault(StrEnum):
    """Codes: F3 the file as it is, F4 the figures beside earlier ones."""

    NO_RESULT = "F301"
    MERGED = "F302"
    DATE_CELL = "F303"
    OTHER_NOTATION = "F304"
    HIDDEN_NAME = "F305"
    TOTAL_OFF = "F401"
    OUTLIER = "F402"
    SUM_UNUSUAL = "F403"
    UNCHANGED = "F404"


_TEXTS: dict[OwnFault, tuple[str, str]] = {
    OwnFault.NO_RESULT: (
        "Deze cel bevat een formule zonder uitkomst. Open het bestand in uw rekenblad, laat het rekenen en sla het op.",
        "This cell has a formula without a result. Open the file in your spreadsheet, let it calculate and save it.",
    ),
    OwnFault.MERGED: (
        "Deze cel hoort bij samengevoegde cellen ({range}). Hef de samenvoeging op en vul elke cel.",
        "This cell is part of merged cells ({range}). Unmerge them and fill each cell.",
    ),
    OwnFault.DATE_CELL: (
        "Hier staat een datum; het rekenblad maakte die misschien van een code. Maak de cel tekst en typ de waarde.",
        "Here is a date; the spreadsheet may have made it of a code. Format the cell as text and type the value.",
    ),
    OwnFault.OTHER_NOTATION: (
        "Dit getal is anders geschreven dan gelezen wordt (decimale {mark}). Schrijf alle getallen op één manier.",
        "This number is written otherwise than it is read (decimal {mark}). Write all numbers in one way.",
    ),
    OwnFault.HIDDEN_NAME: (
        "Deze kolom heeft geen naam en wel waarden. Geef haar een naam of maak haar leeg.",
        "This column has no name but it has values. Give it a name or empty it.",
    ),
    OwnFault.TOTAL_OFF: (
        "De totaalrij zegt {given}, de rijen samen zijn {found}. Controleer of er een rij ontbreekt.",
        "The row of totals says {given}, the rows together are {found}. See whether a row is missing.",
    ),
    OwnFault.OUTLIER: (
        "Dit wijkt sterk af van eerder: {earlier} werd {now}. Controleer de waarde, of bevestig haar met een reden.",
        "This is far from before: {earlier} became {now}. Check the value, or confirm it with a reason.",
    ),
    OwnFault.SUM_UNUSUAL: (
        "Het totaal van deze kolom wijkt sterk af van eerder: {earlier} werd {now}. Controleer het, of bevestig het.",
        "The total of this column is far from before: {earlier} became {now}. Check it, or confirm it with a reason.",
    ),
    OwnFault.UNCHANGED: (
        "Alle getallen zijn gelijk aan die van {round}. Is dit het bestand van de nieuwe periode?",
        "All figures equal those of {round}. Is this the file of the new period?",
    ),
}

TEXTS: MappingProxyType[OwnFault, tuple[str, str]] = MappingProxyType(_TEXTS)
TO_CONFIRM = frozenset({OwnFault.TOTAL_OFF, OwnFault.OUTLIER, OwnFault.SUM_UNUSUAL, OwnFault.UNCHANGED})
"""Warnings that somebody looks at before the figures go: they are confirmed with a reason."""


def own_fault(
    code: OwnFault, row: int | None = None, column: str | None = None, value: str | None = None, **named: object
) -> wire.Fault:
    """A fault with the texts of its code; those to confirm are warnings."""
    nl, en = (sentence.format(**named) for sentence in TEXTS[code])
    severity = wire.Severity.WARNING if code in TO_CONFIRM else wire.Severity.FATAL
    return wire.Fault(str(code), severity, row, column, nl, en, value)
