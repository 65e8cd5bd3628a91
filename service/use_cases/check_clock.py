"""The service looks whether its clock is right, now and then: times in the log are worth what it is worth."""

from __future__ import annotations

import json

from service.domain import facts
from service.domain.audit import DECIDED, Action, EventCode, Fact, Outcome
from service.domain.signals import CLOCK_CHECK
from service.use_cases.call import Call

EVENT = EventCode(CLOCK_CHECK, Action.EXECUTE, "clock", DECIDED | {Fact.QUERY, Fact.CHECKS})

MOST_OFF = 1.0
"""Seconds that the clock may differ from the database server's, or be uncertain of by the kernel's own word."""


def check_clock(call: Call) -> bool:
    """Hold the clock against what the kernel says and against the clock of the database server.

    1. The kernel tells whether something keeps the clock synchronised, and how far off it may be at most.
    2. The database server, mostly another machine, tells its time; the moment between asking and hearing is ours.
    3. In order is a clock that nothing speaks against and at least one of the two speaks for.

    The event holds what was measured, in milliseconds.

    Returns:
        Whether it is in order.

    Raises:
        Denied: the caller is not the service itself.
    """
    services = call.services
    with call.transact(EVENT) as step:
        step.object_id = services.instance
        step.authorise(facts.may_run_service(step.caller()))
        # 1
        kernel = services.clock_watch.state()
        # 2
        before, theirs, after = services.clock.now(), step.data.server_time(), services.clock.now()
        offset = None if theirs is None else (theirs - before - (after - before) / 2).total_seconds()
        # 3
        measured = [abs(seconds) for seconds in (kernel.maximum_error, offset) if seconds is not None]
        vouched = kernel.synchronised or offset is not None
        in_order = bool(vouched) and kernel.synchronised is not False and all(one <= MOST_OFF for one in measured)
        step.checked("kernel-clock", *(["database-clock"] if offset is not None else []))
        found = {
            "kernelSynchronised": kernel.synchronised,
            "kernelMaximumErrorMs": _milliseconds(kernel.maximum_error),
            "databaseOffsetMs": _milliseconds(offset),
        }
        step.query = json.dumps(found, sort_keys=True)
        if not in_order:
            step.conclude(Outcome.FAILED, ("clock-not-synchronised",))
        return in_order


def _milliseconds(seconds: float | None) -> int | None:
    return None if seconds is None else round(seconds * 1000)
