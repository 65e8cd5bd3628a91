"""Tables that are crowded: asked ever harder, for what is left alone, and refused when that takes too long."""

from __future__ import annotations

import random
from itertools import product

import numpy as np
import pytest

from service.disclosure import CannotBeProtected, Dimension, Facts, Rules, Table, protect
from service.disclosure.pattern import finding, search, withholding
from service.disclosure.pattern.certificates import Ledger
from service.disclosure.question.insight import find_insight
from service.disclosure.question.lattice import build_lattice
from service.disclosure.question.measures import measure
from service.disclosure.question.rules import assess

NAMES = "abc"
TABLE = Table(tuple(Dimension.flat(name, [f"{name}{one}" for one in range(6)]) for name in NAMES))
RULES = Rules(minimum_contributors=3, dominance=((1, 75), (2, 90)))


@pytest.fixture
def facts():
    source = random.Random(20_251)
    rows = [codes for codes in product(range(6), repeat=3) for _ in range(source.choice((1, 2, 3, 4)))]
    return Facts.build(
        {name: [f"{name}{row[place]}" for row in rows] for place, name in enumerate(NAMES)},
        value=[1 + int(10 ** source.uniform(0, 3)) for _ in rows],
        contributor=[f"w{source.randrange(12)}" for _ in rows],
    )


@pytest.fixture(autouse=True)
def every_table_is_crowded(monkeypatch):
    for module in (finding, search):
        monkeypatch.setattr(module, "CROWDED", 0)
        monkeypatch.setattr(module, "SMALL", -1)


def test_a_crowded_table_is_safe(facts):
    outcome = protect(facts, TABLE, RULES)
    assert outcome.report.attack.clean
    assert outcome.report.suppressed > outcome.report.unsafe > 0


def test_what_takes_too_long_is_refused_and_says_so(facts, monkeypatch):
    monkeypatch.setattr(finding, "MOST_WORK", 1)
    monkeypatch.setattr(finding, "MOST_WORK_PER_NODE", 0)
    with pytest.raises(CannotBeProtected) as refused:
        protect(facts, TABLE, RULES)
    assert refused.value.obstacles
    assert {(one.dutch, one.english) for one in refused.value.obstacles} == {finding.TOO_LONG}


def test_harder_means_are_for_what_the_last_left(facts, monkeypatch):
    """Each is asked about no more than what the one before did not show, and their shares rise from 0."""
    asked: dict[search.Means, int] = {}
    meet = withholding._meet
    means = search.Means.CUBES

    def use(self, which):
        nonlocal means
        means = which
        asked[which] = 0
        plainly(self, which)

    def count(*needed):
        asked[means] += 1
        # the first two means fail for every other need: later ones have something to do
        early = means in {search.Means.CUBES, search.Means.LONGER_SUMS}
        return not (early and asked[means] % 2) and meet(*needed)

    plainly = search.Search.use
    monkeypatch.setattr(search.Search, "use", use)
    monkeypatch.setattr(withholding, "_meet", count)
    told: list[tuple[str, float]] = []
    outcome = protect(facts, TABLE, RULES, progress=lambda stage, share: told.append((stage, share)))
    counts = list(asked.values())
    assert list(asked) == list(search.Means)
    assert counts[0] > counts[1] > counts[2] > 0
    assert counts[2] >= counts[3] >= counts[4]
    for stage in ("pattern", "pattern again", "harder"):
        shares = [share for name, share in told if name == stage]
        assert shares[0] == 0
        assert shares == sorted(shares)
        assert shares[-1] < 1
    assert outcome.report.attack.clean


def test_every_open_need_has_its_turn(facts):
    lattice = build_lattice(facts, [TABLE])
    measures = measure(facts, lattice)
    assessment = assess(lattice, measures, RULES)
    ledger = Ledger(assessment, measures, find_insight(lattice, measures, assessment.nodes))
    order = np.arange(len(assessment.nodes))[::-1]
    turns = list(ledger.open_needs(order))
    open_now = [key for key in product((0, 1), order.tolist()) if ledger.is_open(key)]
    assert [(need.direction, need.unsafe) for _, need in turns] == open_now
    assert [share for share, _ in turns] == [place / len(turns) for place in range(len(turns))]
