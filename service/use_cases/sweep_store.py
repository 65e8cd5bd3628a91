"""The operator sweeps: uploads that nobody finished end, orphaned files go, missing ones are an alarm."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from service.domain import facts
from service.domain.audit import Action, EventCode, Outcome
from service.domain.submission import SUBMISSION_LIFECYCLE, SubmissionState
from service.domain.sweep import find_orphans
from service.use_cases.admission import without_content
from service.use_cases.call import Call

EVENT = EventCode("store.sweep", Action.DELETE, "part-store")

GRACE = timedelta(hours=1)
"""Longer than any transaction can last: a younger file may belong to work under way."""


@dataclass(frozen=True, slots=True)
class Swept:
    """How many uploads ended and files went, and which parts are missing."""

    abandoned: int
    removed: int
    missing: tuple[str, ...]


def sweep_store(call: Call) -> Swept:
    """End uploads older than the limit, then compare the store with the database.

    Raises:
        Denied: the caller is no operator.
    """
    services = call.services
    with call.transact(EVENT) as step:
        step.authorise(facts.may_administer(step.caller()))
        stale = step.data.submissions.stale(step.now - timedelta(seconds=services.limits.upload_life))
        for found in stale:
            SUBMISSION_LIFECYCLE.after(found.state, "abandon")
            step.data.submissions.save(without_content(found, SubmissionState.ABANDONED))
            step.data.submissions.drop_pieces(found.id)
        referred = step.data.submissions.stored_names()
        sweep = find_orphans(services.parts.names(), referred, now=step.now, grace=GRACE)
        # Asked again: a delivery that ended while we looked took its pieces along.
        missing = tuple(sorted(step.data.submissions.stored_names().intersection(sweep.missing)))
        if missing:
            step.conclude(Outcome.FAILED, ("part-missing",))
    for name in sweep.remove:
        services.parts.remove(name)
    return Swept(len(stale), len(sweep.remove), missing)
