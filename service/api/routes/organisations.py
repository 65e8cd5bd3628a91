"""What is kept of the caller's organisation."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Response

from service.api.bodies import JsonBody
from service.api.callers import AnyCall, SupplierCall
from service.api.paging import page, stretch
from service.api.problems import Refused
from service.api.schemas.base import Cursor, Limit, Listed, answer, listed
from service.api.schemas.calendar import CalendarAnswer
from service.api.schemas.organisations import ContactAnswer, ContactInput, KeyAnswer, KeyInput, OrganisationAnswer
from service.api.schemas.uses import UseAnswer
from service.domain.reminder import Contact
from service.ports.identity import NotAuthenticated
from service.use_cases.add_own_key import add_own_key
from service.use_cases.change_contact import change_own_contact
from service.use_cases.read_calendar import read_calendar
from service.use_cases.read_organisations import read_own_organisation
from service.use_cases.read_uses import read_uses
from service.use_cases.revoke_own_key import revoke_own_key
from sluis_client.wire.manifest import KEY_ID

router = APIRouter(tags=["identity"])
KeyId = Annotated[str, Path(pattern=f"^{KEY_ID.pattern}$")]


@router.get(
    "/v1/organisations/me",
    operation_id="readOwnOrganisation",
    summary="The caller's own organisation",
    response_model=OrganisationAnswer,
)
def get_own_organisation(call: AnyCall) -> Response:
    """The organisation for which the caller acts, its agreement and its keys."""
    return answer(OrganisationAnswer.of(read_own_organisation(call)))


@router.post(
    "/v1/organisations/me/keys",
    operation_id="addOwnKey",
    status_code=201,
    summary="Register the next key with the present one",
    response_model=KeyAnswer,
    responses={409: {}},
)
def post_own_key(call: SupplierCall, body: Annotated[KeyInput, Depends(JsonBody(KeyInput))]) -> Response:
    """Both keys hold from now on; revoke the old one when nothing needs it any more."""
    try:
        added = add_own_key(call, body.public_key.model_dump(exclude_none=True), body.proof)
    except NotAuthenticated as refusal:
        raise Refused("proof-not-valid", extra={"fault": refusal.fault.told.value}) from None
    return answer(KeyAnswer.of(added), 201)


@router.put(
    "/v1/organisations/me/keys/{key_id}/revocation",
    operation_id="revokeOwnKey",
    summary="Revoke a key",
    response_model=KeyAnswer,
)
def put_own_revocation(call: SupplierCall, key_id: KeyId) -> Response:
    """The key and every token that it earned are refused from now on, this one too; revoking twice is fine."""
    return answer(KeyAnswer.of(revoke_own_key(call, key_id)))


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
