"""Changes of the regions that organisations stand for: proposed, judged, listed."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Response

from service.api.bodies import JsonBody
from service.api.callers import PersonCall
from service.api.schemas.base import Id, Listed, answer, listed
from service.api.schemas.region_changes import RegionChangeAnswer, RegionChangeInput, RegionVerdictInput
from service.use_cases.change_regions import judge_regions, propose_regions
from service.use_cases.read_region_changes import list_region_changes

router = APIRouter(tags=["regions"])


@router.get(
    "/v1/region-changes",
    operation_id="listRegionChanges",
    summary="Changes of the regions that organisations stand for",
    response_model=Listed[RegionChangeAnswer],
)
def get_region_changes(call: PersonCall) -> Response:
    """For steward, privacy officer and auditor, in the order of proposing."""
    return listed(RegionChangeAnswer.of(found) for found in list_region_changes(call))


@router.post(
    "/v1/region-changes",
    operation_id="proposeRegions",
    status_code=201,
    summary="Propose the regions of an organisation",
    response_model=RegionChangeAnswer,
    responses={404: {}},
)
def post_region_change(
    call: PersonCall, body: Annotated[RegionChangeInput, Depends(JsonBody(RegionChangeInput))]
) -> Response:
    """By a steward: all regions that the organisation is to stand for. Nothing follows until somebody else approves."""
    made = propose_regions(call, body.organisation, body.regions, body.valid_from, body.reason)
    return answer(RegionChangeAnswer.of(made), 201)


@router.post(
    "/v1/region-changes/{change_id}/verdict",
    operation_id="judgeRegions",
    status_code=201,
    summary="Approve or reject (four eyes)",
    response_model=RegionChangeAnswer,
    responses={409: {}},
)
def post_region_verdict(
    call: PersonCall, change_id: Id, body: Annotated[RegionVerdictInput, Depends(JsonBody(RegionVerdictInput))]
) -> Response:
    """By a steward or the privacy officer, other than who proposed it. It holds from its day, and never backwards."""
    return answer(RegionChangeAnswer.of(judge_regions(call, change_id, body.said)), 201)
