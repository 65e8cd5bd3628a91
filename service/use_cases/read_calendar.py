"""A supplier reads what it has to deliver when, and how it stands."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from service.domain import reminder_facts as facts
from service.domain.audit import Action, EventCode
from service.domain.calendar import CalendarEntry, calendar_of
from service.domain.round import Round
from service.ports.unit_of_work import Page, UnitOfWork
from service.use_cases.call import Call
from service.use_cases.own_delivery import own_delivery

EVENT = EventCode("calendar.read", Action.READ, "calendar", refusals_only=True)

_AT_ONCE = Page(limit=200)


def read_calendar(call: Call) -> Sequence[CalendarEntry]:
    """The deliveries that are asked of the caller's organisation, those that were, and those that will be; by day.

    Raises:
        Denied: no supplier.
    """
    with call.look(EVENT) as step:
        step.authorise(facts.may_read_calendar(step.caller()))
        own = call.principal.organisation or ""
        rounds = list(every_round(step.data, expected=own))
        deliveries = {one.id: own_delivery(step.data, own, one.id) for one in rounds}
        return calendar_of(call.services.catalogue, rounds, deliveries, step.now)


def every_round(data: UnitOfWork, *, expected: str | None = None) -> Iterator[Round]:
    """All rounds, or all that expect a supplier, by id."""
    page = _AT_ONCE
    while found := data.rounds.page(page, expected=expected):
        yield from found
        page = replace(page, cursor=found[-1].id)
