"""What is kept of the caller's organisation."""

from __future__ import annotations

from fastapi import APIRouter, Response

from service.api.callers import AnyCall, SupplierCall
from service.api.paging import page, stretch
from service.api.schemas.base import Cursor, Limit, Listed, answer, listed
from service.api.schemas.organisations import OrganisationAnswer
from service.api.schemas.uses import UseAnswer
from service.use_cases.read_organisations import read_own_organisation
from service.use_cases.read_uses import read_uses

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


@router.get(
    "/v1/organisations/me/uses",
    operation_id="readOwnUses",
    summary="What became of the caller's deliveries",
    response_model=Listed[UseAnswer],
)
def get_own_uses(call: SupplierCall, limit: Limit = 50, cursor: Cursor = None) -> Response:
    """Each release that a delivery of the caller went into, newest first; of other suppliers it says nothing."""
    shown, following = stretch(read_uses(call, page(limit, cursor)), limit, lambda use: use.release.id)
    return listed(map(UseAnswer.of, shown), following)
