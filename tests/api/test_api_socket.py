"""What goes over a real socket: framing tricks, and answers to senders that are not done yet."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import uvicorn
from api_world import World

from service.api.settings import SMALL_BODY


@dataclass
class Line:
    """A connection on which anything may be written."""

    port: int

    def say(self, *pieces: bytes, pause: float = 0.0) -> bytes:
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as connection:
            for piece in pieces:
                try:
                    connection.sendall(piece)
                except (BrokenPipeError, ConnectionResetError):
                    break
                time.sleep(pause)
            return self._hear(connection)

    @staticmethod
    def _hear(connection: socket.socket) -> bytes:
        heard = b""
        while True:
            try:
                piece = connection.recv(65_536)
            except ConnectionResetError:
                return heard
            if not piece:
                return heard
            heard += piece


@pytest.fixture(scope="module")
def line(cast: Any) -> Iterator[Line]:
    config = uvicorn.Config(
        cast.world.app, port=0, log_config=None, access_log=False, server_header=False, timeout_keep_alive=1
    )
    server = uvicorn.Server(config)
    listening = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield Line(listening.getsockname()[1])
    server.should_exit = True
    thread.join(10)
    listening.close()


def head(cast: Any, *lines: str, path: str = "/v1/rounds", method: str = "POST") -> bytes:
    given = [f"{method} {path} HTTP/1.1", "Host: sluis.example", f"Authorization: Bearer {cast.steward}", *lines]
    return ("\r\n".join(given) + "\r\n\r\n").encode()


def status(heard: bytes) -> int:
    return int(heard.split(b" ", 2)[1])


CLOSE = "Connection: close"
JSON = "Content-Type: application/json"


def test_a_body_may_come_in_chunks_without_a_length(cast: Any, line: Line) -> None:
    heard = line.say(head(cast, JSON, CLOSE, "Transfer-Encoding: chunked"), b"2\r\n{}\r\n0\r\n\r\n")
    assert status(heard) == 400
    assert b'"code":"invalid-request"' in heard


def test_chunks_are_counted(cast: Any, line: Line) -> None:
    chunk = b"10000\r\n" + b" " * 65_536 + b"\r\n"
    assert len(chunk) > SMALL_BODY
    heard = line.say(head(cast, JSON, "Transfer-Encoding: chunked"), chunk, chunk)
    assert status(heard) == 413
    assert b"connection: close" in heard.lower()


def test_a_length_is_looked_at_before_the_body_is_sent(cast: Any, line: Line) -> None:
    heard = line.say(head(cast, JSON, "Content-Length: 999999999999", "Expect: 100-continue"))
    assert status(heard) == 413
    assert b"100 Continue" not in heard


def test_a_stranger_need_not_send_the_body(line: Line) -> None:
    heard = line.say(
        b"POST /v1/submissions HTTP/1.1\r\nHost: x\r\nContent-Length: 9999999\r\nExpect: 100-continue\r\n"
        b"Connection: close\r\n\r\n"
    )
    assert status(heard) == 401


@pytest.mark.parametrize(
    "lines",
    [
        ("Content-Length: 2", "Content-Length: 3"),
        ("Content-Length: -1",),
        ("Content-Length: 2x",),
        ("Content-Length: 2", "Transfer-Encoding: chunked, identity"),
        ("X-Header: a\x00b",),
        ("X\x01Header: a",),
        ("No colon here",),
    ],
)
def test_unclear_framing_is_refused(cast: Any, line: Line, lines: tuple[str, ...]) -> None:
    assert status(line.say(head(cast, JSON, CLOSE, *lines), b"{}")) == 400


def test_a_folded_line_belongs_to_the_one_before_it(cast: Any, line: Line) -> None:
    """One reader may see a header in it and another a value: here it is never a header (RFC 9112, 5.2)."""
    heard = line.say(head(cast, JSON, " Connection: keep-alive", CLOSE, "Content-Length: 2"), b"{}")
    assert status(heard) == 415
    assert b"connection: close" in heard.lower()


@pytest.mark.parametrize("path", ["/v1/rounds", "/v1/nowhere"])
def test_two_ways_to_find_the_end_are_one_too_many(cast: Any, line: Line, path: str) -> None:
    """What follows could be a second request to one reader and the rest of the body to another: nobody reads on."""
    framing = ("Content-Length: 4", "Transfer-Encoding: chunked")
    smuggled = head(cast, path="/v1/health", method="GET")
    for lines in (framing, framing[::-1]):
        heard = line.say(head(cast, JSON, *lines, path=path), b"0\r\n\r\n" + smuggled)
        assert status(heard) == 400
        assert b'"code":"ambiguous-length"' in heard
        assert b"connection: close" in heard.lower()
        assert heard.count(b"HTTP/1.1 ") == 1


def test_a_line_break_in_a_value_starts_no_header(cast: Any, line: Line) -> None:
    heard = line.say(
        head(cast, CLOSE, path="/v1/rounds/a%0d%0aSet-Cookie:%20x=1?limit=%0d%0aX-Evil:%201", method="GET")
    )
    assert status(heard) in {400, 404}
    assert b"set-cookie" not in heard.lower()
    assert b"x-evil" not in heard.lower()


def test_an_endless_head_is_cut_off(line: Line) -> None:
    heard = line.say(b"GET /v1/health HTTP/1.1\r\nX: " + b"a" * 200_000)
    assert status(heard) == 400


@pytest.mark.parametrize(
    "first", [b"GARBAGE\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", b"\x00" * 64]
)
def test_what_is_no_http_is_refused(line: Line, first: bytes) -> None:
    heard = line.say(first)
    assert not heard or status(heard) == 400


def test_the_next_request_on_the_line_is_one_of_its_own(cast: Any, world: World, line: Line) -> None:
    get = head(cast, path="/v1/health", method="GET")
    heard = line.say(get + head(cast, CLOSE, path="/v1/nowhere", method="GET"))
    assert heard.count(b"HTTP/1.1 200") == 1
    assert heard.count(b"HTTP/1.1 404") == 1
    assert b"date:" in heard.lower()
    assert b"server:" not in heard.lower()
    assert world.call("GET", "/v1/health").status_code == 200
