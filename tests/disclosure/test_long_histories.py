"""One more table beside a long history: what it cannot touch costs nothing, and nothing is overlooked for that."""

from __future__ import annotations

from dataclasses import replace
from unittest.mock import patch

import numpy as np
import pytest
import scipy.sparse as sp
from generated_tables import examples, linked_tables
from hypothesis import given
from hypothesis import strategies as st
from many import quiet
from test_history_properties import assert_safe_together, release

from service.disclosure import (
    AttackReport,
    CannotBeProtected,
    Dimension,
    Facts,
    ReleasedTable,
    Rules,
    Table,
    attack,
    protect,
)
from service.disclosure.attack import component
from service.disclosure.elimination import Solutions
from service.disclosure.linear import SolverFailed

COUNT = Rules(minimum_count=10)
REGIONS = [f"r{number:02}" for number in range(9)]
FORMS, MONTHS = ["a", "b", "c"], ["1", "2"]


def rows() -> Facts:
    """Regions by care form and month, some of which have fewer than ten."""
    cells = [(region, form, month) for region in REGIONS for form in FORMS for month in MONTHS]
    value = [3 if place % 11 == 0 else 12 + 7 * place % 40 for place in range(len(cells))]
    region, form, month = zip(*cells, strict=True)
    return Facts.build(
        {"region": region, "form": form, "month": month},
        value=value,
        contributor=[f"{one}-{place % 3}" for place, one in enumerate(region)],
    )


def window(first: int, month: str, *, finest: bool = False) -> Table:
    """Four regions in a row, of one month: by care form, or all together."""
    where = {"region": frozenset(REGIONS[first : first + 4]), "month": frozenset({month})}
    region, form = Dimension.flat("region", REGIONS), Dimension.flat("form", FORMS)
    return Table((region, form) if finest else (form,), where=where, name=f"{month} {first}")


def windows(facts: Facts, month: str, before: list[ReleasedTable]) -> list[ReleasedTable]:
    """Windows that slide over the regions, each released beside those before; some are refused."""
    found: list[ReleasedTable] = []
    for first in range(len(REGIONS) - 3):
        try:
            found.append(protect(facts, window(first, month), COUNT, [*before, *found]).released)
        except CannotBeProtected:
            continue
    return found


@pytest.fixture(scope="module")
def facts() -> Facts:
    return rows()


@pytest.fixture(scope="module")
def history(facts: Facts) -> list[ReleasedTable]:
    """Two months of sliding windows, that no table adds up."""
    first = windows(facts, "1", [])
    return [*first, *windows(facts, "2", first)]


def shape(report: AttackReport) -> tuple[object, ...]:
    """The verdict, and every interval that is proven."""
    breaches = sorted((one.node, one.direction, str(one.attacker), one.exact) for one in report.breaches)
    return breaches, report.nodes.tolist(), np.round(report.lower, 4).tolist(), np.round(report.upper, 4).tolist()


def test_what_a_table_cannot_touch_changes_nothing(facts: Facts, history: list[ReleasedTable]) -> None:
    wanted = window(0, "2", finest=True)
    beside = protect(facts, wanted, COUNT, history)
    alone = protect(facts, wanted, COUNT, [one for one in history if one.table.name.startswith("2")])
    assert beside.released.published.tolist() == alone.released.published.tolist()
    assert beside.report.programs == alone.report.programs
    assert beside.report.attack.examined > alone.report.attack.examined
    assert attack(facts, COUNT, [*history, beside.released]).clean


def test_a_table_that_follows_from_the_history_takes_no_search(facts: Facts, history: list[ReleasedTable]) -> None:
    again = protect(facts, history[0].table, COUNT, history)
    assert again.report.programs == 0
    assert again.released.published[history[0].published].all()
    assert attack(facts, COUNT, [*history, again.released]).clean


def test_a_forgotten_release_is_found_where_the_table_does_not_reach(
    facts: Facts, history: list[ReleasedTable]
) -> None:
    """Somebody once gave out two tables of month 1 of which one region's three clients are the difference."""
    leak = [total(facts, REGIONS[:3]), total(facts, REGIONS[1:3])]
    assert all(attack(facts, COUNT, [one]).clean for one in leak)
    with pytest.raises(CannotBeProtected) as refused:
        protect(facts, window(5, "2", finest=True), COUNT, [*history, *leak])
    told = str(refused.value.obstacles[0])
    assert "form=a" in told
    assert "with what has been published already" in told


