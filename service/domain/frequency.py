"""How often figures come under a purpose: newer ones of a data set at most once per calendar period (policy.md).

Whoever sees a competitor's figures soon and often can follow its moves (Mw article 6), and nobody needs more than the
purpose says (GDPR article 5(1)(c)). So what counts is the newest period, in whatever table: at another level, with
a dimension more, of another measure or cut down to other codes it is news of the same rounds all the same. Older
periods, or the same again, of figures that were corrected for instance, may be asked for at any time; and what was
refused, or released and withdrawn, is as if it never came.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from service.domain.catalogue import Catalogue
from service.domain.errors import NotFound
from service.domain.purpose import Frequency, Purpose
from service.domain.request import RequestSpec
from service.domain.request_facts import civil_day

_MONTHS = {Frequency.MONTHLY: 1, Frequency.QUARTERLY: 3, Frequency.HALF_YEARLY: 6, Frequency.YEARLY: 12}


@dataclass(frozen=True, slots=True)
class Given:
    """What an organisation asked for and got, and when; releases that were withdrawn are left out."""

    spec: RequestSpec
    at: datetime


def newer_from(spec: RequestSpec, given: Iterable[Given], catalogue: Catalogue) -> date | None:
    """The first civil day (Europe/Amsterdam) on which the asked table may hold a newer period than was given before.

    Figures that came in March under a quarterly purpose are followed by newer ones from 1 April: calendar periods do
    not drift, as spans would.

    Args:
        spec: what is asked.
        given: what the same organisation got under the same purpose of the same data set, in any order.
        catalogue: with the purpose and the calendar.

    Returns:
        None when nothing newer is asked than what was given; for a purpose that gives figures once, the day after it
        ends.
    """
    asked = _newest(spec, catalogue)
    before = [(end, one.at) for one in given if (end := _newest(one.spec, catalogue))]
    if asked is None or not before or asked <= max(before)[0]:
        return None
    newest = max(end for end, _ in before)
    came = civil_day(min(at for end, at in before if end == newest))
    try:
        return _next(catalogue.purpose(spec.purpose), came)
    except NotFound:
        return None


def _next(purpose: Purpose, came: date) -> date:
    months = _MONTHS.get(purpose.frequency)
    if months is None:
        return purpose.valid_until if purpose.valid_until == date.max else purpose.valid_until + timedelta(days=1)
    start = came.year * 12 + (came.month - 1) // months * months + months
    return date(start // 12, start % 12 + 1, 1)


def _newest(spec: RequestSpec, catalogue: Catalogue) -> date | None:
    """The last day of the newest period that the calendar knows."""
    try:
        data_set = catalogue.data_set(spec.data_set)
    except NotFound:
        return None
    days = [catalogue.period_days(data_set, period) for period in spec.periods]
    return max((last for _, last in filter(None, days)), default=None)
