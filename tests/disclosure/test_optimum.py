"""The engine's loss against the proven optimum of the exact model, and the model against trying everything."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from generated_tables import as_naive, naive_rules
from naive_disclosure import Row, attack_naively
from optimum import EVERY_CELL, FINEST_CELLS, build, solve
from optimum_tables import RULES, small_tables

from service.disclosure import Dimension, Table, protect

TOGETHER, ALONE = 1.02, 1.05
"""How much more value may be withheld than the optimum: over all tables of a rule, and in any one table."""


@pytest.mark.thorough
@pytest.mark.parametrize("kind", RULES)
@pytest.mark.usefixtures("full_search")
def test_the_loss_is_close_to_the_proven_optimum(kind):
    ours, best, worst = np.zeros(3), np.zeros(3), []
    for small, problem in small_tables(kind, 7, range(2, 16)):
        optimum = solve(problem)
        assert optimum.proven
        loss = np.array(problem.loss(~protect(small.facts, small.table, small.rules).released.published))
        least = np.array(problem.loss(optimum.withheld))
        ours, best = ours + loss, best + least
        worst.append((loss[1] / least[1], small.name))
        print(f"{small.name}, {problem.unsafe.sum()} unsafe: {loss} against {least}, {loss[1] / least[1] - 1:+.1%}")
    print(f"{kind}, withheld finest value, value of all cells, number of cells: {ours} against {best}: {ours / best}")
    assert ours[1] <= TOGETHER * best[1]
    assert max(worst) <= (ALONE, "")


@pytest.mark.parametrize("objective", [EVERY_CELL, FINEST_CELLS])
@pytest.mark.parametrize("kind", RULES)
def test_the_optimum_is_safe(kind, objective):
    for small, problem in small_tables(kind, 2, range(2, 10)):
        optimum = solve(problem, objective)
        published = {
            cell: None if hidden else int(value)
            for cell, hidden, value in zip(problem.cells, optimum.withheld, problem.value, strict=True)
        }
        columns = {dim.column: sorted(dim.finest) for dim in small.table.dimensions}
        table = replace(as_naive(small.table), published=published)
        found = attack_naively(list(small.rows), columns, [table], naive_rules(small.rules), whole=small.whole)
        assert [one for one in found if "whole" not in one.what] == []


@pytest.mark.parametrize(
    "values", [[4, 30, 25, 40, 22, 31], [4, 30, 5, 40, 22, 31], [9, 12, 60, 15, 80, 11], [1, 2, 60, 15, 80, 3]]
)
def test_the_optimum_is_what_trying_every_pattern_finds(values):
    codes = [(row, column) for row in "ab" for column in "xyz"]
    rows = [Row({"row": row, "column": column}, value) for (row, column), value in zip(codes, values, strict=True)]
    table = as_naive(Table((Dimension.flat("row", "ab"), Dimension.flat("column", "xyz"))))
    rules = naive_rules(RULES["count"])
    problem = build(rows, table, rules, whole=True)
    optimum = solve(problem)
    cost = problem.cost(EVERY_CELL)
    safe = np.flatnonzero(~problem.unsafe)
    patterns = [list(more) for count in range(len(safe) + 1) for more in combinations(safe.tolist(), count)]
    for more in sorted(patterns, key=lambda one: cost[one].sum()):
        withheld = problem.unsafe.copy()
        withheld[more] = True
        published = {
            cell: None if hidden else int(value)
            for cell, hidden, value in zip(problem.cells, withheld, problem.value, strict=True)
        }
        columns = {"row": ["a", "b"], "column": ["x", "y", "z"]}
        if not attack_naively(rows, columns, [replace(table, published=published)], rules, whole=False):
            assert optimum.cost == pytest.approx(cost[withheld].sum())
            return
