"""Requests for aggregates, from the question to the stewards' verdicts."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from service.api.bodies import JsonBody
from service.api.callers import PersonCall
from service.api.paging import page, stretch
from service.api.problems import denied_problem
from service.api.schemas.base import Cursor, Id, Limit, Listed, answer, listed
from service.api.schemas.requests import (
    AggregateRequestAnswer,
    AggregateRequestInput,
    EvidenceAnswer,
    ReviewInput,
    reasons_of,
)
from service.domain.request import RequestState
from service.use_cases.read_requests import list_requests, read_evidence, read_request
from service.use_cases.request_aggregate import request_aggregate
from service.use_cases.retract_request import retract_request
from service.use_cases.review_request import review_request

router = APIRouter(tags=["aggregate-requests"])

_State = Annotated[RequestState | None, Query(description="Only requests in this state")]


@router.post(
    "/v1/aggregate-requests",
    operation_id="requestAggregate",
    status_code=202,
    summary="Ask for an aggregate",
    response_model=AggregateRequestAnswer,
)
def post_request(
    request: Request,
    call: PersonCall,
    body: Annotated[AggregateRequestInput, Depends(JsonBody(AggregateRequestInput))],
) -> Response:
    """The policy answers at once. A denial is kept as well: 403 `request-denied` with all reasons and the request's id.

    A permitted request is prepared soon; ask at `Location` how it stands.
    """
    made = request_aggregate(call, body.spec(call.services.catalogue))
    if made.state is RequestState.DENIED:
        return denied_problem(request, reasons_of(made), "request-denied", {"requestId": made.id})
    return answer(AggregateRequestAnswer.of(made), 202, {"Location": f"/v1/aggregate-requests/{made.id}"})


@router.get(
    "/v1/aggregate-requests",
    operation_id="listRequests",
    summary="The requests",
    response_model=Listed[AggregateRequestAnswer],
)
def get_requests(call: PersonCall, state: _State = None, limit: Limit = 50, cursor: Cursor = None) -> Response:
    """Newest first: those of the caller's organisation, or all of them for a steward."""
    found = list_requests(call, page(limit, cursor), state)
    shown, following = stretch(found, limit, lambda asked: asked.id)
    return listed(map(AggregateRequestAnswer.of, shown), following)


@router.get(
    "/v1/aggregate-requests/{request_id}",
    operation_id="readRequest",
    summary="A request",
    response_model=AggregateRequestAnswer,
)
def get_request(call: PersonCall, request_id: Id) -> Response:
    """The request with its decision and how it stands; an `unsafe` one says why, and what can be asked instead."""
    found = read_request(call, request_id)
    return answer(AggregateRequestAnswer.of(found.request, found.refusal, found.offers))


@router.put(
    "/v1/aggregate-requests/{request_id}/retraction",
    operation_id="retractRequest",
    summary="Give up an open request",
    response_model=AggregateRequestAnswer,
    responses={409: {}},
)
def put_retraction(call: PersonCall, request_id: Id) -> Response:
    """Nothing is released of it any more, and its place among the open requests is free. Giving up twice is fine."""
    return answer(AggregateRequestAnswer.of(retract_request(call, request_id)))


@router.get(
    "/v1/aggregate-requests/{request_id}/evidence",
    operation_id="readEvidence",
    summary="What a steward decides on",
    response_model=EvidenceAnswer,
    responses={409: {}},
)
def get_evidence(call: PersonCall, request_id: Id) -> Response:
    """The protected tables, what was suppressed why, and the report of the attack. Each look is an audit event."""
    return answer(EvidenceAnswer.of(read_evidence(call, request_id)))


@router.post(
    "/v1/aggregate-requests/{request_id}/reviews",
    operation_id="reviewRequest",
    status_code=201,
    summary="Give a verdict",
    response_model=AggregateRequestAnswer,
    responses={409: {}},
)
def post_review(
    call: PersonCall, request_id: Id, body: Annotated[ReviewInput, Depends(JsonBody(ReviewInput))]
) -> Response:
    """Four eyes: two different stewards approve, none of them the requester; one rejection ends it."""
    reviewed = review_request(call, request_id, body.evidence, body.said, body.reason)
    return answer(AggregateRequestAnswer.of(reviewed), 201)
