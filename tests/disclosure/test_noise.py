"""Noise: what one unit can change, what is drawn, and whether the totals and the accuracy told are true."""

from __future__ import annotations

import math
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.disclosure import BadInput, Dimension, Facts, Table
from service.disclosure.methods import noise
from service.disclosure.methods.noise import NoiseTerms, add_noise, approximate_epsilon, without_noise

LAPLACE, GAUSSIAN = "discrete-laplace", "discrete-gaussian"
REGIONS = [("all", ""), ("N", "all"), ("S", "all"), ("n1", "N"), ("n2", "N"), ("s1", "S"), ("s2", "S")]
OFFICES = [
    ("every", ""),
    ("x", "every"),
    ("y", "every"),
    *((code, "x") for code in ("n1", "s1")),
    ("n2", "y"),
    ("s2", "y"),
]
TABLES = [
    Table((Dimension.flat("care", "abc"),)),
    Table((Dimension.tree("region", REGIONS), Dimension.flat("care", "abc"))),
    Table((Dimension.classifications("region", [REGIONS, OFFICES]), Dimension.flat("care", "ab", total=False))),
    Table((Dimension.tree("region", REGIONS),), {"care": frozenset("ac")}),
    Table(()),
]
ROWS = st.lists(
    st.tuples(
        st.sampled_from(["n1", "n2", "s1", "s2"]), st.sampled_from("abc"), st.integers(0, 9), st.sampled_from("PQRS")
    ),
    max_size=25,
)


def facts_of(rows, **more):
    regions, care, values, units = zip(*rows, strict=True) if rows else ((), (), (), ())
    columns = {"region": list(regions), "care": list(care)}
    return Facts.build(columns, value=list(values), contributor=list(units), **more)


def naive(rows, table):
    """Every cell by a loop over all rows."""
    found = []
    for codes in table.codes():
        total = 0
        for region, care, value, _ in rows:
            row = {"region": region, "care": care}
            placed = zip(table.dimensions, codes, strict=True)
            within = all(row[d.column] in d.members[d.codes.index(code)] for d, code in placed)
            total += value * (within and all(row[name] in allowed for name, allowed in table.where.items()))
        found.append(total)
    return found


@pytest.fixture
def no_noise(monkeypatch):
    """The finest cells of each call, and no noise on them."""
    seen = []

    def drawn(finest, _terms):
        seen.append(finest.reshape(-1))
        return finest, 1.0

    monkeypatch.setattr(noise, "_drawn", drawn)
    return seen


# --- what is published -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("table", TABLES)
@settings(max_examples=25, deadline=None)
@given(rows=ROWS)
def test_without_noise_every_cell_is_the_sum_of_its_rows(table, rows):
    exact = without_noise(facts_of(rows), table)
    assert exact.values.tolist() == naive(rows, table)
    assert exact.published.all()


@pytest.mark.parametrize("mechanism", [LAPLACE, GAUSSIAN])
@pytest.mark.parametrize("table", TABLES)
def test_totals_are_the_sum_of_their_parts(table, mechanism):
    rows = [("n1", "a", 5, "P"), ("s2", "c", 900, "Q"), ("n2", "b", 0, "R")]
    terms = NoiseTerms(mechanism, Decimal("0.01"))
    found = add_noise(facts_of(rows), table, terms, None)
    cells = dict(zip(table.codes(), found.values.tolist(), strict=True))
    for place, dimension in enumerate(table.dimensions):
        for whole, parts in dimension.sums:
            for codes, value in cells.items():
                if codes[place] == whole:
                    assert value == sum(cells[*codes[:place], part, *codes[place + 1 :]] for part in parts)
    again = (add_noise(facts_of(rows), table, terms, None) for _ in range(30))
    assert any(one.values.tolist() != naive(rows, table) for one in again)  # each would have to draw zeros only


def test_a_second_draw_is_another():
    facts, terms = facts_of([("n1", "a", 5, "P")]), NoiseTerms(LAPLACE, Decimal("0.001"))
    one, other = (add_noise(facts, TABLES[1], terms, None).values.tolist() for _ in "12")
    assert one != other


