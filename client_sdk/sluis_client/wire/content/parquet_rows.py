"""Parquet: flat columns of the definition's names, in any order, unencrypted, in any common encoding.

Codes, texts and pseudonyms are strings (dictionaries too); whole numbers are integers of any width; decimals are
decimals, integers or double floats. What the file says of its size is checked before anything is unpacked, and checked
again against the page headers (`parquet_layout`), since a decompressor believes those.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from sluis_client.wire.content.header import match_columns
from sluis_client.wire.content.numbers import numbers_of_arrow
from sluis_client.wire.content.parquet_layout import Footer, pages, read_footer
from sluis_client.wire.content.room import room
from sluis_client.wire.content.rows import Block, Rows, UnreadableError
from sluis_client.wire.content.source import ContentSource
from sluis_client.wire.content.thrift import ThriftError
from sluis_client.wire.definition import Column, Definition, Kind
from sluis_client.wire.fault_texts import FaultCode
from sluis_client.wire.faults import FaultList, fault

_EXPECTED = {
    Kind.CODE: "string",
    Kind.TEXT: "string",
    Kind.PSEUDONYM: "string",
    Kind.INTEGER: "int64",
    Kind.DECIMAL: "decimal128",
}
# PLAIN, PLAIN_DICTIONARY, RLE, BIT_PACKED, DELTA_BINARY_PACKED, DELTA_LENGTH_BYTE_ARRAY, RLE_DICTIONARY and
# BYTE_STREAM_SPLIT; not DELTA_BYTE_ARRAY, whose every value repeats the one before it for a few bytes.
_ENCODINGS = frozenset({0, 2, 3, 4, 5, 6, 8, 9})
_MAX_STRINGS = 2**31 - 1
_MAX_METADATA = 1 << 22
_FOOTER = 8
_BATCH = 1 << 16
_BUFFER = 1 << 20
_MAX_PAGES_AT_ONCE = 1 << 29
_ENCRYPTED = b"PARE"
_MAGIC = b"PAR1"


def read_parquet(definition: Definition, content: ContentSource, faults: FaultList, unpacked: int) -> Iterator[Block]:
    """The rows, some at a time.

    Args:
        definition: says which columns there must be.
        content: the bytes.
        faults: where faults are told.
        unpacked: the most bytes that pages may take after decompression, all together.

    Raises:
        UnreadableError: nothing can be read, or nothing can be read on.
    """
    try:
        footer = _footer(content)
        _check_rows(footer, definition.max_rows)
        unpacked = room(definition, footer.rows, unpacked)
        schema = pq.read_schema(content.arrow())
        names = match_columns(definition, schema.names, faults)
        readable = _readable(definition, schema, names, faults)
        if not readable:
            raise UnreadableError
        _check_pages(footer, content, readable, unpacked)
        before = 0
        for rows in _read(content, definition, readable, unpacked, faults):
            yield Block(rows, before, faults.below(before))
            before += rows.count
    except (pa.ArrowException, OSError, ThriftError, UnicodeDecodeError):
        raise UnreadableError(fault(FaultCode.BROKEN_PARQUET)) from None
    if before != footer.rows:
        raise _unreadable(FaultCode.PARQUET_LIES)


def _unreadable(code: FaultCode, column: str | None = None, *, limit: int = 0) -> UnreadableError:
    return UnreadableError(fault(code, column=column, limit=limit))


def _footer(content: ContentSource) -> Footer:
    """What the file says of itself.

    Raises:
        UnreadableError: truncated or encrypted.
        ThriftError: the footer is malformed.
    """
    tail = content[len(content) - len(_MAGIC) :]
    if len(content) < 2 * _FOOTER or tail not in {_MAGIC, _ENCRYPTED}:
        raise _unreadable(FaultCode.BROKEN_PARQUET)
    if _ENCRYPTED in {tail, content[: len(_MAGIC)]}:
        raise _unreadable(FaultCode.ENCRYPTED_PARQUET)
    end = len(content) - _FOOTER
    size = int.from_bytes(content[end : end + len(_MAGIC)], "little")
    if not 0 < size <= min(_MAX_METADATA, end):
        raise _unreadable(FaultCode.BROKEN_PARQUET)
    footer = read_footer(content, end - size, end)
    if footer.encrypted:
        raise _unreadable(FaultCode.ENCRYPTED_PARQUET)
    return footer


def _check_rows(footer: Footer, limit: int) -> None:
    if footer.rows == 0:
        raise _unreadable(FaultCode.NO_ROWS)
    if footer.rows > limit:
        raise _unreadable(FaultCode.TOO_MANY_ROWS, limit=limit)
    if footer.rows != sum(group.rows for group in footer.groups):
        raise _unreadable(FaultCode.PARQUET_LIES)


def _readable(
    definition: Definition, schema: pa.Schema, names: Sequence[str | None], faults: FaultList
) -> dict[str, str]:
    """Definition's name to delivered name, of the columns that can be read; types that cannot are told."""
    readable: dict[str, str] = {}
    for name, delivered in zip(names, schema, strict=True):
        if name is None or schema.names.count(delivered.name) > 1:
            continue
        column = definition.column(name)
        if _fits(column, delivered.type):
            readable[name] = delivered.name
        else:
            found = _shown_type(delivered.type)
            faults.add(fault(FaultCode.PARQUET_TYPE, column=name, found=found, expected=_EXPECTED[column.kind]))
    return readable


