"""Deliveries: in one call, or announced, sent in parts and completed. Every call may be repeated safely."""

from __future__ import annotations

import base64
import re
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response

from service.api.bodies import JSON, OCTETS, Body, JsonBody, invalid, read_json
from service.api.callers import AnyCall, SupplierCall
from service.api.faults import in_body, in_header, of_wire
from service.api.paging import page, stretch
from service.api.problems import Refused
from service.api.schemas.base import (
    Cursor,
    Id,
    IdempotencyKey,
    Limit,
    Listed,
    Number,
    QueryIdentifier,
    answer,
    listed,
)
from service.api.schemas.submissions import CompletionInput, SubmissionAnswer, SubmissionInput, faults_of
from service.api.settings import INLINE_BODY, KIB
from service.domain.principal import Supplier
from service.domain.submission import SubmissionState
from service.use_cases.abandon_submission import abandon_submission
from service.use_cases.acceptance import Delivered
from service.use_cases.begin_submission import begin_submission
from service.use_cases.call import Call
from service.use_cases.complete_submission import complete_submission
from service.use_cases.opening import Sealed
from service.use_cases.read_submissions import list_submissions, read_submission
from service.use_cases.receive_part import receive_part
from service.use_cases.submit_records import submit_records
from service.use_cases.withdraw_submission import withdraw_submission
from sluis_client.wire import Format, SignedManifest, WireError, content_of_records, from_base64url
from sluis_client.wire.manifest import KEY_ID
from sluis_client.wire.sealing import SEALED_OVERHEAD
from sluis_client.wire.strict import Fields

router = APIRouter(tags=["submissions"])

PART_BODY = 8 * KIB * KIB + SEALED_OVERHEAD
_RECORDS = ("records", "sealedRecords")
_DUPLICATE = {"Sluis-Outcome": "duplicate"}
_CONTENT_DIGEST = re.compile(r"sha-256=:([A-Za-z0-9+/]{43}=):")
_State = Annotated[SubmissionState | None, Query(description="Only deliveries in this state")]


@router.post(
    "/v1/submissions",
    operation_id="submit",
    status_code=201,
    summary="Deliver, or announce a delivery",
    response_model=SubmissionAnswer,
    responses={200: {"model": SubmissionAnswer, "description": "The delivery was there already"}, 409: {}},
)
def post_submission(
    call: SupplierCall,
    idempotency_key: IdempotencyKey,
    raw: Annotated[bytes, Depends(Body(JSON, INLINE_BODY, SubmissionInput))],
) -> Response:
    """With `records` the delivery is checked and settled at once; without, its content follows in parts.

    The same idempotency key or the same manifest gets the answer of the first call. Content that counts already under
    another manifest gets the delivery that counts, with the header `Sluis-Outcome: duplicate`.
    """
    signed, given = _read(raw)
    if given is None:
        delivered = begin_submission(call, signed, idempotency_key)
    else:
        delivered = submit_records(call, signed, given, idempotency_key)
    same = delivered.submission.manifest_digest == signed.manifest.digest()
    return _delivered(call, delivered, duplicate=not same, made=201)


