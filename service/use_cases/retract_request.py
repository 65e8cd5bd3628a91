"""A regional owner gives up an open request of its organisation; the place that it took is free again."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from service.domain import facts
from service.domain.audit import PURPOSEFUL, Action, EventCode
from service.domain.errors import NotFound
from service.domain.request import REQUEST_LIFECYCLE, AggregateRequest, RequestState
from service.use_cases.call import Call
from service.use_cases.counting import end_sealed

EVENT = EventCode("request.retract", Action.UPDATE, "aggregate-request", PURPOSEFUL)


def retract_request(call: Call, request: str) -> AggregateRequest:
    """End the request, wherever it stands before its release; ending it twice gives the same answer.

    What was sealed of it is not published, and stays known to the attack check: stewards saw it.

    Raises:
        Denied: another organisation's request, or none: the answer is the same; or no regional owner.
        Conflict: `request-state`: it has ended already, by a release, a denial or a verdict.
    """
    with call.transact(EVENT) as step:
        found = step.known(partial(step.data.requests.get, lock=True), request)
        step.object_id = request
        step.authorise(facts.may_retract_request(step.caller(), found))
        if found is None:
            raise NotFound("aggregate-request")
        step.under(found)
        if found.state is RequestState.RETRACTED:
            step.conclude(step.outcome, ("repeated",))
            return found
        state = REQUEST_LIFECYCLE.after(found.state, "retract")
        evidence = step.data.requests.evidence(request)
        if evidence is not None:
            end_sealed(step, found, evidence)
        retracted = replace(found, state=state)
        step.data.requests.save(retracted)
        return retracted
