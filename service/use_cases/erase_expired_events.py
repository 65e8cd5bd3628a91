"""The operator erases events whose retention is over: event, salt and terms go, the tree and all other proofs stay."""

from __future__ import annotations

import json

from service.domain import facts
from service.domain.audit import DECIDED, Action, EventCode, Fact
from service.domain.errors import Invalid
from service.use_cases.call import Call
from sluis_client.wire.log.erasures import ERASURE_EVENT, LEAST_YEARS, years_before
from sluis_client.wire.strict import time_text

EVENT = EventCode(ERASURE_EVENT, Action.DELETE, "audit-log", DECIDED | {Fact.QUERY})

BATCH = 5_000
"""Events of one transaction, so that nobody waits long for the writer's lock of SQLite."""


def erase_expired_events(call: Call, years: int = LEAST_YEARS) -> int:
    """Erase all events recorded more than `years` ago that a checkpoint covers; each batch with an event of its own.

    Returns:
        How many were erased.

    Raises:
        Denied: the caller is no operator.
        Invalid: `retention`: fewer years than events have to be kept.
    """
    erased = 0
    while True:
        with call.transact(EVENT) as step:
            step.authorise(facts.may_administer(step.caller()))
            if years < LEAST_YEARS:
                raise Invalid("retention", {"years": LEAST_YEARS})
            before = years_before(step.now, years)
            places = step.data.log.erase(before, BATCH)
            told = {"before": time_text(before), "events": len(places)}
            step.query = json.dumps(told | ({"first": places[0], "last": places[-1]} if places else {}), sort_keys=True)
        erased += len(places)
        if len(places) < BATCH:
            return erased
