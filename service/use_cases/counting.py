"""What counts now for a request, and what happens to the requests under way when that changes.

A withdrawal, or an objection, takes effect in its own transaction: whatever was prepared with what counts no longer is
prepared anew, and what was sealed of it is not published. It takes the lock under which releases are made, so that of a
release and a withdrawal at the same moment one sees the other.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from service.domain.objection import LeftOut
from service.domain.release import Release
from service.domain.request import REQUEST_LIFECYCLE, AggregateRequest, Evidence, RequestSpec, RequestState
from service.domain.round import round_id
from service.domain.submission import CountingPart
from service.ports.unit_of_work import UnitOfWork
from service.use_cases.call import Step

NOT_PUBLISHED = (
    "Wat erin telt is veranderd voordat zij gepubliceerd was. · What counts in it changed before it was published."
)


def counting_now(data: UnitOfWork, spec: RequestSpec, rounds: Iterable[str]) -> tuple[CountingPart, ...]:
    """The parts of some rounds that count for what is asked, each without the persons who object to that."""
    parts = data.submissions.counting_parts(sorted(rounds))
    out: dict[str, set[str]] = {}
    for delivery, objection in data.objections.against([part.submission for part in parts]):
        if objection.person is not None and objection.covers(spec.data_set, spec.purpose):
            out.setdefault(delivery, set()).add(objection.person.hex())
    return tuple(replace(part, left_out=tuple(sorted(out.get(part.submission, ())))) for part in parts)


def left_out_of(parts: Iterable[CountingPart]) -> LeftOut:
    """Whose records in these parts do not count."""
    return tuple(sorted((part.submission, person) for part in parts for person in part.left_out))


def still_counts(step: Step, request: AggregateRequest, evidence: Evidence) -> bool:
    """Whether what was prepared was made of exactly what counts now."""
    spec = request.spec
    now = counting_now(step.data, spec, {round_id(spec.data_set, period) for period in spec.periods})
    return evidence.inputs == tuple(sorted(part.submission for part in now)) and evidence.left_out == left_out_of(now)


def send_back(step: Step, data_set: str) -> None:
    """Let all requests be prepared anew that rest on what counts no longer; none of them is released meanwhile.

    The caller has called `lock_facts` before it changed what counts.
    """
    for request in step.data.requests.under_review(data_set):
        evidence = step.data.requests.evidence(request.id)
        if evidence is None or still_counts(step, request, evidence):
            continue
        end_sealed(step, request, evidence)
        step.data.requests.save(replace(request, state=REQUEST_LIFECYCLE.after(request.state, "prepare-again")))


def end_sealed(step: Step, request: AggregateRequest, evidence: Evidence) -> None:
    """What was sealed of this evidence is withdrawn before anybody could read it; it stays known to the attack."""
    newest: Release | None = step.data.releases.newest_of(request.id)
    if request.state is not RequestState.APPROVED or newest is None or newest.withdrawn_at is not None:
        return
    if newest.released_at >= evidence.made_at:
        step.data.releases.withdraw(newest.id, step.now, NOT_PUBLISHED)