@router.get(
    "/v1/submissions",
    operation_id="listSubmissions",
    summary="The deliveries",
    response_model=Listed[SubmissionAnswer],
)
def get_submissions(
    call: AnyCall,
    round_: Annotated[QueryIdentifier, Query(alias="round")] = None,
    state: _State = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """Newest first: a supplier's own, or that they are there for a steward."""
    found = list_submissions(call, page(limit, cursor), round_, state)
    shown, following = stretch(found, limit, lambda submission: submission.id)
    own = isinstance(call.principal, Supplier)
    return listed((SubmissionAnswer.of(submission, own=own) for submission in shown), following)


@router.get(
    "/v1/submissions/{submission_id}",
    operation_id="readSubmission",
    summary="A delivery",
    response_model=SubmissionAnswer,
)
def get_submission(call: AnyCall, submission_id: Id) -> Response:
    """The delivery; while it is receiving with the parts that have come in, once accepted with its place in the log."""
    return answer(_as_it_is(call, submission_id))


@router.put(
    "/v1/submissions/{submission_id}/parts/{number}",
    operation_id="receivePart",
    status_code=204,
    summary="Send a part of the content",
    responses={409: {}},
    openapi_extra={
        "parameters": [
            {
                "name": "Content-Digest",
                "in": "header",
                "required": True,
                "description": "SHA-256 of the part (RFC 9530)",
                "schema": {"type": "string", "pattern": r"^sha-256=:[A-Za-z0-9+/]{43}=:$"},
                "example": "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:",
            },
            {
                "name": "Sluis-Sealed-To",
                "in": "header",
                "required": False,
                "description": "The id of the key to which the part is sealed, when it is",
                "schema": {"type": "string", "pattern": f"^{KEY_ID.pattern}$"},
            },
        ]
    },
)
def put_part(
    request: Request,
    call: SupplierCall,
    submission_id: Id,
    number: Number,
    content: Annotated[bytes, Depends(Body(OCTETS, PART_BODY))],
) -> Response:
    """Kept encrypted until the delivery is completed; sending the same part twice is fine."""
    sealed_to = _sealed_to(request)
    sent = content if sealed_to is None else Sealed(sealed_to, content)
    receive_part(call, submission_id, number, sent, _content_digest(request))
    return Response(status_code=204)


@router.put(
    "/v1/submissions/{submission_id}/completion",
    operation_id="completeSubmission",
    summary="Say that all parts are there",
    response_model=SubmissionAnswer,
    responses={409: {}},
)
def put_completion(
    call: SupplierCall, submission_id: Id, body: Annotated[CompletionInput, Depends(JsonBody(CompletionInput))]
) -> Response:
    """The delivery is checked and settled as a whole; a settled one answers as it did the first time."""
    delivered = complete_submission(call, submission_id, body.parts)
    return _delivered(call, delivered, duplicate=delivered.submission.id != submission_id, made=200)


@router.put(
    "/v1/submissions/{submission_id}/withdrawal",
    operation_id="withdrawSubmission",
    summary="Withdraw a delivery that counts",
    response_model=SubmissionAnswer,
    responses={409: {}},
)
def put_withdrawal(call: SupplierCall, submission_id: Id) -> Response:
    """It counts in nothing that is released from now on; what was released stays. Withdrawing twice is fine."""
    withdraw_submission(call, submission_id)
    return answer(_as_it_is(call, submission_id))


@router.delete(
    "/v1/submissions/{submission_id}",
    operation_id="abandonSubmission",
    status_code=204,
    summary="Give a delivery up that is receiving",
    responses={409: {}},
)
def delete_submission(call: SupplierCall, submission_id: Id) -> Response:
    """The parts received so far are dropped; giving up twice is fine."""
    abandon_submission(call, submission_id)
    return Response(status_code=204)


def _as_it_is(call: Call, submission: str) -> SubmissionAnswer:
    view = read_submission(call, submission)
    return SubmissionAnswer.of(
        view.submission,
        own=isinstance(call.principal, Supplier),
        part_size=call.services.limits.piece_size,
        parts=view.pieces,
        proof=view.proof,
        served=view.served,
    )


def _delivered(call: Call, delivered: Delivered, *, duplicate: bool, made: int) -> Response:
    """The submission, or 400 with all its faults when it was refused, the first time and every next."""
    found = delivered.submission
    if found.state is SubmissionState.REFUSED:
        raise Refused("content-refused", extra={"submissionId": found.id, "faults": faults_of(found.faults)})
    part_size = call.services.limits.piece_size
    message = SubmissionAnswer.of(found, own=True, part_size=part_size, served=delivered.served)
    headers = _DUPLICATE if duplicate else {}
    if delivered.repeated:
        return answer(message, 200, headers)
    return answer(message, made, {**headers, "Location": f"/v1/submissions/{found.id}"})


def _read(raw: bytes) -> tuple[SignedManifest, bytes | Sealed | None]:
    """The signed manifest and the records, as they were signed for or sealed, if there are any.

    Raises:
        Refused: with every fault of the manifest, or of how it goes with the records.
    """
    members = read_json(raw)
    records, sealed = (members.pop(name, None) if isinstance(members, dict) else None for name in _RECORDS)
    try:
        signed = SignedManifest.from_json(members)
    except WireError as error:
        raise Refused("invalid-request", faults=of_wire(error)) from None
    if records is not None and not isinstance(records, list):
        raise invalid(in_body("/records", "no-list", "moet een lijst zijn", "must be a list"))
    if records is not None and sealed is not None:
        raise invalid(in_body("/sealedRecords", "not-valid", "mag niet naast records", "must not go beside records"))
    if (signed.manifest.format is Format.JSON) != (records is not None or sealed is not None):
        nl = "formaat json hoort bij records in dezelfde aanroep, en alleen daarbij"
        raise invalid(in_body("/manifest/format", "not-valid", nl, "json goes with records in the same call only"))
    if sealed is not None:
        return signed, _sealed(sealed)
    return signed, None if records is None else _content(records)


def _sealed(value: Any) -> Sealed:
    """What came sealed.

    Raises:
        Refused: it is not written as it has to be.
    """
    try:
        fields = Fields(value, {"keyId", "content"})
        key_id, content = fields.text("keyId", KEY_ID), fields.text("content", longest=INLINE_BODY)
        fields.finish()
        return Sealed(key_id, from_base64url(content))
    except WireError as error:
        raise Refused("invalid-request", faults=of_wire(error)) from None
    except ValueError:
        nl, en = "is geen base64url zonder opvulling", "is no base64url without padding"
        raise invalid(in_body("/sealedRecords/content", "not-valid", nl, en)) from None


def _sealed_to(request: Request) -> str | None:
    """The id of the key to which a part is sealed.

    Raises:
        Refused: the header is not written as it has to be.
    """
    sent = request.headers.getlist("sluis-sealed-to")
    if not sent:
        return None
    if len(sent) != 1 or not KEY_ID.fullmatch(sent[0]):
        raise invalid(in_header("Sluis-Sealed-To", "moet een sleutel noemen", "must name one key"))
    return sent[0]


def _content(records: list[Any]) -> bytes:
    """The bytes over which the supplier made its content digest (RFC 8785).

    Raises:
        Refused: a number or text in it has no canonical form.
    """
    try:
        return content_of_records(records)
    except WireError as error:
        raise Refused("invalid-request", faults=of_wire(error)) from None


def _content_digest(request: Request) -> str:
    """The digest in the header Content-Digest, written the one way that is taken.

    Raises:
        Refused: there is none, or another.
    """
    sent = request.headers.getlist("content-digest")
    found = _CONTENT_DIGEST.fullmatch(sent[0]) if len(sent) == 1 else None
    if found is None:
        raise invalid(
            in_header(
                "Content-Digest",
                "moet een keer zijn gegeven, als sha-256=:<base64>:",
                "must be given once, as sha-256=:<base64>:",
            )
        )
    return "sha-256:" + base64.b64decode(found[1]).hex()
