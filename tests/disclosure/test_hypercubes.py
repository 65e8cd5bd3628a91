"""Hypercubes find patterns of any table, and whatever they say about one is true."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from math import prod

import numpy as np
import pytest
from generated_tables import MAGNITUDES, Example, as_naive, examples, linked_tables, naive_rules
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from naive_disclosure import Row, all_figures, attack_naively

from service.disclosure import CannotBeProtected, Dimension, Facts, Rules, Table, attack, protect
from service.disclosure.pattern import finding
from service.disclosure.pattern.certificates import Ledger
from service.disclosure.pattern.hypercubes import Weaver, weaver
from service.disclosure.pattern.hypercubes import desk as cubes
from service.disclosure.pattern.hypercubes.moves import Moves, moves_of
from service.disclosure.question.insight import Insight, find_insight
from service.disclosure.question.lattice import Lattice, build_lattice
from service.disclosure.question.measures import Measures, measure
from service.disclosure.question.rules import Assessment, assess

WHOLE_TABLES = (*(("full", "dominated", "pairs") * 2), "one contributor", "sparse", "all unsafe")


def quiet(wanted: int) -> settings:
    return settings(max_examples=wanted, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.fixture(autouse=True)
def hypercubes_for_every_table(monkeypatch):
    monkeypatch.setattr(finding, "SMALL", 0)


@dataclass
class Loom:
    """All that a weaver works on, made as `protect` does."""

    lattice: Lattice
    measures: Measures
    assessment: Assessment
    insight: Insight
    closed: np.ndarray
    withheld: np.ndarray
    optional: np.ndarray
    weaver: Weaver

    @classmethod
    def of(cls, example: Example) -> Loom:
        lattice = build_lattice(example.facts, [Table(example.dimensions)])
        measures = measure(example.facts, lattice)
        assessment = assess(lattice, measures, example.rules)
        offered, unsafe = np.zeros(lattice.size, dtype=bool), np.zeros(lattice.size, dtype=bool)
        offered[lattice.nodes[0]] = True
        unsafe[assessment.nodes] = True
        withheld = ~offered | unsafe
        closed = (measures.value == 0) & ~withheld
        insight = find_insight(lattice, measures, assessment.nodes)
        made = Weaver(lattice, measures, assessment, insight, closed, withheld)
        return cls(lattice, measures, assessment, insight, closed, withheld, offered & ~unsafe, made)

    def improve(self) -> None:
        self.weaver.improve(np.flatnonzero(self.withheld & self.optional))

    def keys(self) -> set[tuple[int, int]]:
        """Every need."""
        ledger = Ledger(self.assessment, self.measures, self.insight)
        return {(need.direction, need.unsafe) for need in ledger.open_needs()}


def steps(moves: Moves, axis: int, code: int) -> Iterator[dict[int, float]]:
    """What each move of a code adds, by node offset."""
    place = moves.first[axis] + code
    for move in range(moves.move[place], moves.move[place + 1]):
        entries = range(moves.entry[move], moves.entry[move + 1])
        found = {0: 1.0}
        for entry in entries:
            assert moves.offset[entry] not in found
            found[int(moves.offset[entry])] = float(moves.sign[entry])
        yield found


@quiet(40)
@given(examples(1, 4, shapes=("sparse",)), st.data())
def test_every_product_of_moves_satisfies_every_relation(example, data):
    lattice = build_lattice(example.facts, [Table(example.dimensions)])
    relations = lattice.relations(superfluous=True)
    moves = moves_of(lattice)
    for node in data.draw(st.lists(st.integers(0, lattice.size - 1), min_size=1, max_size=5)):
        codes = np.unravel_index(node, lattice.shape)
        along = [list(steps(moves, axis, int(code))) for axis, code in enumerate(codes)]
        assert all(along)
        if prod(map(len, along)) > 400:
            along = [data.draw(st.lists(st.sampled_from(one), min_size=1, max_size=4)) for one in along]
        for chosen in product(*along):
            deviation = np.zeros(lattice.size)
            for corner in product(*(one.items() for one in chosen)):
                deviation[node + sum(offset for offset, _ in corner)] += prod(sign for _, sign in corner)
            assert deviation[node] == 1.0
            assert not (relations @ deviation).any()


def test_a_move_reaches_every_other_finest_code():
    lattice = build_lattice(
        Facts.build({"d": ["a"]}, value=[1]), [Table((Dimension.tree("d", [("T", ""), *((c, "T") for c in "abc")]),))]
    )
    moves = moves_of(lattice)
    (axis,) = lattice.axes
    for code, classes in enumerate(axis.members):
        inside, outside = len(classes), axis.classes - len(classes)
        assert len(list(steps(moves, 0, code))) == inside * (1 + outside)


def assert_true(loom: Loom) -> None:
    """Every proof is a certificate over what is withheld, and the proofs of a need show it to whomever it matters."""
    relations = loom.lattice.relations(superfluous=True)
    value = loom.measures.value.astype(float)
    proofs = loom.weaver.proofs()
    assert set(proofs) <= loom.keys()
    for certificates in proofs.values():
        for nodes, deviation in certificates:
            assert len(set(nodes.tolist())) == len(nodes)
            assert deviation.all()
            assert loom.withheld[nodes].all()
            assert not loom.closed[nodes].any()
            moved = np.zeros(loom.lattice.size)
            moved[nodes] = deviation
            scale = max(1.0, np.abs(deviation).max())
            assert np.abs(relations @ moved).max(initial=0.0) <= 1e-7 * scale
            assert np.all(value + moved >= -1e-7 * scale)
            if loom.measures.whole_numbers:
                assert np.array_equal(moved, np.rint(moved))
    for (direction, unsafe), certificates in proofs.items():
        ledger = Ledger(loom.assessment, loom.measures, loom.insight)
        for nodes, deviation in certificates:
            ledger.settle(nodes, deviation)
        assert ledger.need(direction, unsafe) is None
    ledger = Ledger(loom.assessment, loom.measures, loom.insight)
    for key, certificates in proofs.items():
        ledger.accept(key, certificates)
    assert {(need.direction, need.unsafe) for need in ledger.open_needs()} == loom.keys() - set(proofs)


@quiet(60)
@given(examples(1, 4, shapes=WHOLE_TABLES))
def test_every_proof_is_true(example):
    loom = Loom.of(example)
    assume(len(loom.assessment.nodes))
    loom.weaver.weave()
    assert_true(loom)
    shown, before = set(loom.weaver.proofs()), loom.withheld.copy()
    cost = loom.measures.value[before & loom.optional].sum() + np.count_nonzero(before & loom.optional)
    loom.improve()
    assert_true(loom)
    assert set(loom.weaver.proofs()) == shown
    after = loom.withheld & loom.optional
    assert loom.measures.value[after].sum() + np.count_nonzero(after) <= cost
    assert loom.withheld[loom.assessment.nodes].all()


@quiet(10)
@given(examples(2, 4, shapes=("full", "dominated")))
def test_most_needs_of_a_full_table_are_shown(example):
    """Hypercubes may leave needs to linear programs, but are of no use when these are many."""
    loom = Loom.of(example)
    wanted = loom.keys()
    assume(len(wanted) > 10)
    loom.weaver.weave()
    assert len(loom.weaver.proofs()) >= 0.5 * len(wanted)


@quiet(25)
@given(examples(1, 4, shapes=WHOLE_TABLES))
def test_proofs_may_move_house_at_any_moment(example):
    """They do when there is no room for more; rooms with a place for one need make that happen all the time."""
    roomy, cramped = Loom.of(example), Loom.of(example)
    assume(len(roomy.assessment.nodes))
    roomy.weaver.weave()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(weaver, "_proofs", room_for_one_need)
        cramped.weaver._proofs = room_for_one_need(len(cramped.keys()), cramped.lattice.size, cramped.measures.holders)
        cramped.weaver.weave()
        assert np.array_equal(roomy.withheld, cramped.withheld)
        assert same_proofs(roomy, cramped)
        cramped.improve()
    assert set(cramped.weaver.proofs()) == set(roomy.weaver.proofs())
    assert_true(cramped)


def same_proofs(one: Loom, other: Loom) -> bool:
    theirs = other.weaver.proofs()
    return one.weaver.proofs().keys() == theirs.keys() and all(
        np.array_equal(left, right)
        for key, certificates in one.weaver.proofs().items()
        for ours, his in zip(certificates, theirs[key], strict=True)
        for left, right in zip(ours, his, strict=True)
    )


def room_for_one_need(needs: int, size: int, holders: int, old: cubes.Proofs | None = None) -> cubes.Proofs:
    """As `_proofs`, with room for hardly more than what is in use."""
    count, entries, failing = weaver.live(old) if old is not None else (0, 0, 0)
    many = count + cubes.MOST_PROOFS + 1
    most, least = entries + cubes.MOST_PROOFS * size, failing + (cubes.MOST_PROOFS + 1) * max(holders, 1)
    return cubes.Proofs(
        np.zeros(needs, dtype=np.int64),
        np.zeros((needs, cubes.MOST_PROOFS + 1), dtype=np.int64),
        *(np.zeros(many, dtype=np.int64) for _ in range(4)),
        np.empty(most, dtype=np.int32),
        np.empty(most),
        np.empty(least, dtype=np.int32),
        np.zeros(3, dtype=np.int64),
    )


def assert_safe(example: Example, table: Table) -> None:
    """Every cell is there, what is published is true, nobody learns too much, and twice is the same."""
    outcome, again = (protect(example.facts, table, example.rules) for _ in range(2))
    assert list(outcome.cells) == list(again.cells)
    assert outcome.explanations == again.explanations
    naive = as_naive(table, outcome.released)
    rows = list(example.rows)
    found = all_figures(rows, naive)
    assert set(naive.published) == set(found)
    for cell, value in naive.published.items():
        assert value is None or value == found[cell].value
    rules = naive_rules(example.rules)
    assert attack_naively(rows, example.columns, [naive], rules, whole=example.whole, unit=example.unit) == []


@quiet(30)
@given(examples(1, 2))
def test_one_or_two_dimensions_by_hypercubes(example):
    assert_safe(example, Table(example.dimensions))


@quiet(15)
@given(examples(3, 3))
def test_three_dimensions_by_hypercubes(example):
    assert_safe(example, Table(example.dimensions))


@quiet(6)
@given(examples(4, 5, rows=10))
def test_four_or_five_dimensions_by_hypercubes(example):
    assert_safe(example, Table(example.dimensions))


@quiet(20)
@given(examples(1, 2), st.data())
def test_a_history_by_hypercubes(example, data):
    tables = data.draw(linked_tables(example.columns, 2))
    out = []
    for table in tables:
        try:
            out.append(protect(example.facts, table, example.rules, out).released)
        except CannotBeProtected:
            continue
    assume(out)
    naive = [as_naive(one.table, one) for one in out]
    codes = {name: {row.codes[name] for row in example.rows} for name in example.columns}
    for one in naive:
        for name, known in codes.items():
            known.update(one.where.get(name, ()), *one.dimensions.get(name, {}).values())
    columns = {name: sorted(known or {"nothing"}) for name, known in codes.items()}
    rules = naive_rules(example.rules)
    assert attack_naively(list(example.rows), columns, naive, rules, whole=example.whole, unit=example.unit) == []
    assert attack(example.facts, example.rules, out).clean


ORDER = [(x, y) for x in "abc" for y in "abc"]
SQUARE = Table((Dimension.flat("x", "abc"), Dimension.flat("y", "abc")))


def square(value: list[int], contributor: list[str] | None, *, whole: bool = True) -> Facts:
    """Rows for these cells in order, from the first on."""
    places = [ORDER[number % len(ORDER)] for number in range(len(value))]
    return Facts.build(
        {"x": [x for x, _ in places], "y": [y for _, y in places]},
        value=value,
        contributor=contributor,
        whole_numbers=whole,
    )


EDGES = {
    "all unsafe": (square([1, 2, 1, 1, 2, 1, 1, 1, 2], list("PQRPQRPQR")), Rules(minimum_count=100)),
    "all zero": (square([0] * 9, list("PQRPQRPQR")), Rules(minimum_count=10, zero_is_safe=False)),
    "all zero and safe": (square([0] * 9, list("PQRPQRPQR")), Rules(minimum_count=10)),
    "one row": (square([7], ["P"]), Rules(minimum_count=10)),
    "no row": (square([], []), Rules(minimum_count=10, zero_is_safe=False)),
    "nobody named": (square([4, 40, 30, 50, 60, 70, 80, 90, 20], None), Rules(minimum_count=10)),
    "one contributor": (square([4, 40, 30, 50, 60, 70, 80, 90, 20], ["P"] * 9), Rules(minimum_count=10)),
    "alone everywhere": (
        square([4, 40, 30, 50, 60, 70, 80, 90, 20], list("PQRSTUVWX"), whole=False),
        Rules(minimum_contributors=2),
    ),
    "alone everywhere but in one cell": (
        square([4, 40, 30, 50, 60, 70, 80, 90, 20, 3], [*"PQPQPQPQP", "Q"]),
        Rules(minimum_count=10, p_percent=10),
    ),
}


@pytest.mark.parametrize("name", EDGES)
def test_what_lies_at_the_edge(name):
    facts, rules = EDGES[name]
    outcome = protect(facts, SQUARE, rules)
    assert attack(facts, rules, [outcome.released]).clean
    assert list(protect(facts, SQUARE, rules).cells) == list(outcome.cells)
    if name == "all zero and safe":
        assert outcome.released.published.all()


def test_a_table_without_dimensions_has_no_cubes():
    facts, rules = EDGES["one row"]
    outcome = protect(facts, Table(()), rules)
    assert [cell.value for cell in outcome.cells] == [None]


@pytest.mark.parametrize("rules", MAGNITUDES)
@quiet(5)
@given(example=examples(2, 2, kinds=("magnitude",), shapes=("full", "dominated", "pairs")))
def test_every_profile_of_magnitudes(rules, example):
    assert_safe(
        Example(example.dimensions, example.rows, rules, example.kind, example.decimals), Table(example.dimensions)
    )


@pytest.mark.parametrize("seed", range(6))
def test_many_contributors(seed):
    """More than are looked through per cell, and than can be concerned at once."""
    source = random.Random(seed)
    trees = [[("T", ""), *((f"r{n}", "T") for n in range(4)), *((f"m{n}", f"r{n % 4}") for n in range(14))]]
    dims = (
        Dimension.classifications("a", trees),
        Dimension.flat("b", [f"c{n}" for n in range(5 + seed)]),
        Dimension.flat("c", "xy", total=seed % 2 == 0),
    )
    shares = [
        (codes, int(10 ** source.uniform(0, 4)), f"P{min(source.randrange(200), source.randrange(200))}")
        for codes in product(*(sorted(dim.finest) for dim in dims))
        for _ in range(source.choice((0, 1, 2, 3, 12, 30)))
    ]
    rows = tuple(
        Row({dim.column: code for dim, code in zip(dims, codes, strict=True)}, value, contributor)
        for codes, value, contributor in shares
    )
    rules = (Rules(p_percent=20), Rules(minimum_count=3000, minimum_contributors=3, dominance=((1, 80),)))[seed % 2]
    loom = Loom.of(Example(dims, rows, rules, ("magnitude", "count")[seed % 2], 0))
    loom.weaver.weave()
    assert_true(loom)
    loom.improve()
    assert_true(loom)
    assert len(loom.weaver.proofs()) > 0.9 * len(loom.keys())
