"""Agreements, assessments and consents: recorded, confirmed, given, left, withdrawn."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Response

from service.api.bodies import JsonBody
from service.api.callers import AnyCall, PersonCall, SupplierCall
from service.api.schemas.agreements import (
    AgreementAnswer,
    AgreementEndInput,
    AgreementInput,
    AgreementVerdictInput,
    ConsentInput,
)
from service.api.schemas.base import Answer, Id, Listed, answer, listed
from service.use_cases.call import Call
from service.use_cases.judge_agreement import judge_agreement, leave_agreement, withdraw_agreement
from service.use_cases.read_agreements import list_agreements, read_agreement
from service.use_cases.record_agreement import give_consent, record_agreement

router = APIRouter(tags=["agreements"])


@router.get(
    "/v1/agreements",
    operation_id="listAgreements",
    summary="The agreements that the caller may see",
    response_model=Listed[AgreementAnswer],
)
def get_agreements(call: AnyCall) -> Response:
    """For steward, privacy officer and auditor all of them; for a supplier or regional owner its own."""
    return listed(AgreementAnswer.of(found) for found in list_agreements(call))


@router.post(
    "/v1/agreements",
    operation_id="recordAgreement",
    status_code=201,
    summary="Record an agreement, assessment or consent",
    response_model=AgreementAnswer,
)
def post_agreement(call: PersonCall, body: Annotated[AgreementInput, Depends(JsonBody(AgreementInput))]) -> Response:
    """By a steward. Nothing rests on it until somebody else has confirmed it."""
    made = record_agreement(call, body.terms())
    return answer(_as_it_is(call, made.id), 201, {"Location": f"/v1/agreements/{made.id}"})


@router.get(
    "/v1/agreements/{agreement_id}",
    operation_id="readAgreement",
    summary="An agreement",
    response_model=AgreementAnswer,
)
def get_agreement(call: AnyCall, agreement_id: Id) -> Response:
    """How it stands today."""
    return answer(_as_it_is(call, agreement_id))


@router.post(
    "/v1/agreements/{agreement_id}/verdict",
    operation_id="judgeAgreement",
    status_code=201,
    summary="Confirm or reject (four eyes)",
    response_model=AgreementAnswer,
    responses={409: {}},
)
def post_verdict(
    call: PersonCall, agreement_id: Id, body: Annotated[AgreementVerdictInput, Depends(JsonBody(AgreementVerdictInput))]
) -> Response:
    """By a steward or the privacy officer who looked at the document, other than who recorded it."""
    judge_agreement(call, agreement_id, body.said)
    return answer(_as_it_is(call, agreement_id), 201)


@router.post(
    "/v1/agreements/{agreement_id}/withdrawal",
    operation_id="withdrawAgreement",
    status_code=201,
    summary="End it for everybody",
    response_model=AgreementAnswer,
    responses={409: {}},
)
def post_withdrawal(
    call: PersonCall, agreement_id: Id, body: Annotated[AgreementEndInput, Depends(JsonBody(AgreementEndInput))]
) -> Response:
    """It works on the next decision: no delivery, request or release rests on it any more. Releases stay."""
    withdraw_agreement(call, agreement_id, body.reason)
    return answer(_as_it_is(call, agreement_id), 201)


@router.post(
    "/v1/agreements/{agreement_id}/departure",
    operation_id="leaveAgreement",
    status_code=201,
    summary="End it for the own organisation",
    response_model=AgreementAnswer,
    responses={409: {}},
)
def post_departure(
    call: SupplierCall, agreement_id: Id, body: Annotated[AgreementEndInput, Depends(JsonBody(AgreementEndInput))]
) -> Response:
    """A supplier ends an agreement, or withdraws its consent, for itself; the other parties stay under it."""
    leave_agreement(call, agreement_id, body.reason)
    return answer(_as_it_is(call, agreement_id), 201)


@router.post(
    "/v1/consents",
    operation_id="giveConsent",
    status_code=201,
    summary="Consent to the use of the own figures",
    response_model=AgreementAnswer,
)
def post_consent(call: SupplierCall, body: Annotated[ConsentInput, Depends(JsonBody(ConsentInput))]) -> Response:
    """A supplier speaks for itself: it holds at once, until its last day or until the supplier leaves it."""
    made = give_consent(call, body.data_set, body.purposes, body.valid_until, body.serves)
    return answer(_as_it_is(call, made.id), 201, {"Location": f"/v1/agreements/{made.id}"})


def _as_it_is(call: Call, agreement: str) -> Answer:
    return AgreementAnswer.of(read_agreement(call, agreement))
