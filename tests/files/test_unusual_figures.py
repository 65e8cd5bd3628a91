"""What is unusual beside earlier deliveries, and that somebody says why before it goes."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from supplier_files import DEFINITION, rules_of

from sluis_client import SetupError, UnconfirmedError, wire
from sluis_client.files.confirm import confirmation_of
from sluis_client.files.faults import OwnFault, own_fault
from sluis_client.files.history import Kept
from sluis_client.files.unusual import compare

NEXT = rules_of(period="2020")


def rows(*beds, year=2019, region=("0034", "0363", "7")):
    records = [
        {"period": f"{year}-01", "region": code, "beds": number, "share": None, "note": None}
        for code, number in zip(region, beds, strict=False)
    ]
    return wire.check_content(DEFINITION, None, wire.content_of_records(records), "json").table


def kept(table, name="beds-2019"):
    return Kept("s", name, datetime(2026, 1, 1, tzinfo=UTC), table)


def told(found):
    return [(each.code, each.row, each.column) for each in found.warnings()]


def test_a_figure_far_from_before_is_told_with_both(tmp_path):
    found = compare(NEXT, rows(100, 200, 30, year=2020), [kept(rows(100, 90, 30))])
    assert told(found) == [("F402", 2, "beds")]
    assert "90 werd 200" in found.warnings()[0].nl
    assert {(each.column, each.earlier, each.now) for each in found.changes} == {
        ("beds", Decimal(220), Decimal(330)),
        ("beds", Decimal(90), Decimal(200)),
    }


def test_a_total_far_from_before_is_told_even_when_each_row_is_near():
    found = compare(NEXT, rows(14, 14, 14, year=2020), [kept(rows(9, 9, 9))])
    assert told(found) == [("F403", None, "beds")]


def test_what_varied_before_may_vary_again():
    past = [kept(rows(100, 100, 100), "a"), kept(rows(300, 100, 100), "b"), kept(rows(500, 100, 100), "c")]
    assert not told(compare(NEXT, rows(700, 100, 100, year=2020), past))
    assert told(compare(NEXT, rows(700, 100, 100, year=2020), past[:1]))


def test_the_same_figures_in_a_new_period_are_asked_about():
    found = compare(NEXT, rows(5, 6, year=2020), [kept(rows(5, 6))])
    assert told(found) == [("F404", None, None)]
    assert not told(compare(NEXT, rows(0, 0, year=2020), [kept(rows(0, 0))]))


def test_rows_that_came_and_went_are_changes():
    found = compare(NEXT, rows(5, 6, year=2020, region=("0034", "7")), [kept(rows(5, 6))])
    gone = [(each.key[1], each.earlier, each.now) for each in found.changes if each.key]
    assert gone == [("7", None, Decimal(6)), ("0363", Decimal(6), None)]


def test_without_an_earlier_delivery_nothing_is_compared():
    assert compare(NEXT, rows(5, year=2020), []) is None


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_with_one_earlier_figure_half_of_it_and_ten_decide(before, now):
    found = compare(NEXT, rows(now, year=2020), [kept(rows(before))])
    assert (("F402", 1, "beds") in told(found)) == (abs(now - before) > max(10, before / 2))


def faults(*codes):
    found = tuple(own_fault(code, earlier=1, now=2, given=1, found=2, round="r") for code in codes)
    return wire.Faults(len(found), found, {str(code): 1 for code in codes}, 0)


def test_a_reason_is_asked_for_and_goes_with_the_codes():
    assert confirmation_of(faults(), None) is None
    with pytest.raises(UnconfirmedError):
        confirmation_of(faults(OwnFault.OUTLIER), None)
    said = confirmation_of(faults(OwnFault.OUTLIER, OwnFault.TOTAL_OFF), "  Afdeling  gesloten\nsinds mei ")
    assert said == wire.Confirmation(("F401", "F402"), "Afdeling gesloten sinds mei")


@pytest.mark.parametrize(
    "reason",
    ["", "kort", "x" * 501, "Bel dr. De Vries, 06 12345678", "BSN 111222333 is overleden", "mail a@b.example nu"],
)
def test_a_reason_says_something_and_points_at_nobody(reason):
    with pytest.raises(SetupError):
        confirmation_of(faults(OwnFault.OUTLIER), reason)
