"""Check content against a definition: the same code in the SDK, before anything is sent, and in the service."""

from __future__ import annotations

import io
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa

from sluis_client.wire.content import sniff
from sluis_client.wire.content.csv_rows import read_csv
from sluis_client.wire.content.json_rows import read_ndjson, read_records
from sluis_client.wire.content.keys import Keys
from sluis_client.wire.content.parquet_rows import read_parquet
from sluis_client.wire.content.room import room
from sluis_client.wire.content.rows import Block, UnreadableError
from sluis_client.wire.content.rules import check_rules
from sluis_client.wire.content.source import BLOCK, ContentSource
from sluis_client.wire.content.values import check_values
from sluis_client.wire.definition import Definition
from sluis_client.wire.fault_texts import FaultCode
from sluis_client.wire.faults import Fault, FaultList, Faults, fault
from sluis_client.wire.manifest import Format


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on what a check takes in, besides the definition's `maxRows` and the bytes that so many rows can take.

    Attributes:
        content: bytes of the content as delivered.
        records: bytes of records sent inline, which are read row by row.
        unpacked: bytes of a Parquet file's pages after decompression.
    """

    content: int = 2**40
    records: int = 16 * 2**20
    unpacked: int = 2**40

    def __post_init__(self) -> None:
        """Refuse what a manifest cannot say, and records that Arrow cannot hold in one text column."""
        if not (0 < self.content <= 2**40 and 0 < self.unpacked <= 2**40 and 0 < self.records < 2**31):
            raise ValueError("a limit lies between 1 and 2^40 bytes, that of records below 2^31")


_LIMITS = Limits()
_ONE_ROW_A_LINE = frozenset({Format.CSV, Format.NDJSON})

Take = Callable[[pa.Table], None]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a check found.

    Attributes:
        rows: number of rows delivered, as far as they could be told apart.
        faults: everything wrong, warnings included.
    """

    rows: int
    faults: Faults

    @property
    def ok(self) -> bool:
        """Whether the content may be accepted: no fatal fault."""
        return self.faults.fatal == 0


@dataclass(frozen=True, slots=True)
class Checked(Outcome):
    """What a check found, with all rows.

    Attributes:
        table: the rows, in the definition's column order and types, when nothing is fatal; else None.
    """

    table: pa.Table | None = None


def check_content(
    definition: Definition,
    allowed_periods: Collection[str] | None,
    content: bytes | Path | BinaryIO,
    format: Format | str,  # noqa: A002 -- the word of the manifest
    *,
    limits: Limits = _LIMITS,
) -> Checked:
    r"""As `check_rows`, with all rows in memory.

    Example:
        >>> from sluis_client.wire import Column, Definition, Kind, Label
        >>> beds = Definition(
        ...     "beds", 1, Label("Bedden", "Beds"), Label("", ""),
        ...     (Column("beds", Label("Bedden", "Beds"), Kind.INTEGER, minimum=0),), (), (), max_rows=10,
        ... )
        >>> check_content(beds, None, b"beds\n12\n", "csv").ok
        True
        >>> check_content(beds, None, b"beds\n1,5\n", "csv").faults.shown[0].en
        'This row has 2 fields, the header 1. Put text that holds a comma between double quotes.'
    """
    tables: list[pa.Table] = []
    found = check_rows(definition, allowed_periods, content, format, take=tables.append, limits=limits)
    if not found.ok:
        return Checked(found.rows, found.faults)
    whole = tables[0] if len(tables) == 1 else pa.concat_tables(tables).unify_dictionaries().combine_chunks()
    return Checked(found.rows, found.faults, whole)


