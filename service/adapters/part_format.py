"""The bytes of a part: Parquet with modular encryption, in the layout that DuckDB reads.

Uniform AES-256-GCM over footer and all columns (AES_GCM_V1, Apache Parquet "Modular Encryption"): no name, statistic or
value is in the clear, and pages cannot be moved within the file or between files.

DuckDB 2.0 decrypts only the first data page of a column chunk (it counts pages otherwise than the specification) and
does not read encrypted pages of version 2. So every column chunk here is one page of version 1: row groups are
small, page limits are out of reach, and a column with many distinct values is not dictionary-coded, for a dictionary
that grows too large would begin a second page.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyarrow.parquet.encryption import create_encryption_properties

ROW_GROUP = 122_880
"""Rows per row group: what DuckDB hands to one thread at a time."""

_CODES = 2**15
_OUT_OF_REACH = 2**30


class PartEncoder:
    """Writes rows as an encrypted Parquet file, a row group at a time: no plain row touches a disk, and few are held.

    Rows of a group with like codes are put together, which makes the part half as large.
    """

    def __init__(self, sink: Any, data_key: bytes) -> None:
        """Nothing is written before there are rows.

        Args:
            sink: what the encrypted bytes are written to, in order.
            data_key: 32 bytes (AES-256).

        Raises:
            ValueError: a key of another length.
        """
        if len(data_key) != 32:  # noqa: PLR2004 - AES-256
            raise ValueError("a data key has 32 bytes")
        self._sink, self._key = sink, data_key
        self._held: list[pa.Table] = []
        self._rows = 0
        self._coded: list[str] = []
        self._writer: pq.ParquetWriter | None = None

    def add(self, table: pa.Table) -> None:
        """Take rows in: text and integer columns only, so that no sum over a part is ever rounded.

        Raises:
            ValueError: a column of another type, or an integer beyond 64 bits with sign.
        """
        self._held.append(pa.table({name: _plain(name, table[name]) for name in table.column_names}))
        self._rows += table.num_rows
        while self._rows >= ROW_GROUP:
            self._write()

    def close(self) -> None:
        """Write what is held and the footer.

        Raises:
            ValueError: there were no rows to add, not even none of known columns.
        """
        if not self._held and self._writer is None:
            raise ValueError("a part has columns")
        if self._rows or self._writer is None:
            self._write()
        if self._writer is not None:
            self._writer.close()

    def _write(self) -> None:
        held = pa.concat_tables(self._held)
        group, rest = held.slice(0, ROW_GROUP), held.slice(ROW_GROUP)
        self._held, self._rows = [rest] if rest.num_rows else [], rest.num_rows
        columns = {name: group[name].combine_chunks() for name in group.column_names}
        texts = {
            name: column.dictionary_encode() for name, column in columns.items() if pa.types.is_string(column.type)
        }
        if self._writer is None:
            self._coded = [name for name, text in texts.items() if len(text.dictionary) <= _CODES]
        columns |= {name: texts[name] for name in self._coded}
        ordered = _grouped(pa.table(columns), self._coded)
        if self._writer is None:
            self._writer = self._opened(ordered.schema)
        self._writer.write_table(ordered, row_group_size=ROW_GROUP)

    def _opened(self, schema: pa.Schema) -> pq.ParquetWriter:
        return pq.ParquetWriter(
            self._sink,
            schema,
            version="2.6",
            data_page_version="1.0",
            compression="zstd",
            max_rows_per_page=ROW_GROUP,
            data_page_size=_OUT_OF_REACH,
            dictionary_pagesize_limit=_OUT_OF_REACH,
            use_dictionary=self._coded,
            store_schema=False,
            encryption_properties=create_encryption_properties(self._key),
        )


def _plain(name: str, column: pa.ChunkedArray) -> pa.ChunkedArray:
    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    if pa.types.is_integer(kind):
        return column.cast(pa.int64())
    if not (pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)):
        raise ValueError(f"column {name} is {column.type}; a part holds text and integers only")
    return column.cast(pa.string())


def _grouped(table: pa.Table, coded: list[str]) -> pa.Table:
    if not coded or not table.num_rows:
        return table
    keys = [pc.fill_null(table[name].combine_chunks().indices, -1).to_numpy() for name in coded]
    return table.take(pa.array(np.lexsort(keys[::-1])))
