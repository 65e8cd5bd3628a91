"""The worker decides requests under way anew when their organisation has come to stand for other regions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from service.domain import facts
from service.domain.audit import PURPOSEFUL, Action, EventCode, Fact
from service.domain.errors import Conflict
from service.domain.policy import Deny
from service.domain.region_change import RegionChange
from service.domain.release_facts import may_keep_request
from service.domain.request import OPEN_STATES, REQUEST_LIFECYCLE, AggregateRequest, RequestState
from service.domain.request_facts import civil_day
from service.ports.unit_of_work import Page, UnitOfWork
from service.use_cases.call import Call, Services
from service.use_cases.counting import end_sealed
from service.use_cases.release_request import stopped, taken_up
from service.use_cases.request_aggregate import rests_on

REDECIDE = EventCode("request.redecide", Action.UPDATE, "aggregate-request", PURPOSEFUL | {Fact.BEHALF})
SETTLE = EventCode("organisation.settle-regions", Action.EXECUTE, "region-change")

_PAGE = Page(limit=200)
_UNDER_WAY = sorted(OPEN_STATES | {RequestState.FAILED})


def due_region_changes(services: Services) -> list[RegionChange]:
    """The changes that hold by now and are not settled; a look of the service itself, which leaves no event."""
    with services.database.look() as data:
        return list(data.region_changes.due(civil_day(services.clock.now())))


def settle_regions(call: Call, change: RegionChange) -> None:
    """Decide every request under way of the organisation anew, each in a transaction of its own, and then say so.

    When it breaks down on the way it is done again: a request that was decided anew is so again with the same outcome.

    Raises:
        Denied: the caller is not the worker.
    """
    with call.services.database.look() as data:
        waiting = [request.id for request in _under_way(data, change.organisation)]
    for request in waiting:
        try:
            redecide_request(call, request)
        except Conflict:
            continue  # it ended meanwhile
    with call.transact(SETTLE) as step:
        step.object_id = change.id
        step.authorise(facts.may_run_service(step.caller()), names_object=False)
        found = step.data.region_changes.get(change.id, lock=True)
        if found.settled_at is None:
            step.data.region_changes.save(replace(found, settled_at=step.now))


def redecide_request(call: Call, request: str) -> AggregateRequest:
    """Let a request go on, or end it with the reason: its table is of a region that is not the organisation's any more.

    What was sealed of it is not published, and stays known to the attack check: stewards saw it.

    Raises:
        Denied: the caller is not the worker.
        Conflict: `request-state`: it ended.
    """
    with call.transact(REDECIDE) as step:
        found = taken_up(step, request)
        REQUEST_LIFECYCLE.after(found.state, "stop")
        catalogue = step.catalogue
        decision = step.decide(may_keep_request(step.caller(), found, rests_on(step, found, catalogue)))
        if not isinstance(decision, Deny):
            return found
        evidence = step.data.requests.evidence(request)
        if evidence is not None:
            end_sealed(step, found, evidence)
        return stopped(step, found, decision, catalogue)


def _under_way(data: UnitOfWork, organisation: str) -> Iterator[AggregateRequest]:
    for state in _UNDER_WAY:
        page = _PAGE
        while found := data.requests.page(page, organisation=organisation, state=state):
            yield from found
            page = replace(page, cursor=found[-1].id)
