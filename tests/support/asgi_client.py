"""Calls an ASGI application in this process: over httpx for what a decent client sends, raw for what it would not."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import httpx

T = TypeVar("T")


@dataclass(frozen=True)
class RawAnswer:
    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


class AsgiClient:
    """A client on an event loop of its own."""

    def __init__(self, app: Any, loop: asyncio.AbstractEventLoop) -> None:
        self.app = app
        self._loop = loop
        transport = httpx.ASGITransport(app, raise_app_exceptions=True, client=("192.0.2.1", 1234))
        self._http = httpx.AsyncClient(transport=transport, base_url="https://sluis.example")

    def run(self, work: Awaitable[T]) -> T:
        return asyncio.run_coroutine_threadsafe(_as_coroutine(work), self._loop).result(60)

    def request(self, method: str, path: str, **more: Any) -> httpx.Response:
        return self.run(self._http.request(method, path, **more))

    def raw(
        self,
        method: str,
        path: str,
        headers: Sequence[tuple[bytes, bytes]] = (),
        body: Iterator[bytes] | Sequence[bytes] | Callable[[], Awaitable[Any]] = (),
        *,
        query: bytes = b"",
        address: str = "192.0.2.1",
        then: dict[str, Any] | None = None,
    ) -> RawAnswer:
        """One request as the server would hand it over.

        Args:
            body: the pieces as they arrive, or a function that gives each ASGI message.
            then: the message after the last piece, when it is not the usual one.
        """
        return self.run(self._raw(self._scope(method, path, headers, query, address), body, then))

    @staticmethod
    def _scope(method: str, path: str, headers: Any, query: bytes, address: str) -> dict[str, Any]:
        return {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.4"},
            "http_version": "1.1",
            "method": method,
            "scheme": "https",
            "path": path,
            "raw_path": path.encode("utf-8", "surrogateescape"),
            "query_string": query,
            "root_path": "",
            "headers": list(headers),
            "client": (address, 1234),
            "server": ("sluis.example", 443),
            "state": {},
        }

    async def _raw(self, scope: dict[str, Any], body: Any, then: Any) -> RawAnswer:
        pieces = iter(() if callable(body) else body)

        async def receive() -> Any:
            if callable(body):
                return await body()
            piece = next(pieces, None)
            if piece is None:
                return then or {"type": "http.request", "body": b"", "more_body": False}
            return {"type": "http.request", "body": piece, "more_body": True}

        sent: list[Any] = []

        async def send(message: Any) -> None:
            sent.append(message)

        await self.app(scope, receive, send)
        start, content = sent[0], b"".join(message.get("body", b"") for message in sent[1:])
        return RawAnswer(start["status"], {k.decode(): v.decode() for k, v in start["headers"]}, content)

    async def aclose(self) -> None:
        await self._http.aclose()


async def _as_coroutine(work: Awaitable[T]) -> T:
    return await work


@contextmanager
def asgi_client(app: Any) -> Iterator[AsgiClient]:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    client = AsgiClient(app, loop)
    try:
        yield client
        client.run(client.aclose())
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.run_until_complete(loop.shutdown_default_executor())
        loop.close()
