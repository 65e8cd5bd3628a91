"""An empty cell that may not be known to be empty: to whom is it a secret, and is it kept?"""

from __future__ import annotations

import numpy as np
import pytest
from generated_tables import OTHER, RAGGED, Example, as_naive, examples, linked_tables, naive_rules
from hypothesis import given
from hypothesis import strategies as st
from many import quiet
from naive_disclosure import System, attack_naively

from service.disclosure import (
    CannotBeProtected,
    Dimension,
    Facts,
    ReleasedTable,
    Rules,
    Table,
    attack,
    protect,
)
from service.disclosure.attack.docket import seen_through
from service.disclosure.attack.system import equations
from service.disclosure.pattern import search
from service.disclosure.question.insight import find_insight
from service.disclosure.question.lattice import build_lattice
from service.disclosure.question.measures import measure

RULES = Rules(minimum_count=10, zero_is_safe=False)


@pytest.fixture(params=["linear programs", "hypercubes"])
def either_search(request, monkeypatch):
    if request.param == "hypercubes":
        monkeypatch.setattr(search, "SMALL", -1)


def test_who_subtracts_his_own_figures_does_not_find_an_empty_cell_nearly_empty():
    shape = Table((Dimension.flat("d", "abcd"),))
    facts = Facts.build({"d": list("aabc")}, value=[19, 5, 50, 300], contributor=list("SRSH"))
    shown = {("TOTAL",): 374, ("a",): None, ("b",): 50, ("c",): 300, ("d",): None}
    found = attack(facts, RULES, [ReleasedTable.from_cells(shape, shown)])
    assert {breach.attacker for breach in found.breaches} == {facts.contributor.codes.index("S")}
    outcome = protect(facts, shape, RULES)
    assert outcome.report.attack.clean
    assert [cell.codes[0] for cell in outcome.cells if cell.value is None] == ["a", "c", "d"]


def test_several_contributors_may_know_the_same_empty_cell(either_search):
    shape = Table((Dimension.flat("x", "abc"), Dimension.flat("y", "abc")))
    others = [(x, y) for x in "abc" for y in "abc" if x != "a" and y != "a"]
    rows = [*(("a", y, 40, "S") for y in "bc"), *((x, "a", 30, "R") for x in "bc"), *((*c, 50, "T") for c in others)]
    x, y, value, who = zip(*rows, strict=True)
    facts = Facts.build({"x": list(x), "y": list(y)}, value=list(value), contributor=list(who))
    lattice = build_lattice(facts, [shape])
    measures = measure(facts, lattice)
    (empty,) = np.flatnonzero(measures.value == 0)
    knows = find_insight(lattice, measures, np.array([empty])).of(int(empty))
    assert {facts.contributor.codes[one] for one in knows} == {"S", "R"}
    assert protect(facts, shape, RULES).report.attack.clean


def test_a_cell_is_known_from_what_surrounds_its_parts_in_two_classifications():
    facts = Facts.build({"d": ["a"]}, value=[40], contributor=["S"])
    shapes = [Table((Dimension.classifications("d", [RAGGED, OTHER]),)), Table((Dimension.flat("d", "abc"),))]
    lattice = build_lattice(facts, shapes)
    measures = measure(facts, lattice)
    empty = np.flatnonzero(measures.value == 0)
    insight = find_insight(lattice, measures, empty)
    assert all(len(insight.of(int(node))) == 1 for node in empty)


@quiet(25)
@given(examples(1, 3), st.data())
def test_protector_attack_and_reference_agree_on_who_knows(example, data):
    tables = [Table(example.dimensions), *data.draw(linked_tables(example.columns, data.draw(st.integers(0, 2))))]
    lattice = build_lattice(example.facts, tables)
    measures = measure(example.facts, lattice)
    empty = np.flatnonzero(measures.value == 0)
    insight = find_insight(lattice, measures, empty)
    seen = seen_through(equations(lattice), measures, empty)
    names = [
        name.replace("holding:", "holding ").removeprefix("contributor:") for name in example.facts.contributor.codes
    ]
    reference = System(list(example.rows), example.columns, [as_naive(table) for table in tables])
    known = {who: reference.known_without_tables(who) for who in {row.who for row in example.rows}}
    for node in empty.tolist():
        assert set(insight.of(node).tolist()) == set(seen[node].indices.tolist())
    for number, table in enumerate(tables):
        for cell, node in zip(table.codes(), lattice.nodes[number].tolist(), strict=True):
            if measures.value[node] == 0:
                parts = reference.parts(number, cell).astype(bool)
                knowing = {who for who in known if not (parts & ~known[who]).any()}
                assert knowing == {names[one] for one in insight.of(node)}


@quiet(10)
@given(example=examples(1, 3, shapes=("sparse", "pairs", "single row"), kinds=("count", "persons", "units")))
def test_no_empty_cell_is_given_away(either_search, example: Example):
    table = Table(example.dimensions)
    outcome = protect(example.facts, table, RULES)
    naive = as_naive(table, outcome.released)
    found = attack_naively(
        list(example.rows), example.columns, [naive], naive_rules(RULES), whole=example.whole, unit=example.unit
    )
    assert found == []


FLAT = Table((Dimension.flat("region", "ac", column="d"),), name="flat")
TREE = Table((Dimension.tree("region", [("T", ""), ("a", "T"), ("b", "T"), ("c", "T")], column="d"),), name="tree")


@pytest.mark.parametrize("tables", [(FLAT, TREE), (TREE, FLAT)])
def test_a_list_of_the_codes_that_occur_tells_what_is_empty(tables):
    facts = Facts.build({"d": list("aacc")}, value=[150, 140, 150, 139], contributor=list("PQRS"))
    first, second = tables
    released = protect(facts, first, RULES).released
    with pytest.raises(CannotBeProtected, match="lists every code that occurs"):
        protect(facts, second, RULES, [released])
    nothing = [ReleasedTable.from_cells(one, {}) for one in tables]
    assert {(breach.codes, breach.exact) for breach in attack(facts, RULES, nothing).breaches} == {
        ((("d", "b"),), True)
    }
    assert protect(facts, second, Rules(minimum_count=10), [released]).report.attack.clean


def test_a_list_without_a_code_that_occurs_tells_nothing():
    facts = Facts.build({"d": list("aabcc")}, value=[150, 140, 3, 150, 139], contributor=list("PQRRS"))
    released = protect(facts, FLAT, RULES).released
    assert protect(facts, TREE, RULES, [released]).report.attack.clean
