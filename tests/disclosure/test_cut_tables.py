"""Tables that are cut down to one region each: whoever lays them beside each other, and beside the whole, learns no more."""

from __future__ import annotations

import pytest
from generated_tables import as_naive, examples, naive_rules
from hypothesis import assume, given
from hypothesis import strategies as st
from many import quiet
from naive_disclosure import attack_naively

from service.disclosure import CannotBeProtected, Dimension, Facts, Rules, Table, attack, protect

NORTH, SOUTH = frozenset("ab"), frozenset("cd")
OTHERS = frozenset("bc")
"""A region of another classification: it has a part of either."""


def cut(dimension: Dimension, allowed: frozenset[str], name: str) -> Dimension:
    """The finest codes of a region and, as it has no total, nothing above them but the region itself."""
    codes = sorted(dimension.finest & allowed)
    whole = frozenset(codes)
    return Dimension(
        name,
        dimension.column,
        (name, *codes),
        (whole, *(frozenset({code}) for code in codes)),
        ((name, tuple(codes)),),
    )


def regional(example, allowed: frozenset[str], name: str) -> Table:
    first, *rest = example.dimensions
    own = cut(first, allowed, name)
    return Table((own, *rest), {first.column: own.finest}, name)


@quiet(15)
@given(examples(1, 2, kinds=("count",)), st.permutations(["north", "south", "others", "whole"]))
def test_regions_that_each_get_their_own_and_a_whole_beside_them(example, order):
    finest = example.dimensions[0].finest
    assume(len(finest) > 2)
    whole = Table(example.dimensions, name="whole")
    parts = {"north": NORTH, "south": SOUTH, "others": OTHERS}
    tables = {name: regional(example, allowed, name) for name, allowed in parts.items() if finest & allowed}
    tables["whole"] = whole
    released = []
    for name in order:
        if name not in tables:
            continue
        try:
            released.append(protect(example.facts, tables[name], example.rules, released).released)
        except CannotBeProtected:
            continue
    assume(released)
    known = {
        name: sorted({row.codes[name] for row in example.rows} | set(codes)) for name, codes in example.columns.items()
    }
    naive = [as_naive(one.table, one) for one in released]
    rules = naive_rules(example.rules)
    assert attack_naively(list(example.rows), known, naive, rules, whole=example.whole, unit=example.unit) == []
    assert attack(example.facts, example.rules, released).clean


FACTS = Facts.build(
    {"region": ["a", "b", "c", "d"] * 2, "care": ["x"] * 4 + ["y"] * 4}, value=[40, 30, 60, 0, 4, 50, 70, 20]
)
REGION = Dimension.tree(
    "region", [("NL", ""), ("N", "NL"), ("Z", "NL"), ("a", "N"), ("b", "N"), ("c", "Z"), ("d", "Z")]
)
CARE_FORM = Dimension.flat("care", "xy")
RULES = Rules(minimum_count=10)


def test_what_is_not_in_the_table_is_not_told_to_be_empty():
    """North's own table says of South neither a figure nor that there is none."""
    north = Table((cut(REGION, NORTH, "N"), CARE_FORM), {"region": NORTH}, "north")
    first = protect(FACTS, north, RULES)
    assert {cell.codes[0] for cell in first.cells} == {"N", "a", "b"}
    assert {cell.codes: cell.value for cell in first.cells}["N", "TOTAL"] == 124
    zero = Facts.build({"region": ["c", "d"], "care": ["x", "x"]}, value=[3, 0])
    south = Table((cut(REGION, SOUTH, "Z"),), {"region": SOUTH}, "south")
    outcome = protect(zero, south, RULES, [protect(zero, north, RULES).released])
    assert {cell.codes[0]: cell.value for cell in outcome.cells} == {"Z": None, "c": None, "d": 0}


@pytest.mark.parametrize("careless", [False, True])
def test_three_regions_and_the_total_give_the_fourth(careless):
    """The last region is what is left of the total: told apart from each other the tables would all be harmless."""
    facts = Facts.build({"region": list("abcd")}, value=[40, 30, 60, 4])
    own = [Table((Dimension.flat("region", code, total=False),), {"region": frozenset(code)}, code) for code in "abc"]
    total = Table((), name="total")
    out = []
    for table in (*own, total):
        out.append(protect(facts, table, RULES, () if careless else out).released)
    assert [one.published.all() for one in out[:3]] == [True] * 3
    report = attack(facts, RULES, out)
    if careless:
        assert any(breach.codes == (("region", "d"),) for breach in report.breaches)
    else:
        assert report.clean
        assert not out[3].published.any()
