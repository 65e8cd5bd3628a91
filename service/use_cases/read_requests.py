"""Requests as their owners and the stewards see them, and the evidence for a review."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from service.domain import facts
from service.domain.audit import PURPOSEFUL, Action, EventCode
from service.domain.errors import Conflict, NotFound
from service.domain.principal import Role
from service.domain.request import AggregateRequest, Evidence, RequestedDimension, RequestState, Unsafe
from service.ports.unit_of_work import Page
from service.use_cases.call import Call

LIST = EventCode("request.list", Action.READ, "aggregate-request", refusals_only=True)
READ = EventCode("request.read", Action.READ, "aggregate-request", refusals_only=True)
EVIDENCE = EventCode("request.read-evidence", Action.READ, "aggregate-request", PURPOSEFUL)


@dataclass(frozen=True, slots=True)
class OfferedTable:
    """A coarser table that can be asked for in place of one that is refused: its shape in words, and not one figure."""

    dimensions: tuple[RequestedDimension, ...]
    nl: str
    en: str


@dataclass(frozen=True, slots=True)
class RequestView:
    """A request as its owner may see it.

    `refusal` says why no safe table could be made, or not yet, and not what stands in the way; `offers` what could be
    made instead, finest first, and is None where nobody looked.
    """

    request: AggregateRequest
    refusal: Unsafe | None = None
    offers: tuple[OfferedTable, ...] | None = None


def list_requests(call: Call, page: Page, state: RequestState | None = None) -> Sequence[AggregateRequest]:
    """Newest first: those of the caller's organisation, or all of them for a steward.

    Raises:
        Denied: the caller is neither regional owner nor steward.
    """
    with call.look(LIST) as step:
        step.authorise(facts.may_list_requests(step.caller()))
        own = None if Role.STEWARD in call.principal.roles else call.principal.organisation or ""
        return step.data.requests.page(page, organisation=own, state=state)


def read_request(call: Call, request: str) -> RequestView:
    """One request with its decision, and why it ended, or still waits, when no safe table could be made.

    Raises:
        Denied: another organisation's, or none: the answer is the same.
    """
    with call.look(READ) as step:
        found = step.known(step.data.requests.get, request)
        step.object_id = request
        step.authorise(facts.may_read_request(step.caller(), found))
        if found is None:
            raise NotFound("aggregate-request")
        seen = found.state in {RequestState.UNSAFE, RequestState.PERMITTED}
        evidence = step.data.requests.evidence(request) if seen else None
        refusal = refusal_of(evidence) if evidence is not None else None
        if evidence is None or refusal is None:
            return RequestView(found)
        return RequestView(found, refusal, _offered(json.loads(evidence.report)))


def refusal_of(evidence: Evidence) -> Unsafe | None:
    """Why no table could be made, or cannot be made yet; None when there is one."""
    return None if evidence.safe else Unsafe(json.loads(evidence.report)["refused"])


def read_evidence(call: Call, request: str) -> Evidence:
    """What a steward decides on: the protected tables, what was suppressed why, and the attack's report.

    Figures are shown here that nobody outside may see, so each look is an event.

    Raises:
        Denied: the caller is no steward, or is the requester.
        NotFound: no such request.
        Conflict: `request-state`: nothing was prepared yet.
    """
    with call.transact(EVIDENCE) as step:
        found = step.known(step.data.requests.get, request)
        step.object_id = request
        step.authorise(facts.may_read_evidence(step.caller(), found))
        if found is None:
            raise NotFound("aggregate-request")
        step.under(found)
        evidence = step.data.requests.evidence(request)
        if evidence is None:
            raise Conflict("request-state", {"state": found.state.value, "event": "read-evidence"})
        return evidence


def _offered(report: Mapping[str, Any]) -> tuple[OfferedTable, ...] | None:
    """Of the offers in a report what the requester may know: the figures beside them are for stewards."""
    if "offers" not in report:
        return None
    return tuple(
        OfferedTable(
            tuple(
                RequestedDimension(d["dimension"], d["classification"], d["level"], tuple(d.get("only", ())))
                for d in offer["dimensions"]
            ),
            offer["change"]["nl"],
            offer["change"]["en"],
        )
        for offer in report["offers"]
    )
