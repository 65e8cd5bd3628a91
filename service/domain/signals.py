"""What an auditor may want to look at: signals out of numbers of events, by rules that anyone can check.

A signal is a question and no finding. The thresholds are constants here; hours are civil hours in Europe/Amsterdam.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from urllib.parse import urlencode

from service.domain.audit import Outcome, Volume
from service.domain.request_facts import CIVIL_TIME, civil_day

OFFICE_HOURS = range(7, 19)
WORKING_DAYS = range(5)
MANY_DENIALS = 10
"""Denials of one user on one day."""
MANY_APPROVALS = 10
APPROVED_SHARE = 45
"""Percent of all approvals; of two that a release needs one person can give half."""
UNUSUAL_VOLUME = 100
"""Events of one person on one day."""
UNUSUAL_TIMES = 5
"""Times the average of that person's other days in the period."""
LONGEST = timedelta(days=31)
USUAL = timedelta(days=7)
CLOCK_CHECK = "clock.check"


class SignalKind(StrEnum):
    """What is the matter."""

    MANY_DENIALS = "many-denials"
    OUTSIDE_OFFICE_HOURS = "outside-office-hours"
    ONE_APPROVER = "one-approver"
    UNUSUAL_VOLUME = "unusual-volume"
    CLOCK_NOT_SYNCHRONISED = "clock-not-synchronised"


SIGNALS_BY_PERSON = frozenset({SignalKind.OUTSIDE_OFFICE_HOURS, SignalKind.UNUSUAL_VOLUME})
"""Machines work at night, and deliver all at once."""


@dataclass(frozen=True, slots=True)
class Signal:
    """A signal about one user, or the service itself.

    `count` is what was counted, `compared_with` what it is held against; `first` and `last` are the hours between which
    it happened, and `query` is the query string that finds the events.
    """

    kind: SignalKind
    user: str | None
    organisation: str | None
    count: int
    compared_with: int
    first: datetime
    last: datetime
    query: str


def signals(
    volumes: Sequence[Volume], approvals: Mapping[str, int], recorded_from: datetime, recorded_until: datetime
) -> list[Signal]:
    """All signals of a period, by kind and user."""
    found = [
        *_many_denials(volumes),
        *_outside_office_hours(volumes),
        *_one_approver(approvals, recorded_from, recorded_until),
        *_unusual_volume(volumes, recorded_from, recorded_until),
        *_clock(volumes),
    ]
    return sorted(found, key=lambda signal: (signal.kind, signal.user or "", signal.first))


def is_person(user: str) -> bool:
    """Someone who logged in, or who has a shell on the machine; no machine client and no worker."""
    return "#" in user or user.startswith("os:")


def _many_denials(volumes: Iterable[Volume]) -> Iterator[Signal]:
    for (user, _), those in _by_day(v for v in volumes if v.outcome is Outcome.DENIED).items():
        count = sum(volume.count for volume in those)
        if count >= MANY_DENIALS:
            yield _signal(SignalKind.MANY_DENIALS, user, those, MANY_DENIALS, outcome="denied")


def _outside_office_hours(volumes: Iterable[Volume]) -> Iterator[Signal]:
    """However it ended: who is denied at night tried something at night."""
    outside = [v for v in volumes if is_person(v.user) and not _in_office(v.hour)]
    for (user, _), those in _by_day(outside).items():
        refused = sum(volume.count for volume in those if volume.outcome is not Outcome.SUCCESS)
        yield _signal(SignalKind.OUTSIDE_OFFICE_HOURS, user, those, refused)


def _one_approver(approvals: Mapping[str, int], first: datetime, last: datetime) -> Iterator[Signal]:
    total = sum(approvals.values())
    for user, count in approvals.items():
        if count >= MANY_APPROVALS and count * 100 >= total * APPROVED_SHARE:
            query = _query(first, last, actor=user, reason="approve")
            yield Signal(SignalKind.ONE_APPROVER, user, None, count, total, first, last, query)


def _unusual_volume(volumes: Iterable[Volume], first: datetime, last: datetime) -> Iterator[Signal]:
    days = max(1, (civil_day(last) - civil_day(first)).days)
    per_user = Counter[str]()
    people = [volume for volume in volumes if is_person(volume.user)]
    for volume in people:
        per_user[volume.user] += volume.count
    for (user, _), those in _by_day(people).items():
        count = sum(volume.count for volume in those)
        # Rounded up: the average is never told lower than it is.
        usual = -(-(per_user[user] - count) // days)
        if count >= UNUSUAL_VOLUME and count >= UNUSUAL_TIMES * usual:
            yield _signal(SignalKind.UNUSUAL_VOLUME, user, those, usual)


def _clock(volumes: Iterable[Volume]) -> Iterator[Signal]:
    checks = [volume for volume in volumes if volume.code == CLOCK_CHECK]
    for user in sorted({volume.user for volume in checks}):
        own = [volume for volume in checks if volume.user == user]
        failed = [volume for volume in own if volume.outcome is Outcome.FAILED]
        if failed:
            total = sum(volume.count for volume in own)
            yield _signal(SignalKind.CLOCK_NOT_SYNCHRONISED, user, failed, total, code=CLOCK_CHECK)


def _by_day(volumes: Iterable[Volume]) -> Mapping[tuple[str, date], list[Volume]]:
    found: defaultdict[tuple[str, date], list[Volume]] = defaultdict(list)
    for volume in volumes:
        found[volume.user, civil_day(volume.hour)].append(volume)
    return found


def _in_office(hour: datetime) -> bool:
    local = hour.astimezone(CIVIL_TIME)
    return local.hour in OFFICE_HOURS and local.weekday() in WORKING_DAYS


def _signal(kind: SignalKind, user: str, volumes: Sequence[Volume], compared_with: int, **query: str) -> Signal:
    hours = sorted(volume.hour for volume in volumes)
    first, last = hours[0], hours[-1] + timedelta(hours=1)
    return Signal(
        kind=kind,
        user=user,
        organisation=next((volume.organisation for volume in volumes if volume.organisation), None),
        count=sum(volume.count for volume in volumes),
        compared_with=compared_with,
        first=first,
        last=last,
        query=_query(first, last, actor=user, **query),
    )


def _query(first: datetime, last: datetime, **more: str) -> str:
    return urlencode({"from": _time(first), "to": _time(last), **more})


def _time(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")
