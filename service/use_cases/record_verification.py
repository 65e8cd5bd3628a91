"""Whoever verifies an exported log beside the service's database leaves that in the log; elsewhere nobody can know."""

from __future__ import annotations

import json

from service.domain import facts
from service.domain.audit import DECIDED, Action, EventCode, Fact, Outcome
from service.use_cases.call import Call

EVENT = EventCode("audit.verify", Action.EXECUTE, "audit-log", DECIDED | {Fact.QUERY})


def record_verification(call: Call, size: int | None, fault: str | None) -> None:
    """Write that an export was verified.

    Args:
        call: by an operator.
        size: the number of events that were proven; None when they were not.
        fault: the code of `sluis_client.wire.log.export.ExportError`; None when all was well.

    Raises:
        Denied: the caller is no operator.
    """
    with call.transact(EVENT) as step:
        step.query = json.dumps({"size": size})
        step.authorise(facts.may_administer(step.caller()))
        if fault is not None:
            step.conclude(Outcome.FAILED, (fault,))
