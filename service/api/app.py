"""The application: routes, what guards them, and one place where errors become answers."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.routing import BaseRoute, Match

from service.api import openapi
from service.api.edge import Edge
from service.api.envelope import AccessLog, Envelope
from service.api.failed_logins import Recording
from service.api.faults import of_schema
from service.api.limiting import AddressLimit, RateLimits
from service.api.problems import Refused, domain_error, refused
from service.api.routes import (
    agreements,
    audit,
    catalogue,
    log,
    objections,
    organisations,
    pictures,
    public_figures,
    purposes,
    region_changes,
    region_lists,
    releases,
    requests,
    rounds,
    submissions,
    tokens,
    well_known,
)
from service.api.settings import VERSION, ApiSettings
from service.domain.errors import DomainError
from service.ports.identity import BearerTokens, PublicJwk
from service.use_cases.call import Services

_NOUNS = (
    releases,
    pictures,
    submissions,
    rounds,
    requests,
    public_figures,
    catalogue,
    purposes,
    agreements,
    region_changes,
    region_lists,
    tokens,
    objections,
    organisations,
    audit,
    log,
    well_known,
)
_NO_TELEMETRY: Any = {"tracing": False, "metrics": False, "logs": False, "operation_spans": False}
_METHODS = ("GET", "POST", "PUT", "DELETE")


def create_app(
    services: Services,
    bearer: BearerTokens,
    *,
    settings: ApiSettings,
    jwks: Callable[[], Sequence[PublicJwk]],
    access_log: AccessLog,
    readiness: Mapping[str, Callable[[], bool]] | None = None,
) -> FastAPI:
    """The HTTP API on these services.

    Args:
        services: what the use cases run on.
        bearer: who a token belongs to.
        settings: what the operator set.
        jwks: the public keys of access tokens, receipts and releases.
        access_log: is told of every answer.
        readiness: per part of the service whether it answers; a check may take a moment and must not raise. The
            database is always among them.
    """
    limits = RateLimits(settings.rates)
    app = FastAPI(
        title="Sluis",
        version=VERSION,
        routes=list(all_routes()),
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        telemetry=_NO_TELEMETRY,
        lifespan=Recording(access_log),
        middleware=[
            Middleware(Envelope, log=access_log, strict_transport=settings.strict_transport),
            Middleware(AddressLimit, limits=limits),
        ],
        exception_handlers={
            Refused: _refused,
            DomainError: _domain_error,
            RequestValidationError: _invalid,
            HTTPException: _routing,
        },
    )
    app.state.edge = Edge(
        services=services,
        bearer=bearer,
        settings=settings,
        limits=limits,
        jwks=jwks,
        readiness={"database": services.database.ready, **(readiness or {})},
    )

    @cache
    def document() -> bytes:
        """Made when somebody asks for it first: it takes longer than all else at the start of the service."""
        made = openapi.document(app, issuer=services.issuer, providers=settings.providers)
        return json.dumps(made, ensure_ascii=False, separators=(",", ":")).encode()

    app.state.document = document
    return app


def all_routes() -> Sequence[BaseRoute]:
    """Every route of the API."""
    return [route for noun in _NOUNS for route in noun.router.routes]


async def _refused(request: Request, error: Exception) -> Response:
    return refused(request, error)


async def _domain_error(request: Request, error: Exception) -> Response:
    return domain_error(request, error)


async def _invalid(request: Request, error: Exception) -> Response:
    """A parameter that is not as described: an id that cannot exist is not found, anything else is told."""
    if not isinstance(error, RequestValidationError):
        raise TypeError(type(error).__name__)
    found = error.errors()
    if any(fault["loc"][0] == "path" for fault in found):
        return refused(request, Refused("not-found"))
    return refused(request, Refused("invalid-request", faults=of_schema(found)))


async def _routing(request: Request, error: Exception) -> Response:
    """No such address, or none with that method."""
    methods = ", ".join(_methods_of(request))
    if isinstance(error, HTTPException) and methods:
        return refused(request, Refused("method-not-allowed", headers={"Allow": methods}))
    return refused(request, Refused("not-found"))


def _methods_of(request: Request) -> Sequence[str]:
    """The methods that this address knows."""
    known = {
        method
        for method in _METHODS
        for route in request.app.routes
        if route.matches({**request.scope, "method": method})[0] is Match.FULL
    }
    return sorted(known | ({"HEAD"} if "GET" in known else set()))
