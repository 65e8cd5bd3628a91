"""A column of BSNs in a supplier's file becomes the column of pseudonyms of what is sent.

Each BSN is looked at before any pseudonym is made; what is none is told at its place, without its value.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Callable, Sequence
from typing import overload

import numpy as np
import numpy.typing as npt

from sluis_client import wire
from sluis_client.errors import FileError
from sluis_client.files.cells import text_cell
from sluis_client.files.mapping import Mapping, folded
from sluis_client.files.source import Broken, Source, Value
from sluis_client.language import Text
from sluis_client.pseudonyms import Makes
from sluis_client.wire.pseudonym import checked_bsn

_AT_ONCE = 1 << 20
_DIGITS = 9

BSN_COLUMN = "bsn"
"""How the column of BSNs is called, by the supplier or in its mapping; capitals do not matter."""


def person_column(definition: wire.Definition) -> wire.Column | None:
    """The data set's column of pseudonyms, when it has one."""
    return next((one for one in definition.columns if one.kind is wire.Kind.PSEUDONYM and one.domain), None)


def is_bsns(name: str, mapping: Mapping, definition: wire.Definition) -> bool:
    """Whether a name in a header is that of the BSNs that a data set asks pseudonyms of."""
    said = mapping.column(name)
    return person_column(definition) is not None and (folded(name) if said is None else said) == BSN_COLUMN


class Numbers(Sequence[str]):
    """BSNs in order, each once, of nine digits: four bytes of memory each."""

    def __init__(self, values: npt.NDArray[np.uint32]) -> None:
        self.values = values

    def __len__(self) -> int:
        return len(self.values)

    @overload
    def __getitem__(self, place: int) -> str: ...

    @overload
    def __getitem__(self, place: slice) -> Sequence[str]: ...

    def __getitem__(self, place: int | slice) -> str | Sequence[str]:
        if isinstance(place, slice):
            return Numbers(self.values[place])
        return f"{self.values[place]:0{_DIGITS}d}"


class BsnReader:
    """Reads one column of BSNs as pseudonyms. Of each person a BSN and a value are held, and nothing of the rows.

    Attributes:
        persons: how many there are.
    """

    def __init__(self, source: Source, place: int, domain: str, makes: Makes) -> None:
        """Have the pseudonyms made, of all BSNs at once.

        Raises:
            SluisClientError: as `makes`.
        """
        numbers = _once(source, place)
        self.persons = len(numbers)
        self._bsns = array("I", numbers.values.tobytes())
        self._last = "", ""
        self._values: npt.NDArray[np.bytes_] = np.zeros(len(numbers), "S1")
        for made in makes(numbers, domain) if len(numbers) else ():
            longest = max(map(len, made.values()))
            if longest > self._values.itemsize:
                self._values = self._values.astype(f"S{longest}")
            places = np.searchsorted(numbers.values, np.array([int(bsn) for bsn in made], np.uint32))
            self._values[places] = [value.encode() for value in made.values()]

    def __call__(self, value: Value) -> str | Broken:
        """The pseudonym, or what is the matter; an empty cell stays one.

        Raises:
            FileError: there is somebody in it who was not there before.
        """
        if isinstance(value, Broken):
            return value
        text = _text(value)
        if not text:
            return ""
        if text == self._last[0]:  # the rows of a person often follow each other
            return self._last[1]
        found = checked_bsn(text)
        if isinstance(found, wire.FaultCode):
            return Broken(found)
        place = bisect_left(self._bsns, int(found))
        if place == len(self._bsns) or self._bsns[place] != int(found):
            raise FileError(
                Text("Het bestand veranderde tijdens het lezen.", "The file changed while it was read."),
                Text("Wacht tot het bestand klaar is.", "Wait until the file is ready."),
            )
        made: bytes = self._values[place]
        self._last = text, made.decode()
        return self._last[1]


def _once(source: Source, place: int) -> Numbers:
    """Every BSN in the column, once; what is none is told when its row is read."""
    once, more, last = np.zeros(0, np.uint32), array("I"), ""
    for row in source.rows():
        text = _text(row.cells[place]) if place < len(row.cells) else ""
        if text == last:
            continue
        last, found = text, checked_bsn(text)
        if not isinstance(found, wire.FaultCode):
            more.append(int(found))
        if len(more) == _AT_ONCE:
            once, more = np.union1d(once, np.array(more, np.uint32)), array("I")
    return Numbers(np.union1d(once, np.array(more, np.uint32)))


Reader = Callable[[Value], str | Broken]


def _text(value: Value) -> str:
    """A cell as text: a spreadsheet or database may hold a BSN as a number, without its leading zero."""
    read = text_cell(value)
    return "" if isinstance(read, Broken) else read.strip()
