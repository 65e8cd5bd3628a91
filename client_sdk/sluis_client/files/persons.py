"""A column of BSNs in a supplier's file becomes the column of pseudonyms of what is sent.

Each BSN is looked at before any pseudonym is made; what is none is told at its place, without its value.
"""

from __future__ import annotations

from collections.abc import Callable

from sluis_client import wire
from sluis_client.files.cells import text_cell
from sluis_client.files.mapping import Mapping, folded
from sluis_client.files.source import Broken, Source, Value
from sluis_client.pseudonyms import Makes
from sluis_client.wire.pseudonym import checked_bsn

BSN_COLUMN = "bsn"
"""How the column of BSNs is called, by the supplier or in its mapping; capitals do not matter."""


def person_column(definition: wire.Definition) -> wire.Column | None:
    """The data set's column of pseudonyms, when it has one."""
    return next((one for one in definition.columns if one.kind is wire.Kind.PSEUDONYM and one.domain), None)


def is_bsns(name: str, mapping: Mapping, definition: wire.Definition) -> bool:
    """Whether a name in a header is that of the BSNs that a data set asks pseudonyms of."""
    said = mapping.column(name)
    return person_column(definition) is not None and (folded(name) if said is None else said) == BSN_COLUMN


class BsnReader:
    """Reads one column of BSNs as pseudonyms.

    Attributes:
        persons: how many there are.
    """

    def __init__(self, source: Source, place: int, domain: str, makes: Makes) -> None:
        """Have the pseudonyms made, of all BSNs at once.

        Raises:
            SluisClientError: as `makes`.
        """
        cells = (row.cells[place] for row in source.rows() if place < len(row.cells))
        found = {text: checked_bsn(text) for text in map(_text, cells) if text}
        bsns = sorted({one for one in found.values() if not isinstance(one, wire.FaultCode)})
        made = makes(bsns, domain) if bsns else {}
        self.persons = len(bsns)
        self._read: dict[str, str | Broken] = {
            text: Broken(one) if isinstance(one, wire.FaultCode) else made[one] for text, one in found.items()
        }

    def __call__(self, value: Value) -> str | Broken:
        """The pseudonym, or what is the matter; an empty cell stays one."""
        if isinstance(value, Broken):
            return value
        text = _text(value)
        return self._read[text] if text else ""


Reader = Callable[[Value], str | Broken]


def _text(value: Value) -> str:
    """A cell as text: a spreadsheet or database may hold a BSN as a number, without its leading zero."""
    read = text_cell(value)
    return "" if isinstance(read, Broken) else read.strip()
