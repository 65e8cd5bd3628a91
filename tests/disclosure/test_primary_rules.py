"""Every primary rule against its naive reference, and one readable example each."""

from __future__ import annotations

from dataclasses import replace

import pytest
from bundles import bundle_of
from generated_tables import COUNTS, KINDS, MAGNITUDES, as_naive, examples, naive_rules
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from naive_disclosure import all_figures, figures, unsafe_cells

from service.disclosure import BadInput, Dimension, Facts, Rules, Table
from service.disclosure.question.lattice import build_lattice
from service.disclosure.question.measures import measure
from service.disclosure.question.rules import (
    BelowMinimumCount,
    Dominated,
    EstimatedTooClosely,
    HoldsWholeMargin,
    TooFewContributors,
    Why,
    assess,
    reasons,
)

NAMES = {
    "count": Why.MINIMUM_COUNT,
    "contributors": Why.MINIMUM_CONTRIBUTORS,
    "dominance": Why.DOMINANCE,
    "p": Why.P_PERCENT,
    "group": Why.GROUP_DISCLOSURE,
}


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_rules_and_measures_equal_the_naive_reference(kind, data):
    example = data.draw(examples(1, 5, kinds=(kind,)))
    sensitive = data.draw(st.sets(st.sampled_from(sorted(example.columns))))
    rules = replace(
        data.draw(st.sampled_from([*COUNTS, *MAGNITUDES] if kind != "magnitude" else MAGNITUDES)),
        group_disclosure=frozenset(sensitive),
    )
    table = Table(example.dimensions)
    lattice = build_lattice(example.facts, [table])
    measures = measure(example.facts, lattice)
    assessment = assess(lattice, measures, rules)
    why = dict(zip(assessment.nodes.tolist(), assessment.why.tolist(), strict=True))
    naive = as_naive(table)
    found = all_figures(list(example.rows), naive)
    unsafe = unsafe_cells(found, naive, naive_rules(rules))
    for node, cell in zip(lattice.nodes[0].tolist(), table.codes(), strict=True):
        figure = found[cell]
        assert measures.value[node] == figure.value
        assert measures.reporting[node] == len(figure.behind)
        assert measures.count is None or measures.count[node] == figure.count
        assert [measures.largest(rank)[node] for rank in (1, 2)] == figure.largest[:2]
        flags = sum((NAMES[name] for name in unsafe.get(cell, ())), Why(0))
        assert why.get(node, 0) == flags


@settings(max_examples=20, deadline=None)
@given(examples(1, 3, shapes=("sparse",)))
def test_the_naive_reference_agrees_with_itself(example):
    naive, rows = as_naive(Table(example.dimensions)), list(example.rows)
    assert all_figures(rows, naive) == {cell: figures(rows, naive, cell) for cell in naive.cells()}


def one_cell(values, rules, **more):
    facts = Facts.build(
        {"d": ["a"] * len(values)}, value=values, contributor=[f"P{place}" for place in range(len(values))], **more
    )
    table = Table((Dimension.flat("d", "a", total=False),))
    lattice = build_lattice(facts, [table])
    measures = measure(facts, lattice)
    found = assess(lattice, measures, rules)
    why = int(found.why[0]) if len(found.nodes) else 0
    return reasons(measures, rules, 0, why), found


def test_a_count_below_the_minimum_must_seem_at_least_the_minimum_and_at_most_one_less():
    why, found = one_cell([4, 3], Rules(minimum_count=10))
    assert why == (BelowMinimumCount(7, 10),)
    assert (found.up[0], found.down[0]) == (3, 1)


def test_p_percent_keeps_the_second_contributor_from_estimating_the_first():
    why, found = one_cell([100, 20, 4], Rules(p_percent=10))
    assert why == (EstimatedTooClosely(10),)
    assert found.up[0] == 10 - 4


def test_dominance_must_seem_not_to_dominate():
    why, found = one_cell([90, 10], Rules(dominance=((1, 75),)))
    assert why == (Dominated(1, 75),)
    assert found.up[0] == 20


def test_dominance_at_exactly_k_percent_is_safe():
    assert one_cell([75, 25], Rules(dominance=((1, 75),)))[0] == ()


def test_a_contributor_with_zero_hides_nobody():
    why, _ = one_cell([50, 60, 0], Rules(minimum_contributors=3))
    assert why == (TooFewContributors(2, 3),)


