"""When a supplier has to deliver what, and how it stands: from rounds, and from how often a data set is asked for.

Days are civil days in Europe/Amsterdam: a deadline at midnight is the end of the day before.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from service.domain.catalogue import Catalogue, DataSet
from service.domain.classification import Label
from service.domain.request_facts import civil_day
from service.domain.round import Round, RoundState
from service.domain.submission import OwnDelivery, Submission

AHEAD = timedelta(days=366)
"""How far ahead periods without a round are foreseen, and how far back closed rounds are told."""


class Standing(StrEnum):
    """How a supplier stands in what is, or will be, asked of it."""

    FORESEEN = "foreseen"
    PLANNED = "planned"
    DUE = "due"
    OVERDUE = "overdue"
    DELIVERED = "delivered"
    DELIVERED_LATE = "delivered-late"
    MISSED = "missed"


@dataclass(frozen=True, slots=True)
class CalendarEntry:
    """One delivery that is asked for. `round` and `deadline` are None while it is only foreseen.

    `due` is the last day on which it is on time, `days_left` the days until then from today, below 0 afterwards.
    `submission` is the delivery that counts, `attempt` a later one that does not: refused, unfinished or withdrawn.
    """

    data_set: str
    title: Label
    period: str
    due: date
    days_left: int
    standing: Standing
    round: str | None = None
    deadline: datetime | None = None
    submission: str | None = None
    attempt: Submission | None = None


def last_day(deadline: datetime) -> date:
    """The last civil day on which a delivery is on time."""
    return civil_day(deadline - timedelta(microseconds=1))


def standing_of(round_: Round, delivery: Submission | None, now: datetime) -> Standing:
    """How a supplier stands in a round (that was not cancelled) with the delivery of it that counts."""
    if delivery is not None:
        return Standing.DELIVERED_LATE if delivery.late else Standing.DELIVERED
    match round_.state:
        case RoundState.DRAFT:
            return Standing.PLANNED
        case RoundState.OPEN:
            return Standing.OVERDUE if round_.is_late(now) else Standing.DUE
        case RoundState.CLOSED | RoundState.CANCELLED:
            return Standing.MISSED


def calendar_of(
    catalogue: Catalogue, rounds: Iterable[Round], deliveries: Mapping[str, OwnDelivery], now: datetime
) -> tuple[CalendarEntry, ...]:
    """What is asked of one supplier, by day.

    Args:
        catalogue: the data sets.
        rounds: those in which the supplier is expected, in any order.
        deliveries: by round, how the deliveries of the supplier stand.
        now: the moment, which has a zone.

    Every round that is not cancelled is in it, but for closed ones whose deadline is more than a year ago. Of each data
    set that the supplier was asked for, the periods after its last round follow for a year, as far as the calendar of
    periods goes; for these nobody planned a round yet, so they are a forecast by `round_level` and `deadline_days`.
    """
    today = civil_day(now)
    known = [one for one in rounds if one.state is not RoundState.CANCELLED]
    told = [one for one in known if one.state is not RoundState.CLOSED or now - one.deadline <= AHEAD]
    entries = [_of_round(catalogue, one, deliveries.get(one.id, OwnDelivery()), now) for one in told]
    for data_set in sorted({one.data_set for one in known}):
        newest = catalogue.versions(data_set)
        if newest:
            periods = {one.period for one in known if one.data_set == data_set}
            entries += _foreseen(catalogue, newest[-1], periods, today)
    return tuple(sorted(entries, key=lambda entry: (entry.due, entry.data_set, entry.period)))


def _of_round(catalogue: Catalogue, round_: Round, own: OwnDelivery, now: datetime) -> CalendarEntry:
    due = last_day(round_.deadline)
    return CalendarEntry(
        data_set=round_.data_set,
        title=catalogue.data_set(round_.data_set, round_.data_set_version).title,
        period=round_.period,
        due=due,
        days_left=(due - civil_day(now)).days,
        standing=standing_of(round_, own.counting, now),
        round=round_.id,
        deadline=round_.deadline,
        submission=own.counting.id if own.counting is not None else None,
        attempt=own.attempt,
    )


def _foreseen(catalogue: Catalogue, data_set: DataSet, asked: set[str], today: date) -> Iterator[CalendarEntry]:
    """The periods of the data set after the last one that was asked for, due from today on."""
    last = max((days[1] for period in asked if (days := catalogue.period_days(data_set, period))), default=None)
    if last is None:
        return
    calendar = catalogue.classification(data_set.period.classifications[0])
    for code in calendar.at(data_set.round_level):
        days = catalogue.period_days(data_set, code.code)
        if days is None or days[0] <= last:
            continue
        due = days[1] + timedelta(days=data_set.deadline_days)
        if today <= due <= today + AHEAD:
            yield CalendarEntry(data_set.id, data_set.title, code.code, due, (due - today).days, Standing.FORESEEN)
