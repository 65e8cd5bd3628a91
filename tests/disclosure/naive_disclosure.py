"""A second opinion that shares no code with the engine: rows, loops, and scipy.

Everything is written from the definitions: a cell is the set of rows under its codes, an attacker is a linear
program over the finest cells. Slow on purpose.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from itertools import product

import numpy as np
from scipy.optimize import linprog


@dataclass(frozen=True)
class Row:
    codes: dict[str, str]
    value: int
    contributor: str | None = None
    person: str | None = None


@dataclass(frozen=True)
class NaiveTable:
    """Per dimension: code -> set of finest codes; and what was published: codes -> value or None."""

    dimensions: dict[str, dict[str, frozenset[str]]]
    published: dict[tuple[str, ...], int | None] = field(default_factory=dict)
    where: dict[str, frozenset[str]] = field(default_factory=dict)

    def cells(self):
        return product(*self.dimensions.values())

    def holds(self, cell: tuple[str, ...], codes: dict[str, str]) -> bool:
        inside = all(codes[name] in allowed for name, allowed in self.where.items())
        return inside and all(
            codes[name] in members[code] for (name, members), code in zip(self.dimensions.items(), cell, strict=True)
        )


@dataclass(frozen=True)
class NaiveRules:
    minimum_count: int | None = None
    minimum_contributors: int | None = None
    dominance: tuple[tuple[int, float], ...] = ()
    p_percent: float | None = None
    zero_is_safe: bool = True


@dataclass(frozen=True)
class Figures:
    value: int
    count: int
    reporting: frozenset[str]
    own: dict[str, int]

    @property
    def largest(self) -> list[int]:
        return [*sorted(self.own.values(), reverse=True), 0, 0]

    @property
    def contributors(self) -> int:
        return sum(value > 0 for value in self.own.values())


def figures(rows: list[Row], table: NaiveTable, cell: tuple[str, ...]) -> Figures:
    inside = [row for row in rows if table.holds(cell, row.codes)]
    own: dict[str, int] = {}
    for row in inside:
        if row.contributor is not None:
            own[row.contributor] = own.get(row.contributor, 0) + row.value
    persons = {row.person for row in inside if row.person is not None}
    value = sum(row.value for row in inside)
    return Figures(value, len(persons) if persons else value, frozenset(own), own)


def broken_rules(figure: Figures, rules: NaiveRules) -> set[str]:
    found = set()
    x1, x2 = figure.largest[:2]
    if rules.minimum_count is not None:
        lowest = 0 if rules.zero_is_safe else -1
        if lowest < figure.count < rules.minimum_count:
            found.add("count")
    if rules.minimum_contributors is not None:
        c = rules.minimum_contributors
        if 0 < len(figure.reporting) < c or 0 < figure.contributors < c:
            found.add("contributors")
    for m, k in rules.dominance:
        if sum(figure.largest[:m]) * 100 > Fraction(str(k)) * figure.value:
            found.add("dominance")
    if rules.p_percent is not None and (figure.value - x1 - x2) * 100 < Fraction(str(rules.p_percent)) * x1:
        found.add("p")
    return found


def needed(figure: Figures, rules: NaiveRules, broken: set[str]) -> tuple[float, float]:
    """(U must reach, L must reach), straight from the definitions."""
    x, (x1, x2) = figure.value, figure.largest[:2]
    up, down = float(x), float(x)
    p = rules.p_percent or 10
    if "count" in broken and figure.count == figure.value:
        up, down = max(up, rules.minimum_count), max(0, figure.count - 1)
    if "p" in broken or "contributors" in broken:
        up = max(up, x + p / 100 * x1 - (x - x1 - x2))
    for m, k in rules.dominance:
        if "dominance" in broken and sum(figure.largest[:m]) * 100 > k * x:
            up = max(up, sum(figure.largest[:m]) * 100 / k)
    return up, down


@dataclass(frozen=True)
class Found:
    table: int
    cell: tuple[str, ...]
    attacker: str | None
    lower: float
    upper: float
    what: str


def attack_naively(
    rows: list[Row], columns: dict[str, list[str]], tables: list[NaiveTable], rules: NaiveRules, *, whole: bool
) -> list[Found]:
    """Every unsafe cell of every table, as an outsider and as every contributor. Breaches come back."""
    atoms = [dict(zip(columns, codes, strict=True)) for codes in product(*columns.values())]
    equal, right = [], []
    for table in tables:
        for cell, value in table.published.items():
            if value is not None:
                equal.append([float(table.holds(cell, atom)) for atom in atoms])
                right.append(float(value))
    breaches = []
    everyone = sorted({row.contributor for row in rows if row.contributor is not None})
    for number, table in enumerate(tables):
        for cell in table.cells():
            figure = figures(rows, table, cell)
            broken = broken_rules(figure, rules)
            if not broken:
                continue
            objective = np.array([float(table.holds(cell, atom)) for atom in atoms])
            up, down = needed(figure, rules, broken)
            for attacker in [None, *everyone]:
                if attacker is not None and (figure.reporting == {attacker} or not figure.reporting):
                    continue
                low, high = _interval(rows, atoms, tables, (equal, right), objective=objective, attacker=attacker)
                slack = 1e-5 * max(1.0, up)
                mine = figure.own.get(attacker, 0) if attacker else 0
                if high < up - slack:
                    breaches.append(Found(number, cell, attacker, low, high, "not high enough"))
                if low > down + slack and mine != figure.value:
                    breaches.append(Found(number, cell, attacker, low, high, "not low enough"))
                if high - low < (1 - 1e-4 if whole else 1e-6 * max(1.0, figure.value)):
                    breaches.append(Found(number, cell, attacker, low, high, "exact"))
    return breaches


def _interval(rows, atoms, tables, published, *, objective, attacker):
    equal, right = published
    lower = np.zeros(len(atoms))
    extra, values = list(equal), list(right)
    if attacker is not None:
        for place, atom in enumerate(atoms):
            lower[place] = sum(row.value for row in rows if row.codes == atom and row.contributor == attacker)
        for table in tables:
            for cell in table.cells():
                figure = figures(rows, table, cell)
                if figure.reporting == {attacker}:
                    extra.append([float(table.holds(cell, atom)) for atom in atoms])
                    values.append(float(figure.value))
    bounds = [(low, None) for low in lower]
    ends = []
    for sign in (1.0, -1.0):
        result = linprog(sign * objective, A_eq=extra or None, b_eq=values or None, bounds=bounds, method="highs")
        if result.status == 3:
            ends.append(np.inf if sign < 0 else -np.inf)
        elif result.status == 0:
            ends.append(sign * result.fun)
        else:
            raise AssertionError(result.message)
    return ends[0], ends[1]
