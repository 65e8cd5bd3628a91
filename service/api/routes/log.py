"""The audit log's tree, for anybody who wants to check it: C2SP tlog-tiles below `/v1/log`, and proofs ready made.

Hashes only: what was done is for auditors (`/v1/audit-events`). No caller, so that a witness needs no account.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from pydantic import BeforeValidator

from service.api.callers import require_known_query
from service.api.edge import edge_of
from service.api.schemas.base import answer
from service.api.schemas.log import LogStandingAnswer, ProofAnswer, SuccessionsAnswer
from service.domain.errors import NotFound
from service.domain.log_tiles import WIDTH, parse_tile_path
from service.use_cases.call import Services
from service.use_cases.read_log import (
    read_checkpoint,
    read_consistency,
    read_inclusion,
    read_log_key,
    read_log_successions,
    read_standing,
    read_tile,
)

router = APIRouter(tags=["log"])

_TEXT = "text/plain; charset=utf-8"
_NEWEST = {"Cache-Control": "no-store", "Access-Control-Allow-Origin": "*"}
_FOR_EVER = {"Cache-Control": "public, max-age=31536000, immutable", "Access-Control-Allow-Origin": "*"}
_MOST = 2**53 - 1


def _whole(value: object) -> object:
    """A number in plain decimal digits."""
    fits = isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= len(str(_MOST))
    return int(str(value)) if fits and str(int(str(value))) == value else "no number"


def _open(request: Request) -> Services:
    """The services, for whoever asks with a query that the route knows."""
    require_known_query(request)
    return edge_of(request).services


OpenServices = Annotated[Services, Depends(_open)]
_Count = Annotated[int, BeforeValidator(_whole), Query(ge=0, le=_MOST)]
_TEXT_ANSWER = {"content": {"text/plain": {"schema": {"type": "string"}}}}
_TILE_ANSWER = {"content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}


@router.get(
    "/v1/log/checkpoint",
    operation_id="readCheckpoint",
    summary="How the log stands, signed",
    response_class=Response,
    responses={200: _TEXT_ANSWER, 404: {}},
)
def get_checkpoint(services: OpenServices) -> Response:
    """The newest checkpoint (C2SP tlog-checkpoint): origin, size and root in a signed note."""
    return Response(read_checkpoint(services).note, headers=_NEWEST, media_type=_TEXT)


@router.get(
    "/v1/log/key",
    operation_id="readLogKey",
    summary="The key that signs the log",
    response_class=Response,
    responses={200: _TEXT_ANSWER, 404: {}},
)
def get_key(services: OpenServices) -> Response:
    """The verifier key of the log (C2SP signed-note): name, key id, public key. Compare it once, elsewhere."""
    return Response(read_log_key(services) + "\n", headers=_NEWEST, media_type=_TEXT)


@router.get(
    "/v1/log/successions",
    operation_id="readLogSuccessions",
    summary="How the keys of the log followed each other",
    response_model=SuccessionsAnswer,
)
def get_successions(services: OpenServices) -> Response:
    """Signed notes, oldest first, each signed by the key before and the one that follows; none while there is one."""
    return answer(SuccessionsAnswer(successions=list(read_log_successions(services))), headers=dict(_NEWEST))


@router.get(
    "/v1/log/tile/{level}/{tile:path}",
    operation_id="readTile",
    summary="A tile of the log's tree",
    response_class=Response,
    responses={200: _TILE_ANSWER},
)
def get_tile(
    services: OpenServices,
    level: Annotated[str, Path(description="0 for the leaves", examples=["0"])],
    tile: Annotated[str, Path(description="As C2SP tlog-tiles writes it", examples=["000.p/1"])],
) -> Response:
    """Up to 256 hashes of 32 bytes. The events themselves (`entries`) are not shown here."""
    found = parse_tile_path(level, tile)
    if found is None:
        raise NotFound("log")
    hashes = read_tile(services, *found)
    return Response(hashes, headers=_FOR_EVER if found[1] == WIDTH else _NEWEST, media_type="application/octet-stream")


@router.get(
    "/v1/log/inclusion",
    operation_id="readInclusionProof",
    summary="Proof that a leaf is in the log",
    response_model=ProofAnswer,
    responses={400: {}, 404: {}},
)
def get_inclusion(
    services: OpenServices,
    index: Annotated[_Count, Query(description="Place of the leaf, from 0")],
    size: Annotated[_Count, Query(description="Of the tree")],
) -> Response:
    """The hashes from the leaf to the root of the tree of that size (RFC 6962, section 2.1.1)."""
    return answer(ProofAnswer.of(read_inclusion(services, index, size)))


@router.get(
    "/v1/log/consistency",
    operation_id="readConsistencyProof",
    summary="Proof that the log only grew",
    response_model=ProofAnswer,
    responses={400: {}, 404: {}},
)
def get_consistency(
    services: OpenServices,
    old: Annotated[_Count, Query(alias="from", description="Size of the older tree")],
    new: Annotated[_Count, Query(alias="to", description="Size of the newer tree")],
) -> Response:
    """The hashes by which the newer tree shows to begin with the older one (RFC 6962, section 2.1.2)."""
    return answer(ProofAnswer.of(read_consistency(services, old, new)))


@router.get(
    "/v1/log/status", operation_id="readLogStatus", summary="Is the log behind", response_model=LogStandingAnswer
)
def get_status(services: OpenServices) -> Response:
    """For monitoring: an alarm when the oldest event without a place has waited for more than ten seconds."""
    return answer(LogStandingAnswer.of(read_standing(services)), headers=dict(_NEWEST))
