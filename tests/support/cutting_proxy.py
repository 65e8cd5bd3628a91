"""A TCP proxy that cuts a connection at a chosen point: the machine between supplier and service that fails."""

from __future__ import annotations

import re
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit


@dataclass
class Cut:
    """Cut the first exchange whose request starts with `request`.

    Attributes:
        request: start of the request line, or a pattern for it.
        sent: bytes of the request body that still pass; None lets the whole request pass.
        received: bytes of the answer that still pass; counted from the end when negative.
        skip: so many such requests pass first.
        times: so many exchanges are cut.
        meanwhile: is called at the cut, after what still passes has passed to the service.
    """

    request: str | re.Pattern[str]
    sent: int | None = None
    received: int = 0
    skip: int = 0
    times: int = 1
    meanwhile: Callable[[], None] = lambda: None


@dataclass
class CuttingProxy:
    """The proxy; one that `keeps` has all that passes, as the machine does that ends TLS and logs."""

    target: str
    url: str = ""
    cuts: list[Cut] = field(default_factory=list)
    made: int = 0
    requests: list[bytes] = field(default_factory=list)
    answers: list[bytes] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)
    keeps: bool = False

    def handle(self, client: socket.socket) -> None:
        """One exchange after another, each over its own connection to the service."""
        with client, client.makefile("rb") as incoming:
            while True:
                head = _read_head(incoming)
                if not head:
                    return
                cut = self._cut_for(head)
                body = incoming.read(_content_length(head))
                if self.keeps:
                    self.requests.append(head + body)
                if cut is not None and cut.sent is not None:
                    # The service sees a request that never ends.
                    self._forward(head + body[: cut.sent], whole=False)
                    cut.meanwhile()
                    _reset(client)
                    return
                answer = self._forward(head + body, whole=True)
                if self.keeps:
                    self.answers.append(answer)
                if cut is not None:
                    cut.meanwhile()
                    with suppress(OSError):
                        client.sendall(answer[: cut.received])
                    if cut.received:
                        client.shutdown(socket.SHUT_WR)
                    else:
                        _reset(client)
                    return
                client.sendall(answer)

    def _cut_for(self, head: bytes) -> Cut | None:
        with self.lock:
            for cut in self.cuts:
                if cut.times > 0 and re.match(cut.request, head.decode("latin-1")):
                    if cut.skip:
                        cut.skip -= 1
                        return None
                    cut.times -= 1
                    self.made += 1
                    return cut
        return None

    def _forward(self, request: bytes, *, whole: bool) -> bytes:
        parts = urlsplit(self.target)
        with socket.create_connection((parts.hostname, parts.port)) as service:
            if not request:
                return b""
            service.sendall(request)
            if not whole:
                return b""
            with service.makefile("rb") as incoming:
                head = _read_head(incoming)
                return head + incoming.read(_content_length(head))


def _read_head(incoming: object) -> bytes:
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        line = incoming.readline()
        if not line:
            return b""
        head += line
    return head


def _content_length(head: bytes) -> int:
    for line in head.decode("latin-1").splitlines():
        name, _, value = line.partition(":")
        if name.lower() == "content-length":
            return int(value)
    return 0


def _reset(client: socket.socket) -> None:
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


@contextmanager
def cutting_proxy(target: str) -> Iterator[CuttingProxy]:
    """The proxy on a free port of this machine."""
    proxy = CuttingProxy(target)
    listener = socket.create_server(("127.0.0.1", 0))
    proxy.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    workers: list[threading.Thread] = []

    def serve(client: socket.socket) -> None:
        with suppress(OSError):
            proxy.handle(client)

    def accept() -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            worker = threading.Thread(target=serve, args=(client,), daemon=True)
            worker.start()
            workers.append(worker)

    acceptor = threading.Thread(target=accept, daemon=True)
    acceptor.start()
    try:
        yield proxy
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        acceptor.join(5)
        for worker in workers:
            worker.join(5)
