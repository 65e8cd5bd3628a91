"""Purposes: proposed, reviewed, approved, suspended, withdrawn; and the record of processing."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BeforeValidator

from service.api.bodies import JsonBody
from service.api.callers import PersonCall
from service.api.negotiation import choose
from service.api.register import register_csv, register_html
from service.api.schemas.base import Answer, Id, Listed, answer, listed, plain_number
from service.api.schemas.purposes import (
    PurposeAnswer,
    PurposeChangeInput,
    PurposeInput,
    PurposeVerdictInput,
    RegisterAnswer,
)
from service.use_cases.call import Call
from service.use_cases.judge_purpose import approve_purpose, change_purpose, review_purpose
from service.use_cases.propose_purpose import propose_purpose
from service.use_cases.read_purposes import list_purposes, read_purpose, read_register

router = APIRouter(tags=["purposes"])

_Version = Annotated[
    int | None, BeforeValidator(plain_number), Query(ge=1, le=9999, description="The newest when left out")
]
_FORMS = {"json": "application/json", "csv": "text/csv", "html": "text/html"}
_Format = Annotated[Literal["json", "csv", "html"] | None, Query(alias="format", description="Instead of Accept")]
_DOCUMENT = 128 * 1024


@router.get(
    "/v1/purposes",
    operation_id="listPurposes",
    summary="The purposes that the caller may see",
    response_model=Listed[PurposeAnswer],
)
def get_purposes(call: PersonCall) -> Response:
    """For a steward or privacy officer every version; for a regional owner those that it may use or proposed."""
    return listed(PurposeAnswer.of(found) for found in list_purposes(call))


@router.post(
    "/v1/purposes",
    operation_id="proposePurpose",
    status_code=201,
    summary="Propose a purpose, or a new version",
    response_model=PurposeAnswer,
    responses={409: {}},
)
def post_purpose(
    call: PersonCall, body: Annotated[PurposeInput, Depends(JsonBody(PurposeInput, _DOCUMENT))]
) -> Response:
    """Every fault at once, each with its article. Nothing is permitted by it until it is reviewed and approved."""
    made = propose_purpose(call, body.document)
    return answer(_as_it_is(call, made.id, made.version), 201, {"Location": f"/v1/purposes/{made.id}"})


@router.get(
    "/v1/purposes/{purpose_id}",
    operation_id="readPurpose",
    summary="A purpose",
    response_model=PurposeAnswer,
)
def get_purpose(call: PersonCall, purpose_id: Id, version: _Version = None) -> Response:
    """One version in full, with the verdicts on it."""
    return answer(_as_it_is(call, purpose_id, version))


@router.post(
    "/v1/purposes/{purpose_id}/review",
    operation_id="reviewPurpose",
    status_code=201,
    summary="The privacy officer's review",
    response_model=PurposeAnswer,
    responses={409: {}},
)
def post_review(
    call: PersonCall, purpose_id: Id, body: Annotated[PurposeVerdictInput, Depends(JsonBody(PurposeVerdictInput))]
) -> Response:
    """Without a positive review nobody can approve; the review is none of the two approvals."""
    review_purpose(call, purpose_id, body.version, body.said, body.reason)
    return answer(_as_it_is(call, purpose_id, body.version), 201)


@router.post(
    "/v1/purposes/{purpose_id}/approvals",
    operation_id="approvePurpose",
    status_code=201,
    summary="A steward's verdict",
    response_model=PurposeAnswer,
    responses={409: {}},
)
def post_approval(
    call: PersonCall, purpose_id: Id, body: Annotated[PurposeVerdictInput, Depends(JsonBody(PurposeVerdictInput))]
) -> Response:
    """Four eyes: two stewards, neither of them the proposer. At the second approval it holds at once."""
    approve_purpose(call, purpose_id, body.version, body.said, body.reason)
    return answer(_as_it_is(call, purpose_id, body.version), 201)


@router.put(
    "/v1/purposes/{purpose_id}/state",
    operation_id="changePurpose",
    summary="Suspend, resume or withdraw",
    response_model=PurposeAnswer,
    responses={409: {}},
)
def put_state(
    call: PersonCall, purpose_id: Id, body: Annotated[PurposeChangeInput, Depends(JsonBody(PurposeChangeInput))]
) -> Response:
    """It works on the next decision: no new request, and no release of what was asked before. Releases stay."""
    change_purpose(call, purpose_id, body.version, body.change, body.reason)
    return answer(_as_it_is(call, purpose_id, body.version))


@router.get(
    "/v1/processing-register",
    operation_id="readRegister",
    summary="The record of processing",
    response_model=RegisterAnswer,
    responses={
        200: {
            "content": {_FORMS["csv"]: {"schema": {"type": "string"}}, _FORMS["html"]: {"schema": {"type": "string"}}}
        },
        406: {},
    },
)
def get_register(request: Request, call: PersonCall, form: _Format = None) -> Response:
    """GDPR article 30, from the purposes that decisions look at; as JSON, CSV, or a page to print."""
    chosen = _FORMS[form] if form else choose(request, tuple(_FORMS.values()))
    register = read_register(call)
    if chosen == _FORMS["csv"]:
        return Response(register_csv(register), media_type=chosen)
    if chosen == _FORMS["html"]:
        return Response(register_html(register), media_type=chosen)
    return answer(RegisterAnswer.of(register))


def _as_it_is(call: Call, purpose: str, version: int | None) -> Answer:
    return PurposeAnswer.of(read_purpose(call, purpose, version))
