"""Tables of every shape for the property tests, and the same things in the words of the naive reference."""

from __future__ import annotations

import random
from dataclasses import dataclass
from itertools import product
from math import prod

from hypothesis import strategies as st
from naive_disclosure import NaiveRules, NaiveTable, Row

from service.disclosure import Dimension, Facts, ReleasedTable, Rules, Table

FLAT = [("T", ""), ("a", "T"), ("b", "T"), ("c", "T")]
RAGGED = [("T", ""), ("N", "T"), ("a", "N"), ("b", "N"), ("c", "T")]
OTHER = [("T", ""), ("W", "T"), ("b", "W"), ("c", "W"), ("a", "T")]
"""The same finest codes as `RAGGED`, put together otherwise."""

CHAIN = [("T", ""), ("M", "T"), ("K", "M"), ("a", "K"), ("b", "K"), ("c", "M")]
TREES = [
    [("T", ""), ("a", "T"), ("b", "T")],
    [("T", ""), ("N", "T"), ("Z", "T"), ("a", "N"), ("b", "N"), ("c", "Z"), ("d", "Z")],
    RAGGED,
    [("T", ""), ("N", "T"), ("a", "N"), ("b", "T")],
    CHAIN,
    [("N", ""), ("Z", ""), ("a", "N"), ("b", "N"), ("c", "Z")],
]
PAIRS = [(RAGGED, OTHER), (RAGGED, CHAIN), (FLAT, OTHER)]

COUNTS = [
    Rules(minimum_count=10),
    Rules(minimum_count=10, zero_is_safe=False),
    Rules(minimum_count=12, minimum_contributors=3, p_percent=15, dominance=((1, 75),)),
    Rules(minimum_count=10, minimum_contributors=3, dominance=((1, 75), (2, 90)), p_percent=10),
]
MAGNITUDES = [
    Rules(p_percent=10),
    Rules(p_percent=60),
    Rules(dominance=((1, 75), (2, 90)), minimum_contributors=3),
    Rules(dominance=((1, 25),), minimum_contributors=5),
    Rules(minimum_contributors=2),
]
FULL = ("full", "dominated", "pairs", "one contributor")
WITH_PERSONS = ("persons", "clients")
SHAPES = (*FULL, "full", "full", "sparse", "all zero", "single row", "all unsafe")
KINDS = ("count", "persons", "magnitude", "units", "clients")
"""What the value is, and what N: itself, distinct persons, nothing, units, distinct persons behind a magnitude."""

MOST_FULL = 50
"""Finest cells that are filled, at most."""

MOST_CELLS = (40, 160, 300, 420, 600)
"""Cells of a table with 1 to 5 dimensions, so that an example takes a fraction of a second."""


@dataclass(frozen=True)
class Example:
    """Facts in both tongues, with the rules to hold them to."""

    dimensions: tuple[Dimension, ...]
    rows: tuple[Row, ...]
    rules: Rules
    kind: str
    decimals: int

    def _repr_pretty_(self, printer, cycle) -> None:
        dims = ", ".join(f"{dim.name}: {dict(dim.sums)} {sorted(dim.finest)}" for dim in self.dimensions)
        rows = ", ".join(
            f"{tuple(row.codes.values())} {row.value} {row.who} {row.person or ''}{row.units or ''}"
            for row in self.rows
        )
        printer.text(f"Example({self.kind} in 1/{self.unit}; {self.rules}; {dims}; {rows})")

    @property
    def whole(self) -> bool:
        return self.kind in {"count", "persons"}

    @property
    def unit(self) -> int:
        return 10**self.decimals

    @property
    def columns(self) -> dict[str, list[str]]:
        return {dim.column: sorted(dim.finest) for dim in self.dimensions}

    @property
    def facts(self) -> Facts:
        rows = self.rows
        return Facts.build(
            {dim.column: [row.codes[dim.column] for row in rows] for dim in self.dimensions},
            value=[row.value for row in rows],
            contributor=[row.contributor for row in rows],
            holding=[row.holding for row in rows],
            person=[row.person for row in rows] if self.kind in WITH_PERSONS else None,
            units=[row.units for row in rows] if self.kind == "units" else None,
            whole_numbers=self.whole,
            decimals=self.decimals,
        )


def dimension(draw, name: str, *, total: bool | None = None, column: str | None = None) -> Dimension:
    """Flat, a tree, ragged or not, with one root or several, or two classifications of the same codes."""
    kind = draw(st.sampled_from(("flat", "flat", "tree", "pair")))
    with_total = draw(st.booleans()) if total is None else total
    if kind == "flat":
        return Dimension.flat(name, "abcd"[: draw(st.sampled_from((3, 2, 4, 1)))], total=with_total, column=column)
    trees = [draw(st.sampled_from(TREES))] if kind == "tree" else draw(st.sampled_from(PAIRS))
    return Dimension.classifications(name, trees, total=with_total, column=column)


@st.composite
def dimensions(draw, least=1, most=3):
    """Dimensions of a table; the first has its total, and the rest what still fits."""
    count = draw(st.integers(least, most))
    found: list[Dimension] = []
    for number in range(count):
        one = dimension(draw, f"d{number}", total=True if number == 0 else None)
        left = MOST_CELLS[count - 1] // prod(len(dim.codes) for dim in found)
        if len(one.codes) * 2 ** (count - number - 1) > left:
            one = Dimension.flat(f"d{number}", "ab"[: max(1, min(2, left - 1))], total=left > 1)
        found.append(one)
    return tuple(found)