def _fits(column: Column, delivered: pa.DataType) -> bool:
    plain = delivered.value_type if pa.types.is_dictionary(delivered) else delivered
    tests = {
        Kind.INTEGER: (pa.types.is_integer,),
        Kind.DECIMAL: (pa.types.is_decimal, pa.types.is_integer, pa.types.is_float64),
    }
    return any(test(plain) for test in tests.get(column.kind, (pa.types.is_string, pa.types.is_large_string)))


def _shown_type(delivered: pa.DataType) -> str:
    """The type's name without the names of what is inside."""
    return str(delivered).partition("<")[0][:40]


def _check_pages(footer: Footer, content: ContentSource, readable: Mapping[str, str], unpacked: int) -> None:
    """Compare what the footer says of its columns with what their pages say, before any page is unpacked.

    Raises:
        UnreadableError: they differ, take too much room, or use an encoding by which little becomes much.
        ThriftError: there are no pages where the footer says.
    """
    columns = {delivered: name for name, delivered in readable.items()}
    room = unpacked
    for group in footer.groups:
        at_once = 0
        for chunk in group.chunks:  # all of them: Arrow goes by place, not by the path that a chunk names
            values, largest = 0, 0
            for page in pages(content, chunk):
                room -= page.unpacked
                values += page.values
                largest = max(largest, page.unpacked)
                if room < 0 or at_once + largest > _MAX_PAGES_AT_ONCE:
                    raise _unreadable(FaultCode.PARQUET_BOMB, limit=unpacked)
                if page.encoding is not None and page.encoding not in _ENCODINGS:
                    raise _unreadable(FaultCode.PARQUET_ENCODING, columns.get(chunk.path[0]))
            at_once += largest
            if values != chunk.values or (len(chunk.path) == 1 and values != group.rows):
                raise _unreadable(FaultCode.PARQUET_LIES)


def _read(
    content: ContentSource, definition: Definition, readable: Mapping[str, str], unpacked: int, faults: FaultList
) -> Iterator[Rows]:
    texts = [delivered for name, delivered in readable.items() if not definition.column(name).kind.is_number]
    file = pq.ParquetFile(content.arrow(), read_dictionary=texts, buffer_size=_BUFFER, pre_buffer=False)
    before = 0
    for batch in file.iter_batches(_BATCH, columns=list(readable.values()), use_threads=False):
        here, limit = faults.below(before), room(definition, batch.num_rows, unpacked)
        rows = Rows(batch.num_rows, {})
        for name, delivered in readable.items():
            column = definition.column(name)
            values = batch.column(delivered)
            values.validate(full=True)
            if column.kind.is_number:
                rows.columns[name] = numbers_of_arrow(column, values, rows, here)
            else:
                rows.columns[name] = _text(column, values, limit)
        yield rows
        before += rows.count


def _text(column: Column, values: pa.Array, unpacked: int) -> pa.Array:
    """The texts: for codes a dictionary without doubles, else plain, as long as they then fit."""
    if not pa.types.is_dictionary(values.type):
        values = pc.cast(values, pa.string()).dictionary_encode()
    dictionary = pc.cast(values.dictionary, pa.string())
    dictionary.validate(full=True)
    indices = pc.cast(values.indices, pa.int32())
    if dictionary.null_count or len(pc.unique(dictionary)) < len(dictionary):
        again = dictionary.dictionary_encode()
        dictionary, indices = again.dictionary, again.indices.take(indices)
    encoded = pa.DictionaryArray.from_arrays(indices, dictionary)
    if column.kind is Kind.CODE:
        return encoded
    if (pc.sum(pc.binary_length(dictionary).take(indices)).as_py() or 0) > min(unpacked, _MAX_STRINGS):
        raise _unreadable(FaultCode.PARQUET_BOMB, limit=unpacked)
    return encoded.cast(pa.string())