def test_holdings_count_as_one_contributor():
    why, _ = one_cell([50, 60, 70], Rules(minimum_contributors=3), holding=["X", "X", None])
    assert why == (TooFewContributors(2, 3),)


@pytest.mark.parametrize("times", [1, 10**6])
@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([24, 19, 19, 19, 19], ()),
        ([25, 19, 19, 19, 18], ()),
        ([26, 19, 19, 18, 18], (Dominated(1, 25),)),
        ([20, 20, 20, 20, 20], ()),
        ([25, 25, 25, 25], (TooFewContributors(4, 5),)),
        ([25, 25, 25, 25, 0], (TooFewContributors(4, 5),)),
    ],
)
def test_competition_rules_of_the_bundle_at_their_boundaries(values, expected, times):
    """Of 100: just below, exactly and just above 25 %; five contributors, and four of whom none dominates."""
    profile = bundle_of().catalogue.profile("competition")
    rules = Rules(
        minimum_count=profile.minimum_count,
        minimum_contributors=profile.minimum_contributors,
        dominance=profile.dominance,
        p_percent=profile.p_percent,
        zero_is_safe=profile.zero_is_safe,
    )
    scaled = [value * times for value in values]
    assert one_cell(scaled, rules)[0] == expected


def test_one_more_of_a_million_dominates():
    rules = Rules(dominance=((1, 25),))
    others = [190_000, 190_000, 190_000, 180_000]
    assert one_cell([250_000, *others], rules)[0] == ()
    assert one_cell([250_001, *others], rules)[0] == (Dominated(1, 25),)


def test_two_of_one_holding_are_four_contributors_and_may_dominate():
    rules = Rules(minimum_contributors=5, dominance=((1, 25),))
    found, _ = one_cell([20] * 5, rules, holding=["X", "X", None, None, None])
    assert set(found) == {TooFewContributors(4, 5), Dominated(1, 25)}


def test_persons_are_counted_once():
    why, _ = one_cell([1] * 12, Rules(minimum_count=10), person=["p", "q", *"abcdefg", "p", "p", "p"])
    assert why == (BelowMinimumCount(9, 10),)


def test_a_cell_that_holds_all_of_a_margin_of_the_second_classification_is_unsafe():
    first = [("T", ""), ("N", "T"), ("a", "N"), ("b", "N"), ("c", "T")]
    second = [("T", ""), ("W", "T"), ("b", "W"), ("c", "W"), ("a", "T")]
    facts = Facts.build({"d": ["b", "c"]}, value=[20, 30])
    lattice = build_lattice(facts, [Table((Dimension.classifications("d", [first, second]),))])
    found = assess(lattice, measure(facts, lattice), Rules(group_disclosure=frozenset({"d"})))
    assert {lattice.describe(int(node)) for node in found.nodes} == {(("d", code),) for code in "abW"}


def test_a_cell_that_holds_all_of_a_sensitive_margin_is_unsafe():
    facts = Facts.build({"d": ["a", "a", "b"]}, value=[20, 30, 0])
    table = Table((Dimension.flat("d", "ab"),))
    lattice = build_lattice(facts, [table])
    measures = measure(facts, lattice)
    rules = Rules(group_disclosure=frozenset({"d"}))
    found = assess(lattice, measures, rules)
    assert {lattice.describe(int(node)) for node in found.nodes} == {(("d", "a"),), (("d", "b"),)}
    assert reasons(measures, rules, int(found.nodes[0]), int(found.why[0])) == (HoldsWholeMargin(("d",)),)


@pytest.mark.parametrize(
    "wrong",
    [
        {"minimum_count": 9},
        {"minimum_contributors": 0},
        {"dominance": ((0, 75),)},
        {"dominance": ((1, 100),)},
        {"p_percent": 0},
    ],
)
def test_a_profile_may_not_be_weaker_than_the_floor_or_meaningless(wrong):
    with pytest.raises(BadInput):
        Rules(**wrong)


def test_rules_about_contributors_need_contributors():
    facts = Facts.build({"d": ["a"]}, value=[4])
    lattice = build_lattice(facts, [Table((Dimension.flat("d", "a"),))])
    with pytest.raises(BadInput, match="contributor"):
        assess(lattice, measure(facts, lattice), Rules(p_percent=10))
