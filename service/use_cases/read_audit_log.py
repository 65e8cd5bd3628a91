"""An auditor reads who did what, and takes it along; every use of the log is in the log too (NEN 7513)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from enum import StrEnum

from service.domain import facts
from service.domain.audit import DECIDED, Action, AuditEvent, EventCode, Fact, StoredEvent
from service.ports.unit_of_work import AuditFilter, Page
from service.use_cases.call import Call, Step
from service.use_cases.kept_pseudonyms import kept_for

EVENT = EventCode("audit.search", Action.READ, "audit-log", DECIDED | {Fact.QUERY})
READ = EventCode("audit.read", Action.READ, "audit-event")
EXPORT = EventCode("audit.export", Action.READ, "audit-log", DECIDED | {Fact.QUERY})

PARAMETERS = {
    "recorded_from": "from",
    "recorded_until": "to",
    "user": "actor",
    "object_type": "objectType",
    "object_id": "objectId",
    "person": "pseudonym",
    "from_place": "fromIndex",
}
"""What the API calls a filter, where that is another name than ours."""

AT_ONCE = 500
"""Events of an export that are in memory at a time."""


class ExportForm(StrEnum):
    """What an export is written as."""

    CSV = "csv"
    NDJSON = "ndjson"
    FHIR = "fhir"


@dataclass(frozen=True, slots=True)
class AuditPage:
    """Events, newest first, and the cursor of the next page."""

    events: Sequence[AuditEvent]
    next: str | None


def read_audit_log(call: Call, filters: AuditFilter, page: Page) -> AuditPage:
    """The events that the filters let through; the search itself becomes an event with its query.

    Raises:
        Denied: the caller is no auditor.
        Invalid: `cursor`: not one that this service gave.
    """
    filters = _as_kept(call, filters)
    with call.transact(EVENT) as step:
        _authorise(step, filters, **asdict(page))
        events, cursor = step.data.audit.page(filters, page)
        return AuditPage(events, cursor)


def read_audit_event(call: Call, event: str) -> AuditEvent:
    """One event.

    Raises:
        Denied: the caller is no auditor.
        NotFound: no such event.
    """
    with call.transact(READ) as step:
        step.object_id = event
        step.authorise(facts.may_read_audit_log(step.caller()))
        return step.data.audit.get(event)


@dataclass(frozen=True, slots=True)
class AuditExport:
    """Events, newest first, as they are read.

    `size` is how many events of the log a checkpoint covers: each of them that the filters let through is here. What
    got its place later, of whatever time it is, is let through by a next export from that place on.
    """

    size: int
    events: Iterator[StoredEvent]


def export_audit_log(call: Call, filters: AuditFilter, form: ExportForm) -> AuditExport:
    """All events that the filters let through and that were recorded before now, newest first.

    A transaction may commit after others that began later: what was recorded before now may come to light after. So
    the export says up to which place it is whole.

    The export is in the log before its first event is given; it does not hold its own event. Events are read as they
    are taken, some hundred at a time in a transaction of their own: nothing is held up however slow the reader is.

    Raises:
        Denied: the caller is no auditor.
    """
    filters = _as_kept(call, filters)
    with call.transact(EXPORT) as step:
        _authorise(step, filters, format=form.value)
        newest = step.data.log.checkpoint()
        size = newest.size if newest else 0
        if filters.recorded_until is None or filters.recorded_until > step.now:
            filters = replace(filters, recorded_until=step.now, covered=None if filters.recorded_until else size)
    return AuditExport(size, _exported(call, filters))


def _exported(call: Call, filters: AuditFilter) -> Iterator[StoredEvent]:
    page = Page(AT_ONCE)
    while True:
        with call.services.database.look() as data:
            found, cursor = data.audit.stored(filters, page)
        yield from found
        if cursor is None:
            return
        page = replace(page, cursor=cursor)


def _authorise(step: Step, filters: AuditFilter, **more: str | int | None) -> None:
    """Who asks for a person needs to be allowed that as well, and is in the answer to the next such question.

    The query has the API's names, so that whoever reads the log can ask it again.
    """
    asked = {PARAMETERS.get(name, name): value for name, value in [*asdict(filters).items(), *more.items()]}
    given = {name: _shown(value) for name, value in asked.items() if value is not None}
    step.query = json.dumps(given, sort_keys=True, ensure_ascii=False)
    caller = step.caller()
    step.authorise(facts.may_read_audit_log(caller))
    if filters.person is not None:
        step.persons = (filters.person,)
        step.authorise(facts.may_search_persons(caller))


def _as_kept(call: Call, filters: AuditFilter) -> AuditFilter:
    """A person is looked for, and written down, by the pseudonym that is kept; what is no pseudonym finds nobody."""
    if filters.person is None:
        return filters
    with suppress(ValueError):
        return replace(filters, person=kept_for(call.services, filters.person))
    return filters


def _shown(value: str | int | datetime) -> str | int:
    return value.isoformat().replace("+00:00", "Z") if isinstance(value, datetime) else value
