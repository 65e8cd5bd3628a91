"""Aggregation by DuckDB: one expression over encrypted parts, in an instance that can reach nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from service.adapters.aggregation_sql import Query, build_query, knowledge_of
from service.domain.errors import Unavailable
from service.ports.engine import Aggregation, SourcePart
from service.ports.parts import MissingPartError

_UNREADABLE = (duckdb.IOException, duckdb.InvalidInputException, duckdb.PermissionException)
"""What DuckDB raises for a file that is gone, altered, or under another key (measured over altered files)."""


class DuckDbEngine:
    """Runs each aggregation in an in-memory DuckDB of its own.

    The instance may read the given files and nothing else: no other file, no network, no extension, no configuration,
    no Python variable; it spills nothing to disk and keeps no key when it closes.
    """

    def __init__(self, *, memory_bytes: int = 2 * 2**30, threads: int = 2) -> None:
        if memory_bytes <= 0 or threads <= 0:
            raise ValueError("an engine needs memory and a thread")
        self._memory = memory_bytes
        self._threads = threads

    def contributions(self, parts: Sequence[SourcePart], aggregation: Aggregation) -> pa.Table:
        """The sums per cell and contributor; see `service.ports.engine.AggregationEngine`.

        Sums are exact: added in 128 bits and handed over in 64. A missing measure value adds nothing. Rows
        are ordered by code point of their codes, contributor and person: the same parts give the same table.

        Raises:
            MissingPartError: a part cannot be read as it was written.
            Unavailable: `aggregation-unmapped` (an atom, or a missing value, has no requested code),
                `aggregation-overflow` (a sum beyond 64 bits), `aggregation-memory`, `aggregation-failed`.
            ValueError: the aggregation cannot be asked: names that clash or are no column names, a part given twice.
        """
        query = build_query(parts, aggregation)
        found = self._run(parts, query) if parts else None
        return _table(query, aggregation, found)

    def _run(self, parts: Sequence[SourcePart], query: Query) -> pa.Table:
        # `from None`: DuckDB's messages may hold values of the rows.
        try:
            with closing(self._open([str(part.path) for part in parts], query.tables)) as connection:
                parameters = dict(query.parameters)
                types = connection.sql(query.source, params=parameters).types
                if tuple(str(kind) for kind in types) == query.types:
                    return connection.sql(query.sql, params=parameters).to_arrow_table()
        except duckdb.OutOfMemoryException:
            raise Unavailable("aggregation-memory") from None
        except _UNREADABLE as error:
            raise MissingPartError(f"a part cannot be read as it was written ({type(error).__name__})") from None
        except duckdb.Error as error:
            raise Unavailable("aggregation-failed", {"cause": type(error).__name__}) from None
        raise Unavailable("aggregation-failed", {"cause": "columns of other types"})

    def _open(self, paths: list[str], tables: Mapping[str, pa.Table]) -> duckdb.DuckDBPyConnection:
        settings: dict[str, Any] = {
            "threads": self._threads,
            "memory_limit": f"{self._memory}B",
            "temp_directory": "",
            "disabled_optimizers": "filter_pushdown,join_filter_pushdown,late_materialization",
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "allow_community_extensions": False,
            "allow_persistent_secrets": False,
            "python_enable_replacements": False,
        }
        connection = duckdb.connect(":memory:", config=settings)
        connection.execute("SET allowed_paths = $paths", {"paths": paths})
        connection.execute("SET enable_external_access = false; SET lock_configuration = true")
        for name, table in tables.items():
            connection.register(name, table)
        return connection


def _table(query: Query, aggregation: Aggregation, found: pa.Table | None) -> pa.Table:
    if found is None:
        return query.schema.empty_table()
    columns = list(found.columns)
    arrays: list[pa.Array | pa.ChunkedArray] = []
    for label, codes in query.labels:
        ranks = columns.pop(0)
        if ranks.null_count:
            raise Unavailable("aggregation-unmapped", {"dimension": label, "cells": ranks.null_count})
        arrays.append(pc.take(pa.array(codes, pa.string()), ranks.combine_chunks()))
    if aggregation.person is not None:
        arrays.append(columns.pop(0))
    arrays += [_exact(name, columns.pop(0)) for name in (*aggregation.measures, *knowledge_of(aggregation))]
    arrays += columns
    return pa.table(arrays, schema=query.schema)


def _exact(measure: str, sums: pa.ChunkedArray) -> pa.ChunkedArray:
    try:
        return pc.fill_null(sums.cast(pa.int64()), 0)
    except pa.ArrowInvalid:
        raise Unavailable("aggregation-overflow", {"measure": measure}) from None
