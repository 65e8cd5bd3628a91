"""The sequencer's thread: it takes in what waits, tells when the log is behind, and outlives a database that is away."""

from __future__ import annotations

import secrets
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import text

from service.adapters.database import SqlDatabase, upgrade
from service.adapters.log_signing import Ed25519LogSigner
from service.composition.sequencer import Sequencer

KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))
START = datetime(2026, 3, 1, tzinfo=UTC)


class Clock:
    moment = START

    def now(self) -> datetime:
        return self.moment


class Lines:
    def __init__(self) -> None:
        self.told: list[tuple[str, dict[str, Any]]] = []

    def warning(self, event: str, **fields: Any) -> None:
        self.told.append((event, fields))

    def error(self, event: str, cause: BaseException | None = None, **fields: Any) -> None:
        self.told.append((event, fields))


@pytest.fixture
def database(tmp_path: Path) -> Any:
    url = f"sqlite:///{tmp_path / 'sluis.db'}"
    upgrade(url)
    database = SqlDatabase(url, random_bytes=secrets.token_bytes)
    yield database
    database.dispose()


def write(database: SqlDatabase, number: int, recorded: str = "2026-03-01 00:00:00.000000") -> None:
    with database._engines.write.connect() as connection, connection.begin():
        connection.execute(
            text(
                "INSERT INTO audit_events (id, salt, payload, recorded, user_id, code, action, outcome, object_type)"
                " VALUES (:id, :salt, :payload, :recorded, 'u', 'c', 'R', 'success', 'o')"
            ),
            {
                "id": f"e{number}",
                "salt": bytes(32),
                "payload": f'{{"recorded":"{recorded.replace(" ", "T")}Z"}}',
                "recorded": recorded,
            },
        )


def made(database: SqlDatabase, lines: Lines, clock: Clock, signer: bool = True, **more: Any) -> Sequencer:
    key = Ed25519LogSigner(KEY, "sluis.example/v1/log") if signer else None
    return Sequencer(database, clock, key, interval=0.02, log=lines, **more)


def size(database: SqlDatabase) -> int:
    with database.look() as data:
        found = data.log.checkpoint()
        return 0 if found is None else found.size


def test_what_waits_is_taken_in_while_it_runs_and_when_it_stops(database: SqlDatabase) -> None:
    lines = Lines()
    sequencer = made(database, lines, Clock())
    write(database, 1)
    sequencer.start()
    until = time.monotonic() + 5
    while size(database) < 1 and time.monotonic() < until:
        time.sleep(0.01)
    write(database, 2)
    sequencer.stop()
    assert size(database) == 2
    assert lines.told == []


def test_a_log_that_is_behind_is_an_alarm_until_it_has_caught_up(database: SqlDatabase) -> None:
    lines, clock = Lines(), Clock()
    watching = made(database, lines, clock, signer=False)
    write(database, 1)
    assert watching.run_once()
    clock.moment = START + timedelta(seconds=11)
    assert watching.run_once()
    assert lines.told == [("log-behind", {"size": 0, "waiting": 1, "lag_seconds": 11.0})]
    assert watching.run_once()
    assert len(lines.told) == 1  # not at every turn
    assert made(database, Lines(), clock).run_once()
    clock.moment += timedelta(seconds=6)
    assert watching.run_once()
    assert lines.told[1:] == [("log-caught-up", {"size": 1, "waiting": 0, "lag_seconds": 0.0})]


def test_a_turn_that_fails_is_told_and_tried_again(database: SqlDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = Lines()
    sequencer = made(database, lines, Clock())
    write(database, 1)
    with monkeypatch.context() as patch:
        patch.setattr(database, "sequencing", lambda: 1 / 0)
        assert not sequencer.run_once()
    assert [event for event, _ in lines.told] == ["log-stands-still"]
    assert sequencer.run_once()
    assert size(database) == 1


def test_a_foreign_log_is_told_by_its_code(database: SqlDatabase) -> None:
    write(database, 1)
    assert made(database, Lines(), Clock()).run_once()
    write(database, 2)
    lines = Lines()
    other = Ed25519LogSigner(KEY, "other.example/v1/log")
    assert not Sequencer(database, Clock(), other, interval=0.02, log=lines).run_once()
    assert lines.told == [("log-stands-still", {"code": "log-not-ours"})]
