"""An auditor reads who did what; the reading is in the log too (NEN 7513)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from service.domain import facts
from service.domain.audit import Action, AuditEvent, EventCode
from service.ports.unit_of_work import AuditFilter, Page
from service.use_cases.call import Call

EVENT = EventCode("audit.search", Action.READ, "audit-log")

_PARAMETERS = {
    "recorded_from": "from",
    "recorded_until": "to",
    "user": "actor",
    "object_type": "objectType",
    "object_id": "objectId",
}
"""What the API calls a filter, where that is another name than ours."""


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
    with call.transact(EVENT) as step:
        step.query = _query(filters, page)
        step.authorise(facts.may_read_audit_log(step.caller()))
        events, cursor = step.data.audit.page(filters, page)
        return AuditPage(events, cursor)


def _query(filters: AuditFilter, page: Page) -> str:
    """The search with the API's names, so that whoever reads the log can do it again."""
    asked = {_PARAMETERS.get(name, name): value for name, value in [*asdict(filters).items(), *asdict(page).items()]}
    given = {name: _shown(value) for name, value in asked.items() if value is not None}
    return json.dumps(given, sort_keys=True, ensure_ascii=False)


def _shown(value: str | int | datetime) -> str | int:
    return value.isoformat().replace("+00:00", "Z") if isinstance(value, datetime) else value
