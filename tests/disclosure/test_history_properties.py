"""Tables of the same facts, one after the other: whoever lays them side by side learns no more than is allowed."""

from __future__ import annotations

from generated_tables import COUNTS, as_naive, examples, linked_tables, naive_rules
from hypothesis import assume, given
from hypothesis import strategies as st
from many import quiet
from naive_disclosure import NaiveRules, NaiveTable, Row, attack_naively

from service.disclosure import CannotBeProtected, attack, protect


def release(example, tables):
    """Protect the tables one by one, each next to those before; what cannot be protected stays inside."""
    facts, out = example.facts, []
    for table in tables:
        try:
            outcome = protect(facts, table, example.rules, out)
        except CannotBeProtected:
            continue
        out.append(outcome.released)
    return out


def known_codes(example, tables):
    """Per column the codes that the facts or some table know; nobody asks about a code that is in neither."""
    seen = {name: {row.codes[name] for row in example.rows} for name in example.columns}
    for table in tables:
        for name, codes in seen.items():
            codes.update(table.where.get(name, ()), *table.dimensions.get(name, {}).values())
    return {name: sorted(codes or {"nothing"}) for name, codes in seen.items()}


def assert_safe_together(example, released) -> None:
    naive = [as_naive(one.table, one) for one in released]
    found = attack_naively(
        list(example.rows),
        known_codes(example, naive),
        naive,
        naive_rules(example.rules),
        whole=example.whole,
        unit=example.unit,
    )
    assert found == []
    assert attack(example.facts, example.rules, released).clean


@quiet(25)
@given(examples(1, 2), st.data())
def test_two_linked_tables(example, data):
    released = release(example, data.draw(linked_tables(example.columns, 2)))
    assume(released)
    assert_safe_together(example, released)


@quiet(20)
@given(examples(2, 3), st.data())
def test_a_history_of_three_tables(example, data):
    released = release(example, data.draw(linked_tables(example.columns, 3)))
    assume(released)
    assert_safe_together(example, released)


@quiet(15)
@given(examples(1, 2), st.data())
def test_the_order_of_release_makes_nothing_unsafe(example, data):
    tables = data.draw(linked_tables(example.columns, 2))
    for order in (tables, tables[::-1]):
        released = release(example, order)
        if released:
            assert_safe_together(example, released)


@quiet(15)
@given(examples(1, 2, kinds=("count", "persons")), st.data())
def test_a_table_that_was_released_can_be_released_again(example, data):
    (table,) = data.draw(linked_tables(example.columns, 1))
    first = protect(example.facts, table, example.rules).released
    again = protect(example.facts, table, example.rules, [first]).released
    assert (again.published >= first.published).all()
    assert_safe_together(example, [first, again])


def test_the_naive_attacker_sees_what_two_classifications_give_away():
    codes = {"NL": "1234", "west": "1", "east": "234", "north": "12", "south": "34"}
    finest = {code: frozenset(f"m{digit}" for digit in digits) for code, digits in codes.items()}
    rows = [Row({"m": f"m{place}"}, value) for place, value in enumerate((40, 3, 50, 60), start=1)]

    def published(*names):
        values = {"NL": 153, "west": 40, "east": 113, "north": 43, "south": 110}
        return NaiveTable({"m": {name: finest[name] for name in names}}, {(name,): values[name] for name in names})

    care, ggd = published("NL", "west", "east"), published("NL", "north", "south")
    columns = {"m": ["m1", "m2", "m3", "m4"]}
    rules = NaiveRules(COUNTS[0].minimum_count)
    assert attack_naively(rows, columns, [care], rules, whole=True) == []
    found = attack_naively(rows, columns, [care, ggd], rules, whole=True)
    assert {(one.table, one.cell) for one in found} == {(None, ("m2",))}
