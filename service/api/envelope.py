"""The outermost layer: what every answer has, whatever happens inside (NL API Design Rules 2.1)."""

from __future__ import annotations

import time
from typing import Protocol

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.api.exchange import SCOPE_KEY, Exchange, begin
from service.api.problems import ambiguous, unexpected
from service.api.settings import VERSION

_ALWAYS = (
    (b"api-version", VERSION.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
_NO_STORE = (b"cache-control", b"no-store")
_STRICT = (b"strict-transport-security", b"max-age=63072000; includeSubDomains")
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class AccessLog(Protocol):
    """Is told of every answer; paths, queries, bodies, tokens and names of callers never reach it."""

    def answered(
        self, *, method: str, route: str, status: int, milliseconds: float, trace_id: str, principal: str
    ) -> None:
        """An answer was given.

        Args:
            method: a known HTTP method, or `other`.
            route: the template of the path, or `unknown`.
            status: the HTTP status.
            milliseconds: from the first byte of the request's head to the last of the answer.
            trace_id: the same as in the answer and in the audit events.
            principal: the kind of caller: `supplier`, `person` or `stranger`.
        """
        ...

    def failed(self, error: Exception, *, route: str, trace_id: str) -> None:
        """Something broke that nobody foresaw; the message of the error may quote a record and is not to be shown."""
        ...


class Envelope:
    """Traces, headers, HEAD, the last resort for errors, and the access log. Pure ASGI: it costs next to nothing."""

    def __init__(self, app: ASGIApp, *, log: AccessLog, strict_transport: bool) -> None:
        self._app = app
        self._log = log
        self._headers = (*_ALWAYS, _STRICT) if strict_transport else _ALWAYS

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        exchange = scope[SCOPE_KEY] = begin(scope)
        asked = scope["method"]
        if asked == "HEAD":
            scope["method"] = "GET"
        answer = _Answer(send, exchange, self._headers, bodiless=asked == "HEAD")
        try:
            if _is_ambiguous(scope):
                await ambiguous(exchange)(scope, receive, answer.send)
                return
            await self._app(scope, receive, answer.send)
        except Exception as error:  # noqa: BLE001 - the last resort: nothing of an unforeseen error may leave
            self._log.failed(error, route=_route(scope), trace_id=exchange.trace_id)
            if answer.status:
                raise _BrokenOff from None
            await unexpected(exchange)(scope, receive, answer.send)
        finally:
            self._log.answered(
                method=asked if asked in _METHODS else "other",
                route=_route(scope),
                status=answer.status,
                milliseconds=round((time.perf_counter() - started) * 1000, 3),
                trace_id=exchange.trace_id,
                principal=type(exchange.principal).__name__.lower() if exchange.principal else "stranger",
            )


def _is_ambiguous(scope: Scope) -> bool:
    """Whether a proxy could see another end of this request than we do (RFC 9112 section 6.3: request smuggling)."""
    framing = {name for name, _ in scope["headers"]} & {b"content-length", b"transfer-encoding"}
    return len(framing) > 1


class _BrokenOff(Exception):
    """The answer had begun when something broke: the server ends the connection, so that nobody takes it for whole."""


class _Answer:
    """The answer on its way out."""

    def __init__(
        self, send: Send, exchange: Exchange, headers: tuple[tuple[bytes, bytes], ...], *, bodiless: bool
    ) -> None:
        self._send = send
        self._exchange = exchange
        self._headers = headers
        self._bodiless = bodiless
        self.status = 0

    async def send(self, message: Message) -> None:
        """Add what every answer has; leave the body out of an answer to HEAD."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            own = message.get("headers", ())
            headers = [*own, *self._headers, (b"x-request-id", self._exchange.trace_id.encode())]
            if not any(name == b"cache-control" for name, _ in own):
                headers.append(_NO_STORE)
            message = {**message, "headers": headers}
        elif self._bodiless and message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await self._send(message)


def _route(scope: Scope) -> str:
    return getattr(scope.get("route"), "path_format", "unknown")
