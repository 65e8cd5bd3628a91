"""The OpenAPI 3.1 document: what FastAPI sees of the routes, and what the dependencies know beside it.

Bodies, who may call, and which problems an operation can answer with are read off the dependencies of each route, so
that the document cannot promise something else than the code does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from service.api.bodies import FORM, Body
from service.api.callers import Known
from service.api.problem_texts import EDGE
from service.api.problems import PROBLEM_JSON
from service.api.schemas.problems import Problem
from service.api.settings import VERSION
from service.domain.principal import Person, Supplier

_REF = "#/components/schemas/{model}"
_PROBLEM = {"$ref": "#/components/schemas/Problem"}
_DESCRIPTION = """Sluis is a Trusted Third Party between care organisations that may not see each other's figures and \
regions that need the sum of them.

Suppliers register a key once (`POST /v1/registrations`), get short tokens with it (`POST /v1/oauth/token`) and \
deliver (`POST /v1/submissions`); the Python package `sluis-client` does all of this. People log in at their own \
OpenID provider and send its token.

Every error is a problem (RFC 9457) with a stable `code` and Dutch and English texts. Every answer names the trace in \
`X-Request-Id`; send `traceparent` (W3C) to let your own go on. Times are in UTC."""
_STATUS_CODES: Mapping[int, str] = {
    400: "invalid-request",
    401: "not-authenticated",
    404: "not-found",
    405: "method-not-allowed",
    406: "not-acceptable",
    408: "request-timeout",
    413: "body-too-large",
    415: "unsupported-media-type",
    429: "too-many-requests",
    500: "internal-error",
    503: "not-ready",
}
_TAGS = {
    "submissions": "Deliveries of suppliers",
    "rounds": "Which data set is asked of whom, over which period, until when",
    "aggregate-requests": "Questions of regional owners, and what becomes of them",
    "releases": "Figures that may be seen",
    "public figures": "What others publish, to be read beside releases",
    "catalogue": "What may flow, in which terms",
    "purposes": "For which purpose, on which basis, and who approved it",
    "regions": "The regions that organisations stand for, and classifications that people bring in",
    "agreements": "Agreements, assessments and consents that the use of figures rests on",
    "identity": "Keys, tokens, organisations",
    "audit": "Who did what to which data, why and on what basis",
    "log": "The tree over the audit log, for anybody to check",
    "service": "The service itself",
}
_TOKEN_FORM: Mapping[str, Any] = {
    "type": "object",
    "required": ["grant_type", "client_assertion_type", "client_assertion"],
    "properties": {
        "grant_type": {"type": "string", "const": "client_credentials"},
        "client_assertion_type": {
            "type": "string",
            "const": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        },
        "client_assertion": {
            "type": "string",
            "maxLength": 8192,
            "description": "JWT (ES256): iss and sub the client id, aud the issuer, iat, exp at most 300 s on, jti",
        },
    },
}


def document(app: FastAPI, *, issuer: str, providers: Sequence[str]) -> dict[str, Any]:
    """The document of this application.

    Args:
        app: the application with all its routes.
        issuer: the service's own address.
        providers: issuers of the OpenID providers.
    """
    made = get_openapi(
        title=app.title,
        version=VERSION,
        openapi_version="3.1.0",
        summary="Secure aggregation of care figures",
        description=_DESCRIPTION,
        routes=app.routes,
        tags=[{"name": name, "description": text} for name, text in _TAGS.items()],
        servers=[{"url": issuer}],
        license_info={"name": "EUPL-1.2", "identifier": "EUPL-1.2"},
        contact={"name": "The operator of this service", "url": issuer},
    )
    routes = [route for route in app.routes if isinstance(route, APIRoute)]
    schemas = made["components"]["schemas"]
    schemas.pop("HTTPValidationError", None)
    schemas.pop("ValidationError", None)
    schemas.update(_schemas([body.model for route in routes for body in bodies_of(route) if body.model]))
    for route in routes:
        for method in route.methods or ():
            operation = made["paths"][route.path_format][method.lower()]
            _complete(operation, route)
    made["components"]["securitySchemes"] = _security_schemes(issuer, providers)
    return made


def bodies_of(route: APIRoute) -> list[Body]:
    """What reads the body of a route: one dependency at most."""
    return [found for found in _dependencies(route.dependant) if isinstance(found, Body)]


def callers_of(route: APIRoute) -> list[Known]:
    """What lets callers into a route; empty for one that is open to strangers."""
    return [found for found in _dependencies(route.dependant) if isinstance(found, Known)]


def _dependencies(dependant: Dependant) -> Iterator[object]:
    for inner in dependant.dependencies:
        yield inner.call
        yield from _dependencies(inner)


def _schemas(models: Sequence[type[BaseModel]]) -> dict[str, Any]:
    inputs, outputs = [(model, "validation") for model in dict.fromkeys(models)], [(Problem, "serialization")]
    _, made = models_json_schema([*inputs, *outputs], ref_template=_REF)  # type: ignore[list-item]
    found: dict[str, Any] = made["$defs"]
    return found


def _complete(operation: dict[str, Any], route: APIRoute) -> None:
    """Add body, callers and problems."""
    callers = callers_of(route)
    operation["security"] = [
        {scheme: []} for caller in callers for kind, scheme in _SCHEMES.items() if kind in caller.kinds
    ]
    for body in bodies_of(route):
        content = {body.media_type: {"schema": _body_schema(body)}}
        operation["requestBody"] = {"required": True, "content": content}
    responses: dict[str, Any] = operation["responses"]
    responses.pop("422", None)
    for status in _problem_statuses(route, responses):
        if "content" not in responses.get(str(status), {}):
            responses[str(status)] = _problem_response(status)
    for given in responses.values():
        given["headers"] = {**_HEADERS, **given.get("headers", {})}


def _body_schema(body: Body) -> Mapping[str, Any]:
    if body.model is not None:
        return {"$ref": _REF.format(model=body.model.__name__)}
    return _TOKEN_FORM if body.media_type == FORM else {"type": "string", "contentMediaType": body.media_type}


def _problem_statuses(route: APIRoute, responses: Mapping[str, Any]) -> set[int]:
    """Which errors the operation can answer with: its own, and those of what guards it."""
    statuses = {429, 500} | {int(status) for status in responses if int(status) >= _FIRST_ERROR}
    if bodies_of(route):
        statuses |= {400, 408, 413, 415}
    if callers_of(route):
        statuses |= {400, 401, 403, 503}
    if "{" in route.path:
        statuses |= {404}
    return statuses


def _problem_response(status: int) -> dict[str, Any]:
    code = _STATUS_CODES.get(status)
    text = EDGE[code] if code else None
    title, title_nl, code = (text.title, text.title_nl, code) if text and code else _OTHERS[status]
    example = {
        "type": f"urn:sluis:problem:{code}",
        "title": title,
        "titleNl": title_nl,
        "status": status,
        "detail": text.detail if text else title,
        "detailNl": text.detail_nl if text else title_nl,
        "instance": "urn:uuid:0af76519-16cd-43dd-8448-eb211c80319c",
        "code": code,
    }
    headers = {"Retry-After": _RETRY_AFTER} if status in {429, 503} else {}
    if status == 401:  # noqa: PLR2004 - RFC 9110
        headers = {"WWW-Authenticate": {"schema": {"type": "string"}, "description": "RFC 6750, RFC 9449"}}
    content = {PROBLEM_JSON: {"schema": _PROBLEM, "example": example}}
    return {"description": title, "content": content, "headers": headers}


def _security_schemes(issuer: str, providers: Sequence[str]) -> dict[str, Any]:
    provider = providers[0].rstrip("/") if providers else "https://login.example"
    return {
        "machineClient": {
            "type": "oauth2",
            "description": "Suppliers: client credentials with private_key_jwt, the token bound by DPoP (RFC 9449)",
            "flows": {"clientCredentials": {"tokenUrl": f"{issuer}/v1/oauth/token", "scopes": {}}},
        },
        "person": {
            "type": "openIdConnect",
            "description": "People: the token of the organisation's own OpenID provider",
            "openIdConnectUrl": f"{provider}/.well-known/openid-configuration",
        },
    }


_SCHEMES = {Supplier: "machineClient", Person: "person"}
_OTHERS = {
    403: ("Not allowed", "Niet toegestaan", "denied"),
    409: ("Conflicts with the present state", "Botst met de huidige toestand", "round-not-open"),
}
_FIRST_ERROR = 400
_RETRY_AFTER = {"schema": {"type": "integer", "minimum": 1}, "description": "Seconds to wait"}
_HEADERS: Mapping[str, Any] = {
    "API-Version": {"schema": {"type": "string"}, "description": "The version of the API", "example": VERSION},
    "X-Request-Id": {"schema": {"type": "string", "format": "uuid"}, "description": "The trace id"},
}
