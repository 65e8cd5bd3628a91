"""What a certificate shows is what the definitions say, and compiled code says the same as array operations."""

from __future__ import annotations

from math import ceil

import numpy as np
from generated_tables import Example, examples
from hypothesis import given
from hypothesis import strategies as st
from many import quiet

from service.disclosure import Table
from service.disclosure.pattern.certificates import Ledger
from service.disclosure.pattern.settling import UP
from service.disclosure.question.insight import find_insight
from service.disclosure.question.lattice import Lattice, build_lattice
from service.disclosure.question.measures import Measures, measure
from service.disclosure.question.rules import Assessment, assess

SHAPES = ("full", "dominated", "pairs", "one contributor", "sparse", "all unsafe")


def made_of(example: Example) -> tuple[Lattice, Measures, Assessment]:
    lattice = build_lattice(example.facts, [Table(example.dimensions)])
    measures = measure(example.facts, lattice)
    return lattice, measures, assess(lattice, measures, example.rules)


def opened(lattice: Lattice, measures: Measures, assessment: Assessment, *, brief: bool, quick: bool) -> Ledger:
    return Ledger(assessment, measures, find_insight(lattice, measures, assessment.nodes), brief=brief, quick=quick)


@st.composite
def deviations(draw, lattice: Lattice):
    """Nodes and how far they move; whether the equations hold for it is nothing that settling looks at."""
    nodes = draw(st.lists(st.integers(0, lattice.size - 1), min_size=1, max_size=12, unique=True))
    size = draw(st.sampled_from([1.0, 0.5, 4.0]))
    moves = draw(st.lists(st.integers(1, 6), min_size=len(nodes), max_size=len(nodes)))
    signs = draw(st.lists(st.sampled_from([-1, 1]), min_size=len(nodes), max_size=len(nodes)))
    return np.sort(np.array(nodes)), size * np.array(moves, dtype=float) * np.array(signs)


@quiet(25)
@given(examples(1, 3, shapes=SHAPES), st.booleans(), st.data())
def test_compiled_code_says_the_same(example, brief, data):
    made = made_of(example)
    plain, quick = (opened(*made, brief=brief, quick=one) for one in (False, True))
    for _ in range(data.draw(st.integers(1, 6))):
        nodes, deviation = data.draw(deviations(made[0]))
        plain.settle(nodes, deviation)
        quick.settle(nodes, deviation)
        every = range(len(made[2].nodes))
        for key in ((direction, unsafe) for direction in (0, 1) for unsafe in every):
            one, other = plain.need(*key), quick.need(*key)
            assert (one is None) == (other is None)
            if one is not None and other is not None:
                assert (one.level, (one.attackers is None)) == (other.level, (other.attackers is None))
                assert np.array_equal(
                    plain.left_of(one, np.arange(made[1].holders)), quick.left_of(other, np.arange(made[1].holders))
                )
        assert {key: sorted(proof) for key, proof in plain.proofs.items()} == quick.proofs
    if not brief:
        entries = [ledger.reopen(list(ledger.proofs), dead=set()) for ledger in (plain, quick)]
        assert len(entries[0]) == len(entries[1])
        assert plain.proofs == quick.proofs


@quiet(25)
@given(examples(1, 3, shapes=SHAPES), st.booleans(), st.data())
def test_what_is_shown_is_what_is_possible(example, quick, data):
    """By the definitions, cell by cell and contributor by contributor: can the truth be that far off?"""
    lattice, measures, assessment = made_of(example)
    ledger = opened(lattice, measures, assessment, brief=True, quick=quick)
    nodes, deviation = data.draw(deviations(lattice))
    before = {
        (direction, unsafe): ledger.need(direction, unsafe)
        for direction in (0, 1) for unsafe in range(len(assessment.nodes))
    }  # fmt: skip
    strangers = {
        key: set(ledger.left_of(need, np.arange(measures.holders)).tolist()) for key, need in before.items() if need
    }
    ledger.settle(nodes, deviation)
    moved = dict(zip(nodes.tolist(), deviation.tolist(), strict=True))
    for (direction, unsafe), need in before.items():
        if need is None:
            continue
        now = ledger.need(direction, unsafe)
        by = moved.get(need.node, 0.0)
        sign = 1 if (by > 0) == (direction == UP) else -1
        outsider = possible(measures, moved, sign, share(measures, deviation, ledger.levels[direction, unsafe], by))
        if ledger.levels[direction, unsafe] > 0:
            assert (now is not None and now.attackers is None) == (not outsider)
        level = ledger.insider_levels[direction, unsafe]
        if level <= 0:
            continue
        step = share(measures, deviation, level, by)
        left = {one for one in strangers[direction, unsafe] if not possible(measures, moved, sign, step, one)}
        assert set(ledger.left_of(need, np.arange(measures.holders)).tolist()) == left


def share(measures: Measures, deviation: np.ndarray, level: float, by: float) -> float | None:
    """The smallest copy that moves a node far enough; whole copies only, where figures are counts and it is whole."""
    if not by:
        return None
    if measures.whole_numbers and np.array_equal(deviation, np.rint(deviation)):
        copies = int(np.gcd.reduce(np.abs(deviation).astype(int)))
        return ceil(copies * level / abs(by) - 1e-6) / copies
    return level / abs(by)


def possible(
    measures: Measures, moved: dict[int, float], sign: int, step: float | None, attacker: int | None = None
) -> bool:
    """Whether so much of a deviation leaves figures that this attacker cannot exclude."""
    if step is None or step > 1 + 1e-9:
        return False
    known, alone = {}, {}
    if attacker is not None:
        mine, own, all_of_it = measures.figures_of(attacker)
        known = dict(zip(mine.tolist(), own.tolist(), strict=True))
        alone = dict(zip(mine.tolist(), all_of_it.tolist(), strict=True))
    return all(
        not alone.get(node, False) and measures.value[node] - known.get(node, 0) + sign * step * by >= -1e-6
        for node, by in moved.items()
    )
