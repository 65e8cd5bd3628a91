"""The loss on tables with up to 60 unsafe cells, against the proven optimum of the exact model."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from service.disclosure import protect

sys.path.append(str(Path(__file__).parents[1] / "tests" / "disclosure"))

from optimum import EVERY_CELL, solve
from optimum_tables import LARGER, small_tables

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
    kind = {"count": "count", "p_percent": "p %", "dominance": "(n,k)"}[rule]
    for small, problem in small_tables(kind, EACH, range(16, 61), LARGER):
        optimum = solve(problem, seconds=LIMIT)
        withheld = ~protect(small.facts, small.table, small.rules).released.published
        cost = problem.cost(EVERY_CELL)
        yield Gap(small.name, int(problem.unsafe.sum()), float(cost @ withheld), optimum.bound, optimum.proven)


def in_all(found: list[Gap]) -> float:
    """Ours against the optimum, over all tables together whose optimum was proven."""
    proven = [gap for gap in found if gap.proven]
    return (
        float(np.sum([gap.ours for gap in proven]) / np.sum([gap.least for gap in proven])) if proven else float("nan")
    )
