"""Controlled rounding: multiples that add up, next to the truth, and an attacker of our own who knows the base."""

from __future__ import annotations

import csv
import json
from itertools import product
from math import prod

import numpy as np
import pytest
import typer
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog
from typer.testing import CliRunner

from service.disclosure import (
    BadInput,
    CannotBeProtected,
    Dimension,
    Facts,
    ReleasedTable,
    Rules,
    Table,
    attack,
    protect,
)
from service.disclosure.command.main import protect_command
from service.disclosure.methods.rounding import Sums, protect_rounded

COUNT = Rules(minimum_count=10)
TREE = [("all", ""), ("w", "all"), ("e", "all"), ("a", "w"), ("b", "w"), ("c", "e"), ("d", "e")]
MEMBERS = {"all": "abcd", "w": "ab", "e": "cd", "a": "a", "b": "b", "c": "c", "d": "d"}


@st.composite
def tables(draw):
    """Values over one tree and up to two flat dimensions, with contributors."""
    flat = draw(st.lists(st.integers(2, 3), max_size=2))
    codes = ["abcd", *("xyz"[:count] for count in flat)]
    cells = list(product(*codes))
    value = st.sampled_from([0, 0, 1, 2, 3, 5, 9, 10, 17, 40, 250])
    values = draw(st.lists(value, min_size=len(cells), max_size=len(cells)))
    dimensions = (Dimension.tree("t", TREE), *(Dimension.flat(f"f{k}", code) for k, code in enumerate(codes[1:])))
    columns = {dimension.column: [cell[k] for cell in cells] for k, dimension in enumerate(dimensions)}
    who = draw(st.lists(st.sampled_from("PQRS"), min_size=len(cells), max_size=len(cells)))
    facts = Facts.build(columns, value=values, contributor=who)
    return facts, Table(dimensions), dict(zip(cells, values, strict=True)), dict(zip(cells, who, strict=True))


def members(codes):
    """The finest cells under a cell."""
    sets = [MEMBERS.get(codes[0], codes[0])]
    for place, code in enumerate(codes[1:]):
        sets.append("xyz" if code == "TOTAL" else code)
        assert place < 2
    return list(product(*sets))


def truth_of(codes, values):
    return sum(values.get(cell, 0) for cell in members(codes))


def check(outcome, values, base):
    """Multiples, zero-restricted, and every sum of published cells, from the definitions."""
    told = {cell.codes: cell.value for cell in outcome.cells}
    assert len(told) == outcome.released.table.cells
    for codes, value in told.items():
        if value is not None:
            true = truth_of(codes, values)
            assert value % base == 0
            assert value >= 0
            assert abs(value - true) < base or outcome.report.rounding.widened
            if true % base == 0 and not outcome.report.rounding.widened:
                assert value == true
    for dimension_number, dimension in enumerate(outcome.released.table.dimensions):
        for whole, parts in dimension.sums:
            for codes, value in told.items():
                if codes[dimension_number] == whole:
                    around = [(*codes[:dimension_number], part, *codes[dimension_number + 1 :]) for part in parts]
                    if value is not None and all(told[one] is not None for one in around):
                        assert value == sum(told[one] for one in around)


def interval(outcome, values, base, target, *, own=None):
    """What a linear program over the finest cells makes of a rounded table; who reported one alone knows it."""
    atoms = list(values)
    rows, right = [], []
    for cell in outcome.cells:
        if cell.value is not None:
            row = np.array([float(atom in set(members(cell.codes))) for atom in atoms])
            slack = base - 1 if abs(cell.value - truth_of(cell.codes, values)) < base else 2 * base - 1
            rows += [row, -row]
            right += [cell.value + slack, slack - cell.value]
    objective = np.array([float(atom in set(members(target))) for atom in atoms])
    bounds = [(own[atom], own[atom]) if own is not None and atom in own else (0, None) for atom in atoms]
    ends = []
    for sign in (1.0, -1.0):
        found = linprog(sign * objective, A_ub=rows or None, b_ub=right or None, bounds=bounds, method="highs")
        ends.append(sign * found.fun if found.status == 0 else np.inf)
    return ends


