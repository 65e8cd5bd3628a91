"""What is kept of the caller's organisation."""

from __future__ import annotations

from fastapi import APIRouter, Response

from service.api.callers import AnyCall
from service.api.schemas.base import answer
from service.api.schemas.organisations import OrganisationAnswer
from service.use_cases.read_organisations import read_own_organisation

router = APIRouter(tags=["identity"])


@router.get(
    "/v1/organisations/me",
    operation_id="readOwnOrganisation",
    summary="The caller's own organisation",
    response_model=OrganisationAnswer,
)
def get_own_organisation(call: AnyCall) -> Response:
    """The organisation for which the caller acts, its agreement and its keys."""
    return answer(OrganisationAnswer.of(read_own_organisation(call)))
