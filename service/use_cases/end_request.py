"""The worker ends requests whose purpose was replaced or withdrawn: nothing can be released of them any more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from service.domain.audit import PURPOSEFUL, Action, EventCode, Fact
from service.domain.catalogue import Catalogue
from service.domain.errors import Conflict
from service.domain.policy import Deny
from service.domain.purpose import PurposeState
from service.domain.reason import Reason
from service.domain.request import OPEN_STATES, REQUEST_LIFECYCLE, AggregateRequest
from service.ports.unit_of_work import Page
from service.use_cases.call import Call, Services
from service.use_cases.catalogue_in_force import in_force
from service.use_cases.counting import end_sealed
from service.use_cases.release_request import stopped, taken_up

EVENT = EventCode("request.end", Action.UPDATE, "aggregate-request", PURPOSEFUL | {Fact.BEHALF})

_PAGE = Page(limit=200)


def end_request(call: Call, request: str) -> AggregateRequest:
    """Deny an open request with the reason why its purpose bears it no longer; its place is free for a new one.

    What was sealed of it is not published, and stays known to the attack check.

    Raises:
        Denied: the caller is not the worker.
        Conflict: `request-state`: it ended meanwhile, or its purpose bears it still.
    """
    with call.transact(EVENT) as step:
        found = taken_up(step, request)
        REQUEST_LIFECYCLE.after(found.state, "stop")
        catalogue = step.catalogue
        reason = _why(found, catalogue)
        if reason is None:
            raise Conflict("request-state", {"state": found.state.value, "event": "stop"})
        evidence = step.data.requests.evidence(request)
        if evidence is not None:
            end_sealed(step, found, evidence)
        return stopped(step, found, Deny(call.services.policy.policy_hash, (reason,)), catalogue)


def without_purpose(services: Services) -> Sequence[AggregateRequest]:
    """The open requests that are to be ended; a look of the service itself, which leaves no event."""
    found = []
    with services.database.look() as data:
        catalogue = in_force(services.purposes, services.widened, data, services.catalogue)
        for state in sorted(OPEN_STATES):
            page = _PAGE
            while requests := data.requests.page(page, state=state):
                found += [request for request in requests if _why(request, catalogue) is not None]
                page = replace(page, cursor=requests[-1].id)
    return found


def _why(request: AggregateRequest, catalogue: Catalogue) -> Reason | None:
    """What ended for good: a purpose that is suspended, or not there today, may come back."""
    purpose = next((one for one in catalogue.purposes if one.id == request.spec.purpose), None)
    if purpose is None:
        return None
    if purpose.version != request.purpose_version:
        return Reason("purpose-changed", {"purpose": purpose.id})
    return Reason("purpose-not-approved", {"purpose": purpose.id}) if purpose.status == PurposeState.WITHDRAWN else None
