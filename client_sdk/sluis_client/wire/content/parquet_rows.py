"""Parquet: flat columns of the definition's names, in any order, unencrypted, in any common encoding.

Codes, texts and pseudonyms are strings (dictionaries too); whole numbers are integers of any width; decimals are
decimals, integers or double floats. What the file says of its size is checked before anything is unpacked, and checked
again against the page headers (`parquet_pages`), since a decompressor believes those.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from sluis_client.wire.content.header import match_columns
from sluis_client.wire.content.numbers import numbers_of_arrow
from sluis_client.wire.content.parquet_pages import PageError, footer_is_encrypted, pages
from sluis_client.wire.content.rows import Rows, one_array
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
_MAX_METADATA = 1 << 24
_FOOTER = 8
_ENCRYPTED = b"PARE"
_MAGIC = b"PAR1"


class _UnreadableError(Exception):
    """The file cannot be read; `code` says why."""

    def __init__(self, code: FaultCode, column: str | None = None, *, limit: int = 0) -> None:
        self.fault = fault(code, column=column, limit=limit)
        super().__init__(code)


def read_parquet(definition: Definition, content: bytes, faults: FaultList, unpacked: int) -> Rows | None:
    """The rows; None when nothing can be read, and the faults say why.

    Args:
        definition: says which columns there must be.
        content: the bytes.
        faults: where faults are told.
        unpacked: the most bytes that pages may take after decompression.
    """
    try:
        file = _open(content)
        names = match_columns(definition, file.schema_arrow.names, faults)
        readable = _readable(definition, file.schema_arrow, names, faults)
        _check_rows(file.metadata, definition.max_rows)
        _check_pages(file.metadata, content, readable, unpacked)
        return _read(content, file.metadata, definition, readable, unpacked, faults)
    except _UnreadableError as error:
        faults.add(error.fault)
    except (pa.ArrowException, OSError, PageError, UnicodeDecodeError):
        faults.add(fault(FaultCode.BROKEN_PARQUET))
    return None


def _open(content: bytes) -> pq.ParquetFile:
    """The file, its footer read.

    Raises:
        _UnreadableError: truncated or encrypted.
        PageError: the footer is no footer.
        pyarrow.ArrowException: nor for Arrow.
    """
    tail = content[-len(_MAGIC) :]
    if len(content) < 2 * _FOOTER or tail not in {_MAGIC, _ENCRYPTED}:
        raise _UnreadableError(FaultCode.BROKEN_PARQUET)
    if _ENCRYPTED in {tail, content[: len(_MAGIC)]}:
        raise _UnreadableError(FaultCode.ENCRYPTED_PARQUET)
    end = len(content) - _FOOTER
    size = int.from_bytes(content[end : end + len(_MAGIC)], "little")
    if not 0 < size <= min(_MAX_METADATA, end):
        raise _UnreadableError(FaultCode.BROKEN_PARQUET)
    if footer_is_encrypted(content, end - size, end):
        raise _UnreadableError(FaultCode.ENCRYPTED_PARQUET)
    return pq.ParquetFile(pa.BufferReader(content))


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


def _check_rows(metadata: pq.FileMetaData, limit: int) -> None:
    if metadata.num_rows == 0:
        raise _UnreadableError(FaultCode.NO_ROWS)
    if metadata.num_rows > limit:
        raise _UnreadableError(FaultCode.TOO_MANY_ROWS, limit=limit)


def _check_pages(metadata: pq.FileMetaData, content: bytes, readable: Mapping[str, str], unpacked: int) -> None:
    """Compare what the footer says of its columns with what their pages say, before any page is unpacked.

    Raises:
        _UnreadableError: they differ, take too much room, or use an encoding by which little becomes much.
        PageError: there are no pages where the footer says.
    """
    delivered = set(readable.values())
    room = unpacked
    rows = 0
    for group in (metadata.row_group(i) for i in range(metadata.num_row_groups)):
        rows += group.num_rows
        for chunk in (group.column(i) for i in range(group.num_columns)):
            if chunk.path_in_schema not in delivered:
                continue
            values = 0
            for page in pages(content, *_span(chunk)):
                room -= page.unpacked
                values += page.values
                if room < 0:
                    raise _UnreadableError(FaultCode.PARQUET_BOMB, limit=unpacked)
                if not page.encodings <= _ENCODINGS:
                    raise _UnreadableError(FaultCode.PARQUET_ENCODING, column=chunk.path_in_schema)
            if not values == chunk.num_values == group.num_rows:
                raise _UnreadableError(FaultCode.PARQUET_LIES)
    if rows != metadata.num_rows:
        raise _UnreadableError(FaultCode.PARQUET_LIES)


def _span(chunk: pq.ColumnChunkMetaData) -> tuple[int, int]:
    start = chunk.data_page_offset
    if chunk.has_dictionary_page and 0 < chunk.dictionary_page_offset < start:
        start = chunk.dictionary_page_offset
    return start, start + chunk.total_compressed_size


def _read(
    content: bytes,
    metadata: pq.FileMetaData,
    definition: Definition,
    readable: Mapping[str, str],
    unpacked: int,
    faults: FaultList,
) -> Rows:
    texts = [delivered for name, delivered in readable.items() if not definition.column(name).kind.is_number]
    reader = pq.ParquetFile(pa.BufferReader(content), metadata=metadata, read_dictionary=texts)
    table = reader.read(columns=list(readable.values()), use_threads=False)
    rows = Rows(metadata.num_rows, {})
    if table.num_rows != rows.count:
        raise _UnreadableError(FaultCode.PARQUET_LIES)
    for name, delivered in readable.items():
        column = definition.column(name)
        values = one_array(table[delivered])
        values.validate(full=True)
        if column.kind.is_number:
            rows.columns[name] = numbers_of_arrow(column, values, rows, faults)
        else:
            rows.columns[name] = _text(column, values, unpacked)
    return rows


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
        raise _UnreadableError(FaultCode.PARQUET_BOMB, limit=unpacked)
    return encoded.cast(pa.string())
