"""Rows as read, before they are known to be right, and the telling of faults by row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

from sluis_client.wire.definition import Column
from sluis_client.wire.fault_texts import FaultCode
from sluis_client.wire.faults import SHOWN_FAULTS, Fault, FaultList, fault, showable


class UnreadableError(Exception):
    """The content cannot be read on; `fault` says why, unless that was told already."""

    def __init__(self, told: Fault | None = None) -> None:
        self.fault = told
        super().__init__("already told" if told is None else told.code)


@dataclass
class Rows:
    """The columns that were found, each of its definition's type.

    A cell is null when nothing was delivered in it, or when what was delivered cannot be read: then the fault has been
    told and the cell is marked in `told`, so that it is not told as missing once more.

    Attributes:
        count: number of rows that could be read.
        columns: by name; a column of the definition that was not delivered is absent.
        numbers: the number (from 1) of each row, None when no row was left out.
        told: by column name, True where a fault of the cell was told already.
        delivered: number of rows delivered, unreadable ones included.
        blank: True where nothing was delivered in any column, once that was looked at and there is such a row.
    """

    count: int
    columns: dict[str, pa.Array]
    numbers: pa.Array | None = None
    told: dict[str, pa.Array] = field(default_factory=dict)
    delivered: int = 0
    blank: pa.Array | None = None

    def __post_init__(self) -> None:
        """Without rows left out, as many were delivered as could be read."""
        self.delivered = max(self.delivered, self.count)

    def untold(self, name: str, mask: pa.Array) -> pa.Array:
        """The mask without the cells of which a fault was told."""
        told = self.told.get(name)
        return mask if told is None else pc.and_(mask, pc.invert(told))

    def tell(self, name: str, mask: pa.Array) -> None:
        """Mark cells as told."""
        told = self.told.get(name)
        self.told[name] = mask if told is None else pc.or_(told, mask)

    def numbers_of(self, indices: pa.Array) -> list[int]:
        """The row numbers at these positions."""
        if self.numbers is not None:
            return list(self.numbers.take(indices).to_pylist())
        return [index + 1 for index in indices.to_pylist()]


@dataclass(frozen=True, slots=True)
class Block:
    """Some of the rows of a content, where they begin, and where their faults are told.

    Attributes:
        rows: numbered from 1 within the block.
        before: the number of rows before the block.
        faults: tells a fault of row n of the block as one of row `before` + n.
    """

    rows: Rows
    before: int
    faults: FaultList


def report(
    faults: FaultList,
    rows: Rows,
    mask: pa.Array,
    code: FaultCode,
    column: Column,
    **named: object,
) -> None:
    """Tell one fault for every cell of the column where the mask is True; its value only where that is allowed."""
    report_texts(faults, rows, mask, code, column, texts=rows.columns.get(column.name), **named)


def report_texts(
    faults: FaultList,
    rows: Rows,
    mask: pa.Array,
    code: FaultCode,
    column: Column,
    *,
    texts: pa.Array | None,
    **named: object,
) -> None:
    """As `report`, the values shown being those of `texts`."""
    indices = pc.indices_nonzero(mask)
    if len(indices) == 0:
        return
    first = indices.slice(0, SHOWN_FAULTS)
    values: Sequence[object] = [None] * len(first)
    if texts is not None and column.shows_values:
        values = texts.take(first).to_pylist()
    told: list[Fault] = [
        fault(code, row, column.name, None if value is None else showable(str(value)), **named)
        for row, value in zip(rows.numbers_of(first), values, strict=True)
    ]
    faults.extend(told, len(indices))


def any_true(mask: pa.Array) -> bool:
    """Whether any cell of the mask is True (null counts as False)."""
    return pc.any(mask, min_count=0).as_py() is True


def one_array(column: pa.ChunkedArray | pa.Array) -> pa.Array:
    """The column as one array, with one dictionary if it has dictionaries."""
    if isinstance(column, pa.Array):
        return column
    if pa.types.is_dictionary(column.type):
        column = column.unify_dictionaries()
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()
