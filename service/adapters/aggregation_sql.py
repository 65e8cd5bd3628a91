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

from service.ports.engine import KNOWLEDGE, Aggregation, SourcePart

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,62}")
_PATTERN = re.compile(r"[*?[]")
_RESERVED = frozenset({"contributor", "rows", "part", "file_index", "filename", "file_row_number"})


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
    labels = (*((name, codes) for name, (_, codes) in ranked.items()), ("contributor", contributors))
    types = ("VARCHAR",) * len(ranked) + ("BIGINT",) * len(aggregation.measures) + ("VARCHAR",) * len(persons)
    sql = _once(source, read, aggregation, tables) if aggregation.once else _sums(source, read, aggregation, tables)
    return Query(source, (*types, "INTEGER"), sql, parameters, tables, labels, _schema(aggregation))


def _sums(source: str, read: list[SourcePart], aggregation: Aggregation, tables: dict[str, pa.Table]) -> str:
    """Every row counts."""
    dimensions = enumerate(aggregation.dimensions)
    person = [_quoted(aggregation.person)] if aggregation.person else []
    ranks = [f"map_{i}.rank" for i in range(len(aggregation.dimensions))] + ["holdings.rank"]
    joins = [f"LEFT JOIN map_{i} ON map_{i}.key = source.{_quoted(name)}" for i, name in dimensions]
    groups = ranks + [f"source.{name}" for name in person]
    positions = ", ".join(str(i + 1) for i in range(len(groups)))
    sums = [f"sum(source.{_quoted(name)})" for name in aggregation.measures] + ["count(*)"]
    return "\n".join(  # every name in it was checked, every value is a parameter
        [
            f"WITH read AS ({source}),",
            "source AS (SELECT read.* FROM read",
            *_without(read, aggregation, tables),
            f") SELECT {', '.join(groups + sums)} FROM source",  # noqa: S608 - likewise
            *joins,
            "LEFT JOIN holdings ON holdings.key = source.part",
            f"GROUP BY {positions} ORDER BY {positions}",
        ]
    )


