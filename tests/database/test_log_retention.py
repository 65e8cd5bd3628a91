"""An exported log and the erasure of what was kept long enough, on both databases; and the commands for it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import typer
from database_samples import an_event
from sqlalchemy import text
from test_log_sequencer import SIGNER, behind_its_back, keep, sequence
from typer.testing import CliRunner

from service.adapters.clock import SystemClock
from service.adapters.database import SqlDatabase
from service.api.audit_export import written
from service.cli.audit import add_audit_commands
from service.cli.log import add_log_commands
from service.domain.errors import NotFound, Unavailable
from service.ports.unit_of_work import AuditFilter, Page
from service.use_cases.read_audit_log import ExportForm
from service.use_cases.read_log import log_lines, prove
from sluis_client.wire.log import LogProof, verify_log_proof
from sluis_client.wire.log.export import ExportError, verify_export
from sluis_client.wire.strict import time_text

OLD = datetime(2019, 5, 1, tzinfo=UTC)
BEFORE = datetime(2020, 1, 1, tzinfo=UTC)


def lines_of(database: SqlDatabase) -> list[bytes]:
    with database.look() as data:
        return list(log_lines(data.log))


def erase(database: SqlDatabase, limit: int = 100) -> list[int]:
    with database.begin() as data:
        places = list(data.log.erase(BEFORE, limit))
        told = {"before": time_text(BEFORE), "events": len(places)}
        told |= {"first": places[0], "last": places[-1]} if places else {}
        data.commit(an_event(code="audit.erase", query=json.dumps(told), recorded=datetime.now(UTC)))
    return places


@pytest.fixture
def aged(real_database: SqlDatabase) -> tuple[SqlDatabase, list[str]]:
    """300 old events (more than a tile), three new ones, all in the log; and one old one that waits."""
    with real_database._engines.write.connect() as connection, connection.begin():
        rows = [
            {
                "id": f"old-{number:03}",
                "salt": bytes([number % 256]) * 32,
                "payload": f'{{"id":"old-{number:03}","recorded":"{OLD:%Y-%m-%dT%H:%M:%S.%fZ}"}}',
            }
            for number in range(300)
        ]
        connection.execute(
            text(
                "INSERT INTO audit_events (id, salt, payload, recorded, user_id, code, action, outcome, object_type)"
                f" VALUES (:id, :salt, :payload, '{OLD:%Y-%m-%d %H:%M:%S}.000000', 'u', 'c', 'R', 'success', 'o')"
            ),
            rows,
        )
        connection.execute(
            text(
                "INSERT INTO audit_terms (term, recorded, event)"
                f" VALUES ('person:01', '{OLD:%Y-%m-%d %H:%M:%S}.000000', :id)"
            ),
            rows,
        )
    new = keep(real_database, 3, recorded=datetime.now(UTC))
    sequence(real_database, 1_000)
    keep(real_database, 1, recorded=OLD)
    return real_database, new


def test_the_log_of_a_database_is_exported_and_proven(aged: tuple[SqlDatabase, list[str]]) -> None:
    database, new = aged
    lines = lines_of(database)
    assert verify_export(lines, SIGNER.key, now=datetime.now(UTC)).checkpoint.size == 303
    assert [json.loads(json.loads(line)["event"])["id"] for line in lines[-3:]] == new


def test_after_erasure_everything_else_is_still_proven(aged: tuple[SqlDatabase, list[str]]) -> None:
    database, new = aged
    with database.look() as data:
        before = data.log.checkpoint()
        proofs = {id_: prove(data.log, id_) for id_ in new}
    assert erase(database, 260) == list(range(260))
    assert erase(database, 260) == list(range(260, 300))
    assert erase(database) == []
    with pytest.raises(Unavailable, match="log-erasure-waits"):  # no checkpoint covers the erasures yet
        lines_of(database)
    for id_, proof in proofs.items():
        assert isinstance(proof, LogProof)
        verify_log_proof(proof, SIGNER.key, {"id": id_})
    sequence(database, 1_000)
    with database.look() as data:
        assert data.log.checkpoint().size == 307  # the one that waited, and an event for each erasure
        verify_log_proof(prove(data.log, new[0]), SIGNER.key, {"id": new[0]})
    lines = lines_of(database)
    assert not any(b"old-" in line for line in lines)
    proven = verify_export(lines, SIGNER.key, [before.note], now=datetime.now(UTC))
    assert (proven.checkpoint.size, proven.erased) == (307, 300)


def test_what_tells_of_an_erasure_is_never_erased(real_database: SqlDatabase) -> None:
    for day, code in enumerate(["round.read", "audit.erase", "round.read"]):
        keep(real_database, 1, recorded=OLD + timedelta(days=day), code=code)
    sequence(real_database, 1_000)
    assert erase(real_database, 1_000) == [0, 2]


def test_what_a_wrong_clock_dated_back_stays_until_those_before_it_go(aged: tuple[SqlDatabase, list[str]]) -> None:
    """A machine that begins in 1970 writes an event: erased, it would stand behind younger ones, and look false."""
    database, _ = aged
    keep(database, 1, recorded=datetime(1970, 1, 1, tzinfo=UTC))
    sequence(database, 1_000)
    assert erase(database, 1_000) == list(range(300))
    sequence(database, 1_000)
    proven = verify_export(lines_of(database), SIGNER.key, now=datetime.now(UTC))
    assert (proven.checkpoint.size, proven.erased) == (306, 300)


def test_nothing_finds_an_erased_event(aged: tuple[SqlDatabase, list[str]]) -> None:
    """Its terms go with it, and those of the others stay; every way to read the log goes on."""
    database, new = aged
    assert len(erase(database, 300)) == 300
    with database.look() as data:
        left = data.audit._transaction.rows(text("SELECT event FROM audit_terms"))
        found, more = data.audit.stored(AuditFilter(), Page(200))
        with pytest.raises(NotFound):
            data.audit.get("old-007")
    assert [row["event"] for row in left] == []
    assert {stored.event.id for stored in found} > set(new)
    assert more is None
    for form in ExportForm:
        assert b"old-" not in b"".join(written(found, form, issuer="https://sluis.example", now=OLD))


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM audit_events WHERE id = 'old-007'",
        "UPDATE audit_events SET payload = '{}' WHERE id = 'old-007'",
        "UPDATE audit_events SET log_index = 400 WHERE id = 'old-007'",
    ],
)
def test_what_is_done_behind_the_back_of_the_service_shows_in_an_export(
    aged: tuple[SqlDatabase, list[str]], statement: str
) -> None:
    database, _ = aged
    honest = lines_of(database)
    behind_its_back(database, statement)
    lines = lines_of(database)
    assert lines != honest
    if statement.startswith("UPDATE audit_events SET payload"):
        with pytest.raises(ExportError, match=r"not those that were signed"):
            verify_export(lines, SIGNER.key, now=datetime.now(UTC))
    else:  # as if erased: the tree holds, and nothing in the log tells of it
        with pytest.raises(ExportError, match=r"Event 7 is gone") as error:
            verify_export(lines, SIGNER.key, now=datetime.now(UTC))
        assert error.value.code == "erased-unexplained"


@pytest.mark.parametrize(
    "statement",
    ["DELETE FROM audit_events WHERE log_index IS NULL", "DELETE FROM audit_events WHERE log_index = 302"],
)
def test_too_young_or_not_in_the_log_stays(aged: tuple[SqlDatabase, list[str]], statement: str) -> None:
    with (
        aged[0]._engines.write.connect() as connection,
        connection.begin() as transaction,
        pytest.raises(Exception, match="kept five years"),
    ):
        connection.execute(text(statement))
    assert transaction is not None


# --- the commands, which need no service to verify


RECORDED: list[tuple[int | None, str | None]] = []


def run(*arguments: str) -> tuple[int, str]:
    @contextmanager
    def nothing() -> Iterator[None]:
        yield None

    def record(size: int | None, fault: str | None) -> bool:
        RECORDED.append((size, fault))
        return True

    app = typer.Typer()
    add_audit_commands(app, clock=SystemClock(), record=record)
    add_log_commands(app, lambda: None, nothing)
    found = CliRunner().invoke(app, [*arguments])
    return found.exit_code, found.output


def test_verify_on_the_command_line(aged: tuple[SqlDatabase, list[str]], tmp_path: Path) -> None:
    database, _ = aged
    lines = lines_of(database)
    (tmp_path / "log").write_bytes(b"".join(lines))
    (tmp_path / "key").write_text(SIGNER.key.text() + "\n")
    keys = ["--key", str(tmp_path / "key"), "--seen", str(tmp_path / "seen")]
    code, told = run("audit", "verify", str(tmp_path / "log"), *keys)
    assert (code, "303 events" in told, "303 gebeurtenissen" in told) == (0, True, True)
    assert "compared with no earlier checkpoint" in told
    assert "fromIndex" not in told
    assert (tmp_path / "seen").stat().st_mode & 0o777 == 0o600
    assert "no earlier checkpoint" not in run("audit", "verify", str(tmp_path / "log"), *keys)[1]
    newer = (tmp_path / "seen").read_text()
    (tmp_path / "cut").write_bytes(b"".join(lines[:-1]))
    code, told = run("audit", "verify", str(tmp_path / "cut"), *keys)
    assert (code, "truncated" in told, "afgekapt" in told) == (1, True, True)
    assert RECORDED[-2:] == [(303, None), (None, "truncated")]
    assert [day["place"] for day in json.loads(newer)["days"]] == [0, 300]
    assert (tmp_path / "seen").read_text() == newer
    sequence(database, 1_000)
    (tmp_path / "later").write_bytes(b"".join(lines_of(database)))
    code, told = run("audit", "verify", str(tmp_path / "later"), *keys)
    assert (code, told.count("fromIndex"), "1 events say to be" in told, "at place 303" in told) == (0, 2, True, True)
    code, told = run("audit", "verify", str(tmp_path / "log"), *keys)
    assert (code, "rolled-back" in told) == (1, True)
    (tmp_path / "choice").write_bytes(b"".join(lines[5:9]))
    code, told = run("audit", "verify", str(tmp_path / "choice"), *keys)
    assert (code, "sluis log export" in told) == (1, True)
    lost = str(tmp_path / "nowhere" / "seen")
    code, told = run("audit", "verify", str(tmp_path / "later"), *keys[:3], lost)
    assert (code, "303" in told or "304" in told, "niet te bewaren" in told, "cannot be kept" in told) == (
        2,
        *[True] * 3,
    )
    with database.look() as data:
        (tmp_path / "note").write_text(data.log.checkpoint().note)
    assert run("audit", "verify", str(tmp_path / "later"), *keys[:3], str(tmp_path / "note"))[0] == 0
    assert (tmp_path / "note").read_text() == (tmp_path / "seen").read_text()
    for torn in ("", newer[:40], '{"seenVersion":1}', "nonsense"):
        (tmp_path / "seen").write_text(torn)
        code, told = run("audit", "verify", str(tmp_path / "later"), *keys)
        assert (code, "cannot be read as your last checkpoint" in told) == (2, True)
        assert (tmp_path / "seen").read_text() == torn
    (tmp_path / "key").write_text("nonsense")
    assert run("audit", "verify", str(tmp_path / "log"), *keys)[0] == 2
    assert run("audit", "verify", str(tmp_path / "nowhere"), *keys)[0] == 2
    assert run("log", "export", str(tmp_path / "log"))[0] == 2  # it is there already
