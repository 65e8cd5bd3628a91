"""The HTTP side of the application, told what the operator set."""

from __future__ import annotations

import os

from fastapi import FastAPI

from service.adapters.observability import Logger, Stream
from service.api.app import create_app
from service.api.settings import ApiSettings, Rates
from service.composition.build import Application


def http_application(application: Application) -> FastAPI:
    """The API on the application's services; it is ready when the database answers and parts can be kept."""
    settings = application.settings
    parts = settings.parts
    return create_app(
        application.services,
        application.bearer,
        settings=ApiSettings(
            strict_transport=settings.issuer.startswith("https://"),
            rates=Rates(per_principal=settings.requests_per_minute),
            providers=tuple(provider.issuer for provider in settings.oidc_providers),
        ),
        jwks=application.public_keys,
        access_log=HttpLog(),
        readiness={"partStore": lambda: os.access(parts, os.R_OK | os.W_OK | os.X_OK)},
    )


class HttpLog:
    """Writes the access log to the stream `http`, and what broke with its classes and places only."""

    def __init__(self) -> None:
        self._log = Logger(Stream.HTTP)

    def answered(
        self, *, method: str, route: str, status: int, milliseconds: float, trace_id: str, principal: str
    ) -> None:
        """An answer was given."""
        self._log.info(
            "request-answered",
            method=method,
            route=route,
            status=status,
            milliseconds=milliseconds,
            trace_id=trace_id,
            principal=principal,
        )

    def failed(self, error: Exception, *, route: str, trace_id: str) -> None:
        """Something broke that nobody foresaw."""
        self._log.error("request-broke", cause=error, route=route, trace_id=trace_id)
