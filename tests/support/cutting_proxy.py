"""A proxy that cuts, delays, doubles and reorders at chosen points: the machine between supplier and service that fails."""

from __future__ import annotations

import re
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlsplit


@dataclass
class Cut:
    """What befalls the first exchange whose request starts with `request`: it is cut, unless all of its answer passes.

    Attributes:
        request: start of the request line, or a pattern for it.
        sent: bytes of the request body that still pass; None lets the whole request pass.
        received: bytes of the answer that still pass, counted from the end when negative; None lets all of it pass.
        skip: so many such requests pass first.
        times: so many exchanges it befalls.
        meanwhile: is called at the cut, after what still passes has passed to the service.
        delay: seconds before a whole request reaches the service.
        doubled: it reaches the service twice, one after the other, and the client has this answer: the first or second.
        held: the client's connection is cut at once, and the request reaches the service after so many others.
    """

    request: str | re.Pattern[str]
    sent: int | None = None
    received: int | None = 0
    skip: int = 0
    times: int = 1
    meanwhile: Callable[[], None] = lambda: None
    delay: float = 0
    doubled: Literal["", "first", "second"] = ""
    held: int = 0


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
    waiting: list[tuple[int, bytes]] = field(default_factory=list)
    late: list[bytes] = field(default_factory=list)

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.url.rpartition(":")[2])

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
                if cut is not None and cut.held:
                    with self.lock:
                        self.waiting.append((cut.held, head + body))
                    _reset(client)
                    return
                answer = self._passed(head + body, cut)
                if self.keeps:
                    self.answers.append(answer)
                if cut is not None and cut.received is not None:
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

    def _passed(self, request: bytes, cut: Cut | None) -> bytes:
        """The answer to a request, after which those that were held so long arrive too."""
        if cut is not None:
            time.sleep(cut.delay)
        answers = [self._forward(request, whole=True) for _ in range(2 if cut and cut.doubled else 1)]
        with self.lock:
            due = [held for left, held in self.waiting if left == 1]
            self.waiting = [(left - 1, held) for left, held in self.waiting if left > 1]
        self.late += [self._forward(held, whole=True) for held in due]
        return answers[-1 if cut and cut.doubled == "second" else 0]

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
