"""Objections of persons: lodged by a supplier that knows the person, or by the privacy officer."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Response

from service.api.bodies import JsonBody
from service.api.callers import AnyCall, PersonCall
from service.api.paging import page, stretch
from service.api.schemas.base import Cursor, Id, Limit, Listed, answer, listed
from service.api.schemas.objections import ObjectionAnswer, ObjectionCounts, ObjectionInput
from service.domain.principal import Role
from service.use_cases.call import Call
from service.use_cases.lodge_objection import lodge_objection, withdraw_objection
from service.use_cases.read_objections import count_objections, list_objections

router = APIRouter(tags=["objections"])


@router.post(
    "/v1/objections",
    operation_id="lodgeObjection",
    status_code=201,
    summary="Leave a person out from now on",
    response_model=ObjectionAnswer,
)
def post_objection(call: AnyCall, body: Annotated[ObjectionInput, Depends(JsonBody(ObjectionInput))]) -> Response:
    """The person's records count in nothing that is made from now on; lodging the same again gives the same answer.

    It says nothing of whether anybody else delivered this person.
    """
    made = lodge_objection(call, body.pseudonym, body.data_sets, body.purposes)
    return answer(ObjectionAnswer.of(made, shows_person=_sees_persons(call)), 201)


@router.get(
    "/v1/objections",
    operation_id="listObjections",
    summary="The objections",
    response_model=Listed[ObjectionAnswer],
)
def get_objections(call: AnyCall, limit: Limit = 50, cursor: Cursor = None) -> Response:
    """Newest first: all for the privacy officer, those that it lodged for a supplier. Each look is an audit event."""
    shown, following = stretch(list_objections(call, page(limit, cursor)), limit, lambda one: one.id)
    return listed((ObjectionAnswer.of(one, shows_person=_sees_persons(call)) for one in shown), following)


@router.get(
    "/v1/objection-counts",
    operation_id="countObjections",
    summary="How many objections are in force",
    response_model=ObjectionCounts,
)
def get_objection_counts(call: PersonCall) -> Response:
    """By data set, and nothing of whom or by whom."""
    return answer(ObjectionCounts(counts=dict(count_objections(call))))


@router.put(
    "/v1/objections/{objection_id}/withdrawal",
    operation_id="withdrawObjection",
    summary="Let a person count again from now on",
    response_model=ObjectionAnswer,
)
def put_withdrawal(call: AnyCall, objection_id: Id) -> Response:
    """By whoever lodged it, or the privacy officer; withdrawing twice is fine."""
    return answer(ObjectionAnswer.of(withdraw_objection(call, objection_id), shows_person=_sees_persons(call)))


def _sees_persons(call: Call) -> bool:
    return Role.PRIVACY_OFFICER in call.principal.roles
