"""How many bytes the rows of a definition can take: nothing larger is read or unpacked.

Memory is taken in proportion to what is read, several times over, so a limit that suits the largest data set would let
anybody fill the memory with a small one: a Parquet file of 600 kB can unpack to a gigabyte of made-up codes.
"""

from __future__ import annotations

from sluis_client.wire.definition import MAX_TEXT, Definition, Kind

_SLACK = 16 * 2**20
_CELL = {
    Kind.CODE: 256,
    Kind.INTEGER: 64,
    Kind.DECIMAL: 64,
    Kind.TEXT: 4 * MAX_TEXT,
    Kind.PSEUDONYM: 512,
}
"""Bytes of a cell, far above what a good one takes in any format, so that wrong values are told one by one."""


def room(definition: Definition, rows: int, most: int) -> int:
    """Bytes that so many rows may take, and never more than `most`."""
    return min(most, _SLACK + rows * sum(_CELL[column.kind] for column in definition.columns))
