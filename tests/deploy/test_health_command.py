"""`sluis health` against a port that answers well, badly, late or not at all."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import ClassVar

import pytest
import typer
from typer.testing import CliRunner

from service.cli.health import add_health_command


class Answers(HTTPServer):
    """Gives these statuses in turn, the last one for ever, and keeps the paths that were asked."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.statuses: list[int] = [200]
        self.asked: list[str] = []


class Handler(BaseHTTPRequestHandler):
    server: ClassVar[Answers]

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        self.send_response(self.server.statuses.pop(0) if len(self.server.statuses) > 1 else self.server.statuses[0])
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def answers() -> Iterator[Answers]:
    with Answers() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def health(port: int, *arguments: str):
    app = typer.Typer()
    app.command()(lambda: None)
    add_health_command(app)
    return CliRunner().invoke(app, ["health", *arguments], env={"SLUIS_PORT": str(port)})


def test_ready(answers: Answers):
    done = health(answers.server_port)
    assert (done.exit_code, done.stdout) == (0, "gereed / ready\n")
    assert answers.asked == ["/v1/readiness"]


@pytest.mark.parametrize("status", [503, 500, 404, 301])
def test_answers_that_are_not_ready(answers: Answers, status: int):
    answers.statuses = [status]
    assert health(answers.server_port).exit_code == 1


def test_it_waits_as_long_as_it_was_told(answers: Answers):
    answers.statuses = [503, 503, 200]
    assert health(answers.server_port, "--wait", "10").exit_code == 0
    assert len(answers.asked) == 3


def test_nobody_there(answers: Answers):
    port = answers.server_port
    answers.server_close()
    done = health(port)
    assert done.exit_code == 1
    assert "not ready" in done.stderr


def test_a_proxy_in_the_environment_is_not_asked(answers: Answers, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    assert health(answers.server_port).exit_code == 0
