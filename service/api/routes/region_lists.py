"""Classifications that people bring in: proposed, judged, listed."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Response

from service.api.bodies import JsonBody
from service.api.callers import PersonCall
from service.api.schemas.base import Id, Listed, answer, listed
from service.api.schemas.region_lists import RegionListAnswer, RegionListInput, RegionVerdictInput
from service.api.settings import KIB
from service.use_cases.classify import judge_classification, list_stated_classifications, propose_classification

router = APIRouter(tags=["regions"])

_LIST_BODY = 512 * KIB


@router.get(
    "/v1/region-lists",
    operation_id="listRegionLists",
    summary="The classifications that people brought in",
    response_model=Listed[RegionListAnswer],
)
def get_region_lists(call: PersonCall) -> Response:
    """For steward and auditor, whatever became of them."""
    return listed(RegionListAnswer.of(found) for found in list_stated_classifications(call))


@router.post(
    "/v1/region-lists",
    operation_id="proposeRegionList",
    status_code=201,
    summary="Propose a classification of municipalities",
    response_model=RegionListAnswer,
    responses={409: {}},
)
def post_region_list(
    call: PersonCall, body: Annotated[RegionListInput, Depends(JsonBody(RegionListInput, _LIST_BODY))]
) -> Response:
    """By a steward or regional owner. Every fault is named at once; nothing follows until a steward approves."""
    return answer(RegionListAnswer.of(propose_classification(call, body.region_list())), 201)


@router.post(
    "/v1/region-lists/{list_id}/verdict",
    operation_id="judgeRegionList",
    status_code=201,
    summary="Approve or reject (four eyes)",
    response_model=RegionListAnswer,
    responses={409: {}},
)
def post_region_list_verdict(
    call: PersonCall, list_id: Id, body: Annotated[RegionVerdictInput, Depends(JsonBody(RegionVerdictInput))]
) -> Response:
    """By a steward other than who proposed it. An approved version never changes and never ends."""
    return answer(RegionListAnswer.of(judge_classification(call, list_id, body.said)), 201)
