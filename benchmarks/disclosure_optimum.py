"""The loss on the small table and on others of up to 60 unsafe cells, against the proven optimum of the exact model."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from generated_tables import as_naive, naive_rules
from naive_disclosure import Row
from optimum import EVERY_CELL, Problem, build, solve
from optimum_tables import LARGER, small_tables

from benchmarks.disclosure_tables import load
from service.disclosure import Facts, Protected, protect

EACH = 4
"""Tables per rule."""

LIMIT = 150.0
"""Seconds for one optimum; after that there is only a bound, which says little and does not count."""


@dataclass(frozen=True)
class Gap:
    """One table: the value that is withheld, all cells counted, and the least value that anything could withhold."""

    name: str
    unsafe: int
    ours: float
    least: float
    proven: bool


def gaps(rule: str) -> Iterator[Gap]:
    """Tables of one rule, each as soon as it is solved."""
    facts, table, rules = load("small", rule)
    problem = build(_rows(facts), as_naive(table), naive_rules(rules), whole=facts.whole_numbers)
    yield _gap(f"small {rule}", problem, protect(facts, table, rules))
    kind = {"count": "count", "p_percent": "p %", "dominance": "(n,k)"}[rule]
    for small, larger in small_tables(kind, EACH, range(16, 61), LARGER):
        yield _gap(small.name, larger, protect(small.facts, small.table, small.rules))


def _gap(name: str, problem: Problem, outcome: Protected) -> Gap:
    optimum = solve(problem, seconds=LIMIT)
    withheld = ~outcome.released.published
    cost = problem.cost(EVERY_CELL)
    return Gap(name, int(problem.unsafe.sum()), float(cost @ withheld), optimum.bound, optimum.proven)


def _rows(facts: Facts) -> list[Row]:
    """The rows as the reference has them."""
    codes = {name: [column.codes[at] for at in column.index] for name, column in facts.columns.items()}
    contributor = facts.contributor
    return [
        Row(
            {name: along[row] for name, along in codes.items()},
            int(value),
            None if contributor is None else contributor.codes[int(contributor.index[row])],
        )
        for row, value in enumerate(facts.value)
    ]


def in_all(found: list[Gap]) -> float:
    """Ours against the optimum, over all tables together whose optimum was proven."""
    proven = [gap for gap in found if gap.proven]
    return (
        float(np.sum([gap.ours for gap in proven]) / np.sum([gap.least for gap in proven])) if proven else float("nan")
    )
