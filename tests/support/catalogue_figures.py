"""Rows that obey any definition, and what may be released of them, worked out without the service's own sums."""

from __future__ import annotations

import csv
import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import product

from service.adapters.bundle import bundle_directory
from service.domain.catalogue import Catalogue, DataSet, Dimension, DisclosureProfile, Measure
from service.domain.purpose import PurposeScope
from service.domain.request import RequestedDimension

TOTAL = "TOTAL"
PERIODS = {"year": "2024", "quarter": "2025Q1", "month": "2025-06"}
"""A period of each level that is old enough for every data set on the day of the tests."""

Row = dict[str, str | int | None]


@cache
def tree(classification: str) -> Mapping[str, tuple[str, str]]:
    """Code to level and parent, as the file says."""
    path = bundle_directory() / "classifications" / f"{classification}.csv"
    with path.open(encoding="utf-8", newline="") as file:
        return {row["code"]: (row["level"], row["parent"]) for row in csv.DictReader(file)}


def above(classification: str, code: str) -> Iterable[str]:
    """The code and everything that holds it."""
    while code:
        yield code
        code = tree(classification)[code][1]


def atoms_of(dimension: Dimension, catalogue: Catalogue, periods: Sequence[str]) -> Sequence[str]:
    """A few of the finest codes: three municipalities in each of two provinces, at most three of another list."""
    name = dimension.classifications[0]
    if dimension.is_period:
        return periods[:2]
    if name.startswith("nl-"):
        provinces = tree("nl-province")
        return [
            code
            for province in ("PV20", "PV31")
            for code in [c for c, (_, parent) in provinces.items() if parent == province][:3]
        ]
    finest = catalogue.classification(name).finest
    codes = [code for code, (level, _) in tree(name).items() if level == finest]
    return codes[:: max(1, len(codes) // 3)][:3]


@dataclass(frozen=True)
class Figures:
    """What suppliers deliver for one data set, with one cell that only one of them has, and too little of."""

    data_set: DataSet
    rows: Mapping[str, Sequence[Row]]

    @classmethod
    def of(cls, data_set: DataSet, catalogue: Catalogue, suppliers: Sequence[str]) -> Figures:
        """Between 20 and 29 in every cell, but 3 of the first supplier only in the last one."""
        periods = catalogue.allowed_periods(data_set, PERIODS[data_set.round_level])
        places = list(product(*(atoms_of(d, catalogue, periods) for d in data_set.dimensions)))
        rows: dict[str, list[Row]] = {}
        for supplier in suppliers:
            rows[supplier] = []
            for place in places:
                lone = place[1:] == places[-1][1:]
                if lone and supplier != suppliers[0]:
                    continue
                seed = hashlib.sha256(repr((data_set.id, supplier, place)).encode()).digest()[0]
                value = 3 if lone else 20 + seed % 10
                row: Row = {d.name: code for d, code in zip(data_set.dimensions, place, strict=True)}
                row |= {m.name: _obeying(m, data_set, value) for m in data_set.measures}
                row |= {n.name: "Geen bijzonderheden in deze periode." for n in data_set.notes}
                rows[supplier] += _of_persons(row, data_set, value, f"{supplier} {place}")
        return cls(data_set, rows)

    def sums(self, asked: Sequence[RequestedDimension], measure: str) -> Mapping[tuple[str, ...], Mapping[str, int]]:
        """Per cell of the table, what each supplier put into it."""
        cells: dict[tuple[str, ...], dict[str, int]] = defaultdict(lambda: defaultdict(int))
        totals = {d.name: d.total for d in self.data_set.dimensions}
        for supplier, rows in self.rows.items():
            for row in rows:
                codes = [_codes(one, str(row[one.dimension]), total=totals[one.dimension]) for one in asked]
                for cell in product(*codes):
                    cells[cell][supplier] += int(str(row[measure]))
        return cells


def asked_of(data_set: DataSet, scope: PurposeScope, *, finer: str | None = None) -> tuple[RequestedDimension, ...]:
    """Provinces, and what the purpose allows of the next dimension; a stock per period. `finer` at its finest level."""
    names = [d.name for d in data_set.dimensions if not d.is_period]
    chosen = [d for d in data_set.dimensions if d.name in names[:2] or (d.is_period and not d.total) or d.name == finer]
    asked = []
    for dimension in chosen:
        levels = dict(scope.finest_levels[dimension.name])
        region = "nl-province" in levels
        classification = "nl-province" if region else dimension.classifications[0]
        level = "province" if region else levels[classification]
        asked.append(RequestedDimension(dimension.name, classification, level))
    return tuple(asked)


def unsafe(contributions: Mapping[str, int], measure: Measure, rules: DisclosureProfile) -> bool:
    """Whether a cell breaks a primary rule of disclosure.md."""
    values = sorted((v for v in contributions.values() if v), reverse=True)
    total = sum(values)
    if not total:
        return False
    small = measure.kind == "count" and total < rules.minimum_count
    few = len(values) < rules.minimum_contributors
    dominated = any(100 * sum(values[:m]) > k * total for m, k in rules.dominance)
    close = rules.p_percent is not None and 100 * (total - sum(values[:2])) < rules.p_percent * values[0]
    return small or few or dominated or close


def _of_persons(row: Row, data_set: DataSet, value: int, names: str) -> list[Row]:
    """The row; of a data set with records of persons as many rows, each of somebody else."""
    if data_set.person is None:
        return [row]
    label = f"bsn.{data_set.person.domain}.1."
    digests = (hashlib.sha256(f"{names} {i}".encode()).hexdigest() for i in range(value))
    return [row | {m.name: 1 for m in data_set.measures} | {data_set.person.name: label + digest} for digest in digests]


def _obeying(measure: Measure, data_set: DataSet, value: int) -> int:
    """One less where a check bounds the measure by another."""
    bounded = any(check.left == measure.name for check in data_set.checks)
    return max(measure.minimum, value - 1 if bounded else value)


def _codes(one: RequestedDimension, code: str, *, total: bool) -> Sequence[str]:
    if one.classification.startswith("calendar-"):
        year, quarter = code[:4], f"{code[:4]}Q{(int(code[5:]) + 2) // 3}" if "-" in code else code
        wanted = {"year": [year], "quarter": [year, quarter], "month": [year, quarter, code]}[one.level]
        found = list(dict.fromkeys(wanted))
    else:
        levels = list(dict.fromkeys(level for level, _ in tree(one.classification).values()))
        depth = levels.index(one.level)
        up = list(above(one.classification, code))
        if one.only:
            if not set(up) & set(one.only):
                return []
            up = up[: 1 + max(up.index(chosen) for chosen in one.only if chosen in up)]
            total = False
        found = [c for c in up if levels.index(tree(one.classification)[c][0]) <= depth]
    return [*found, *([TOTAL] if total else [])]
