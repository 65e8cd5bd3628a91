"""Whatever the table, nobody learns too much: tables by Hypothesis, attacked by `naive_disclosure`."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from naive_disclosure import NaiveRules, NaiveTable, Row, attack_naively, broken_rules, figures

from service.disclosure import CannotBeProtected, Dimension, Facts, ReleasedTable, Rules, Table, attack, protect

COUNT = Rules(minimum_count=10)
PROFILES = [
    COUNT,
    Rules(minimum_count=10, zero_is_safe=False),
    Rules(p_percent=10),
    Rules(dominance=((1, 75), (2, 90)), minimum_contributors=3),
    Rules(minimum_count=12, minimum_contributors=3, p_percent=15, dominance=((1, 75),)),
]

TREES = [
    [("T", ""), ("a", "T"), ("b", "T")],
    [("T", ""), ("N", "T"), ("Z", "T"), ("a", "N"), ("b", "N"), ("c", "Z"), ("d", "Z")],
    [("T", ""), ("N", "T"), ("a", "N"), ("b", "N"), ("c", "T")],
    [("T", ""), ("N", "T"), ("a", "N"), ("b", "T")],
]


@st.composite
def dimensions(draw, most=3):
    found = []
    for number in range(draw(st.integers(1, most))):
        name = f"d{number}"
        total = draw(st.booleans()) or number == 0
        if draw(st.booleans()):
            found.append(Dimension.tree(name, draw(st.sampled_from(TREES[: 4 if number == 0 else 1])), total=total))
        else:
            found.append(Dimension.flat(name, "abc"[: draw(st.integers(1, 3))], total=total))
    return tuple(found)


@st.composite
def rows_for(draw, dims, largest=40, most=14):
    amount = draw(st.integers(0, most))
    values = st.one_of(st.integers(0, 12), st.integers(0, largest), st.just(0))
    return [
        Row(
            {dim.column: draw(st.sampled_from(sorted(dim.finest))) for dim in dims},
            draw(values),
            draw(st.sampled_from("PQRST")),
        )
        for _ in range(amount)
    ]


def as_facts(rows, dims, *, whole):
    return Facts.build(
        {dim.column: [row.codes[dim.column] for row in rows] for dim in dims},
        value=[row.value for row in rows],
        contributor=[row.contributor for row in rows],
        whole_numbers=whole,
    )


def as_naive(table: Table, released: ReleasedTable | None = None) -> NaiveTable:
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
    )


def naive_rules(rules: Rules) -> NaiveRules:
    return NaiveRules(
        rules.minimum_count, rules.minimum_contributors, rules.dominance, rules.p_percent, rules.zero_is_safe
    )


QUIET = settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@QUIET
@given(st.data())
def test_no_attacker_learns_too_much(data):
    dims = data.draw(dimensions())
    rows = data.draw(rows_for(dims))
    rules = data.draw(st.sampled_from(PROFILES))
    whole = rules.minimum_count is not None
    table = Table(dims)
    outcome = protect(as_facts(rows, dims, whole=whole), table, rules)
    naive = as_naive(table, outcome.released)
    for cell, value in naive.published.items():
        figure = figures(rows, naive, cell)
        assert value is None or value == figure.value
        assert value is None or not broken_rules(figure, naive_rules(rules))
    assert len(naive.published) == table.cells
    columns = {dim.column: sorted(dim.finest) for dim in dims}
    assert attack_naively(rows, columns, [naive], naive_rules(rules), whole=whole) == []


@QUIET
@given(st.data())
def test_no_attacker_learns_too_much_from_two_tables_together(data):
    dims = data.draw(dimensions(most=2))
    rows = data.draw(rows_for(dims))
    rules = data.draw(st.sampled_from(PROFILES))
    whole = rules.minimum_count is not None
    facts = as_facts(rows, dims, whole=whole)
    kept = data.draw(st.lists(st.sampled_from(dims), unique=True, min_size=1))
    other = [
        Dimension.tree(dim.name, data.draw(st.sampled_from([TREES[0], TREES[2]])))
        if data.draw(st.booleans()) and dim.finest == {"a", "b", "c"}
        else dim
        for dim in kept
    ]
    other = [dim for dim in other if dim.finest == next(one.finest for one in dims if one.name == dim.name)]
    where = {}
    if data.draw(st.booleans()):
        where = {dims[-1].column: frozenset(sorted(dims[-1].finest)[:2])}
    first, second = Table(tuple(other), where=where), Table(dims)
    if data.draw(st.booleans()):
        first, second = second, first
    earlier = protect(facts, first, rules).released
    try:
        outcome = protect(facts, second, rules, [earlier])
    except CannotBeProtected:
        return
    tables = [as_naive(second, outcome.released), as_naive(first, earlier)]
    columns = {dim.column: sorted(dim.finest) for dim in dims}
    assert attack_naively(rows, columns, tables, naive_rules(rules), whole=whole) == []


@QUIET
@given(st.data())
def test_the_audit_agrees_with_the_naive_attacker_on_any_pattern(data):
    dims = data.draw(dimensions(most=2))
    rows = data.draw(rows_for(dims, most=8))
    rules = data.draw(st.sampled_from(PROFILES))
    whole = rules.minimum_count is not None
    facts, table = as_facts(rows, dims, whole=whole), Table(dims)
    naive = as_naive(table)
    cells = {}
    for cell in table.codes():
        figure = figures(rows, naive, cell)
        hide = broken_rules(figure, naive_rules(rules)) or data.draw(st.integers(0, 2)) == 0
        cells[cell] = None if hide else figure.value
    released = ReleasedTable.from_cells(table, cells)
    report = attack(facts, rules, [released])
    columns = {dim.column: sorted(dim.finest) for dim in dims}
    naively = attack_naively(rows, columns, [as_naive(table, released)], naive_rules(rules), whole=whole)
    assert not naively or not report.clean
