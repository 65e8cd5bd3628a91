"""Counts are whole, and contributors know it: an interval that holds no other whole number is none."""

from __future__ import annotations

import time
from itertools import pairwise, product

import numpy as np
import pytest
import scipy.sparse as sp
from scipy.optimize import LinearConstraint, linprog, milp

from service.disclosure import CannotBeProtected, Dimension, Facts, ReleasedTable, Rules, Table, attack, protect
from service.disclosure.attack import attacker
from service.disclosure.attack.docket import UP
from service.disclosure.linear import Program

RULES = Rules(dominance=((1, 37),))
PAIRS = ("ab", "bc", "ac", "de", "ef", "df")
"""The sum of each two is published, together with a code of their own (1 to 6): 12."""

CELLS = dict.fromkeys("abcdef", "QQRR") | dict.fromkeys("123456", "WSVU")
"""Whose figures: one for each letter."""


def facts():
    rows = [(code, who) for code, behind in CELLS.items() for who in behind]
    return Facts.build({"d": [code for code, _ in rows]}, contributor=[who for _, who in rows])


def sums(*places):
    """What was published of these pairs: tables of one cell."""
    codes = [frozenset(PAIRS[place]) | {str(place + 1)} for place in places]
    tables = [Table((), where={"d": one}, name=f"sum {place}") for place, one in zip(places, codes, strict=True)]
    return [ReleasedTable.from_cells(table, {(): 12}) for table in tables]


LETTERS = Table((), where={"d": frozenset("abcdef")}, name="letters")
"""Of these 24, Q and R have 12 each. With the one at 37 % it would be 32.4: an attacker must take 33 for possible."""


def most_for(own):
    """The largest sum of three letters in whole numbers, each two of them with what somebody else has: brute force."""
    figures = product(range(13), repeat=3)
    return max(a + b + c for a, b, c in figures if max(a + b, b + c, a + c) <= 12 - own)


def test_contributors_do_not_take_half_a_person_for_one():
    pairs = np.array([[float(code in pair) for code in "abcdef"] for pair in PAIRS])
    assert linprog(-np.ones(6), A_ub=pairs, b_ub=np.full(6, 11.0)).fun == pytest.approx(-33)
    assert 2 * most_for(1) == 32
    assert 2 * most_for(0) == 36

    found = attack(facts(), RULES, [ReleasedTable.from_cells(LETTERS, {}), *sums(*range(6))])
    knowing = {facts().contributor.codes.index(who) for who in "WSVU"}
    assert {(breach.attacker, breach.codes, breach.needed, breach.exact) for breach in found.breaches} == {
        (who, (("d", "*"),), 9.0, False) for who in knowing
    }


def test_what_only_half_a_person_protects_is_not_protected():
    with pytest.raises(CannotBeProtected):
        protect(facts(), LETTERS, RULES, sums(*range(6)))
    assert protect(facts(), LETTERS, RULES, sums(*range(5))).report.attack.clean


def test_more_is_withheld_until_whole_numbers_protect():
    tree = [("T", ""), ("ab1", "T"), *((code, "ab1") for code in "ab1"), *((code, "T") for code in "cdef23456")]
    table = Table((Dimension.tree("d", tree),))
    before = [ReleasedTable.from_cells(LETTERS, {}), *sums(1, 2, 3, 4, 5)]
    careless = ReleasedTable.from_cells(table, {("T",): 48, ("ab1",): 12})
    assert not attack(facts(), RULES, [careless, *before]).clean
    outcome = protect(facts(), table, RULES, before)
    assert outcome.report.attack.clean
    shown = {cell.codes[0] for cell in outcome.cells if cell.value is not None}
    assert "T" in shown
    assert "ab1" not in shown


def test_a_wide_interval_without_another_whole_number_is_none():
    """Six figures rise and fall together, and the first two have room for one more at most: half a person each.

    So their sum of 9 can be 12 for who forgets that persons are whole, which is three times as far as it has to be.
    """
    links = [frozenset({one, f"{first}!"}) for first, second in pairwise("abcdef") for one in (first, second)]
    links.append(frozenset("abs"))
    counts = {"a": 4, **dict.fromkeys("bcdef", 1), **{one + "!": 12 for one in "abcde"}, "s": 1}
    codes = sorted(counts)
    together = np.array([[float(code in link) for code in codes] for link in links])
    true = np.array([counts[code] for code in codes])
    wanted = np.array([-float(code in "abcdef") for code in codes])
    assert linprog(wanted, A_eq=together, b_eq=together @ true).fun == pytest.approx(-12)
    assert (
        milp(wanted, constraints=LinearConstraint(together, together @ true, together @ true), integrality=1).fun == -9
    )

    rows = Facts.build({"d": codes}, value=true.tolist(), whole_numbers=True)
    hidden = Table((), where={"d": frozenset("abcdef")}, name="six")
    known = [Table((), where={"d": link}, name=f"link {place}") for place, link in enumerate(links)]
    released = [
        ReleasedTable.from_cells(table, {(): sum(counts[code] for code in link)})
        for table, link in zip(known, links, strict=True)
    ]
    found = attack(rows, Rules(minimum_count=10), [ReleasedTable.from_cells(hidden, {}), *released])
    sums_up = [one.needed for one in found.breaches if one.codes == (("d", "*"),) and one.direction == UP]
    assert sorted(sums_up) == [1.0, 4.0]  # of the six; and of a, b and s, which was published


def test_what_is_not_decided_in_time_counts_as_open(monkeypatch):
    """Each two letters have room for three more together: nine halves a triangle, or four persons.

    Eight more in all are possible in whole numbers, but the shortest way there is not.
    """
    rows = [(code, who) for code in "abcdef" for who in "QQRR"] + [(code, who) for code in "123456" for who in "WSV"]
    counted = Facts.build({"d": [code for code, _ in rows]}, contributor=[who for _, who in rows])
    known = [ReleasedTable(one.table, one.published, np.full(1, 11)) for one in sums(*range(6))]
    released = [ReleasedTable.from_cells(LETTERS, {}), *known]
    rules = Rules(dominance=((1, 37.5),))

    def open_to_outsiders():
        found = attack(counted, rules, released)
        return [breach.needed for breach in found.breaches if breach.attacker is None]

    assert open_to_outsiders() == []
    monkeypatch.setattr(attacker, "PATIENCE", 0.0)
    assert open_to_outsiders() == [8.0]


def test_a_search_among_whole_numbers_ends():
    """A market split (Cornuéjols & Dawande 1998): no branch is cut before nearly all of it is set."""
    chance = np.random.default_rng(7)
    split = chance.integers(0, 100, (6, 50)).astype(float)
    half = -(split.sum(axis=1) // 2)[:, None]
    program = Program(sp.csr_matrix(np.hstack([split, half])), np.zeros(51), np.append(np.zeros(50), 1.0), np.ones(51))
    program.make_whole(10**9)
    program.give_up_after(0.2)
    start = time.process_time()
    assert program.solve() is None
    assert time.process_time() - start < 5
