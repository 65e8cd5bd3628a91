"""The operator erases events whose retention is over: event, salt and terms go, the tree and all other proofs stay."""

from __future__ import annotations

import json

from service.domain import facts
from service.domain.audit import DECIDED, Action, EventCode, Fact
from service.domain.errors import Invalid
from service.use_cases.call import Call
from sluis_client.wire.strict import time_text

EVENT = EventCode("audit.erase", Action.DELETE, "audit-log", DECIDED | {Fact.QUERY})

LEAST_YEARS = 5
"""From writing (NEN 7513); the database holds to it as well."""

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
            # Not every month has the day of today: an earlier one, so that nothing goes too soon.
            before = step.now.replace(year=step.now.year - years, day=min(step.now.day, 28))
            places = step.data.log.erase(before, BATCH)
            told = {"before": time_text(before), "events": len(places)}
            step.query = json.dumps(told | ({"first": places[0], "last": places[-1]} if places else {}), sort_keys=True)
        erased += len(places)
        if len(places) < BATCH:
            return erased