def total(facts: Facts, regions: list[str]) -> ReleasedTable:
    """How many there were in these regions, of care form a in month 1, whatever follows from it."""
    where = {"region": frozenset(regions), "form": frozenset("a"), "month": frozenset("1")}
    table = Table((), where=where, name="forgotten")
    inside = np.ones(facts.rows, dtype=np.bool_)
    for column, codes in where.items():
        coded = facts.columns[column]
        inside &= np.isin(coded.index, [coded.codes.index(code) for code in codes])
    return ReleasedTable.from_cells(table, {(): int(facts.value[inside].sum())})


def test_a_table_that_touches_the_history_by_a_difference_alone_is_caught(
    facts: Facts, history: list[ReleasedTable]
) -> None:
    """Regions 1 to 3 were released together before; with region 0, which has three clients, they are not."""
    told = total(facts, REGIONS[1:4])
    wanted = Table((), where={**told.table.where, "region": frozenset(REGIONS[:4])}, name="wanted")
    careless = total(facts, REGIONS[:4])
    assert attack(facts, COUNT, [careless]).clean
    together = attack(facts, COUNT, [told, careless])
    assert any(breach.exact and ("region", "r00") in breach.codes for breach in together.breaches)
    beside = [one for one in history if one.table.name.startswith("2")]
    outcome = protect(facts, wanted, COUNT, [*beside, told])
    assert not outcome.released.published.any()


@quiet(6)
@given(examples(1, 2), st.data())
def test_beside_a_history_it_is_as_safe_as_all_anew(example, data):
    """The attack that a table went out by, on a grown system, and one on everything from nothing say the same."""
    *before, wanted = data.draw(linked_tables(example.columns, 3))
    history = release(example, before)
    try:
        outcome = protect(example.facts, wanted, example.rules, history)
    except CannotBeProtected:
        return
    assert outcome.report.attack.clean
    assert_safe_together(example, [*history, outcome.released])


@quiet(15)
@given(examples(1, 2, kinds=("count", "persons", "magnitude")), st.data())
def test_equations_solved_by_hand_hide_nothing_from_the_attack(example, data):
    """Tables published at random, so that there is something to find: the same breaches, the same intervals."""
    released = []
    for table in data.draw(linked_tables(example.columns, 2)):
        outcome = everything(example.facts, table)
        flags = data.draw(st.lists(st.booleans(), min_size=table.cells, max_size=table.cells))
        released.append(replace(outcome, published=np.array(flags, dtype=np.bool_)))
    with patch.object(component.Solutions, "of", Solutions.none):
        as_they_are = attack(example.facts, example.rules, released)
    by_hand = attack(example.facts, example.rules, released)
    assert shape(by_hand) == shape(as_they_are)


def test_solutions_that_break_the_equations_are_no_excuse() -> None:
    """Were the equations solved wrongly, so that anything seems possible, nothing would be concluded from it."""
    facts = Facts.build({"d": ["a", "b", "c"]}, value=[3, 40, 50])
    table = Table((Dimension.flat("d", "abc"),))
    released = ReleasedTable.from_cells(table, {("TOTAL",): 93, ("c",): 50})

    def anything(matrix: sp.csr_matrix) -> Solutions:
        return Solutions.none(sp.csr_matrix((0, matrix.shape[1])))

    assert not attack(facts, COUNT, [ReleasedTable.from_cells(table, {("TOTAL",): 93, ("b",): 40, ("c",): 50})]).clean
    with patch.object(component.Solutions, "of", anything), pytest.raises(SolverFailed):
        attack(facts, COUNT, [released])


def everything(facts: Facts, table: Table) -> ReleasedTable:
    """A table with all of its figures, which would be published by nobody."""
    every = ReleasedTable(table, np.zeros(table.cells, dtype=np.bool_), np.zeros(table.cells, dtype=np.int64))
    values = protect(facts, table, Rules(zero_is_safe=True), []).released.values
    return replace(every, values=values)
