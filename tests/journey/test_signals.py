"""Signals for auditors: each threshold from both sides, civil hours, and no signal out of nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.audit import Outcome, Volume
from service.domain.signals import SIGNALS_BY_PERSON, Signal, SignalKind, is_person, signals
from service.domain.texts_signals import SIGNALS, text_of_signal

MONDAY = datetime(2026, 7, 6, tzinfo=UTC)
FROM, UNTIL = MONDAY - timedelta(days=7), MONDAY + timedelta(days=1)
ANNA, MACHINE = "https://login.example#anna", "hospital-a"


def volume(hour: int, count: int = 1, user: str = ANNA, day: datetime = MONDAY, **changes: object) -> Volume:
    values = {"organisation": "ttp", "code": "release.read", "outcome": Outcome.SUCCESS} | changes
    return Volume(user, hour=day + timedelta(hours=hour), count=count, **values)


def found(*volumes: Volume, approvals: dict[str, int] | None = None, kind: SignalKind | None = None) -> list[Signal]:
    every = signals(volumes, approvals or {}, FROM, UNTIL)
    return [signal for signal in every if kind in {None, signal.kind}]


def test_many_denials_on_one_day_are_a_signal_and_one_less_is_none() -> None:
    denied = {"outcome": Outcome.DENIED}
    (signal,) = found(volume(8, 4, **denied), volume(9, 6, **denied), volume(9, 80))
    assert (signal.kind, signal.user, signal.count) == (SignalKind.MANY_DENIALS, ANNA, 10)
    assert (signal.first, signal.last) == (MONDAY + timedelta(hours=8), MONDAY + timedelta(hours=10))
    assert found(volume(8, 4, **denied), volume(9, 5, **denied)) == []
    assert found(volume(8, 5, **denied), volume(8, 5, user=MACHINE, **denied)) == []
    assert [s.user for s in found(volume(8, 10, user=MACHINE, **denied))] == [MACHINE]


@pytest.mark.parametrize(
    ("moment", "outside"),
    [
        ("2026-07-06T04:00:00Z", True),  # Monday 6:00 in summer
        ("2026-07-06T05:00:00Z", False),  # 7:00
        ("2026-07-06T16:00:00Z", False),  # 18:00
        ("2026-07-06T17:00:00Z", True),  # 19:00
        ("2026-01-05T05:00:00Z", True),  # Monday 6:00 in winter
        ("2026-01-05T06:00:00Z", False),  # 7:00
        ("2026-07-04T10:00:00Z", True),  # Saturday
        ("2026-07-05T22:00:00Z", True),  # in Amsterdam Monday begins, at night
    ],
)
def test_office_hours_are_those_of_amsterdam(moment: str, outside: bool) -> None:
    at = datetime.fromisoformat(moment)
    people = found(volume(0, day=at), kind=SignalKind.OUTSIDE_OFFICE_HOURS)
    assert bool(people) == outside
    assert found(volume(0, day=at, user=MACHINE)) == []
    assert found(volume(0, day=at, user="worker:requests")) == []


@pytest.mark.parametrize("outcome", [Outcome.DENIED, Outcome.FAILED])
def test_who_is_refused_at_night_tried_something_at_night(outcome: Outcome) -> None:
    (signal,) = found(volume(1, 2, outcome=outcome), volume(2, 3), kind=SignalKind.OUTSIDE_OFFICE_HOURS)
    assert (signal.count, signal.compared_with) == (5, 2)
    assert "outcome" not in parse_qs(signal.query)
    (alone,) = found(volume(1, 1, outcome=outcome), kind=SignalKind.OUTSIDE_OFFICE_HOURS)
    assert (alone.count, alone.compared_with) == (1, 1)
    assert found(volume(9, 1, outcome=outcome), kind=SignalKind.OUTSIDE_OFFICE_HOURS) == []


def test_one_person_who_approves_much_is_a_signal() -> None:
    def approvers(**counts: int) -> list[str | None]:
        return [signal.user for signal in found(approvals=counts, kind=SignalKind.ONE_APPROVER)]

    assert approvers(a=10, b=10) == ["a", "b"]
    assert approvers(a=9, b=9) == []
    assert approvers(a=10, b=12, c=8) == []
    assert approvers(a=45, b=30, c=25) == ["a"]
    assert approvers(a=44, b=30, c=26) == []


def test_an_unusual_day_is_held_against_the_persons_own() -> None:
    def busy(count: int, usual: int) -> list[Signal]:
        days = [volume(10, usual, day=MONDAY - timedelta(days=n)) for n in range(1, 8)]
        return found(volume(10, count), *days, kind=SignalKind.UNUSUAL_VOLUME)

    assert busy(99, 1) == []
    assert [s.count for s in busy(100, 1)] == [100]
    assert busy(100, 30) == []
    assert [s.count for s in busy(500, 30)] == [500]
    assert found(volume(10, 10_000, user=MACHINE)) == []


def test_a_clock_that_failed_its_check_is_a_signal() -> None:
    checks = {"user": "worker:service", "code": "clock.check"}
    assert found(volume(9, 5, **checks)) == []
    (signal,) = found(volume(9, 5, **checks), volume(10, 2, outcome=Outcome.FAILED, **checks))
    assert (signal.kind, signal.count, signal.compared_with) == (SignalKind.CLOCK_NOT_SYNCHRONISED, 2, 7)


def test_every_signal_has_texts_and_a_query_for_its_events() -> None:
    assert set(SIGNALS) == set(SignalKind)
    every = found(
        volume(9, 20, outcome=Outcome.DENIED),
        volume(22, 200),
        volume(9, 1, user="worker:service", code="clock.check", outcome=Outcome.FAILED),
        approvals={ANNA: 20},
    )
    assert {signal.kind for signal in every} == set(SignalKind)
    for signal in every:
        text = text_of_signal(signal)
        assert "{" not in text.nl + text.en
        asked = parse_qs(signal.query)
        assert asked["from"] < asked["to"]
        assert asked["actor"] == [signal.user]


volumes = st.builds(
    Volume,
    st.sampled_from([ANNA, "os:root", MACHINE, "worker:service", "anonymous"]),
    st.none() | st.just("ttp"),
    st.sampled_from(["release.read", "clock.check", "login.failed"]),
    st.sampled_from(Outcome),
    st.integers(0, 24 * 8 - 1).map(lambda hour: FROM + timedelta(hours=hour)),
    st.integers(1, 300),
)


@given(st.lists(volumes, max_size=30))
def test_what_is_counted_happened(these: list[Volume]) -> None:
    for signal in found(*these):
        theirs = [v for v in these if v.user == signal.user and signal.first <= v.hour < signal.last]
        assert 0 < signal.count <= sum(v.count for v in theirs)
        if signal.kind in SIGNALS_BY_PERSON:
            assert is_person(signal.user or "")