@pytest.mark.thorough
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(tables(), st.sampled_from([2, 5, 11, 15, 30]))
def test_a_rounded_table_adds_up_and_nobody_learns_a_small_count(case, base):
    facts, table, values, who = case
    outcome = protect_rounded(facts, table, COUNT, base=base)
    check(outcome, values, base)
    assert outcome.report.attack.clean
    assert attack(facts, COUNT, [outcome.released]).clean
    for cell in outcome.cells:
        true = truth_of(cell.codes, values)
        if 0 < true < 10:
            inside = [one for one in members(cell.codes) if one in values]
            behind = {who[one] for one in inside if values[one]}  # zeros beside it hide nothing from who holds the rest
            for attacker in [None, *sorted(set(who.values()))]:
                if attacker is not None and behind == {attacker}:
                    continue
                mine = {one: values[one] for one in values if who[one] == attacker}
                low, high = interval(outcome, values, base, cell.codes, own=mine)
                assert high >= 10 - 1e-6
                if sum(mine.get(one, 0) for one in inside) < true:
                    assert low <= true - 1 + 1e-6


def grid(values):
    count = len(values[0])
    codes = [(str(row), str(column)) for row in range(len(values)) for column in range(count)]
    facts = Facts.build(
        {"row": [row for row, _ in codes], "column": [column for _, column in codes]},
        value=[value for row in values for value in row],
    )
    names = [str(one) for one in range(max(len(values), count))]
    return facts, Table((Dimension.flat("row", names[: len(values)]), Dimension.flat("column", names[:count])))


@settings(max_examples=60, deadline=None)
@given(st.integers(2, 12), st.data())
def test_in_two_dimensions_a_zero_restricted_table_always_exists(base, data):
    size = data.draw(st.integers(1, 5))
    values = data.draw(st.lists(st.lists(st.integers(0, 40), min_size=size, max_size=size), min_size=1, max_size=5))
    facts, table = grid(values)
    everything = np.ones(table.cells, dtype=bool)
    rounded = Sums(facts, table).round(base, everything, (everything, everything), np.ones(table.cells))
    assert rounded is not None
    cells = rounded.reshape(table.shape)
    assert (cells[0] == cells[1:].sum(axis=0)).all()
    assert (cells[:, 0] == cells[:, 1:].sum(axis=1)).all()
    true = np.pad(np.array(values), ((1, 0), (1, 0)))
    true[0, 1:], true[1:, 0], true[0, 0] = true[1:, 1:].sum(axis=0), true[1:, 1:].sum(axis=1), true[1:, 1:].sum()
    assert (np.abs(cells - true) < base).all()
    assert (cells[true % base == 0] == true[true % base == 0]).all()


TWO_ROOTS = [("w", ""), ("e", ""), ("a", "w"), ("b", "w"), ("c", "e"), ("d", "e")]


@settings(max_examples=30, deadline=None)
@given(st.sampled_from([5, 7, 11, 13, 15]), st.sampled_from([TREE, TWO_ROOTS]), st.booleans(), st.data())
def test_in_two_dimensions_no_multiple_is_moved_whatever_must_be_protected(base, tree, total, data):
    cells = list(product("abcd", "xyz"))
    values = data.draw(st.lists(st.sampled_from([0, 1, 2, 3, 5, 10, 11, 17, 22, 40]), min_size=12, max_size=12))
    facts = Facts.build({"t": [one for one, _ in cells], "f": [one for _, one in cells]}, value=values)
    table = Table((Dimension.classifications("t", [tree], total=total), Dimension.flat("f", "xyz")))
    assert protect_rounded(facts, table, COUNT, base=base).report.rounding.widened == 0


def test_the_chance_of_going_up_keeps_the_expectation():
    facts, table = grid([[3]])
    seen = []
    for number in range(200):
        outcome = protect_rounded(facts, table, Rules(), base=10, secret=number.to_bytes(2, "big"))
        seen.append(next(iter(outcome.cells)).value)
    assert set(seen) == {0, 10}
    assert 0.2 < np.mean([value == 10 for value in seen]) < 0.4


def test_the_same_question_has_the_same_answer():
    facts, table = grid([[3, 14], [25, 36]])
    first = protect_rounded(facts, table, COUNT, base=20, secret=b"s")
    assert list(first.cells) == list(protect_rounded(facts, table, COUNT, base=20, secret=b"s").cells)


