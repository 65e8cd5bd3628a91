"""Small tables by the exact model: what its cuts say is true, and what comes out is near the proven optimum."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from optimum import EVERY_CELL, solve
from optimum_tables import SHAPES, Small, one_table

from service.disclosure import protect
from service.disclosure.methods.suppression import _least
from service.disclosure.pattern.certificates import Ledger, Room
from service.disclosure.pattern.cuts import Separation, cheapest
from service.disclosure.pattern.finding import Question, find_patterns
from service.disclosure.question.lattice import build_lattice
from service.disclosure.question.measures import measure_reports
from service.disclosure.question.rules import assess

WITHIN = 1.05
"""How much more value may be withheld than the optimum."""

CUBE = (3, 3, 3)

PROVEN = 27_127.175
"""The least that can be withheld of the table of 8 x 4 x 3; the benchmark proves it."""


def _question(small: Small) -> Question:
    lattice = build_lattice(small.facts, [small.table])
    measures = measure_reports(small.facts, lattice).without_idle()
    public = np.zeros(lattice.size, dtype=np.bool_)
    return Question(lattice, measures, assess(lattice, measures, small.rules), (), public, np.zeros(0, dtype=np.int64))


def _separation(question: Question) -> Separation:
    ledger = Ledger(question.assessment, question.measures, question.insight)
    movable = (question.measures.value > 0) | question.unsafe
    return Separation(question.lattice, question.measures, movable, Room.of(question.measures), ledger.needs())


@pytest.mark.parametrize("kind", ["count", "p %", "(n,k)"])
@pytest.mark.parametrize("shape", SHAPES[:3])
def test_a_cut_is_violated_by_what_is_open_and_by_no_safe_pattern(kind, shape):
    small = one_table(kind, 2, shape)
    question = _question(small)
    separation = _separation(question)
    alone = question.unsafe[separation.nodes].astype(np.float64)
    withheld = np.zeros(question.lattice.size, dtype=np.bool_)
    withheld[question.lattice.nodes[0]] = ~protect(small.facts, small.table, small.rules).released.published
    safe = withheld[separation.nodes].astype(np.float64)
    assert separation.violated(alone)
    source = np.random.default_rng(1)
    for share in (0.0, 0.3, 0.6, 0.9):
        z = np.maximum(alone, safe * (source.random(len(safe)) < share))
        for nodes, adds in separation.violated(z):
            assert adds @ z[nodes] < 1
            assert adds @ safe[nodes] >= 1 - 1e-6
            assert adds.max() <= 1
    assert separation.violated(safe) == []


@pytest.mark.parametrize("kind", ["p %", "(n,k)"])
def test_the_cheapest_choice_violates_nothing_and_costs_no_more_than_it_may(kind):
    small = one_table(kind, 2, CUBE)
    question = _question(small)
    separation = _separation(question)
    value = question.measures.value[separation.nodes].astype(np.float64)
    unsafe = question.unsafe[separation.nodes]
    chosen, safe = cheapest(separation, value, unsafe, np.ones(len(value), dtype=np.bool_))
    assert safe
    assert separation.violated(chosen.astype(np.float64)) == []
    assert value @ chosen <= 1.02 * solve(small.problem).cost


@pytest.mark.usefixtures("full_search")
def test_three_dimensions_come_close_to_the_proven_optimum():
    small = one_table("p %", 3, (8, 4, 3))
    withheld = ~protect(small.facts, small.table, small.rules).released.published
    problem = small.problem
    assert problem.unsafe.sum() == 27
    assert problem.cost(EVERY_CELL) @ withheld <= WITHIN * PROVEN


def test_a_pattern_that_the_attack_breaks_gives_way_to_one_that_it_leaves():
    question = _question(one_table("p %", 2, CUBE))
    (sound,) = find_patterns(question)
    broken = replace(sound, withheld=question.unsafe)
    pattern, outcome, report = _least(question, [broken, sound])
    assert pattern is sound
    assert np.array_equal(~outcome.published, sound.withheld[question.lattice.nodes[0]])
    assert report.clean


@pytest.mark.parametrize("kind", ["p %", "(n,k)"])
@pytest.mark.parametrize("times", [10**6, 10**11])
def test_figures_of_any_size_are_withheld_alike(kind, times):
    """Euros of a country, in cents: a solver has to tell them apart from what a cell needs."""
    small = one_table(kind, 2, CUBE)
    wanted = protect(small.facts, small.table, small.rules).released.published
    large = replace(small.facts, value=small.facts.value * times)
    assert np.array_equal(protect(large, small.table, small.rules).released.published, wanted)
