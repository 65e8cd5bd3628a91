"""The audit is the last gate: what is planted in front of it must be found."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from many import TIMES

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
from service.disclosure.attack.audit import attack_nodes
from service.disclosure.command.reading import read_facts
from service.disclosure.command.specification import read_specification
from service.disclosure.question.lattice import build_lattice
from service.disclosure.question.measures import measure
from service.disclosure.question.rules import Assessment, assess

TABLES = Path(__file__).parents[1] / "data" / "tables"
COUNT = Rules(minimum_count=10)


def protected(name):
    specification = read_specification(TABLES / f"small_{name}.yaml")
    facts, table, _ = read_facts(specification, TABLES / "small.csv")
    return facts, specification.rules, protect(facts, table, specification.rules)


@pytest.fixture(scope="module")
def small():
    return protected("p_percent")


def opened(released: ReleasedTable, cell: int, value: int) -> ReleasedTable:
    published, values = released.published.copy(), released.values.copy()
    published[cell], values[cell] = True, value
    return replace(released, published=published, values=values)


@pytest.mark.parametrize("rule", [pytest.param("count", marks=pytest.mark.thorough), "p_percent", "dominance"])
def test_removing_any_secondary_suppression_mostly_opens_a_cell(rule):
    facts, rules, outcome = protected(rule)
    lattice = build_lattice(facts, [outcome.released.table])
    measures = measure(facts, lattice)
    assessment = assess(lattice, measures, rules)
    truth = measures.value[lattice.nodes[0]]
    unsafe = np.isin(lattice.nodes[0], assessment.nodes)
    secondary = np.flatnonzero(~outcome.released.published & ~unsafe)
    assert len(secondary) > 30
    tried = secondary[:: 1 + len(secondary) // (20 * TIMES)]
    caught = 0
    for cell in tried.tolist():
        planted = opened(outcome.released, cell, int(truth[cell]))
        found = attack_nodes(lattice, measures, assessment, [planted], intervals=False)
        caught += not found.clean
    assert caught >= 0.8 * len(tried)


def test_claims_that_are_not_so_hide_no_breach(small):
    facts, rules, outcome = small
    lattice = build_lattice(facts, [outcome.released.table])
    measures = measure(facts, lattice)
    assessment = assess(lattice, measures, rules)
    cell = int(np.flatnonzero(np.isin(lattice.nodes[0], assessment.nodes))[0])
    planted = opened(outcome.released, cell, int(measures.value[lattice.nodes[0][cell]]))
    honest = attack_nodes(lattice, measures, assessment, [planted], intervals=False)
    far = 2.0 * measures.value.max()
    alone = [(np.array([node]), np.array([far])) for node in assessment.nodes]  # breaks the sums
    everything = np.arange(lattice.size)
    scaled = [(everything, measures.value.astype(float))]  # keeps the sums, but moves what is public
    told = attack_nodes(lattice, measures, assessment, [planted], intervals=False, claims=[*alone, *scaled])
    assert not told.clean
    assert {breach.node for breach in told.breaches} == {breach.node for breach in honest.breaches}


def true_values(facts, outcome):
    lattice = build_lattice(facts, [outcome.released.table])
    return measure(facts, lattice).value[lattice.nodes[0]].tolist()


def test_publishing_an_unsafe_cell_is_exact(small):
    facts, rules, outcome = small
    primary = next(one.codes for one in outcome.explanations if one.primary)
    place = list(outcome.released.table.codes()).index(primary)
    value = true_values(facts, outcome)[place]
    report = attack(facts, rules, [opened(outcome.released, place, value)])
    assert report.exact_disclosures >= 1


def test_a_falsified_value_is_refused(small):
    facts, rules, outcome = small
    place = int(np.flatnonzero(outcome.released.published)[0])
    with pytest.raises(BadInput, match="released value"):
        attack(facts, rules, [opened(outcome.released, place, 1)])


def municipalities():
    """Two classifications of four municipalities that differ in one: m2 lies in east, but in the northern GGD."""
    facts = Facts.build({"m": ["m1", "m2", "m3", "m4"]}, value=[40, 3, 50, 60])
    care = [("NL", ""), ("west", "NL"), ("east", "NL"), ("m1", "west"), ("m2", "east"), ("m3", "east"), ("m4", "east")]
    ggd = [
        ("NL", ""),
        ("north", "NL"),
        ("south", "NL"),
        ("m1", "north"),
        ("m2", "north"),
        ("m3", "south"),
        ("m4", "south"),
    ]
    regions = Table((Dimension.tree("m", care),), name="care regions")
    others = Table((Dimension.tree("m", ggd),), name="ggd regions")
    return facts, regions, others


def regions_only(table: Table, *levels: str) -> ReleasedTable:
    values = {"NL": 153, "west": 40, "east": 113, "north": 43, "south": 110}
    return ReleasedTable.from_cells(table, {(code,): values[code] for code in levels})


def moved():
    """The care regions as somebody has them who did not hear that m2 went from west to east."""
    old = [("NL", ""), ("west", "NL"), ("east", "NL"), ("m1", "west"), ("m2", "west"), ("m3", "east"), ("m4", "east")]
    return Table((Dimension.tree("m", old),), name="old care regions")


def test_a_release_under_a_hierarchy_that_moved_a_municipality_is_noticed():
    facts, _, _ = municipalities()
    told = ReleasedTable.from_cells(moved(), {("NL",): 153, ("west",): 40, ("east",): 113})
    with pytest.raises(BadInput) as refused:
        attack(facts, COUNT, [told])
    assert {fault.where for fault in refused.value.faults} == {"old care regions, m=west", "old care regions, m=east"}


def test_a_pattern_made_for_another_hierarchy_is_broken():
    facts, regions, _ = municipalities()
    pattern = protect(facts, moved(), COUNT).released
    withheld = {codes for codes, there in zip(pattern.table.codes(), pattern.published, strict=True) if not there}
    truth = {"NL": 153, "west": 40, "east": 113, "m1": 40, "m2": 3, "m3": 50, "m4": 60}
    cells = {codes: None if codes in withheld else truth[codes[0]] for codes in regions.codes()}
    report = attack(facts, COUNT, [ReleasedTable.from_cells(regions, cells)])
    assert {breach.codes for breach in report.breaches if breach.exact} == {(("m", "m2"),)}


def test_a_table_that_was_left_out_of_the_question():
    specification = read_specification(TABLES / "small_count.yaml")
    facts, table, _ = read_facts(specification, TABLES / "small.csv")
    rules, outcome = specification.rules, protect(facts, table, specification.rules)
    margin = Table(table.dimensions[::2], name="without care form")
    beside = protect(facts, margin, rules).released
    assert attack(facts, rules, [beside]).clean
    assert attack(facts, rules, [outcome.released]).clean
    together = attack(facts, rules, [outcome.released, beside])
    assert together.exact_disclosures + together.interval_breaches > 0
    knowing = protect(facts, margin, rules, [outcome.released]).released
    assert attack(facts, rules, [outcome.released, knowing]).clean


def test_two_classifications_that_give_one_municipality_away():
    facts, regions, others = municipalities()
    care = regions_only(regions, "NL", "west", "east")
    ggd = regions_only(others, "NL", "north", "south")
    assert attack(facts, COUNT, [care]).clean
    assert attack(facts, COUNT, [ggd]).clean
    together = attack(facts, COUNT, [care, ggd])
    assert {breach.codes for breach in together.breaches if breach.exact} == {(("m", "m2"),)}


def test_the_second_table_knows_of_the_first():
    facts, regions, others = municipalities()
    first = protect(facts, regions, COUNT).released
    second = protect(facts, others, COUNT, [first])
    assert second.report.attack.clean
    assert attack(facts, COUNT, [first, second.released]).clean


def test_a_forgotten_release_is_found():
    facts, regions, others = municipalities()
    forgotten = regions_only(others, "NL", "north", "south")
    without_history = protect(facts, regions, COUNT).released
    assert attack(facts, COUNT, [forgotten]).clean
    assert attack(facts, COUNT, [without_history]).clean
    assert attack(facts, COUNT, [without_history, forgotten]).exact_disclosures >= 1  # north less west is m2
    with_history = protect(facts, regions, COUNT, [forgotten])
    assert attack(facts, COUNT, [with_history.released, forgotten]).clean


def test_what_was_published_stands_in_the_way_and_is_named():
    facts, regions, _ = municipalities()
    wrong = ReleasedTable.from_cells(Table((Dimension.flat("m", ["m1", "m2", "m3", "m4"]),)), {("m2",): 3})
    with pytest.raises(CannotBeProtected, match="m=m2"):
        protect(facts, regions, COUNT, [wrong])


def test_primary_suppression_alone_gives_the_hidden_number_away():
    codes = [(row, column) for row in "abc" for column in "xyz"]
    facts = Facts.build(
        {"row": [row for row, _ in codes], "column": [column for _, column in codes]},
        value=[20, 50, 10, 8, 19, 22, 17, 32, 12],
    )
    table = Table((Dimension.flat("row", "abc"), Dimension.flat("column", "xyz")))
    everything = protect(facts, table, COUNT)
    values = dict(zip(table.codes(), true_values(facts, everything), strict=True))
    alone = ReleasedTable.from_cells(table, {codes: None if value < 10 else value for codes, value in values.items()})
    report = attack(facts, COUNT, [alone])
    assert report.exact_disclosures == 1
    assert everything.report.attack.clean
    assert sum(cell.status == "Q" for cell in everything.cells) == 4


def test_nothing_to_suppress_is_a_case():
    facts = Facts.build({"d": ["a", "b"]}, value=[20, 0])
    outcome = protect(facts, Table((Dimension.flat("d", "ab"),)), COUNT)
    assert [cell.value for cell in outcome.cells] == [20, 20, 0]
    assert outcome.report.programs == 0


def test_a_period_that_is_part_of_another_shows_no_difference():
    facts = Facts.build({"month": ["1", "2", "3"], "region": ["N", "N", "N"]}, value=[30, 40, 4])
    whole = Table((Dimension.flat("region", "N", total=False),))
    part = Table((Dimension.flat("region", "N", total=False),), where={"month": frozenset({"1", "2"})})
    first = protect(facts, whole, COUNT).released
    assert first.published.all()
    assert not protect(facts, part, COUNT, [first]).released.published.any()


@pytest.mark.parametrize("whole", [True, False])
def test_a_claim_that_nearly_holds_hides_no_breach(whole):
    """Beside a thousand thousand millions, ten persons too many were within what is forgiven a solver."""
    large = 10**12
    figures = {"a": {"u": 4, "v": 3, "w": 30}} | {code: {"u": large, "v": large, "w": 50} for code in "bc"}
    rows = [(row, column, value) for row, along in figures.items() for column, value in along.items()]
    facts = Facts.build(
        {"r": [row for row, _, _ in rows], "c": [column for _, column, _ in rows]},
        value=[value for _, _, value in rows],
        contributor=list("ABCDEFGHI"),
        whole_numbers=whole,
    )
    table = Table((Dimension.flat("r", "abc"), Dimension.flat("c", "uvw")))
    lattice = build_lattice(facts, [table])
    measures = measure(facts, lattice)
    node = dict(zip(table.codes(), lattice.nodes[0].tolist(), strict=True))
    codes_hidden = [(row, column) for row in "abc" for column in "uv"]
    shown = {codes: int(measures.value[node[codes]]) for codes in node if codes not in codes_hidden}
    released = ReleasedTable.from_cells(table, {codes: shown.get(codes) for codes in node})
    unsafe = node["a", "u"]
    wide = Assessment(np.array([unsafe]), np.array([1]), *np.array([[9.0], [0.0], [0.0]]), whole)
    honest = attack_nodes(lattice, measures, wide, [released])
    deviation = np.array([9.0, -large / 2, large / 2, large / 2, -large / 2])
    claim = np.array([node[codes] for codes in codes_hidden if codes != ("a", "v")]), deviation
    told = attack_nodes(lattice, measures, wide, [released], claims=[claim])
    assert not honest.clean
    assert told.breaches == honest.breaches
