"""Rows to cells with contributors: the engine against hand-written SQL and against a sort.

342 municipalities x 24 kinds of care x 18 ages x 2 sexes are 295,488 cells; each of 100 suppliers has patients from ten
municipalities. Ours checks the parts against their names, reads them encrypted, finds that every atom has a code and
gives text back in order. Held against:

- the SQL that one would write by hand for the same answer, over the same rows as plain Parquet;
- the same without any mapping, order or check: the least that DuckDB can do;
- an aggregation by sorting in numpy (argsort of packed 64-bit keys, then sums), with the keys packed beforehand.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from written_parts import write_part

from benchmarks.report import Peer, compare, is_full
from service.adapters.clock import SystemRandomness
from service.adapters.duckdb_engine import DuckDbEngine
from service.adapters.parts import FileSystemPartStore
from service.ports.engine import Aggregation, SourcePart

CODES: Mapping[str, list[str]] = {
    "municipality": [f"GM{i:04d}" for i in range(342)],
    "care": [f"care-{i:03d}" for i in range(24)],
    "age": [f"{5 * i}-{5 * i + 4}" for i in range(18)],
    "sex": ["F", "M"],
}
SUPPLIERS = 100
NEAR = 10


@dataclass(frozen=True, slots=True)
class Rows:
    """The same rows in three forms."""

    store: FileSystemPartStore
    data_key: bytes
    parts: list[str]
    holdings: list[str]
    plain: list[str]
    keys: np.ndarray[tuple[int], np.dtype[np.int64]]
    values: np.ndarray[tuple[int], np.dtype[np.int64]]


def make_rows(folder: Path, count: int) -> Rows:
    """Write `count` rows of 100 suppliers, encrypted and plain; made up, the same in every run."""
    chance = np.random.default_rng(1)
    data_key = SystemRandomness().key(32)
    store = FileSystemPartStore(folder / "parts")
    parts, holdings, plain, keys, values = [], [], [], [], []
    for supplier in range(SUPPLIERS):
        size = count // SUPPLIERS
        near = chance.choice(len(CODES["municipality"]), NEAR, replace=False)
        codes = {name: chance.integers(0, len(labels), size) for name, labels in CODES.items()}
        codes["municipality"] = near[chance.integers(0, NEAR, size)]
        value = chance.integers(0, 1000, size)
        columns = {name: _coded(codes[name], labels) for name, labels in CODES.items()}
        table = pa.table(columns | {"value": pa.array(value)})
        parts.append(write_part(store, table, data_key))
        holdings.append(f"holding-{supplier:03d}")
        plain.append(str(folder / f"{holdings[-1]}.parquet"))
        pq.write_table(table, plain[-1], compression="zstd")
        keys.append(_packed(codes) * SUPPLIERS + supplier)
        values.append(value)
    return Rows(store, data_key, parts, holdings, plain, np.concatenate(keys), np.concatenate(values))


def _coded(indices: np.ndarray[tuple[int], np.dtype[np.int64]], labels: list[str]) -> pa.Array:
    return pa.DictionaryArray.from_arrays(pa.array(indices, pa.int32()), pa.array(labels))


def _packed(
    codes: Mapping[str, np.ndarray[tuple[int], np.dtype[np.int64]]],
) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    packed = np.zeros(len(codes["sex"]), np.int64)
    for name, labels in CODES.items():
        packed = packed * len(labels) + codes[name]
    return packed


def by_engine(rows: Rows) -> pa.Table:
    mapping = {name: {label: label for label in labels} for name, labels in CODES.items()}
    parts = [
        SourcePart(rows.store.locate_part(name), rows.data_key, holding)
        for name, holding in zip(rows.parts, rows.holdings, strict=True)
    ]
    return DuckDbEngine().contributions(parts, Aggregation(tuple(CODES), mapping, ("value",)))


def by_hand(rows: Rows) -> pa.Table:
    with duckdb.connect(config={"threads": 2}) as connection:
        for name, labels in CODES.items():
            connection.register(f"to_{name}", pa.table({"atom": labels, "code": labels}))
        connection.register("suppliers", pa.table({"file": rows.plain, "holding": rows.holdings}))
        chosen = ", ".join(f"to_{name}.code AS {name}" for name in CODES)
        joins = " ".join(f"JOIN to_{name} ON to_{name}.atom = r.{name}" for name in CODES)
        return connection.sql(
            f"SELECT {chosen}, holding AS contributor, sum(value)::BIGINT AS value, count(*) AS rows "
            f"FROM read_parquet($files, filename = true) r {joins} JOIN suppliers ON file = filename "
            "GROUP BY ALL ORDER BY ALL",
            params={"files": rows.plain},
        ).to_arrow_table()


def least_sql(rows: Rows) -> pa.Table:
    with duckdb.connect(config={"threads": 2}) as connection:
        return connection.sql(
            f"SELECT {', '.join(CODES)}, file_index, sum(value), count(*) FROM read_parquet($files) GROUP BY ALL",
            params={"files": rows.plain},
        ).to_arrow_table()


def by_sort(rows: Rows) -> int:
    order = np.argsort(rows.keys, kind="stable")
    keys, values = rows.keys[order], rows.values[order]
    starts = np.flatnonzero(np.r_[True, keys[1:] != keys[:-1]])
    return len(np.add.reduceat(values, starts))


def main() -> None:
    count = 10_000_000 if is_full() else 2_000_000
    with tempfile.TemporaryDirectory() as folder:
        rows = make_rows(Path(folder), count)
        ours = by_engine(rows)
        if not ours.equals(by_hand(rows)) or ours.num_rows != by_sort(rows):
            raise ValueError("the engine and the hand-written SQL do not agree")
        compare(
            f"aggregate {count:,} rows to {ours.num_rows:,} contributions",
            lambda: by_engine(rows),
            Peer("hand-written SQL, same answer", lambda: by_hand(rows), 1.2),
            Peer("SQL without mapping or order", lambda: least_sql(rows), 2),
            Peer("sort of packed numpy keys", lambda: by_sort(rows), 4),
        )
