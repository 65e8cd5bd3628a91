"""Four eyes: two different stewards, none of them the requester, look at what was prepared."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from service.domain import facts
from service.domain.audit import PURPOSEFUL, Action, EventCode, Fact, Outcome
from service.domain.errors import Conflict, Invalid, NotFound
from service.domain.release_facts import may_approve_request
from service.domain.request import REQUEST_LIFECYCLE, AggregateRequest, RequestState, Review, Verdict
from service.use_cases.call import Call
from service.use_cases.request_aggregate import rests_on

EVENT = EventCode("request.review", Action.UPDATE, "aggregate-request", PURPOSEFUL | {Fact.CHECKS})

REASON_AT_LEAST = 10
"""Characters: a verdict says why, to the requester and to the auditor."""


def review_request(call: Call, request: str, evidence: str, verdict: Verdict, reason: str) -> AggregateRequest:
    """Store the verdict on exactly the evidence that the steward saw; the second approval lets the worker release.

    A request that waits for revised figures can be rejected: nothing else would end it when these do not come. What
    could not be released today, for an agreement, consent or purpose that ended, cannot be approved either; it can be
    rejected.

    Raises:
        Denied: no steward, the requester, or one who gave a verdict before; an approval of what it rests on no longer.
        NotFound: no such request.
        Invalid: `review-reason`: a verdict needs a reason.
        Conflict: `request-state`: nothing to review; `evidence-outdated`: it was prepared again meanwhile.
    """
    with call.transact(EVENT) as step:
        found = step.known(partial(step.data.requests.get, lock=True), request)
        newest = step.data.requests.evidence(request) if found else None
        reviews = step.data.requests.reviews(request, newest.id) if newest else ()
        step.object_id = request
        if found is not None:
            step.under(found)
        step.authorise(facts.may_review_request(step.caller(), found, newest, reviews))
        if found is None:
            raise NotFound("aggregate-request")
        state = REQUEST_LIFECYCLE.after(found.state, verdict.value)
        if newest is None or newest.id != evidence:
            raise Conflict("evidence-outdated", {"evidence": newest.id if newest else "-"})
        step.checked("evidence-current")
        if len(reason.strip()) < REASON_AT_LEAST:
            raise Invalid("review-reason", {"minimum": REASON_AT_LEAST})
        if verdict is Verdict.APPROVE:
            today = rests_on(step, found, step.catalogue)
            step.authorise(may_approve_request(step.caller(), found, today), names_object=False)
        step.data.requests.add_review(Review(request, evidence, call.principal.id, verdict, reason, step.now))
        step.conclude(Outcome.SUCCESS, (verdict.value,))
        reviewed = replace(found, state=state)
        step.data.requests.save(reviewed)
    if reviewed.state is RequestState.APPROVED:
        call.services.jobs.wake()
    return reviewed
