"""The key holder over HTTP: evaluations for suppliers, its public document, and whether it is up.

A body is read up to its bound and never logged; a line of the log has a route, a status and a duration.
"""

from __future__ import annotations

import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from anyio.to_thread import run_sync
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from service.adapters.observability import Logger, Stream
from service.keyholder.access import Access
from service.keyholder.evaluating import MOST_ELEMENTS, Quota, evaluate
from service.keyholder.keys import Keys
from service.keyholder.refusals import Refusal
from service.keyholder.store import Store
from service.ports.clock import Clock
from sluis_client.wire import base64url
from sluis_client.wire.canonical import from_base64url
from sluis_client.wire.pseudonym import DOMAIN

_MOST_BYTES = 64 * MOST_ELEMENTS
_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
_PROBLEM = "application/problem+json"
Endpoint = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class KeyHolder:
    """Everything that an answer needs."""

    store: Store
    keys: Keys
    access: Access
    quota: Quota
    clock: Clock
    address: str


def keyholder_application(holder: KeyHolder) -> Starlette:
    """The application; what it refuses is RFC 9457, and what breaks says nothing of why."""
    log = Logger(Stream.HTTP)

    def broke(path: str, error: Exception) -> None:
        log.error("request-broke", cause=error, route=path)

    async def post_evaluations(request: Request) -> Response:
        supplier = holder.access.supplier(
            request.headers.get("authorization"),
            request.headers.getlist("dpop"),
            method=request.method,
            path=request.url.path,
            now=holder.clock.now(),
        )
        domain, elements = _asked(await _body(request))
        work = partial(
            evaluate,
            holder.store,
            holder.keys,
            holder.quota,
            holder.clock,
            supplier=supplier,
            domain=domain,
            elements=elements,
        )
        found = await run_sync(work)
        answers = [
            {"version": version, "elements": [base64url(one) for one in evaluated]}
            for version, evaluated in found.items()
        ]
        return _json({"evaluations": answers})

    async def read_keys(_request: Request) -> Response:
        return _json((await run_sync(holder.keys.published, holder.address)).to_json())

    async def read_health(_request: Request) -> Response:
        return _json({"status": "pass"})

    def told(endpoint: Endpoint, path: str) -> Endpoint:
        async def answer(request: Request) -> Response:
            begun = time.perf_counter()
            try:
                response = await endpoint(request)
            except Refusal as refusal:
                response = _problem(refusal)
            except Exception as error:  # noqa: BLE001 - the message may quote what came in
                broke(path, error)
                response = _problem(Refusal("failed"))
            log.info(
                "request-answered",
                method=request.method,
                route=path,
                status=response.status_code,
                milliseconds=round((time.perf_counter() - begun) * 1000, 1),
                principal="supplier",
            )
            return response

        return answer

    async def nothing(_request: Request, _error: Exception) -> Response:
        return _problem(Refusal("not-found"))

    routes = [
        Route("/v1/evaluations", told(post_evaluations, "/v1/evaluations"), methods=["POST"]),
        Route("/v1/keys", told(read_keys, "/v1/keys"), methods=["GET"]),
        Route("/v1/health", read_health, methods=["GET"]),
        Route("/v1/readiness", told(read_keys, "/v1/readiness"), methods=["GET"]),
    ]
    return Starlette(routes=routes, exception_handlers={404: nothing, 405: nothing})


async def _body(request: Request) -> bytes:
    content = bytearray()
    async for chunk in request.stream():
        content += chunk
        if len(content) > _MOST_BYTES:
            raise Refusal("too-large")
    return bytes(content)


def _asked(content: bytes) -> tuple[str, list[bytes]]:
    """Domain and elements, or a refusal that shows nothing of them."""
    try:
        document: Any = json.loads(content)
    except ValueError:  # also no UTF-8
        raise Refusal("malformed") from None
    if not isinstance(document, dict) or document.keys() != {"domain", "elements"}:
        raise Refusal("malformed")
    domain, texts = document["domain"], document["elements"]
    if not isinstance(domain, str) or not DOMAIN.fullmatch(domain) or not isinstance(texts, list):
        raise Refusal("malformed")
    if not 0 < len(texts) <= MOST_ELEMENTS or not all(isinstance(text, str) for text in texts):
        raise Refusal("malformed")
    try:
        return domain, [from_base64url(text) for text in texts]
    except ValueError:
        raise Refusal("malformed") from None


def _json(document: object) -> Response:
    content = json.dumps(document, separators=(",", ":")).encode()
    return Response(content, 200, _HEADERS, "application/json")


def _problem(refusal: Refusal) -> Response:
    content = json.dumps(refusal.to_problem(), ensure_ascii=False, separators=(",", ":")).encode()
    challenge = (
        {"WWW-Authenticate": 'DPoP realm="sluis-keyholder", Bearer realm="sluis-keyholder"'}
        if refusal.code == "not-authenticated"
        else {}
    )
    return Response(content, refusal.status, {**_HEADERS, **challenge}, _PROBLEM)
