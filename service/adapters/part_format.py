"""The bytes of a part: Parquet with modular encryption, in the layout that DuckDB reads.

Uniform AES-256-GCM over footer and all columns (AES_GCM_V1, Apache Parquet "Modular Encryption"): no name, statistic or
value is in the clear, and pages cannot be moved within the file or between files.

DuckDB 2.0 decrypts only the first data page of a column chunk (it counts pages otherwise than the specification) and
does not read encrypted pages of version 2. So every column chunk here is one page of version 1: row groups are
small, page limits are out of reach, and a column with many distinct values is not dictionary-coded, for a dictionary
that grows too large would begin a second page.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyarrow.parquet.encryption import create_encryption_properties

ROW_GROUP = 122_880
"""Rows per row group: what DuckDB hands to one thread at a time."""

_CODES = 2**15
_OUT_OF_REACH = 2**30


def encrypt_part(table: pa.Table, data_key: bytes) -> pa.Buffer:
    """The rows as an encrypted Parquet file, in memory: no plain row touches a disk.

    Rows with like codes are put together, which makes the part half as large.

    Args:
        table: text and integer columns only, so that no sum over a part is ever rounded.
        data_key: 32 bytes (AES-256).

    Raises:
        ValueError: a column of another type, an integer beyond 64 bits with sign, or a key of another length.
    """
    if len(data_key) != 32:  # noqa: PLR2004 - AES-256
        raise ValueError("a data key has 32 bytes")
    columns = {name: _column(name, table[name]) for name in table.column_names}
    coded = [name for name, column in columns.items() if pa.types.is_dictionary(column.type)]
    sink = pa.BufferOutputStream()
    pq.write_table(
        _grouped(pa.table(columns), coded),
        sink,
        version="2.6",
        data_page_version="1.0",
        compression="zstd",
        row_group_size=ROW_GROUP,
        max_rows_per_page=ROW_GROUP,
        data_page_size=_OUT_OF_REACH,
        dictionary_pagesize_limit=_OUT_OF_REACH,
        use_dictionary=coded,
        store_schema=False,
        encryption_properties=create_encryption_properties(data_key),
    )
    return sink.getvalue()


def _column(name: str, column: pa.ChunkedArray) -> pa.Array:
    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    if pa.types.is_integer(kind):
        return column.cast(pa.int64()).combine_chunks()
    if not (pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)):
        raise ValueError(f"column {name} is {column.type}; a part holds text and integers only")
    text = column.cast(pa.string()).combine_chunks()
    coded = pc.dictionary_encode(text)
    if len(coded.dictionary) > _CODES:
        return text
    return coded


def _grouped(table: pa.Table, coded: list[str]) -> pa.Table:
    if not coded or not table.num_rows:
        return table
    keys = [pc.fill_null(table[name].combine_chunks().indices, -1).cast(pa.int16()).to_numpy() for name in coded]
    return table.take(pa.array(np.lexsort(keys[::-1])))
