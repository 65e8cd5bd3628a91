"""Who holds all of a cell knows it, whatever zeros others handed in there; and is not told of these without need."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from generated_tables import Example, as_naive, examples, naive_rules
from hypothesis import given
from many import quiet
from naive_disclosure import attack_naively

from service.disclosure import Dimension, Facts, ReleasedTable, Rules, Table, attack, protect

COUNT = Rules(minimum_count=10)
PLACES = Rules(minimum_contributors=3, p_percent=10)


def flat(*rows, codes, whole_numbers=True):
    facts = Facts.build(
        {"d": [code for code, _, _ in rows]},
        contributor=[who for _, who, _ in rows],
        value=[value for _, _, value in rows],
        whole_numbers=whole_numbers,
    )
    return facts, Table((Dimension.flat("d", codes),))


def shown(outcome):
    return {cell.codes[0]: cell.value for cell in outcome.cells if cell.value is not None}


def test_a_zero_beside_it_does_not_keep_a_contributor_from_knowing_what_it_holds_all_of():
    others = [("c", who, value) for who, value in zip("DEF", (85, 95, 105), strict=True)]
    facts, table = flat(("a", "A", 40), ("a", "C", 0), ("b", "B", 60), *others, codes="abc", whole_numbers=False)
    careless = ReleasedTable.from_cells(table, {("TOTAL",): 385, ("c",): 285})
    found = attack(facts, PLACES, [careless])
    who = {facts.contributor.codes[breach.attacker] for breach in found.breaches if breach.codes == (("d", "b"),)}
    assert who == {"A"}
    outcome = protect(facts, table, PLACES)
    assert outcome.report.attack.clean
    assert shown(outcome) == {"TOTAL": 385}


@pytest.fixture
def one_in_two_cells():
    """S has all of a, where R handed in a zero, and all of b: the total tells it of that zero, and nobody of more."""
    return flat(("a", "S", 5), ("a", "R", 0), ("b", "S", 95), codes="ab")


def test_a_zero_that_can_be_hidden_is_kept_from_who_holds_the_rest(one_in_two_cells):
    facts, table = one_in_two_cells
    assert shown(protect(facts, table, COUNT)) == {}
    assert attack(facts, COUNT, [ReleasedTable.from_cells(table, {("TOTAL",): 100})]).clean


def test_no_table_is_refused_for_a_zero_that_cannot_be_hidden(one_in_two_cells):
    facts, table = one_in_two_cells
    before = ReleasedTable.from_cells(table, {("TOTAL",): 100})
    assert shown(protect(facts, table, COUNT, [before])) == {"TOTAL": 100}


def test_who_alone_handed_in_a_zero_knows_that_nothing_is_there():
    rules = Rules(minimum_count=10, zero_is_safe=False)
    facts, table = flat(("a", "S", 0), ("b", "S", 60), ("c", "R", 50), codes="abc")
    assert {breach.attacker for breach in attack(facts, rules, [ReleasedTable.from_cells(table, {})]).breaches} == set()
    told = attack(facts, rules, [ReleasedTable.from_cells(table, {("TOTAL",): 110, ("b",): 60})])
    assert {facts.contributor.codes[one.attacker] for one in told.breaches if one.attacker is not None} == {"R"}


def naively(example: Example, released: ReleasedTable, *, whole: bool, by_reports: bool):
    return attack_naively(
        list(example.rows),
        example.columns,
        [as_naive(released.table, released)],
        naive_rules(example.rules),
        whole=whole,
        unit=example.unit,
        by_reports=by_reports,
    )


@quiet(8)
@given(examples(1, 3))
def test_both_kinds_of_contributors_learn_no_more_than_what_is_theirs(example):
    """What a contributor who is not taken to know learns of zeros beside its figures, hiding everything would not hide."""
    table = Table(example.dimensions)
    outcome = protect(example.facts, table, example.rules)
    assert naively(example, outcome.released, whole=example.whole, by_reports=False) == []
    hidden = replace(outcome.released, published=np.zeros_like(outcome.released.published))
    least = {(one.cell, one.attacker) for one in naively(example, hidden, whole=False, by_reports=True)}
    found = naively(example, outcome.released, whole=False, by_reports=True)
    assert {(one.cell, one.attacker) for one in found} <= least