# --- what one unit can change ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("table", TABLES)
@settings(max_examples=40, deadline=None)
@given(rows=ROWS, cells=st.integers(1, 4), largest=st.integers(1, 12))
def test_neighbours_lie_no_further_apart_than_the_sensitivity(table, rows, cells, largest):
    """Every neighbour there is: the same rows without those of one unit."""
    with pytest.MonkeyPatch.context() as patch:
        seen = []
        patch.setattr(noise, "_drawn", lambda finest, _: (seen.append(finest.reshape(-1)) or finest, 1.0))
        bounds = {"cells": cells, "largest": largest}
        for gone in (None, *"PQRS"):
            facts = facts_of([row for row in rows if row[3] != gone])
            add_noise(facts, table, NoiseTerms(LAPLACE, Decimal(1), **bounds), facts.contributor)
    for other in seen[1:]:
        apart = np.abs(seen[0] - other)
        assert apart.sum() <= NoiseTerms(LAPLACE, Decimal(1), **bounds).sensitivity
        assert math.sqrt((apart**2).sum()) <= NoiseTerms(GAUSSIAN, Decimal(1), **bounds).sensitivity
        assert np.count_nonzero(apart) <= cells
        assert apart.max(initial=0) <= largest


@settings(max_examples=40, deadline=None)
@given(rows=ROWS)
def test_wide_bounds_cut_nothing(rows):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(noise, "_drawn", lambda finest, _: (finest, 1.0))
        facts = facts_of(rows)
        found = add_noise(facts, TABLES[2], NoiseTerms(LAPLACE, Decimal(1), 12, 1000), facts.contributor)
    assert found.values.tolist() == naive(rows, TABLES[2])
    assert (found.cut.units, found.cut.value) == (0, 0)


def test_a_person_in_several_rows_counts_once(no_noise):
    """P was turned away three times in n1 and once in s1: one person, where it happened most."""
    facts = facts_of(
        [("n1", "a", 1, "P"), ("n1", "a", 1, "P"), ("n1", "a", 1, "P"), ("s1", "a", 1, "P"), ("s1", "a", 1, "Q")]
    )
    table = Table((Dimension.tree("region", REGIONS),))
    found = add_noise(facts, table, NoiseTerms(LAPLACE, Decimal(1)), facts.contributor)
    told = dict(zip(table.dimensions[0].codes, found.values.tolist(), strict=True))
    assert told == {"all": 2, "N": 1, "S": 1, "n1": 1, "n2": 0, "s1": 1, "s2": 0}
    assert (found.cut.units, found.cut.value) == (1, 3)


def test_among_equals_no_code_is_favoured(no_noise):
    """A thousand people in all four places, each counted in one: by lot, about as often in each."""
    places = ("n1", "n2", "s1", "s2")
    rows = [(place, "a", 1, f"person-{number}") for number in range(1000) for place in places]
    facts = facts_of(rows)
    add_noise(facts, Table((Dimension.flat("region", places),)), NoiseTerms(LAPLACE, Decimal(1)), facts.contributor)
    assert no_noise[0].sum() == 1000
    assert all(180 < counted < 320 for counted in no_noise[0])


# --- what is drawn ---------------------------------------------------------------------------------------------------

MANY = Table((Dimension.flat("care", [str(number) for number in range(40_000)], total=False),))


@pytest.mark.parametrize(
    ("terms", "at_zero", "deviation"),
    [
        (NoiseTerms(LAPLACE, Decimal(1)), math.tanh(0.5), math.sqrt(0.5) / math.sinh(0.5)),
        (NoiseTerms(LAPLACE, Decimal("0.5"), 2, 3), math.tanh(1 / 24), math.sqrt(0.5) / math.sinh(1 / 24)),
        (NoiseTerms(GAUSSIAN, Decimal("0.5")), 1 / sum(math.exp(-(k**2) / 2) for k in range(-20, 21)), 1.0),
        (NoiseTerms(GAUSSIAN, Decimal("0.02"), 4, 3), 1 / (30 * math.sqrt(2 * math.pi)), 30.0),
    ],
)
def test_noise_is_distributed_as_told(terms, at_zero, deviation):
    """Bounds of six standard errors and more: one run in a hundred million fails by chance."""
    found = add_noise(Facts.build({"care": []}), MANY, terms, None)
    values, count = found.values, MANY.cells
    assert found.standard_deviation[0] == pytest.approx(deviation, rel=0.01)
    assert abs(values.mean()) < 6 * deviation / math.sqrt(count)
    assert values.std() == pytest.approx(deviation, rel=0.1)
    assert abs((values == 0).mean() - at_zero) < 6 * math.sqrt(at_zero / count)
    assert abs((values > 0).mean() - (values < 0).mean()) < 6 / math.sqrt(count)
    assert (np.abs(values) <= found.half_width).mean() > 0.943
    beside = np.corrcoef(values[1:], values[:-1])[0, 1]
    assert abs(beside) < 6 / math.sqrt(count)


