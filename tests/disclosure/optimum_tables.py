"""Small tables with skewed suppliers, the same every time: what the engine's loss is measured on."""

from __future__ import annotations

import random
from dataclasses import dataclass
from itertools import product

from generated_tables import as_naive, naive_rules
from naive_disclosure import Row
from optimum import Problem, build

from service.disclosure import Dimension, Facts, Rules, Table

RULES = {
    "count": Rules(minimum_count=10),
    "p %": Rules(p_percent=10),
    "(n,k)": Rules(dominance=((1, 75), (2, 90)), minimum_contributors=3),
}
SHAPES = ((4, 5), (5, 6), (3, 3, 3), (6, 6), (4, 3, 3), (8, 4))
"""Finest codes per dimension; five and more are divided into two parts of the country."""

LARGER = ((12, 6), (10, 9), (6, 5, 4), (8, 4, 3))


@dataclass(frozen=True)
class Small:
    """A table with its rows, for the engine and for the exact model."""

    name: str
    kind: str
    table: Table
    rows: tuple[Row, ...]

    @property
    def rules(self) -> Rules:
        return RULES[self.kind]

    @property
    def whole(self) -> bool:
        return self.kind == "count"

    @property
    def facts(self) -> Facts:
        return Facts.build(
            {dim.column: [row.codes[dim.column] for row in self.rows] for dim in self.table.dimensions},
            value=[row.value for row in self.rows],
            contributor=[row.contributor for row in self.rows],
            whole_numbers=self.whole,
        )

    @property
    def problem(self) -> Problem:
        return build(list(self.rows), as_naive(self.table), naive_rules(self.rules), whole=self.whole)


def small_tables(kind: str, count: int, unsafe: range, shapes=SHAPES) -> list[tuple[Small, Problem]]:
    """The first tables with so many unsafe cells."""
    found = []
    seed = 0
    while len(found) < count:
        one = one_table(kind, seed, shapes[seed % len(shapes)])
        seed += 1
        problem = one.problem
        if int(problem.unsafe.sum()) in unsafe:
            found.append((one, problem))
    return found


def one_table(kind: str, seed: int, shape: tuple[int, ...]) -> Small:
    """The table of a number."""
    source = random.Random(seed)
    codes = [[chr(ord("a") + place) for place in range(size)] for size in shape]
    dims = []
    for number, finest in enumerate(codes):
        if len(finest) < 5:
            dims.append(Dimension.flat(f"d{number}", finest))
            continue
        half = len(finest) // 2
        parts = [(code, "N" if place < half else "Z") for place, code in enumerate(finest)]
        dims.append(Dimension.tree(f"d{number}", [("T", ""), ("N", "T"), ("Z", "T"), *parts]))
    typical = 2.2 if kind == "count" else 4.0
    rows = tuple(
        Row(
            {f"d{number}": code for number, code in enumerate(place)},
            int(source.lognormvariate(typical, 0.9)),
            source.choice("ABCDEFGHIJ"),
        )
        for place in product(*codes)
        for _ in range(source.choice((0, 1, 3, 5, 5, 6)))
    )
    return Small(f"{kind} {'x'.join(map(str, shape))} #{seed}", kind, Table(tuple(dims)), rows)
