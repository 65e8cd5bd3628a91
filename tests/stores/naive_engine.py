"""Aggregation as one would say it: row by row, with Python's own integers. The reference for every engine."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from service.ports.engine import Aggregation

Row = Mapping[str, str | int | None]


class Unmapped(Exception):
    pass


class Overflow(Exception):
    pass


def naive_contributions(
    parts: Iterable[tuple[str, Sequence[Row]]], aggregation: Aggregation
) -> list[dict[str, str | int]]:
    sums: dict[tuple[str, ...], list[int]] = {}
    for holding, rows in parts:
        for row in rows:
            key = [code_of(aggregation, name, row[name]) for name in aggregation.dimensions] + [holding]
            if aggregation.person is not None:
                key.append(str(row[aggregation.person]))
            found = sums.setdefault(tuple(key), [0] * (len(aggregation.measures) + 1))
            for i, measure in enumerate(aggregation.measures):
                found[i] += int(row[measure] or 0)
            found[-1] += 1
    if any(abs(number) > 2**63 - 1 for numbers in sums.values() for number in numbers):
        raise Overflow
    names = [*aggregation.dimensions, "contributor", *([aggregation.person] if aggregation.person else [])]
    numbers = [*aggregation.measures, "rows"]
    return [dict(zip(names, key, strict=True)) | dict(zip(numbers, sums[key], strict=True)) for key in sorted(sums)]


def code_of(aggregation: Aggregation, name: str, atom: str | int | None) -> str:
    mapping = aggregation.mapping[name]
    if not isinstance(atom, str) or atom not in mapping:
        raise Unmapped
    return mapping[atom]
