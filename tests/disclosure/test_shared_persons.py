"""Persons whom several suppliers deliver count once, and each of these suppliers knows them.

The attacker here has its own rows and what was published, and nothing of the engine.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from bundles import bundle_of
from hypothesis import given, settings
from hypothesis import strategies as st
from naive_disclosure import NaiveRules
from naive_shared import Attacker, People, broken, leaks
from persons_once import Delivered, figures_once
from scipy.optimize import linprog
from written_parts import encrypt_part

from service.adapters.duckdb_engine import DuckDbEngine
from service.disclosure import (
    CorrectionWaits,
    Dimension,
    Facts,
    Protected,
    ReleasedTable,
    Rules,
    Shared,
    Table,
    Version,
    attack,
    protect,
    protect_correction,
)
from service.disclosure.attack.versions import Versions
from service.disclosure.question.lattice import build_lattice
from service.disclosure.question.measures import measure
from service.disclosure.question.rules import assess
from service.domain.request import RequestedDimension, RequestSpec
from service.ports.engine import SourcePart
from service.use_cases.disclosure_tables import facts_of, finest, table_of

CATALOGUE = bundle_of().catalogue
DATA_SET = CATALOGUE.data_set("treatment-history", 2)
KEY = bytes(32)
FORMS = [code.code for code in CATALOGUE.classification("care-forms").codes][:6]
RULES = Rules(minimum_count=10, minimum_contributors=3, dominance=((1, 75), (2, 90)), p_percent=10)
BY_FORM = table_of(
    RequestSpec(
        DATA_SET.id,
        "any",
        (RequestedDimension("care_form", "care-forms", "care-form"),),
        ("2024",),
        ("clients",),
        bottleneck="-",
        necessity="-",
        why_nothing_less="-",
    ),
    CATALOGUE,
)

Rows = Mapping[str, Iterable[tuple[str, str]]]
"""Per supplier the persons that it delivers, and the care form of each."""


def facts_from(folder: Path, rows: Rows) -> Facts:
    """What the service makes of deliveries."""
    sources = []
    for supplier, found in rows.items():
        table = pa.Table.from_pylist(
            [
                {
                    "period": "2024",
                    "region": "GM0014",
                    "care_form": form,
                    "history": "none",
                    "clients": 1,
                    "person": who,
                }
                for who, form in found
            ]
        )
        content = encrypt_part(table, KEY)
        path = folder / hashlib.sha256(content).hexdigest()
        path.write_bytes(content)
        sources.append(SourcePart(path, KEY, supplier))
    return facts_of(DuckDbEngine().contributions(sources, finest(DATA_SET, CATALOGUE)), DATA_SET, "clients")


def people(name: str, count: int, form: str) -> list[tuple[str, str]]:
    return [(f"{name}{number}", form) for number in range(count)]


def largest(outcome: Protected, form: str, own: Iterable[tuple[str, str]]) -> float:
    """The most that a cell can be for a supplier that takes its own clients to count where it delivered them."""
    published = {cell.codes[0]: cell.value for cell in outcome.cells if cell.value is not None}
    sums = [([code == one for one in FORMS], value) for code, value in published.items() if code in FORMS]
    if "TOTAL" in published:
        sums.append(([True] * len(FORMS), published["TOTAL"]))
    mine = [len({who for who, place in own if place == one}) for one in FORMS]
    found = linprog(
        -np.array([one == form for one in FORMS], dtype=float),
        A_eq=np.array([row for row, _ in sums], dtype=float) if sums else None,
        b_eq=[value for _, value in sums] if sums else None,
        bounds=[(least, None) for least in mine],
    )
    return np.inf if found.status == 3 else -float(found.fun)


@pytest.fixture
def hidden_pair() -> Rows:
    """All clients of the first care form are B's; half of them are credited to A, and half to AA, who have them too.

    Of those of the second nearly all are of two suppliers, so both cells are hidden, and their sum is not.
    """
    first, second, *others = FORMS
    shared = people("x", 20, first), people("y", 20, first)
    own = {name: [row for form in others for row in people(f"{name}-{form}-", 30, form)] for name in "EFGHI"}
    return {
        "A": shared[0],
        "AA": shared[1],
        "B": [*shared[0], *shared[1]],
        "C": people("z", 40, second),
        "D": people("v", 15, second),
        "DD": people("w", 5, second),
        **own,
    }


def test_a_supplier_that_knows_more_than_it_is_credited_with_finds_nothing(tmp_path: Path, hidden_pair: Rows) -> None:
    outcome = protect(facts_from(tmp_path, hidden_pair), BY_FORM, RULES)
    shown = {cell.codes[0]: cell.value for cell in outcome.cells}
    assert shown["TOTAL"] == 700
    assert shown[FORMS[0]] is shown[FORMS[1]] is None
    for supplier in hidden_pair:
        assert largest(outcome, FORMS[1], hidden_pair[supplier]) >= 62


CARE, PLACE = Dimension.flat("care", "abc"), Dimension.flat("place", "xy")
TABLE = Table((CARE, PLACE))
MEMBERS = {dim.name: dict(zip(dim.codes, dim.members, strict=True)) for dim in (CARE, PLACE)}
CELLS = [(care, place) for care in "abc" for place in "xy"]
STRICT = Rules(minimum_count=20, minimum_contributors=5, dominance=((1, 50), (2, 75)), p_percent=15)
COUNT = Rules(minimum_count=10)


def shared_facts(rows: Sequence[Delivered]) -> Facts:
    """The facts of rows, as the reference counts them."""
    told = figures_once(rows)
    facts = Facts.build(
        {
            "care": [cell[0] for cell, _ in told],
            "place": [cell[1] for cell, _ in told],
            "period": ["2024"] * len(told),
        },
        value=[one.value for one in told.values()],
        contributor=[who for _, who in told],
    )
    known, there, elsewhere = (
        np.array([getattr(one, name) for one in told.values()], dtype=np.int64)
        for name in ("known", "there", "elsewhere")
    )
    return replace(facts, shared=Shared(known, there, elsewhere, "period"))


@st.composite
def deliveries(draw: st.DrawFn) -> list[Delivered]:
    """Persons in a few cells, many of them with several suppliers, some in several cells."""
    chance = random.Random(draw(st.integers(0, 2**32)))
    suppliers = "ABCDEFG"[: draw(st.integers(2, 7))]
    sharing, moving = draw(st.sampled_from([0.0, 0.1, 0.5, 0.9])), draw(st.sampled_from([0.0, 0.05, 0.3]))
    cells = CELLS[: draw(st.integers(2, 6))]
    rows = []
    for number in range(draw(st.integers(1, 150))):
        home = chance.choice(cells)
        first = chance.choice(suppliers)
        others = [who for who in suppliers if who != first and chance.random() < sharing / 2]
        places = [chance.choice(cells) if chance.random() < moving else home for _ in range(1 + len(others))]
        rows += [Delivered(who, place, f"p{number}") for who, place in zip((first, *others), places, strict=True)]
    return rows


def naive(rules: Rules) -> NaiveRules:
    return NaiveRules(rules.minimum_count, rules.minimum_contributors, rules.dominance, rules.p_percent)


def below(codes: Sequence[str]) -> frozenset[tuple[str, ...]]:
    return frozenset(product(*(of[code] for of, code in zip(MEMBERS.values(), codes, strict=True))))


@settings(max_examples=40)
@given(rows=deliveries(), rules=st.sampled_from([STRICT, RULES, COUNT]))
def test_own_figures_and_rules_are_those_that_follow_person_by_person(rows: list[Delivered], rules: Rules) -> None:
    facts, people = shared_facts(rows), People(rows)
    lattice = build_lattice(facts, [TABLE])
    measures = measure(facts, lattice)
    found = assess(lattice, measures, rules)
    unsafe = dict(zip(found.nodes.tolist(), found.up.tolist(), strict=True))
    names = facts.contributor.codes
    for node, codes in zip(lattice.nodes[0].tolist(), TABLE.codes(), strict=True):
        cells = below(codes)
        inside = len(people.inside(cells))
        assert measures.value[node] == inside
        assert measures.reporting[node] == people.contributors(cells)
        asked = broken(people, cells, naive(rules))
        assert (node in unsafe) == (asked is not None)
        if asked is not None:
            assert unsafe[node] == max(1, asked[0] - inside)
        entries = slice(measures.start[node], measures.start[node + 1])
        columns = (measures.holder[entries], measures.own[entries], measures.alone[entries])
        for number, own, alone in zip(*(column.tolist() for column in columns), strict=True):
            who = Attacker(names[measures.contributor_of[number]], number < len(names))
            everything = replace(who, all_places=True) if cells == frozenset(CELLS) else who
            assert own == len(people.known(everything, cells)), who
            assert alone == people.holds_all(who, cells), who


@settings(max_examples=12)
@given(rows=deliveries(), rules=st.sampled_from([STRICT, RULES, COUNT]))
def test_no_supplier_finds_out_about_a_cell_that_is_withheld(rows: list[Delivered], rules: Rules) -> None:
    facts, people = shared_facts(rows), People(rows)
    outcome = protect(facts, TABLE, rules)
    published = {below(cell.codes): cell.value for cell in outcome.cells if cell.value is not None}
    assert leaks(people, MEMBERS, published, naive(rules)) == []


@settings(max_examples=12)
@given(rows=deliveries(), rules=st.sampled_from([STRICT, RULES, COUNT]), hidden=st.sets(st.integers(0, 11)))
def test_what_the_reference_finds_the_attack_finds(rows: list[Delivered], rules: Rules, hidden: set[int]) -> None:
    facts, people = shared_facts(rows), People(rows)
    shown = {
        codes: len(people.inside(below(codes)))
        for number, codes in enumerate(TABLE.codes())
        if number not in hidden and broken(people, below(codes), naive(rules)) is None
    }
    found = attack(facts, rules, [ReleasedTable.from_cells(TABLE, shown)])
    expected = leaks(people, MEMBERS, {below(codes): value for codes, value in shown.items()}, naive(rules))
    assert {leak.cells for leak in expected} <= {below([code for _, code in breach.codes]) for breach in found.breaches}


def test_who_does_not_know_where_its_clients_count_does_not_learn_it() -> None:
    """Eleven of H's clients were with G or GG before, and count there. Is that what H finds in place of its own?

    H alone has clients in b, and each of those in a is its client too. Next to a published total and c, what is in a is
    30 less its 19 in b. Who takes it to know that already would publish both.
    """
    others = [Delivered(who, ("c", "x"), f"{who}{number}") for who in "ABCDEF" for number in range(40)]
    elsewhere = [Delivered("G" if number < 6 else "GG", ("a", "x"), f"p{number}") for number in range(11)]
    rows = [*others, *elsewhere, *(Delivered("H", ("b", "x"), f"p{number}") for number in range(30))]
    rules = Rules(minimum_count=20, minimum_contributors=3, p_percent=15)
    people, facts, table = People(rows), shared_facts(rows), Table((CARE,))
    careless = {("TOTAL",): 270, ("c",): 240}
    told = {below((*codes, "TOTAL")): value for codes, value in careless.items()}
    found = {(leak.cells, leak.attacker) for leak in leaks(people, MEMBERS, told, naive(rules))}
    assert (below(("a", "TOTAL")), Attacker("H", all_places=False)) in found
    assert Attacker("H", all_places=True) not in {attacker for _, attacker in found}
    report = attack(facts, rules, [ReleasedTable.from_cells(table, careless)])
    names = facts.contributor.codes
    assert {(breach.codes, names[breach.attacker], breach.exact) for breach in report.breaches} == {
        ((("care", "a"),), "H", False)
    }
    shown = {cell.codes[0] for cell in protect(facts, table, rules).cells if cell.value is not None}
    assert shown == {"TOTAL"}


def test_nothing_is_shared_nothing_changes() -> None:
    """Without shared persons, the facts that count once are facts like any other."""
    rows = [Delivered(who, ("abc"[number % 3], "x"), f"{who}{number}") for who in "ABCDE" for number in range(30)]
    facts = shared_facts(rows)
    lattice = build_lattice(facts, [TABLE])
    shared, plain = measure(facts, lattice), measure(replace(facts, shared=None), lattice)
    for name in ("value", "reporting", "start", "holder", "own", "alone", "contributor_of"):
        assert np.array_equal(getattr(shared, name), getattr(plain, name)), name


def test_a_withdrawal_after_which_persons_count_for_another_shows_nobody() -> None:
    """A withdraws. Of its 45 clients 5 are B's too and count for B now; nobody else's figures are others than before.

    By what each is credited with B's would have risen, as if two had changed. The change is that of A alone.
    """
    others = [Delivered(who, ("a", "x"), f"{who}{number}") for who in "CDEFG" for number in range(40)]
    mine = [Delivered("A", ("a", "x"), f"p{number}") for number in range(45)]
    also = [Delivered("B", ("a", "x"), f"p{number}" if number < 5 else f"b{number}") for number in range(40)]
    before = shared_facts([*others, *also, *mine])
    gone = [replace(row, counts=False) for row in mine]
    table = Table((CARE,))
    rules = Rules(minimum_count=10, minimum_contributors=2, p_percent=10)
    released = protect(before, table, rules).released
    with pytest.raises(CorrectionWaits) as waits:
        protect_correction([Version(before, (released,))], shared_facts([*others, *also, *gone]), table, rules)
    assert waits.value.more == 1


def test_a_person_that_moves_to_another_cell_is_a_change_of_who_withdrew() -> None:
    """All of A's 40 clients in a are others' in b, of five suppliers, and count there once A withdraws."""
    others = [Delivered(who, (cell, "x"), f"{who}{cell}{n}") for who in "CDEFG" for cell in "ab" for n in range(40)]
    mine = [Delivered("A", ("a", "x"), f"p{number}") for number in range(40)]
    also = [Delivered("CDEFG"[number % 5], ("b", "x"), f"p{number}") for number in range(40)]
    before = shared_facts([*others, *also, *mine])
    after = shared_facts([*others, *also, *(replace(row, counts=False) for row in mine)])
    table = Table((CARE,))
    released = protect(before, table, STRICT).released
    assert {cell[0] for cell, shown in zip(table.codes(), released.published.tolist(), strict=True) if shown} >= {
        "a",
        "b",
    }
    versions = Versions.of([Version(before, (released,)), Version(after)], [table])
    change = versions.changes[0, 1]
    nodes = dict(zip((codes[0] for codes in table.codes()), versions.lattice.nodes[0].tolist(), strict=True))
    assert change.signed[[nodes[code] for code in ("TOTAL", "a", "b")]].tolist() == [0, -40, 40]
    assert change.measures.reporting[[nodes["a"], nodes["b"]]].tolist() == [1, 1]
    assert {nodes["a"], nodes["b"]} <= set(change.unsafe(versions.lattice, STRICT).nodes.tolist())


@settings(max_examples=25)
@given(rows=deliveries(), place=st.integers(0, 6))
def test_what_one_supplier_changed_is_the_change_of_one(rows: list[Delivered], place: int) -> None:
    """Whoever else knows those who are gone, or who count elsewhere now; and every change of a figure is one."""
    suppliers = sorted({row.holding for row in rows})
    gone = suppliers[place % len(suppliers)]
    left = [replace(row, counts=row.holding != gone) for row in rows]
    versions = Versions.of([Version(shared_facts(rows)), Version(shared_facts(left))], [TABLE])
    change, old, new = versions.changes[0, 1], People(rows), People(left)
    for node, codes in zip(versions.lattice.nodes[0].tolist(), TABLE.codes(), strict=True):
        cells = below(codes)
        before, after = old.inside(cells), new.inside(cells)
        assert change.signed[node] == len(after) - len(before)
        assert change.touched[node] or before == after
        assert change.measures.reporting[node] <= (1 if change.measures.value[node] else len(suppliers))
        assert change.measures.value[node] <= len(before ^ after)
