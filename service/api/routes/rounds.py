"""Collection rounds."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Response

from service.api.bodies import JsonBody, invalid
from service.api.callers import AnyCall, PersonCall
from service.api.faults import in_body
from service.api.paging import page, stretch
from service.api.schemas.base import Cursor, Id, Limit, Listed, answer, listed
from service.api.schemas.rounds import DeliveryAnswer, RoundAnswer, RoundInput, RoundStateInput
from service.domain.errors import NotFound
from service.use_cases.change_round import change_round
from service.use_cases.create_round import create_round
from service.use_cases.read_rounds import list_rounds, read_deliveries, read_round

router = APIRouter(tags=["rounds"])


@router.get(
    "/v1/rounds", operation_id="listRounds", summary="The collection rounds", response_model=Listed[RoundAnswer]
)
def get_rounds(call: AnyCall, limit: Limit = 50, cursor: Cursor = None) -> Response:
    """For a supplier the rounds in which it is expected, with how it stands in each; for others all of them."""
    shown, following = stretch(list_rounds(call, page(limit, cursor)), limit, lambda view: view.round.id)
    return listed(map(RoundAnswer.of, shown), following)


@router.post(
    "/v1/rounds",
    operation_id="createRound",
    status_code=201,
    summary="Plan a collection round",
    response_model=RoundAnswer,
    responses={409: {}},
)
def post_round(call: PersonCall, body: Annotated[RoundInput, Depends(JsonBody(RoundInput))]) -> Response:
    """A round in draft; it takes deliveries once it is opened."""
    try:
        made = create_round(
            call, body.data_set, body.period, body.expected, body.deadline, version=body.data_set_version
        )
    except NotFound:
        wrong = "is geen gegevensset, of niet in deze versie", "is no data set, or not in this version"
        raise invalid(in_body("/dataSet", "unknown", *wrong)) from None
    headers = {"Location": f"/v1/rounds/{made.id}"}
    return answer(RoundAnswer.as_planned(made, call.services.catalogue), 201, headers)


@router.get("/v1/rounds/{round_id}", operation_id="readRound", summary="A round", response_model=RoundAnswer)
def get_round(call: AnyCall, round_id: Id) -> Response:
    """The round, and the periods that a delivery for it may hold."""
    return answer(RoundAnswer.of(read_round(call, round_id)))


@router.put(
    "/v1/rounds/{round_id}/state",
    operation_id="changeRoundState",
    summary="Open, close, reopen or cancel a round",
    response_model=RoundAnswer,
    responses={409: {}},
)
def put_round_state(
    call: PersonCall, round_id: Id, body: Annotated[RoundStateInput, Depends(JsonBody(RoundStateInput))]
) -> Response:
    """Asking for the state that the round has already changes nothing."""
    changed = change_round(call, round_id, body.target, body.reason)
    return answer(RoundAnswer.as_planned(changed, call.services.catalogue))


@router.get(
    "/v1/rounds/{round_id}/deliveries",
    operation_id="readDeliveries",
    summary="Who delivered",
    response_model=Listed[DeliveryAnswer],
)
def get_deliveries(call: PersonCall, round_id: Id) -> Response:
    """Of every expected supplier what counts now."""
    return listed(map(DeliveryAnswer.of, read_deliveries(call, round_id)))
