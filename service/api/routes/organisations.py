"""What is kept of the caller's organisation."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Response

from service.api.bodies import JsonBody
from service.api.callers import AnyCall, SupplierCall
from service.api.paging import page, stretch
from service.api.schemas.base import Cursor, Limit, Listed, answer, listed
from service.api.schemas.calendar import CalendarAnswer
from service.api.schemas.organisations import ContactAnswer, ContactInput, OrganisationAnswer
from service.api.schemas.uses import UseAnswer
from service.domain.reminder import Contact
from service.use_cases.change_contact import change_own_contact
from service.use_cases.read_calendar import read_calendar
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


@router.get(
    "/v1/organisations/me/calendar",
    operation_id="readOwnCalendar",
    summary="What the caller has to deliver when",
    response_model=Listed[CalendarAnswer],
)
def get_own_calendar(call: SupplierCall) -> Response:
    """By day: the rounds that expect the caller, how it stands in each, and what is foreseen for the coming year."""
    return listed(map(CalendarAnswer.of, read_calendar(call)))


@router.put(
    "/v1/organisations/me/contact",
    operation_id="changeOwnContact",
    summary="Where reminders of the caller's deliveries go",
    response_model=ContactAnswer,
)
def put_own_contact(call: SupplierCall, body: Annotated[ContactInput, Depends(JsonBody(ContactInput))]) -> Response:
    """The addresses take the place of those that were there. They stand in no log."""
    changed = change_own_contact(call, Contact(tuple(body.addresses)))
    return answer(ContactAnswer(addresses=list(changed.addresses)))