@st.composite
def rows_for(draw, dims, *, kind="count", shape="sparse", largest=40, most=14):
    """Rows of one of the `SHAPES`: few, drawn one by one, so that a failure shrinks; or a whole table's worth."""
    places = [sorted(dim.finest) for dim in dims]
    contributors = {"one contributor": "P", "pairs": "PQ"}.get(shape, "PQRST")
    holdings = draw(st.sampled_from([{}, {}, {"P": "H", "Q": "H"}, {"R": "P", "S": "P"}]))
    if shape in FULL:
        rows = _full(random.Random(draw(st.integers(0, 2**32))), places, shape, contributors, largest)
    else:
        values = st.one_of(st.integers(0, 12), st.integers(0, largest), st.just(0))
        if shape == "all zero":
            values = st.just(0)
        elif shape == "all unsafe":
            values = st.integers(1, 2)
        several = st.tuples(
            st.tuples(*(st.sampled_from(codes) for codes in places)),
            values,
            st.sampled_from(contributors),
            st.sampled_from("uvwxyz"),
            st.integers(0, 6),
        )
        size = {"single row": (1, 1), "all unsafe": (1, 4)}.get(shape, (0, most))
        rows = draw(st.lists(several, min_size=size[0], max_size=size[1]))
    return [
        Row(
            {dim.column: code for dim, code in zip(dims, codes, strict=True)},
            value,
            contributor,
            person if kind in WITH_PERSONS else None,
            units if kind == "units" else None,
            holdings.get(contributor),
        )
        for codes, value, contributor, person, units in rows
    ]


def _full(source: random.Random, places, shape, contributors, largest):
    """Nearly every finest cell with a few rows: mostly safe, here and there small, empty or in one hand.

    Beside some of them others handed in a zero.
    """
    rows = []
    finest = list(product(*places))
    empty = max(0.12, 1 - MOST_FULL / len(finest))
    for codes in finest:
        if source.random() < empty:
            continue
        shares = source.choice((1, 1, 2)) if shape == "dominated" else source.choice((1, 3, 4, 5))
        for _ in range(shares):
            value = int(largest * source.choice((0.05, 0.2, 0.6, 1.0)) * source.random())
            if shape == "dominated" and source.random() < 0.25:
                value *= 50
            person = f"p{source.randrange(max(8, 3 * len(places)))}"
            rows.append((codes, value, source.choice(contributors), person, source.randrange(7)))
        if source.random() < 0.3:
            rows += [(codes, 0, who, f"p{source.randrange(8)}", 0) for who in contributors[: source.randint(1, 2)]]
    return rows


def over(draw, column: str, finest: list[str], name: str) -> Dimension:
    """Some dimension over just these finest codes of a column: flat, or one or two of the hierarchies."""
    fitting = [tree for tree in [FLAT, OTHER, *TREES] if _leaves(tree) == finest]
    choices = [st.just(Dimension.flat(name, finest, total=total, column=column)) for total in (True, False)]
    choices += [st.just(Dimension.tree(name, tree, column=column)) for tree in fitting]
    if finest == ["a", "b", "c"]:
        choices += [st.just(Dimension.classifications(name, pair, column=column)) for pair in PAIRS]
    return draw(st.one_of(choices))


def _leaves(tree: list[tuple[str, str]]) -> list[str]:
    return sorted({code for code, _ in tree} - {parent for _, parent in tree})


@st.composite
def linked_tables(draw, columns: dict[str, list[str]], count: int):
    """Tables of the same facts: over some of the columns, in other classifications, about some of the rows."""
    tables = []
    for number in range(count):
        kept = [name for name in columns if draw(st.sampled_from((True, True, False)))]
        where = {
            name: frozenset(draw(st.sampled_from((finest[:2], finest[1:], finest[:1]))) or finest)
            for name, finest in columns.items()
            if draw(st.sampled_from((False, False, True)))
        }
        dims = tuple(over(draw, name, columns[name], f"{name}_{number}") for name in kept)
        tables.append(Table(dims, where=where, name=f"table {number}"))
    return tables


@st.composite
def examples(draw, least=1, most=3, shapes=SHAPES, kinds=KINDS, *, rows=14):
    dims = draw(dimensions(least, most))
    kind, shape = draw(st.sampled_from(kinds)), draw(st.sampled_from(shapes))
    rules = draw(st.sampled_from(COUNTS if kind != "magnitude" else MAGNITUDES))
    decimals = draw(st.sampled_from((0, 2))) if kind not in {"count", "persons"} else 0
    found = draw(rows_for(dims, kind=kind, shape=shape, largest=40 * 10**decimals, most=rows))
    return Example(dims, tuple(found), rules, kind, decimals)


def as_naive(table: Table, released: ReleasedTable | None = None) -> NaiveTable:
    """A table in the words of the naive reference."""
    published = {}
    if released is not None:
        published = {
            codes: int(value) if open_ else None
            for codes, value, open_ in zip(table.codes(), released.values, released.published, strict=True)
        }
    return NaiveTable(
        {dim.column: dict(zip(dim.codes, dim.members, strict=True)) for dim in table.dimensions},
        published,
        dict(table.where),
        {dim.column: dim.sums for dim in table.dimensions},
    )


def naive_rules(rules: Rules) -> NaiveRules:
    """Rules in the words of the naive reference."""
    return NaiveRules(
        rules.minimum_count,
        rules.minimum_contributors,
        rules.dominance,
        rules.p_percent,
        rules.zero_is_safe,
        rules.group_disclosure,
    )
