"""What is published: the shape of a table, and a table with its figures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import product
from math import prod

import numpy as np
import numpy.typing as npt

from service.disclosure.faults import BadInput, Fault
from service.disclosure.question.dimensions import Dimension

NORMAL = "A"
SUPPRESSED = "Q"


@dataclass(frozen=True)
class Table:
    """The shape of a table: a cell for each combination of its dimensions' codes.

    Attributes:
        dimensions: in order of publication; over columns of the facts that it lacks, it adds up.
        where: restricts the rows: per column of the facts, the finest codes that count. A period, for example.
        name: for messages.
    """

    dimensions: tuple[Dimension, ...]
    where: Mapping[str, frozenset[str]] = field(default_factory=dict)
    name: str = "table"

    def __post_init__(self) -> None:
        faults = []
        for kind in ("name", "column"):
            values = [getattr(dimension, kind) for dimension in self.dimensions]
            faults += [
                Fault(
                    f"{self.name}, {value}",
                    f"twee dimensies met dezelfde {kind}",
                    f"two dimensions with the same {kind}",
                )
                for value in sorted({value for value in values if values.count(value) > 1})
            ]
        if faults:
            raise BadInput(faults)
        narrowed = tuple(
            dimension.within(self.where[dimension.column]) if dimension.column in self.where else dimension
            for dimension in self.dimensions
        )
        object.__setattr__(self, "dimensions", narrowed)

    @property
    def shape(self) -> tuple[int, ...]:
        """The number of codes per dimension."""
        return tuple(len(dimension.codes) for dimension in self.dimensions)

    @property
    def cells(self) -> int:
        """The number of cells."""
        return prod(self.shape)

    def codes(self) -> Iterable[tuple[str, ...]]:
        """The codes of each cell, in the order of every array about this table (last dimension fastest)."""
        return product(*(dimension.codes for dimension in self.dimensions))

    def codes_of(self, cell: int) -> tuple[tuple[str, str], ...]:
        """(dimension, code) pairs of one cell."""
        places = np.unravel_index(cell, self.shape) if self.shape else ()
        return tuple(
            (dimension.name, dimension.codes[int(place)])
            for dimension, place in zip(self.dimensions, places, strict=True)
        )


@dataclass(frozen=True)
class ReleasedTable:
    """A table as it went out of the door.

    Attributes:
        table: its shape.
        published: per cell in the order of `Table.codes`, whether its value was published.
        values: per cell the published value in units of the facts; ignored where not published.
        base: what the published values are rounded to, in units of the facts; None when they are exact.
    """

    table: Table
    published: npt.NDArray[np.bool_]
    values: npt.NDArray[np.int64]
    base: int | None = None

    def __post_init__(self) -> None:
        if self.published.shape != (self.table.cells,) or self.values.shape != (self.table.cells,):
            raise BadInput(
                [
                    Fault(
                        self.table.name,
                        f"de tabel heeft {self.table.cells} cellen, de vrijgave niet",
                        f"the table has {self.table.cells} cells, the release has not",
                    )
                ]
            )

    def slack(self, truth: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Per cell, how far the truth can be from the published value: 0 when exact, else below once or twice the base.

        A value rounded to b is less than b from the truth. Where whole tables only add up with a larger step, less
        than 2 b; the attacker is taken to know where.
        """
        if self.base is None:
            return np.zeros(self.table.cells, dtype=np.int64)
        far = np.abs(truth - self.values) >= self.base
        return np.where(far, 2 * self.base - 1, self.base - 1)

    def differs(self, truth: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
        """Cells whose published value cannot be that of these data."""
        wrong: npt.NDArray[np.bool_] = self.published & (np.abs(truth - self.values) > self.slack(truth))
        if self.base is not None:
            wrong |= self.published & (self.values % self.base != 0)
        return wrong

    @classmethod
    def from_cells(
        cls, table: Table, cells: Mapping[tuple[str, ...], int | None], base: int | None = None
    ) -> ReleasedTable:
        """A released table from {codes: value}; None is a suppressed cell, and so is a cell that is absent.

        Raises:
            BadInput: codes that the table does not have.
        """
        values = np.zeros(table.cells, dtype=np.int64)
        published = np.zeros(table.cells, dtype=np.bool_)
        left = dict(cells)
        for place, codes in enumerate(table.codes()):
            value = left.pop(codes, None)
            if value is not None:
                values[place], published[place] = value, True
        if left:
            raise BadInput(
                [Fault(f"{table.name}, {'/'.join(codes)}", "onbekende cel", "unknown cell") for codes in sorted(left)]
            )
        return cls(table, published, values, base)