def test_a_lone_small_count_needs_a_base_above_the_minimum():
    facts, table = grid([[1, 60], [70, 80]])
    wide = protect_rounded(facts, table, COUNT, base=15)
    assert wide.released.published.all()
    narrow = protect_rounded(facts, table, COUNT, base=5)
    assert not narrow.released.published.all()
    assert narrow.report.rounding.without_suppression == 11
    assert narrow.released.published.tolist() == protect(facts, table, COUNT).released.published.tolist()


def test_what_was_rounded_before_stays_as_it_was():
    facts, table = grid([[3, 14, 8], [25, 36, 41], [7, 90, 33]])
    rows = Table(table.dimensions[:1], name="rows")
    first = protect_rounded(facts, rows, COUNT, base=25)
    second = protect_rounded(facts, table, COUNT, [first.released], base=25, secret=b"another draw")
    told = {cell.codes: cell.value for cell in second.cells}
    assert all(told[cell.codes[0], "TOTAL"] == cell.value for cell in first.cells)


def test_an_exact_table_beside_a_rounded_one_and_the_other_way_round():
    facts, table = grid([[3, 14, 8], [25, 36, 41], [7, 90, 33]])
    rounded = protect_rounded(facts, table, COUNT, base=25).released
    exact = protect(facts, table, COUNT, [rounded]).released
    assert attack(facts, COUNT, [rounded, exact]).clean
    after = protect_rounded(facts, table, COUNT, [exact], base=25)
    assert attack(facts, COUNT, [exact, after.released]).clean


def test_an_exact_table_after_a_rounded_one_keeps_nearly_as_much_as_alone():
    rng = np.random.default_rng(4)
    alone, beside = 0, 0
    for _ in range(4):
        facts, table = grid(rng.choice([1, 3, 5, 8, 12, 20, 40, 60, 90], size=(5, 5)).tolist())
        rounded = protect_rounded(facts, table, COUNT, base=11).released
        assert rounded.published.all()
        exact = protect(facts, table, COUNT, [rounded]).released
        assert attack(facts, COUNT, [rounded, exact]).clean
        alone += np.count_nonzero(~protect(facts, table, COUNT).released.published)
        beside += np.count_nonzero(~exact.published)
    assert beside <= 1.15 * alone


def test_two_roundings_of_one_value_are_seen_together():
    facts = Facts.build({"d": ["a", "b"]}, value=[3, 60])
    table = Table((Dimension.flat("d", "ab", total=False),))
    low = ReleasedTable.from_cells(table, {("a",): 0, ("b",): 60}, 12)
    high = ReleasedTable.from_cells(table, {("a",): 0, ("b",): 60}, 4)
    assert attack(facts, COUNT, [low]).clean
    together = attack(facts, COUNT, [low, high])
    assert (together.lower[0], together.upper[0]) == (0, 3)
    assert together.interval_breaches == 1


def test_a_rounded_value_of_other_data_is_refused():
    facts = Facts.build({"d": ["a", "b"]}, value=[3, 60])
    table = Table((Dimension.flat("d", "ab", total=False),))
    for value in (7, 30):
        with pytest.raises(BadInput, match="released value"):
            attack(facts, COUNT, [ReleasedTable.from_cells(table, {("a",): value, ("b",): 60}, 10)])


def test_an_unsafe_cell_that_is_public_already_cannot_be_saved_by_rounding():
    facts, table = grid([[3, 14], [25, 36]])
    told = ReleasedTable.from_cells(table, {("0", "0"): 3})
    with pytest.raises(CannotBeProtected):
        protect_rounded(facts, table, COUNT, [told], base=25)


def test_a_base_below_two_is_refused():
    facts, table = grid([[3]])
    with pytest.raises(BadInput, match=r"method\.rounding"):
        protect_rounded(facts, table, COUNT, base=1)


