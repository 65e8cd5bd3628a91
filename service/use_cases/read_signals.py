"""An auditor asks what is worth a look; the question is in the log."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from service.domain import facts
from service.domain.audit import DECIDED, Action, EventCode, Fact
from service.domain.errors import Invalid
from service.domain.signals import LONGEST, USUAL, Signal, signals
from service.use_cases.call import Call

EVENT = EventCode("audit.signals", Action.READ, "audit-log", DECIDED | {Fact.QUERY})
_EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)


def read_signals(call: Call, recorded_from: datetime | None, recorded_until: datetime | None) -> Sequence[Signal]:
    """The signals of a period that lies behind us, by default of the seven days until now.

    Raises:
        Denied: the caller is no auditor.
        Invalid: `window`: the period is longer than 31 days, or ends before it begins.
    """
    with call.transact(EVENT) as step:
        until = min(recorded_until, step.now) if recorded_until else step.now
        begin = recorded_from or max(until, _EARLIEST) - USUAL
        step.query = json.dumps({"from": _text(begin), "to": _text(until)}, sort_keys=True)
        step.authorise(facts.may_read_audit_log(step.caller()))
        if not timedelta() < until - begin <= LONGEST:
            raise Invalid("window", {"days": LONGEST.days})
        log = step.data.audit
        return signals(log.volumes(begin, until), log.approvals(begin, until), begin, until)


def _text(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")