@settings(max_examples=60, deadline=None)
@given(
    mechanism=st.sampled_from([LAPLACE, GAUSSIAN]),
    loss=st.decimals("0.001", "1", places=3),
    cells=st.integers(1, 40),
    largest=st.integers(1, 10_000),
)
def test_the_scale_keeps_the_loss_within_the_promise(mechanism, loss, cells, largest):
    """By fractions, so that no rounding is on anybody's side."""
    terms = NoiseTerms(mechanism, loss, cells, largest)
    scale = Fraction(add_noise(Facts.build({"care": []}), TABLES[0], terms, None).scale)
    spent = cells * largest / scale if mechanism == LAPLACE else cells * largest**2 / (2 * scale**2)
    assert Fraction(loss) * Fraction(99999, 100000) < spent <= Fraction(loss)


# --- how accurate it is ----------------------------------------------------------------------------------------------


def coverage(pmf, draws):
    """Per half width the chance that a sum of so many draws lies within it; by exact convolution."""
    middle = len(pmf) // 2
    size = 1 << max(12, math.ceil(math.log2(len(pmf) * max(1.0, math.sqrt(draws)) * 2)))
    ring = np.zeros(size)
    ring[np.arange(-middle, middle + 1)] = pmf
    total = np.fft.ifft(np.fft.fft(ring) ** draws).real
    outward = total[: size // 2].copy()
    outward[1:] += total[size // 2 + 1 :][::-1]
    return np.cumsum(outward)


SCALES = [1, 1.3, 2, 4, 7.5, 20, 100]


@pytest.mark.parametrize(
    ("mechanism", "scale"),
    [*((GAUSSIAN, scale) for scale in SCALES), *((LAPLACE, scale) for scale in (0.25, 0.5, *SCALES))],
)
def test_the_interval_holds_95_percent_and_hardly_more(mechanism, scale):
    reach = math.ceil(40 * scale + 10)
    places = np.abs(np.arange(-reach, reach + 1))
    weight = np.exp(-places / scale) if mechanism == LAPLACE else np.exp(-(places**2) / (2 * scale**2))
    pmf = weight / weight.sum()
    for draws in (1, 2, 3, 5, 16, 60, 400):
        deviation, half_width = noise._accuracy(mechanism, scale, np.array([draws]))
        within = coverage(pmf, draws)
        assert within[half_width[0]] >= 0.95
        assert half_width[0] <= int(np.argmax(within >= 0.95)) * 1.05 + 1
        exact = math.sqrt(draws * float((pmf * places**2).sum()))
        assert exact * 0.999999 <= deviation[0] <= max(exact * 1.2, exact + 0.1 * math.sqrt(draws))


def test_rho_is_told_in_epsilon_and_delta_too():
    assert approximate_epsilon(Decimal("0.5"), 1e-6) == pytest.approx(0.5 + 2 * math.sqrt(0.5 * 6 * math.log(10)))


# --- what is refused -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "wrong",
    [{"loss": Decimal(0)}, {"loss": Decimal(21)}, {"cells": 0}, {"largest": 0}, {"loss": Decimal(-1), "cells": -1}],
)
def test_terms_that_promise_nothing(wrong):
    with pytest.raises(BadInput) as raised:
        replace(NoiseTerms(LAPLACE, Decimal(1)), **wrong)
    assert {fault.where for fault in raised.value.faults} == set(wrong)


def test_figures_that_noise_does_not_fit():
    broken = Facts.build({"care": ["a", "z"]}, value=[1, 2], whole_numbers=False, decimals=1)
    with pytest.raises(BadInput) as raised:
        add_noise(broken, TABLES[0], NoiseTerms(LAPLACE, Decimal(1)), None)
    assert [fault.where for fault in raised.value.faults] == ["value", "care"]


def test_rows_outside_a_table_without_a_total_do_not_count():
    assert without_noise(facts_of([("n1", "c", 4, "P"), ("n1", "a", 3, "P")]), TABLES[2]).values.max() == 3


def test_the_finest_cells_are_where_two_classifications_cross():
    """N and x overlap in n1 alone: no cell of its own in either tree's level, and it gets noise of its own."""
    coarse = Dimension(
        "region",
        "region",
        ("N", "S", "x", "y"),
        tuple(map(frozenset, (("n1", "n2"), ("s1", "s2"), ("n1", "s1"), ("n2", "s2")))),
        (),
    )
    found = add_noise(facts_of([]), Table((coarse,)), NoiseTerms(GAUSSIAN, Decimal("0.5")), None)
    assert found.standard_deviation.tolist() == pytest.approx([math.sqrt(2)] * 4)
    north, south, left, right = found.values.tolist()
    assert north + south == left + right
