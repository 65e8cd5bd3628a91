"""The operator hands the whole log out, to whoever verifies it: `sluis audit verify`."""

from __future__ import annotations

from collections.abc import Callable

from service.domain import facts
from service.domain.audit import Action, EventCode
from service.use_cases.call import Call
from service.use_cases.read_log import log_lines, require_whole

EVENT = EventCode("log.export", Action.READ, "audit-log")


def export_log(call: Call, write: Callable[[bytes], object]) -> int:
    """Write every event up to the newest checkpoint, line by line; the export is in the log before the first line.

    Args:
        call: by an operator.
        write: takes the lines, one by one.

    Returns:
        The number of places that were written.

    Raises:
        Denied: the caller is no operator.
        NotFound: no event was sequenced yet.
        Unavailable: `log-erasure-waits`: events were erased, and what tells of it has no place in the log yet.
    """
    with call.transact(EVENT) as step:
        step.authorise(facts.may_administer(step.caller()))
        require_whole(step.data.log)
    lines = -1  # the first is the header
    with call.services.database.look() as data:
        for line in log_lines(data.log):
            write(line)
            lines += 1
    return lines
