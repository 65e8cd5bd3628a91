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
from hypothesis import assume, given
from hypothesis import strategies as st
from many import quiet
from naive_disclosure import Row, all_figures, attack_naively

from service.disclosure import CannotBeProtected, Dimension, Facts, Rules, Table, attack, protect
from service.disclosure.pattern import search
from service.disclosure.pattern.certificates import Ledger, Need
from service.disclosure.pattern.hypercubes import Cubes
from service.disclosure.pattern.hypercubes.moves import Moves, moves_of
from service.disclosure.pattern.settling import UP
from service.disclosure.question.insight import find_insight
from service.disclosure.question.lattice import Lattice, build_lattice
from service.disclosure.question.measures import Measures, measure
from service.disclosure.question.rules import Assessment, assess

WHOLE_TABLES = (*(("full", "dominated", "pairs") * 2), "one contributor", "sparse", "all unsafe")


@pytest.fixture(autouse=True)
def hypercubes_for_every_table(monkeypatch):
    monkeypatch.setattr(search, "SMALL", -1)


@dataclass
class Bench:
    """All that hypercubes work on, made as `protect` does."""

    lattice: Lattice
    measures: Measures
    assessment: Assessment
    ledger: Ledger
    closed: np.ndarray
    withheld: np.ndarray
    cubes: Cubes

    @classmethod
    def of(cls, example: Example) -> Bench:
        lattice = build_lattice(example.facts, [Table(example.dimensions)])
        measures = measure(example.facts, lattice)
        assessment = assess(lattice, measures, example.rules)
        withheld = np.ones(lattice.size, dtype=bool)
        withheld[lattice.nodes[0]] = False
        withheld[assessment.nodes] = True
        closed = (measures.value == 0) & ~withheld
        ledger = Ledger(assessment, measures, find_insight(lattice, measures, assessment.nodes))
        price = np.where(withheld, 0.0, measures.value + 1.0)
        return cls(lattice, measures, assessment, ledger, closed, withheld, Cubes(lattice, measures, closed, price))

    def needs(self) -> Iterator[Need]:
        """Every need that is open when its turn comes."""
        for _, need in self.ledger.open_needs(np.arange(len(self.assessment.nodes))):
            yield need

    def ask(self, need: Need, attackers: np.ndarray) -> bool:
        """Ask for one certificate, hold it against the definitions, and take it; whether there was one."""
        found = self.cubes.find(need, attackers)
        if found is None:
            return False
        nodes, deviation = found
        assert np.all(np.diff(nodes) > 0)
        assert deviation.all()
        assert not self.closed[nodes].any()
        moved = np.zeros(self.lattice.size)
        moved[nodes] = deviation
        scale = 1e-7 * max(1.0, np.abs(deviation).max())
        assert np.abs(self.lattice.relations(superfluous=True) @ moved).max(initial=0.0) <= scale
        assert moved[need.node] * (1 if need.direction == UP else -1) >= need.level - scale
        if self.measures.whole_numbers:
            assert np.array_equal(moved, np.rint(moved))
        assert np.all(self.measures.value + moved >= -scale)
        for attacker in attackers.tolist():
            mine, own, alone = self.measures.figures_of(attacker)
            assert np.all(self.measures.value[mine] - own + moved[mine] >= -scale)
            assert not moved[mine[alone]].any()
        self.withheld[nodes] = True
        self.cubes.price[nodes] = 0.0
        self.ledger.settle(nodes, deviation)
        return True


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


@quiet(20)
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


NOBODY = np.zeros(0, dtype=np.int64)


@quiet(20)
@given(examples(1, 4, shapes=WHOLE_TABLES))
def test_every_certificate_is_true(example):
    """For an outsider, for all contributors together to whom it matters, and for one of them."""
    bench = Bench.of(example)
    for need in bench.needs():
        attackers = NOBODY if need.attackers is None else need.attackers
        if bench.ask(need, attackers):
            now = bench.ledger.need(need.direction, need.unsafe)
            assert now is None or (need.attackers is None and now.attackers is not None)
        elif len(attackers):
            bench.ask(need, attackers[:1])


@quiet(10)
@given(examples(2, 4, shapes=("full", "dominated")))
def test_most_needs_of_a_full_table_are_shown(example):
    """Hypercubes may leave needs to linear programs, but are of no use when these are many."""
    bench = Bench.of(example)
    asked = [bench.ask(need, NOBODY if need.attackers is None else need.attackers) for need in bench.needs()]
    assume(len(asked) > 10)
    assert sum(asked) >= 0.5 * len(asked)


@quiet(12)
@given(examples(2, 3, shapes=("full", "pairs")), st.data())
def test_what_is_closed_stays_and_what_is_free_is_used(example, data):
    """A certificate that is found without a node costs no less than one that may use it, and never touches it."""
    bench = Bench.of(example)
    need = next(bench.needs(), None)
    assume(need is not None)
    found = bench.cubes.find(need, NOBODY)
    assume(found is not None)
    barred = int(data.draw(st.sampled_from(found[0].tolist())))
    assume(barred != need.node)
    bench.cubes.closed[barred] = True
    other = bench.cubes.find(need, NOBODY)
    assert other is None or barred not in other[0]
    bench.cubes.closed[barred] = False
    again = bench.cubes.find(need, NOBODY)
    assert np.array_equal(again[0], found[0])
    assert np.array_equal(again[1], found[1])


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


@quiet(15)
@given(examples(1, 2))
def test_one_or_two_dimensions_by_hypercubes(example):
    assert_safe(example, Table(example.dimensions))


@quiet(10)
@given(examples(3, 3))
def test_three_dimensions_by_hypercubes(example):
    assert_safe(example, Table(example.dimensions))


@quiet(6)
@given(examples(4, 5, rows=10))
def test_four_or_five_dimensions_by_hypercubes(example):
    assert_safe(example, Table(example.dimensions))


@quiet(12)
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
    """More than are looked through per cell."""
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
    bench = Bench.of(Example(dims, rows, rules, ("magnitude", "count")[seed % 2], 0))
    asked = [bench.ask(need, NOBODY if need.attackers is None else need.attackers) for need in bench.needs()]
    assert sum(asked) > 0.9 * len(asked)
