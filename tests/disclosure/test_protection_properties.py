"""Whatever the table, nobody learns too much: tables by Hypothesis, attacked by `naive_disclosure`."""

from __future__ import annotations

from dataclasses import replace

import pytest
from generated_tables import COUNTS, MAGNITUDES, Example, as_naive, examples, naive_rules
from hypothesis import given
from hypothesis import strategies as st
from many import quiet
from naive_disclosure import all_figures, attack_naively, unsafe_cells

from service.disclosure import Dimension, Facts, ReleasedTable, Rules, Table, attack, protect


def assert_safe(example: Example, table: Table) -> None:
    """Every cell is there, what is published is true and safe, and nobody learns too much."""
    outcome = protect(example.facts, table, example.rules)
    naive, rules = as_naive(table, outcome.released), naive_rules(example.rules)
    rows = list(example.rows)
    found = all_figures(rows, naive)
    unsafe = unsafe_cells(found, naive, rules)
    assert set(naive.published) == set(found)
    assert len(naive.published) == table.cells
    for cell, value in naive.published.items():
        assert value is None or value == found[cell].value
        assert value is None or cell not in unsafe
    assert outcome.report.unsafe == len(unsafe)
    assert attack_naively(rows, example.columns, [naive], rules, whole=example.whole, unit=example.unit) == []


@quiet(30)
@given(examples(1, 2))
def test_one_or_two_dimensions(example):
    assert_safe(example, Table(example.dimensions))


@quiet(15)
@given(examples(3, 3))
def test_three_dimensions(example):
    assert_safe(example, Table(example.dimensions))


@quiet(4)
@given(examples(4, 5, rows=10))
def test_four_or_five_dimensions(example):
    assert_safe(example, Table(example.dimensions))


@quiet(15)
@given(examples(1, 3), st.data())
def test_group_disclosure(example, data):
    sensitive = frozenset(data.draw(st.sets(st.sampled_from(sorted(example.columns)), min_size=1)))
    rules = replace(example.rules, group_disclosure=sensitive)
    assert_safe(replace(example, rules=rules), Table(example.dimensions))


@quiet(20)
@given(examples(1, 2, rows=8), st.data())
def test_the_audit_agrees_with_the_naive_attacker_on_any_pattern(example, data):
    table = Table(example.dimensions)
    naive, rules = as_naive(table), naive_rules(example.rules)
    found = all_figures(list(example.rows), naive)
    unsafe = unsafe_cells(found, naive, rules)
    cells = {
        cell: None if cell in unsafe or data.draw(st.integers(0, 2)) == 0 else figure.value
        for cell, figure in found.items()
    }
    released = ReleasedTable.from_cells(table, cells)
    report = attack(example.facts, example.rules, [released])
    naively = attack_naively(
        list(example.rows),
        example.columns,
        [as_naive(table, released)],
        rules,
        whole=example.whole,
        unit=example.unit,
    )
    assert not naively or not report.clean


def test_a_cell_may_have_to_seem_far_larger_than_everything_together():
    facts = Facts.build(
        {"d": ["a", "b", "c"]},
        value=[283, 178, 9000],
        units=[6, 2, 0],
        contributor=["S", "S", "T"],
        whole_numbers=False,
        decimals=2,
    )
    outcome = protect(facts, Table((Dimension.flat("d", "abc"),)), Rules(minimum_count=10, zero_is_safe=False))
    assert not outcome.released.published.any()


@pytest.mark.parametrize("rules", [*COUNTS, *MAGNITUDES])
@quiet(4)
@given(example=examples(2, 2, kinds=("count",)))
def test_every_profile_on_every_shape(rules, example):
    assert_safe(replace(example, rules=rules), Table(example.dimensions))
