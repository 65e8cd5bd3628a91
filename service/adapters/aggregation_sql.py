"""The one expression that aggregates, as SQL and parameters.

Names of columns are checked and quoted; every value (files, keys, atoms, codes, holdings) is a parameter or a row of a
registered table. Codes and holdings are joined as ranks in code-point order: grouping and ordering small integers costs
half of what text does, and text is looked up once per result row.

Joins are left joins: an atom without a code shows as a missing rank and stops the aggregation. And no filter may reach
the scan of an encrypted part: DuckDB 2.0 then fails to decrypt it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pyarrow as pa

from service.ports.engine import Aggregation, SourcePart

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,62}")
_PATTERN = re.compile(r"[*?[]")
_RESERVED = frozenset({"contributor", "rows", "part", "place", "file_index", "filename", "file_row_number"})


@dataclass(frozen=True, slots=True)
class Query:
    """SQL with its parameters and tables.

    `source` selects all rows, and `types` are the types that its columns must have: DuckDB would otherwise convert, and
    round. `labels` are the codes behind the ranks of the first columns of `sql`; `schema` is that of the answer.
    """

    source: str
    types: tuple[str, ...]
    sql: str
    parameters: Mapping[str, object] = field(repr=False)
    tables: Mapping[str, pa.Table] = field(repr=False)
    labels: tuple[tuple[str, tuple[str, ...]], ...]
    schema: pa.Schema


def build_query(parts: Sequence[SourcePart], aggregation: Aggregation) -> Query:
    """The query over these parts.

    Raises:
        ValueError: a name that is no column name or clashes, a dimension without mapping, a part given twice.
    """
    _check(parts, aggregation)
    persons = _persons(parts, aggregation)
    scans, parameters, read = _scans(parts, aggregation, persons)
    holdings = [part.holding for part in read]
    source = "\nUNION ALL ".join(scans)
    ranked = {name: _ranked(aggregation.mapping[name]) for name in aggregation.dimensions}
    tables = {f"map_{i}": table for i, (table, _) in enumerate(ranked.values())}
    contributors = tuple(sorted(set(holdings)))
    tables["holdings"] = _table(range(len(holdings)), pa.int32(), holdings, contributors)
    person = [_quoted(aggregation.person)] if aggregation.person else []
    ranks = [f"map_{i}.rank" for i in range(len(ranked))] + ["holdings.rank"]
    joins = [f"LEFT JOIN map_{i} ON map_{i}.key = source.{_quoted(name)}" for i, name in enumerate(ranked)]
    groups = ranks + [f"source.{name}" for name in person]
    positions = ", ".join(str(i + 1) for i in range(len(groups)))
    sums = [_sum(name, aggregation) for name in aggregation.measures] + ["count(*)"]
    sql = "\n".join(  # every name in it was checked, every value is a parameter
        [
            f"WITH read AS ({source}),",
            f"source AS (SELECT read.*{_place(aggregation)} FROM read",  # noqa: S608 - checked names only
            *(["LEFT JOIN holdings ON holdings.key = read.part"] if aggregation.once else []),
            *_without(read, aggregation, tables),
            f") SELECT {', '.join(groups + sums)} FROM source",  # noqa: S608 - likewise
            *joins,
            "LEFT JOIN holdings ON holdings.key = source.part",
            f"GROUP BY {positions} ORDER BY {positions}",
        ]
    )
    labels = (*((name, codes) for name, (_, codes) in ranked.items()), ("contributor", contributors))
    types = ("VARCHAR",) * len(ranked) + ("BIGINT",) * len(aggregation.measures) + ("VARCHAR",) * len(persons)
    return Query(source, (*types, "INTEGER"), sql, parameters, tables, labels, _schema(aggregation))


def _check(parts: Sequence[SourcePart], aggregation: Aggregation) -> None:
    names = (*aggregation.dimensions, *aggregation.measures, *_persons(parts, aggregation))
    strange = [name for name in names if not _NAME.fullmatch(name) or name.lower() in _RESERVED]
    if strange or len({name.lower() for name in names}) != len(names):
        raise ValueError(f"columns cannot be named so: {', '.join(names)}")
    if missing := [name for name in aggregation.dimensions if name not in aggregation.mapping]:
        raise ValueError(f"dimensions without mapping: {', '.join(missing)}")
    if len({part.path for part in parts}) != len(parts):
        raise ValueError("a part is given twice and would count twice")
    if any(_PATTERN.search(str(part.path)) for part in parts):
        raise ValueError("the folder of a part holds *, ? or [, which DuckDB reads as a pattern")


def _persons(parts: Sequence[SourcePart], aggregation: Aggregation) -> tuple[str, ...]:
    """The columns of pseudonyms to read: to count by, and to leave rows out by where somebody is to be left out.

    Raises:
        ValueError: somebody is to be left out, and no column is named to find them by.
    """
    found = [aggregation.person]
    if aggregation.once and (aggregation.pseudonym is None or aggregation.period not in aggregation.dimensions):
        raise ValueError("persons are to count once without a column of pseudonyms or of periods")
    if aggregation.once or aggregation.left_out_only or any(part.left_out for part in parts):
        if aggregation.pseudonym is None:
            raise ValueError("persons are to be left out of parts without a column of pseudonyms")
        found.append(aggregation.pseudonym)
    return tuple(dict.fromkeys(name for name in found if name is not None))


def _sum(measure: str, aggregation: Aggregation) -> str:
    """The sum of a measure, over every row or over one of each person and period."""
    added = f"sum(source.{_quoted(measure)})"
    if measure not in aggregation.once:
        return added
    return f"{added} FILTER (WHERE source.place = 1 OR source.{_quoted(str(aggregation.pseudonym))} IS NULL)"


def _place(aggregation: Aggregation) -> str:
    """The place of a row among those of its person and period: the same whatever the order of parts and rows."""
    if not aggregation.once:
        return ""
    person, period = _quoted(str(aggregation.pseudonym)), _quoted(str(aggregation.period))
    order = ", ".join([*(f"read.{_quoted(name)}" for name in aggregation.dimensions), "holdings.rank"])
    return f", row_number() OVER (PARTITION BY read.{person}, read.{period} ORDER BY {order}) AS place"


def _without(read: Sequence[SourcePart], aggregation: Aggregation, tables: dict[str, pa.Table]) -> list[str]:
    """What leaves out the rows of those who are to be left out, each by the part that they are in; or all others."""
    listed = [(number, person) for number, part in enumerate(read) for person in sorted(part.left_out)]
    if not (listed or aggregation.left_out_only):
        return []
    numbers, persons = [number for number, _ in listed], [person for _, person in listed]
    tables["left_out"] = pa.table({"part": pa.array(numbers, pa.int32()), "person": pa.array(persons, pa.string())})
    hashed = f"substr(sha256(read.{_quoted(str(aggregation.pseudonym))}), 1, 32)"
    return [
        f"LEFT JOIN left_out ON left_out.part = read.part AND left_out.person = {hashed}",
        f"WHERE left_out.part IS {'NOT ' if aggregation.left_out_only else ''}NULL",
    ]


def _scans(
    parts: Sequence[SourcePart], aggregation: Aggregation, persons: Sequence[str]
) -> tuple[list[str], dict[str, object], list[SourcePart]]:
    """One scan per data key, its parameters, and the parts in the order of the scans."""
    by_key: dict[bytes, list[SourcePart]] = {}
    for part in parts:
        by_key.setdefault(part.data_key, []).append(part)
    names = [*aggregation.dimensions, *aggregation.measures, *persons]
    columns = "".join(f"{_quoted(name)}, " for name in names)
    scans: list[str] = []
    parameters: dict[str, object] = {}
    read: list[SourcePart] = []
    for i, (data_key, group) in enumerate(by_key.items()):
        number = f"file_index::INTEGER + $first_{i}::INTEGER AS part"
        options = f"hive_partitioning = false, encryption_config = {{footer_key_value: $key_{i}::BLOB}}"
        scans.append(f"SELECT {columns}{number} FROM read_parquet($files_{i}, {options})")  # noqa: S608 - likewise
        parameters |= {
            f"first_{i}": len(read),
            f"files_{i}": [str(p.path) for p in group],
            f"key_{i}": data_key,
        }
        read += group
    return scans, parameters, read


def _ranked(mapping: Mapping[str, str]) -> tuple[pa.Table, tuple[str, ...]]:
    codes = tuple(sorted(set(mapping.values())))
    return _table(mapping.keys(), pa.string(), list(mapping.values()), codes), codes


def _table(keys: object, key_type: pa.DataType, values: Sequence[str], ordered: Sequence[str]) -> pa.Table:
    rank = {value: i for i, value in enumerate(ordered)}
    ranks = pa.array([rank[value] for value in values], pa.int32())
    return pa.table({"key": pa.array(keys, key_type), "rank": ranks})


def _schema(aggregation: Aggregation) -> pa.Schema:
    texts = [*aggregation.dimensions, "contributor", *([aggregation.person] if aggregation.person else [])]
    numbers = [*aggregation.measures, "rows"]
    return pa.schema([(name, pa.string()) for name in texts] + [(name, pa.int64()) for name in numbers])


def _quoted(name: str) -> str:
    return f'"{name}"'
