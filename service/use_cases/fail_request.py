"""Work on a request broke down; it waits until an operator lets it be tried again."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from service.domain import facts
from service.domain.audit import PURPOSEFUL, Action, EventCode, Fact, Outcome
from service.domain.errors import NotFound
from service.domain.request import REQUEST_LIFECYCLE, AggregateRequest
from service.use_cases.call import Call

FAIL = EventCode("request.fail", Action.UPDATE, "aggregate-request", PURPOSEFUL | {Fact.BEHALF})
RETRY = EventCode("request.retry", Action.UPDATE, "aggregate-request", PURPOSEFUL)


def fail_request(call: Call, request: str) -> AggregateRequest:
    """Take the request out of the worker's way.

    Raises:
        Denied: the caller is not the worker.
        Conflict: `request-state`: it is not under way any more.
    """
    with call.transact(FAIL) as step:
        step.object_id = request
        found = step.data.requests.get(request, lock=True)
        step.carry_on(found)
        step.authorise(facts.may_prepare_request(step.caller(), found))
        step.conclude(Outcome.FAILED, ("internal-error",))
        failed = replace(found, state=REQUEST_LIFECYCLE.after(found.state, "fail"))
        step.data.requests.save(failed)
        return failed


def retry_request(call: Call, request: str) -> AggregateRequest:
    """Let a failed request be prepared again, after its cause was mended.

    Raises:
        Denied: the caller is no operator.
        NotFound: no such request.
        Conflict: `request-state`: it did not fail.
    """
    with call.transact(RETRY) as step:
        step.object_id = request
        step.authorise(facts.may_administer(step.caller()))
        found = step.known(partial(step.data.requests.get, lock=True), request)
        if found is None:
            raise NotFound("aggregate-request")
        step.under(found)
        waiting = replace(found, state=REQUEST_LIFECYCLE.after(found.state, "retry"))
        step.data.requests.save(waiting)
    call.services.jobs.wake()
    return waiting
