"""An auditor reads who did what; the reading is in the log too (NEN 7513)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from service.domain import facts
from service.domain.audit import Action, AuditEvent, EventCode
from service.ports.unit_of_work import AuditFilter, Page
from service.use_cases.call import Call

EVENT = EventCode("audit.search", Action.READ, "audit-log")


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
        asked = {name: str(value) for name, value in asdict(filters).items() if value is not None}
        step.query = json.dumps(asked, sort_keys=True)
        step.authorise(facts.may_read_audit_log(step.caller()))
        events, cursor = step.data.audit.page(filters, page)
        return AuditPage(events, cursor)