def check_rows(
    definition: Definition,
    allowed_periods: Collection[str] | None,
    content: bytes | Path | BinaryIO,
    format: Format | str,  # noqa: A002 -- the word of the manifest
    *,
    take: Take | None = None,
    limits: Limits = _LIMITS,
    size: int = BLOCK,
) -> Outcome:
    """Read every row and tell everything that is wrong with it; never raises for what content may hold.

    1. Refuse what is empty, too large, compressed, or another format than it is said to be.
    2. Read it, some at a time: at once when all of that fits, else telling each row, column and cell that does not.
    3. Check every value, and the definition's own rules, on whole columns.
    4. Compare the keys of all rows. The content is read once more when two may be equal.

    Memory is taken for what is read at a time (`size`, some twenty times over) and 8 bytes of each row.

    Args:
        definition: what a delivery must be.
        allowed_periods: codes that the period column may hold in this round; None when no round is meant.
        content: the bytes, a file, or an open binary stream: all of it; what cannot be read at any place is held.
        format: how the content is said to be written.
        take: is given the rows as they come, in the definition's column order and types, until a fault is fatal. Keys
            are compared in the end: what was given counts for nothing unless the outcome is `ok`.
        limits: bounds on sizes.
        size: bytes that are read at a time; the outcome is the same whatever it is.

    Raises:
        ValueError: the format is none of `Format`.
        OSError: the file cannot be read.
    """
    expected = Format(format)
    faults = FaultList(definition.names)
    limit = limits.records if expected is Format.JSON else limits.content
    with _opened(content, limit) as source:
        unreadable = fault(FaultCode.TOO_LARGE, limit=limit) if len(source) > limit else None
        unreadable = unreadable or sniff.unreadable(source, expected) or _too_much(definition, source, expected, limits)
        if unreadable is not None:
            faults.add(unreadable)
            return Outcome(0, faults.freeze())
        check = _Check(definition, allowed_periods, source, expected, limits, size)
        try:
            count = check.all(faults, take)
        except UnreadableError as stopped:
            if stopped.fault is not None:
                faults.add(stopped.fault)
            count = 0
        return Outcome(count, faults.freeze())


@dataclass(frozen=True, slots=True)
class _Check:
    """A content that may be what it is said to be, and what it is checked against."""

    definition: Definition
    allowed_periods: Collection[str] | None
    source: ContentSource
    format: Format
    limits: Limits
    size: int

    def all(self, faults: FaultList, take: Take | None) -> int:
        """Check all rows; how many there are.

        Raises:
            UnreadableError: nothing can be read, or nothing can be read on.
        """
        keys, count = Keys(self.definition), 0
        for block in self._blocks(faults):
            rows = block.rows
            keys.add(rows)
            check_rules(self.definition, rows, block.faults)
            count += rows.delivered
            if take is not None and not faults.fatal and all(name in rows.columns for name in self.definition.names):
                columns = [rows.columns[name] for name in self.definition.names]
                take(pa.Table.from_arrays(columns, schema=self.definition.schema))
        doubles = keys.doubles()
        if len(doubles):
            keys.tell(doubles, self._blocks(FaultList()), faults)
        return count

    def _blocks(self, faults: FaultList) -> Iterator[Block]:
        for block in self._read(faults):
            check_values(self.definition, self.allowed_periods, block.rows, block.faults)
            yield block

    def _read(self, faults: FaultList) -> Iterator[Block]:
        match self.format:
            case Format.CSV:
                return read_csv(self.definition, self.source, faults, size=self.size)
            case Format.NDJSON:
                return read_ndjson(self.definition, self.source, faults, size=self.size)
            case Format.JSON:
                return read_records(self.definition, self.source[:], faults)
            case Format.PARQUET:
                return read_parquet(self.definition, self.source, faults, self.limits.unpacked)


@contextmanager
def _opened(content: bytes | Path | BinaryIO, limit: int) -> Iterator[ContentSource]:
    if isinstance(content, bytes):
        yield ContentSource.of_bytes(content)
    elif isinstance(content, Path):
        with content.open("rb") as stream:
            yield ContentSource(stream)
    elif content.seekable():
        yield ContentSource(content)
    else:
        yield ContentSource(io.BytesIO(content.read(limit + 1)))


def _too_much(definition: Definition, content: ContentSource, expected: Format, limits: Limits) -> Fault | None:
    limit = room(definition, definition.max_rows, limits.content)
    if expected not in _ONE_ROW_A_LINE or len(content) <= limit:
        return None
    lines = 0
    for block in content.blocks(BLOCK):
        lines += block.count(b"\n")
        if lines > definition.max_rows + 1:
            return fault(FaultCode.TOO_MANY_ROWS, limit=definition.max_rows)
    return fault(FaultCode.TOO_LARGE, limit=limit)
