"""What a Parquet file says of itself, in its footer and in the headers of its pages, before anything is unpacked.

A footer can say that a column takes little while a page's own header says two gigabytes, and that is what a reader sets
aside and fills. Arrow shows no page headers, and version 26 aborts the whole process when asked for the metadata of a
column whose footer was forged; so both are read here. Numbers are those of parquet.thrift.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sluis_client.wire.content.thrift import CompactReader, Kind, Stretches, Struct, ThriftError

_MAX_PAGES = 100_000
_ENCRYPTION_ALGORITHM = 8
_DICTIONARY_PAGE_OFFSET = 11


@dataclass(frozen=True, slots=True)
class Chunk:
    """One column of one row group: its path, number of values, and the bytes where its pages stand."""

    path: tuple[str, ...]
    values: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class RowGroup:
    """One row group."""

    rows: int
    chunks: tuple[Chunk, ...]


@dataclass(frozen=True, slots=True)
class Footer:
    """What the footer says of rows and columns; `encrypted` when columns are, though the footer can be read."""

    rows: int
    encrypted: bool
    groups: tuple[RowGroup, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """One page as its header describes it; `values` counts those of data pages, nulls included."""

    unpacked: int
    values: int
    encoding: int | None


def read_footer(content: Stretches, start: int, end: int) -> Footer:
    """The footer between two positions.

    Raises:
        ThriftError: it is malformed.
    """
    reader = CompactReader(content, start, end)
    footer = reader.struct()
    encrypted = _ENCRYPTION_ALGORITHM in footer
    groups = () if encrypted else tuple(_group(group) for group in footer.structs(4))
    return Footer(footer.integer(3), encrypted, groups)


def _group(group: Struct) -> RowGroup:
    return RowGroup(group.integer(3), tuple(_chunk(chunk) for chunk in group.structs(1)))


def _chunk(chunk: Struct) -> Chunk:
    data: Struct = chunk.get(3, Kind.STRUCT)
    path = data.get(3, Kind.LIST)
    if not path or not all(isinstance(part, bytes) for part in path):
        raise ThriftError("a path is no list of names")
    start = data.integer(9)
    dictionary = data.integer(_DICTIONARY_PAGE_OFFSET) if _DICTIONARY_PAGE_OFFSET in data else 0
    start = dictionary if 0 < dictionary < start else start
    names = tuple(part.decode("utf-8", "replace") for part in path)
    return Chunk(names, data.integer(5), start, start + data.integer(7))


def pages(content: Stretches, chunk: Chunk) -> Iterator[Page]:
    """The pages of a column chunk, in order.

    Raises:
        ThriftError: they do not fill the chunk exactly, or there are more than 100,000.
    """
    position = chunk.start
    for _ in range(_MAX_PAGES):
        if position == chunk.end:
            return
        reader = CompactReader(content, position, chunk.end)
        header = reader.struct()
        position = reader.position + header.integer(3, Kind.I32)
        if position > chunk.end:
            raise ThriftError("a page lies outside its column chunk")
        yield _page(header)
    raise ThriftError("too many pages")


def _page(header: Struct) -> Page:
    unpacked = header.integer(2, Kind.I32)
    for number, encoding, has_rows in ((5, 2, True), (8, 4, True), (7, 2, False)):
        if number in header:
            data: Struct = header.get(number, Kind.STRUCT)
            values = data.integer(1, Kind.I32) if has_rows else 0
            return Page(unpacked, values, data.integer(encoding, Kind.I32))
    return Page(unpacked, 0, None)