def _once(source: str, read: list[SourcePart], aggregation: Aggregation, tables: dict[str, pa.Table]) -> str:
    """Of each person and period one row counts; and who knows that person (`AggregationEngine.contributions`).

    1. `kept`: the rows with ranks for their codes and holding.
    2. `placed`: each with the first of its person and period, which counts; where that does not count, none does.
    3. `seen`: whether its holding delivered the person in the cell where it counts, and which row stands for the
       person and holding, and for the person, holding and cell.
    4. `told`: what each row adds to its own cell, and to the one in which its person counts.
    """
    tables["counting"] = pa.table({"key": range(len(read)), "counts": [part.counts for part in read]})
    names, measures = aggregation.dimensions, aggregation.measures
    once = [name for name in measures if name in aggregation.once]
    person, period = (f"kept.{_quoted(str(name))}" for name in (aggregation.pseudonym, aggregation.period))
    codes, its = [f"code_{i}" for i in range(len(names))], [f"its_{i}" for i in range(len(names))]
    order = ", ".join(["counting DESC", *codes, "whose"])
    firsts = [f"first_value({code}) OVER first AS {one}" for code, one in zip(codes, its, strict=True)]
    firsts += [f"first_value(kept.{_quoted(name)}) OVER first AS {_quoted('its ' + name)}" for name in once]
    there = " AND ".join(f"{code} = {one}" for code, one in zip(codes, its, strict=True))
    own = [f"CASE WHEN {_counting(name, aggregation)} THEN seen.{_quoted(name)} END" for name in measures]
    nobody = [f"CASE WHEN counting AND nobody THEN seen.{_quoted(name)} ELSE 0 END" for name in once]
    strays = [f"CASE WHEN strays THEN {_quoted('its ' + name)} ELSE 0 END" for name in once]
    known = [_quoted("its " + name) for name in once]
    seen = [f"CASE WHEN there THEN {value} ELSE 0 END" for value in known]
    here = [one for columns in zip(nobody, nobody, strays, strict=True) for one in columns]
    away = [one for pair in zip(known, seen, strict=True) for one in (*pair, "0")]
    summed = [f"n{i}" for i in range(len(measures) + 3 * len(once))]
    positions = ", ".join(str(i + 1) for i in range(len(names) + 1))
    return "\n".join(  # every name in it was checked, every value is a parameter
        [
            f"WITH read AS ({source}),",
            f"kept AS (SELECT read.*, {''.join(f'map_{i}.rank AS {code}, ' for i, code in enumerate(codes))}",
            "holdings.rank AS whose, counting.counts AS counting FROM read",
            "LEFT JOIN holdings ON holdings.key = read.part LEFT JOIN counting ON counting.key = read.part",
            *(f"LEFT JOIN map_{i} ON map_{i}.key = read.{_quoted(name)}" for i, name in enumerate(names)),
            *_without(read, aggregation, tables),
            f"), placed AS (SELECT kept.*, {person} IS NULL AS nobody, {', '.join(firsts)},",
            "row_number() OVER first AS place, first_value(counting) OVER first AS counted",
            f"FROM kept WINDOW first AS (PARTITION BY {person}, {period} ORDER BY {order})),",
            f"seen AS MATERIALIZED (SELECT kept.*, coalesce(bool_or({there}) OVER mine, false) AS there,",
            "counted AND NOT nobody AND row_number() OVER mine = 1 AS stands,",
            f"counted AND NOT nobody AND NOT coalesce(bool_or({there}) OVER mine, false)",
            "AND row_number() OVER cell = 1 AS strays FROM placed AS kept",
            f"WINDOW mine AS (PARTITION BY {person}, {period}, whose),",
            f"cell AS (PARTITION BY {', '.join([person, period, 'whose', *codes])})),",
            f"told ({', '.join([*codes, 'whose', *summed, 'counting'])}) AS (",
            f"SELECT {', '.join([*codes, 'whose', *own, *here, 'counting'])} FROM seen WHERE counting OR strays",  # noqa: S608 - likewise
            f"UNION ALL SELECT {', '.join([*its, 'whose', *('NULL' for _ in measures), *away, 'false'])}",
            "FROM seen WHERE stands)",
            f"SELECT {', '.join([*codes, 'whose', *(f'sum({one})' for one in summed)])},",
            f"count(*) FILTER (WHERE counting) FROM told GROUP BY {positions} ORDER BY {positions}",
        ]
    )


def _counting(measure: str, aggregation: Aggregation) -> str:
    """Whether a row counts for a measure."""
    return "counting AND (place = 1 OR nobody)" if measure in aggregation.once else "counting"


def _check(parts: Sequence[SourcePart], aggregation: Aggregation) -> None:
    names = (*aggregation.dimensions, *aggregation.measures, *_persons(parts, aggregation))
    strange = [name for name in names if not _NAME.fullmatch(name) or name.lower() in _RESERVED]
    if strange or len({name.lower() for name in names}) != len(names):
        raise ValueError(f"columns cannot be named so: {', '.join(names)}")
    if missing := [name for name in aggregation.dimensions if name not in aggregation.mapping]:
        raise ValueError(f"dimensions without mapping: {', '.join(missing)}")
    if len({part.path for part in parts}) != len(parts):
        raise ValueError("a part is given twice and would count twice")
    if not aggregation.once and not all(part.counts for part in parts):
        raise ValueError("a part does not count, and nothing counts persons once")
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
    if aggregation.once and aggregation.person is not None:
        raise ValueError("persons are to count once and each in a row of its own")
    if aggregation.once or aggregation.left_out_only or any(part.left_out for part in parts):
        if aggregation.pseudonym is None:
            raise ValueError("persons are to be left out of parts without a column of pseudonyms")
        found.append(aggregation.pseudonym)
    return tuple(dict.fromkeys(name for name in found if name is not None))


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
    numbers = [*aggregation.measures, *knowledge_of(aggregation), "rows"]
    return pa.schema([(name, pa.string()) for name in texts] + [(name, pa.int64()) for name in numbers])


def knowledge_of(aggregation: Aggregation) -> tuple[str, ...]:
    """The columns that say who knows of a sum, measure by measure."""
    return tuple(f"{name}.{what}" for name in aggregation.measures if name in aggregation.once for what in KNOWLEDGE)


def _quoted(name: str) -> str:
    return f'"{name}"'
