"""What anybody may ask: whether the service is up, its keys, and how to get a token."""

from __future__ import annotations

import json
from typing import Any, Literal

from fastapi import APIRouter, Request, Response

from service.api.edge import edge_of
from service.api.problems import Refused
from service.api.schemas.base import Answer, Day, answer
from service.domain.errors import NotFound
from service.use_cases.read_sealing_keys import read_sealing_keys

router = APIRouter(tags=["service"])

TOKEN_PATH = "/v1/oauth/token"  # noqa: S105 - an address
JWKS_PATH = "/.well-known/jwks.json"
PSEUDONYMS_PATH = "/.well-known/sluis-pseudonyms"
OPENAPI_PATH = "/v1/openapi.json"

_FRESH = {"Cache-Control": "no-store"}
_SHARED = {"Cache-Control": "public, max-age=300", "Access-Control-Allow-Origin": "*"}


class HealthAnswer(Answer):
    """The process answers."""

    status: Literal["pass"] = "pass"


class ReadinessAnswer(Answer):
    """Which parts of the service answer."""

    status: Literal["pass"] = "pass"
    parts: dict[str, bool]


class PseudonymKeyAnswer(Answer):
    """A key in force: figures about periods that end on `since` or later use it."""

    version: int
    since: Day
    check: str


class PseudonymKeysAnswer(Answer):
    """Where pseudonyms are made."""

    key_holder: str
    domains: dict[str, list[PseudonymKeyAnswer]]


class SealingKeysAnswer(Answer):
    """The keys to seal content to (HPKE, RFC 9180), signed."""

    sealing_keys: dict[str, Any]
    key_id: str
    signature: str


class JwksAnswer(Answer):
    """The public keys (RFC 7517)."""

    keys: list[dict[str, str]]


@router.get("/v1/health", operation_id="readHealth", summary="Is the process up", response_model=HealthAnswer)
async def read_health() -> Response:
    """Says that the process answers, and nothing of what lies behind it."""
    return answer(HealthAnswer())


@router.get(
    "/v1/readiness",
    operation_id="readReadiness",
    summary="Can the service do its work",
    response_model=ReadinessAnswer,
    responses={503: {}},
)
def read_readiness(request: Request) -> Response:
    """Asks each part that the service cannot do without; 503 when one does not answer."""
    parts = {name: answers() for name, answers in edge_of(request).readiness.items()}
    if not all(parts.values()):
        raise Refused("not-ready", headers={"Retry-After": "5"}, extra={"parts": parts})
    return answer(ReadinessAnswer(parts=parts))


@router.get(JWKS_PATH, operation_id="readKeys", summary="The service's public keys", response_model=JwksAnswer)
def read_keys(request: Request) -> Response:
    """The keys of access tokens (EC P-256, ES256) and of receipts and releases (Ed25519, EdDSA)."""
    keys = [dict(key) for key in edge_of(request).jwks()]
    return Response(json.dumps({"keys": keys}, separators=(",", ":")), 200, _SHARED, "application/json")


@router.get(
    "/v1/sealing-keys",
    operation_id="readSealingKeys",
    summary="The keys to seal content to",
    response_model=SealingKeysAnswer,
)
def get_sealing_keys(request: Request) -> Response:
    """Signed now by the key of receipts: Ed25519 over `sluis-sealing-keys-v1`, a line feed and the RFC 8785 form.

    Use the active key that came last. A part that is sealed to another than an active key is refused
    (`sealing-key-not-active`): ask again and seal anew.
    """
    made = read_sealing_keys(edge_of(request).services)
    return Response(json.dumps(made.to_json(), separators=(",", ":")), 200, _FRESH, "application/json")


@router.get(
    "/.well-known/oauth-authorization-server",
    operation_id="readAuthorisationServer",
    summary="How machine clients get a token",
)
async def read_authorisation_server(request: Request) -> Response:
    """The authorisation server's metadata (RFC 8414)."""
    issuer = edge_of(request).services.issuer
    document = {
        "issuer": issuer,
        "token_endpoint": issuer + TOKEN_PATH,
        "jwks_uri": issuer + JWKS_PATH,
        "grant_types_supported": ["client_credentials"],
        "response_types_supported": [],
        "token_endpoint_auth_methods_supported": ["private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": ["ES256"],
        "dpop_signing_alg_values_supported": ["ES256"],
        "service_documentation": issuer + OPENAPI_PATH,
    }
    return Response(json.dumps(document, separators=(",", ":")), 200, _SHARED, "application/json")


@router.get(
    PSEUDONYMS_PATH,
    operation_id="readPseudonymKeys",
    summary="Where pseudonyms are made, and by which keys",
    response_model=PseudonymKeysAnswer,
    responses={404: {}},
)
def read_pseudonym_keys(request: Request) -> Response:
    """The key holder's address, and per domain its keys in force with their check values; never a key."""
    announced = edge_of(request).services.pseudonyms.announced()
    if announced is None:
        raise NotFound("key-holder")
    return Response(json.dumps(announced.to_json(), separators=(",", ":")), 200, _SHARED, "application/json")


@router.get(OPENAPI_PATH, operation_id="readOpenApi", summary="This document")
def read_open_api(request: Request) -> Response:
    """The OpenAPI document of this version."""
    return Response(request.app.state.document(), 200, _SHARED, "application/json")