def test_three_dimensions_on_a_table_that_does_not_add_up_is_widened_and_says_so():
    shape = (3, 3, 3)
    rng = np.random.default_rng(5)
    codes = ["abc", "abc", "abc"]
    cells = list(product(*codes))
    widened = 0
    for _ in range(20):
        values = rng.integers(0, 2, size=prod(shape)).tolist()
        facts = Facts.build({f"d{k}": [cell[k] for cell in cells] for k in range(3)}, value=values)
        table = Table(tuple(Dimension.flat(f"d{k}", code) for k, code in enumerate(codes)))
        everything = np.ones(table.cells, dtype=bool)
        rounded = Sums(facts, table).round(2, everything, (everything, everything), np.ones(table.cells))
        assert rounded is not None
        whole = rounded.reshape(table.shape)
        assert (whole[0] == whole[1:].sum(axis=0)).all()
        true = np.zeros(table.shape, dtype=int)
        true[1:, 1:, 1:] = np.array(values).reshape(shape)
        for axis in range(3):
            index = [slice(None)] * 3
            index[axis] = 0
            true[tuple(index)] = true.sum(axis=axis)
        assert (np.abs(rounded - true.reshape(-1)) < 4).all()
        outcome = protect_rounded(facts, table, Rules(), base=2)
        assert bool(outcome.report.rounding.widened) == (outcome.report.rounding.largest_change >= 2)
        widened += bool(outcome.report.rounding.widened)
    assert widened


SPECIFICATION = """
dimensions:
  region: {column: region}
  care: {column: care}
value: places
kind: magnitude
contributor: provider
rules: {p_percent: 10}
"""


@pytest.fixture
def protected(tmp_path):
    """Runs `sluis protect` on a small magnitude with one decimal; the rows come back."""
    app = typer.Typer()
    app.command()(protect_command)
    rng = np.random.default_rng(1)
    places = list(product("abcd", "xyz", "PQRS"))
    close = {"P": 80.0, "Q": 0.3, "R": 0.3, "S": 0.3}
    lines = [f"{r},{c},{p},{close[p] if r + c == 'ax' else rng.integers(99, 400) / 10}" for r, c, p in places]
    (tmp_path / "data.csv").write_text("\n".join(["region,care,provider,places", *lines]) + "\n")

    def run(name, method="suppression", released=()):
        (tmp_path / f"{name}.yaml").write_text(f"{SPECIFICATION}method: {method}\n")
        files = [tmp_path / f"{name}.yaml", "--data", tmp_path / "data.csv", "--out", tmp_path / f"{name}.csv"]
        files += ["--report", tmp_path / f"{name}.json"]
        for one in released:
            files += ["--released", tmp_path / f"{one}.csv"]
        result = CliRunner().invoke(app, [str(one) for one in files])
        assert result.exit_code == 0, result.output
        with (tmp_path / f"{name}.csv").open(newline="") as file:
            told = list(csv.DictReader(file))
        return told, json.loads((tmp_path / f"{name}.json").read_text()), result.output

    return run


def test_the_command_rounds_in_units_of_the_value_and_reports_it(protected):
    told, report, output = protected("wide", "{rounding: 20}")
    assert {row["status"] for row in told} == {"A"}
    assert all(float(row["value"]) % 20 == 0 for row in told)
    assert report["suppressed"] == 0
    assert report["rounding"]["base"] == 20
    assert report["rounding"]["largest_change"] < 20
    assert report["attack"]["exact_disclosures"] == report["attack"]["interval_breaches"] == 0
    tightest = report["attack"]["tightest"]
    assert all(one["lower"] <= one["needed"]["lower"] and one["needed"]["upper"] <= one["upper"] for one in tightest)
    assert "rounded to 20" in output


def test_the_command_reads_what_was_rounded_before(protected):
    rounded, _, _ = protected("before", "{rounding: 20}")
    _, report, _ = protected("exact", released=["before"])
    assert report["attack"]["interval_breaches"] == 0
    again, report, _ = protected("again", "{rounding: 20}", released=["before", "exact"])
    assert again == rounded
    assert report["rounding"]["widened"] == 0


def test_a_narrow_base_is_said_not_to_protect_by_itself(protected):
    told, report, output = protected("narrow", "{rounding: 2}")
    _, exact, _ = protected("exact")
    assert report["suppressed"] == exact["suppressed"] > 0
    assert "suppressed too" in output
    assert {row["status"] for row in told} == {"A", "Q"}
    _, after, _ = protected("exact", released=["narrow"])
    assert after["attack"]["interval_breaches"] == 0
