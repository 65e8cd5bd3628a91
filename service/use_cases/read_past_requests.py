"""The operator reads the requests of the past, to see which of them another bundle would decide differently."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from service.domain import facts
from service.domain.audit import DECIDED, Action, EventCode, Fact
from service.domain.catalogue import Catalogue
from service.domain.redecision import PastRequest
from service.domain.request import AggregateRequest, RequestState
from service.ports.unit_of_work import Page
from service.use_cases.call import Call, Step
from service.use_cases.request_aggregate import rounds_of

EVENT = EventCode("policy.compare", Action.EXECUTE, "policy-bundle", DECIDED | {Fact.QUERY})
_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Past:
    """All requests, oldest first, and the catalogues given, each with the purposes that people made as they stand."""

    requests: tuple[PastRequest, ...]
    old: Catalogue
    new: Catalogue


def read_past_requests(call: Call, old: Catalogue, new: Catalogue) -> Past:
    """Read every request with its organisation and rounds; that this was asked is in the log before anything is read.

    Args:
        call: by an operator.
        old: of the bundle to compare with.
        new: of the bundle that is compared.

    Raises:
        Denied: the caller is no operator.
    """
    with call.transact(EVENT) as step:
        step.object_id = new.policy_hash
        step.query = json.dumps({"new": new.policy_hash, "old": old.policy_hash})
        step.authorise(facts.may_administer(step.caller()))
    with call.look(EVENT) as step:
        found = tuple(reversed([_past(step, request) for request in _all(step)]))
        return Past(found, step.in_force(old), step.in_force(new))


def _all(step: Step) -> Iterator[AggregateRequest]:
    """Newest first: what is added meanwhile comes before the cursor."""
    cursor = None
    while page := step.data.requests.page(Page(limit=_AT_ONCE, cursor=cursor)):
        yield from page
        cursor = page[-1].id


def _past(step: Step, request: AggregateRequest) -> PastRequest:
    """A request that was denied when it was made has no evidence; one whose release was denied has."""
    denied = request.state is RequestState.DENIED
    return PastRequest(
        request,
        step.known(step.data.organisations.get, request.organisation),
        tuple(rounds_of(step, request.spec)),
        stopped=denied and step.data.requests.evidence(request.id) is not None,
    )
