"""Reminders by real processes through a real mail server: killed in the middle, two at once, and a service that serves."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from journey import OPERATOR, STEWARD, World, world_on
from mail_server import Inbox, read_message, running

from service.adapters.database import upgrade
from service.composition.build import Application
from service.composition.settings import EMBEDDED_DATABASE
from service.domain.reminder import Contact
from service.domain.round import RoundState
from service.use_cases.change_contact import record_contact
from service.use_cases.create_round import create_round

LATER = "UPDATE reminder_mails SET next_try = queued_at WHERE ended_at IS NULL"
"""As if so much time had passed that whoever was at it must have died."""


def due_soon(world: World) -> World:
    """A round that is due in five days by the clock on the wall, of two suppliers with an address."""
    for name in ("north", "south"):
        record_contact(world.call(OPERATOR), name, Contact((f"data@{name}.example",)))
    deadline = datetime.now(UTC).replace(microsecond=0) + timedelta(days=5)
    made = create_round(world.call(STEWARD), "staffed-beds", "2025", ["north", "south"], deadline)
    world.turn(made.id, RoundState.OPEN)
    return world


def settings(folder: Path, port: int, **more: str) -> dict[str, str]:
    own = {name: value for name, value in os.environ.items() if not name.startswith("SLUIS_")}
    mail = {"SLUIS_SMTP_HOST": "127.0.0.1", "SLUIS_SMTP_PORT": str(port), "SLUIS_SMTP_SECURITY": "none"}
    return {**own, **mail, "SLUIS_MAIL_FROM": "sluis@ttp.example", "SLUIS_DATA_DIRECTORY": str(folder), **more}


def url_of(world: World) -> str:
    url: str = world.services.database._engines.write.url.render_as_string(hide_password=False)
    return url


def start(environment: dict[str, str], *command: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "service", *command],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def told_to(inbox: Inbox) -> list[tuple[str, str]]:
    return sorted((one.rcpt_tos[0], str(read_message(one)["Message-ID"])) for one in inbox.taken)


def test_killed_between_sending_and_recording_and_then_two_at_once(postgres_world: World, tmp_path: Path) -> None:
    """It errs towards once more, with the same Message-ID, and never towards not at all; on PostgreSQL."""
    due_soon(postgres_world)
    inbox = Inbox()
    with running(inbox) as port:
        environment = settings(tmp_path / "own", port, SLUIS_DATABASE_URL=url_of(postgres_world))
        dying = start(environment, "remind")
        inbox.before_answer = lambda: os.kill(dying.pid, signal.SIGKILL)
        dying.communicate(timeout=60)
        assert dying.returncode == -signal.SIGKILL
        ((first, message_id),) = told_to(inbox)

        inbox.before_answer = lambda: time.sleep(0.5)  # long enough for the two to meet
        postgres_world.execute(LATER)
        both = [start(environment, "remind") for _ in range(2)]
        said = [process.communicate(timeout=60) for process in both]
        assert [process.returncode for process in both] == [0, 0], said
    letters = told_to(inbox)
    assert Counter(address for address, _ in letters) == {
        first: 2,
        ({"data@north.example", "data@south.example"} - {first}).pop(): 1,
    }
    assert letters.count((first, message_id)) == 2
    assert len(set(letters)) == 2
    assert len(postgres_world.events(code="reminder.queue")) == 1
    assert len(postgres_world.events(code="reminder.take", outcome="success")) == 3
    assert len(postgres_world.events(code="reminder.send", outcome="success")) == 2


@pytest.fixture
def embedded(composed: Application, tmp_path: Path) -> Path:
    """The folder of a service on this machine."""
    url = f"sqlite:///{tmp_path}/{EMBEDDED_DATABASE}"
    upgrade(url)
    with world_on(composed, url, tmp_path) as made:
        made.found("north", "south")
        due_soon(made)
    return tmp_path


@contextmanager
def serving(environment: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    with start(environment, "serve") as process:
        try:
            yield process
        finally:
            process.kill()


def test_the_service_is_ready_while_the_mail_server_hangs_and_sends_when_it_answers(embedded: Path) -> None:
    hanging, inbox = threading.Event(), Inbox()

    def hang() -> None:
        hanging.wait(60)

    inbox.before_answer = hang
    with socket.create_server(("127.0.0.1", 0)) as free:
        own = free.getsockname()[1]
    with running(inbox) as port, serving(settings(embedded, port, SLUIS_PORT=str(own))) as process:
        until = time.monotonic() + 60
        while not inbox.taken:
            assert (process.poll(), time.monotonic() < until) == (None, True)
            time.sleep(0.05)
        answer = httpx.get(f"http://127.0.0.1:{own}/v1/readiness", timeout=30)
        assert (answer.status_code, len(inbox.taken)) == (200, 1)
        hanging.set()
        while len(inbox.taken) < 2:
            assert (process.poll(), time.monotonic() < until) == (None, True)
            time.sleep(0.05)
        process.send_signal(signal.SIGTERM)
        _, lines = process.communicate(timeout=60)
        assert process.returncode == 0, lines
    assert [address for address, _ in told_to(inbox)] == ["data@north.example", "data@south.example"]
    assert "@" not in lines
