"""How each database is opened, what its refusals mean, and that nothing secret is said."""

from __future__ import annotations

import logging
import secrets
import sqlite3
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

import pytest
from database_samples import an_event, an_organisation, prepared
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from service.adapters.database import Patience, RowRefused, SqlDatabase, engine, upgrade
from service.adapters.database.engine import checked
from service.adapters.database.refusals import _BY_COLUMNS, _CONFLICTS, _sqlite_constraint, meaning
from service.adapters.database.tables import (
    client_keys,
    invitations,
    metadata,
    reviews,
    submissions,
    upload_parts,
)
from service.domain.errors import Unavailable
from service.domain.organisation import ClientKey, Invitation
from service.domain.request import Review
from service.domain.submission import Submission, UploadPart


@pytest.mark.parametrize(
    "url",
    [
        "sqlite://",
        "sqlite:///:memory:",
        "sqlite:///x.db?mode=ro",
        "mysql://u:geheim@h/d",
        "postgresql+psycopg2://u:geheim@h/d",
        "postgresql+asyncpg://u:geheim@h/d",
        "sqlite+aiosqlite:///geheim.db",
    ],
)
def test_other_databases_are_refused_without_repeating_the_password(url: str) -> None:
    with pytest.raises(ValueError, match=r"(?i)sqlite") as refusal:
        SqlDatabase(url, random_bytes=secrets.token_bytes)
    assert "geheim" not in str(refusal.value)


def test_postgresql_means_psycopg_3() -> None:
    assert checked("postgresql://h/d").drivername == "postgresql+psycopg"


@pytest.mark.parametrize("wait", [field.name for field in fields(Patience)])
def test_nobody_waits_for_ever(wait: str) -> None:
    with pytest.raises(ValueError, match="at least one second"):
        Patience(**{wait: 0})


@pytest.fixture
def as_in_service(sqlite_as_in_service: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "_prepare_sqlite", sqlite_as_in_service)


@pytest.mark.usefixtures("as_in_service")
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_sqlite_is_set_to_survive_a_crash(real_database: SqlDatabase) -> None:
    wanted = {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "recursive_triggers": 1,
        "busy_timeout": 10_000,
    }
    for opened, query_only in ((real_database.begin, 0), (real_database.look, 1), (real_database.begin, 0)):
        with opened() as uow:
            connection = uow._transaction._connection
            found = {name: connection.scalar(text(f"PRAGMA {name}")) for name in wanted}
            assert found == wanted
            assert connection.scalar(text("PRAGMA query_only")) == query_only


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_postgresql_is_set_to_give_up_in_time(real_database: SqlDatabase) -> None:
    wanted = {
        "lock_timeout": "10s",
        "statement_timeout": "1min",
        "idle_in_transaction_session_timeout": "5min",
        "TimeZone": "UTC",
        "synchronous_commit": "on",
        "application_name": "sluis",
    }
    modes = ((real_database.begin, "read committed", "off"), (real_database.look, "repeatable read", "on"))
    for opened, isolation, read_only in modes * 2:
        with opened() as uow:
            connection = uow._transaction._connection
            assert {name: connection.scalar(text(f"SHOW {name}")) for name in wanted} == wanted
            assert connection.scalar(text("SHOW transaction_isolation")) == isolation
            assert connection.scalar(text("SHOW transaction_read_only")) == read_only


def test_the_options_of_the_address_are_kept(postgres_url: str) -> None:
    url = f"{postgres_url}&options=-c%20work_mem%3D7MB%20-c%20lock_timeout%3D0"
    database = SqlDatabase(url, random_bytes=secrets.token_bytes)
    with database.look() as uow:
        connection = uow._transaction._connection
        assert connection.scalar(text("SHOW work_mem")) == "7MB"
        assert connection.scalar(text("SHOW lock_timeout")) == "10s"
    database.dispose()


@pytest.mark.parametrize("url", ["postgresql+psycopg://127.0.0.1:1/none", "sqlite:////nowhere/at/all.db"])
def test_a_database_that_is_not_there_is_not_ready(url: str) -> None:
    database = SqlDatabase(url, random_bytes=secrets.token_bytes, patience=Patience(connection=1))
    assert not database.ready()
    database.dispose()


def test_a_server_that_is_not_there_is_busy() -> None:
    url = "postgresql+psycopg://user:geheim@127.0.0.1:1/none"
    database = SqlDatabase(url, random_bytes=secrets.token_bytes, patience=Patience(connection=1))
    with pytest.raises(Unavailable, match="database-busy") as busy, database.begin():
        pass
    assert "geheim" not in repr(busy.value.__cause__)
    database.dispose()


def test_refusals_and_logs_hold_no_values(real_database: SqlDatabase, caplog: pytest.LogCaptureFixture) -> None:
    prepared(real_database)
    with caplog.at_level(logging.DEBUG), real_database.begin() as uow, pytest.raises(RowRefused) as refusal:
        uow.organisations.add_key(_secret_key())
    assert "secret-value" not in str(refusal.value)
    assert "secret-value" not in caplog.text


def _secret_key() -> ClientKey:
    return ClientKey("secret-value-1", "secret-value-2", "secret-value-3", an_event().recorded)


def test_every_conflict_belongs_to_a_constraint() -> None:
    names = {str(c.name) for table in metadata.tables.values() for c in table.constraints}
    names |= {str(index.name) for table in metadata.tables.values() for index in table.indexes}
    assert set(_CONFLICTS) <= names
    assert set(_CONFLICTS) <= set(_BY_COLUMNS.values())


@pytest.mark.parametrize(
    ("message", "name"),
    [
        ("UNIQUE constraint failed: submissions.round, submissions.organisation", "uq_submissions_accepted"),
        ("UNIQUE constraint failed: submissions.organisation, submissions.round", "unknown unique constraint"),
        ("UNIQUE constraint failed: rounds.id", "pk_rounds"),
        ("CHECK constraint failed: ck_rounds_state_known", "ck_rounds_state_known"),
        ("NOT NULL constraint failed: rounds.state", "rounds.state"),
        ("FOREIGN KEY constraint failed", "foreign key"),
        ("an audit event gets its index once and is not changed", "trigger"),
    ],
)
def test_sqlite_says_which_constraint(message: str, name: str) -> None:
    assert _sqlite_constraint(message) == name


def test_an_unknown_constraint_is_never_a_conflict() -> None:
    error = IntegrityError("INSERT", {}, sqlite3.IntegrityError("UNIQUE constraint failed: a.b"))
    assert isinstance(meaning(error), RowRefused)


@pytest.mark.parametrize(
    ("table", "value"),
    [
        (submissions, Submission),
        (upload_parts, UploadPart),
        (client_keys, ClientKey),
        (invitations, Invitation),
        (reviews, Review),
    ],
)
def test_rows_that_map_by_name_have_the_fields_of_their_value(table: object, value: type) -> None:
    assert [column.name for column in table.columns] == [field.name for field in fields(value)]


def test_a_full_disk_is_no_conflict(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/small.db"
    upgrade(url)
    database = SqlDatabase(url, random_bytes=secrets.token_bytes, pool_size=1)
    with database.begin() as uow:
        connection = uow._transaction._connection
        pages = connection.scalar(text("PRAGMA page_count"))
        connection.execute(text(f"PRAGMA max_page_count = {pages + 1}"))
    with database.begin() as uow:
        uow.organisations.add(an_organisation())
        with pytest.raises(Unavailable, match="database-refused"):
            uow.commit(an_event(query="x" * 100_000))
    with database.look() as uow:
        assert uow.organisations.all() == []
    database.dispose()
