"""Check content against a definition: the same code in the SDK, before anything is sent, and in the service."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa

from sluis_client.wire.content import sniff
from sluis_client.wire.content.csv_rows import read_csv
from sluis_client.wire.content.json_rows import read_ndjson, read_records
from sluis_client.wire.content.keys import check_keys
from sluis_client.wire.content.parquet_rows import read_parquet
from sluis_client.wire.content.room import room
from sluis_client.wire.content.rows import Rows
from sluis_client.wire.content.rules import check_rules
from sluis_client.wire.content.values import check_values
from sluis_client.wire.definition import Definition
from sluis_client.wire.fault_texts import FaultCode
from sluis_client.wire.faults import FaultList, Faults, fault
from sluis_client.wire.manifest import Format


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on what a check takes in, besides the definition's `maxRows` and the bytes that so many rows can take.

    Attributes:
        content: bytes of the content as delivered.
        records: bytes of records sent inline, which are read row by row.
        unpacked: bytes of a Parquet file's pages after decompression.
    """

    content: int = 512 * 2**20
    records: int = 16 * 2**20
    unpacked: int = 1024 * 2**20

    def __post_init__(self) -> None:
        """Refuse more than Arrow can hold in one text column."""
        if not all(0 < limit < 2**31 for limit in (self.content, self.records, self.unpacked)):
            raise ValueError("a limit lies between 1 and 2^31 - 1 bytes")


_LIMITS = Limits()
_ONE_ROW_A_LINE = frozenset({Format.CSV, Format.NDJSON})


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check found.

    Attributes:
        rows: number of rows delivered, as far as they could be told apart.
        faults: everything wrong, warnings included.
        table: the rows, in the definition's column order and types, when nothing is fatal; else None.
    """

    rows: int
    faults: Faults
    table: pa.Table | None

    @property
    def ok(self) -> bool:
        """Whether the content may be accepted: no fatal fault."""
        return self.table is not None


def check_content(
    definition: Definition,
    allowed_periods: Collection[str] | None,
    content: bytes | Path | BinaryIO,
    format: Format | str,  # noqa: A002 -- the word of the manifest
    *,
    limits: Limits = _LIMITS,
) -> Checked:
    r"""Read every row and tell everything that is wrong with it; never raises for what content may hold.

    1. Refuse what is empty, too large, compressed, or another format than it is said to be.
    2. Read it, at once when all of it fits, else telling each row, column and cell that does not.
    3. Check every value, the key, and the definition's own rules, on whole columns.

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

    Args:
        definition: what a delivery must be.
        allowed_periods: codes that the period column may hold in this round; None when no round is meant.
        content: the bytes, a file, or an open binary stream (read to its end, or to the limit).
        format: how the content is said to be written.
        limits: bounds on sizes.

    Raises:
        ValueError: the format is none of `Format`.
        OSError: the file cannot be read.
    """
    expected = Format(format)
    faults = FaultList(definition.names)
    limit = limits.records if expected is Format.JSON else limits.content
    held = _bytes_of(content, limit)
    rows = _read(definition, held, expected, faults, limits) if held is not None else None
    if held is None:
        faults.add(fault(FaultCode.TOO_LARGE, limit=limit))
    if rows is None:
        return Checked(0, faults.freeze(), None)
    check_values(definition, allowed_periods, rows, faults)
    check_keys(definition, rows, faults)
    check_rules(definition, rows, faults)
    table = None
    if not faults.fatal:
        table = pa.Table.from_arrays([rows.columns[name] for name in definition.names], schema=definition.schema)
    return Checked(rows.delivered, faults.freeze(), table)


def _bytes_of(content: bytes | Path | BinaryIO, limit: int) -> bytes | None:
    """The bytes, never more than the limit; None when there are more."""
    if isinstance(content, Path):
        with content.open("rb") as stream:
            return _bytes_of(stream, limit)
    held = content if isinstance(content, bytes) else content.read(limit + 1)
    return held if len(held) <= limit else None


def _read(definition: Definition, content: bytes, expected: Format, faults: FaultList, limits: Limits) -> Rows | None:
    unreadable = sniff.unreadable(content, expected)
    if unreadable is not None:
        faults.add(unreadable)
        return None
    limit = room(definition, definition.max_rows, limits.content)
    if expected in _ONE_ROW_A_LINE and len(content) > limit:
        many = content.count(b"\n") > definition.max_rows + 1
        faults.add(
            fault(FaultCode.TOO_MANY_ROWS, limit=definition.max_rows)
            if many
            else fault(FaultCode.TOO_LARGE, limit=limit)
        )
        return None
    match expected:
        case Format.CSV:
            return read_csv(definition, content, faults)
        case Format.NDJSON:
            return read_ndjson(definition, content, faults)
        case Format.JSON:
            return read_records(definition, content, faults)
        case Format.PARQUET:
            return read_parquet(definition, content, faults, limits.unpacked)
