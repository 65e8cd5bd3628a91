"""Rows of a file as its cells are, with the place of each, before anything is decided about them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Protocol

from sluis_client import wire
from sluis_client.files.faults import OwnFault
from sluis_client.language import Text


@dataclass(frozen=True, slots=True)
class Broken:
    """A cell that has no value that could be delivered, and the merged range that it is in."""

    fault: OwnFault | wire.FaultCode
    range: str = ""


Value = str | int | float | Decimal | bool | date | datetime | time | timedelta | Broken | None


@dataclass(frozen=True, slots=True)
class Row:
    """One row.

    Attributes:
        number: where it stands in the file: the line of a text file, the row of a sheet; from 1.
        cells: its values in the order of the header; there may be more or fewer.
        fault: why it could not be read as a row, if it could not.
    """

    number: int
    cells: Sequence[Value]
    fault: wire.FaultCode | None = None


class Source(Protocol):
    """A file that was opened: its header, and its rows as often as they are asked for."""

    @property
    def header(self) -> tuple[str, ...]:
        """The names above the columns, as they stand there."""
        ...

    @property
    def told(self) -> tuple[Text, ...]:
        """How the file was read, for the supplier."""
        ...

    @property
    def numbers_with_point(self) -> bool:
        """Whether nothing in the file can tell that a number has a decimal comma unless a value does."""
        ...

    @property
    def even(self) -> bool:
        """Whether each row has as many fields as the header, so that another number of them is a fault."""
        ...

    def rows(self) -> Iterator[Row]:
        """The rows below the header; those without any value are left out."""
        ...

    def place(self, row: int, column: int | None) -> str:
        """Where a value stands, as the supplier's own program names it.

        Args:
            row: the number of the row in the file.
            column: its place in the header, from 0; None for the row as a whole.
        """
        ...
