"""Someone with the database open in front of them tries to bend it: the database itself refuses."""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
from database_samples import NOON, a_drawing, a_public_copy, a_release, a_submission, an_event, prepare
from sqlalchemy import Connection, Engine, insert, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from service.adapters.database import SqlDatabase, upgrade
from service.adapters.database.audit import to_payload
from service.adapters.database.engine import open_migrating_engine
from service.adapters.database.tables import audit_events, metadata, releases
from service.domain.audit import Action, Outcome
from service.domain.errors import Unavailable


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """One database for all of these tests: each leaves it as it was."""
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres").migrated_database()
    else:
        url = f"sqlite:///{tmp_path_factory.mktemp('guarded')}/sluis.db"
        upgrade(url)
    database = SqlDatabase(url, random_bytes=secrets.token_bytes)
    with database.begin() as uow:
        prepare(uow)
        uow.submissions.add(a_submission())
        uow.releases.add(a_release())
        uow.releases.add(a_release("rel-2", version=2))
        uow.releases.withdraw("rel-2", NOON, "fout")
        uow.drawings.add(a_drawing())
        uow.public_figures.add(a_public_copy())
        uow.commit(an_event(id="e-1"))
    with database.begin() as uow:
        uow.commit(an_event(id="e-2"))
    database.dispose()
    engine = open_migrating_engine(url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE audit_events SET log_index = 0 WHERE id = 'e-1'"))
    yield engine
    engine.dispose()


def refused(engine: Engine, statement: str) -> None:
    """The statement fails, and nothing at all is different."""
    before = contents(engine)
    with engine.connect() as connection:
        with pytest.raises(IntegrityError):
            connection.execute(text(statement))
        connection.rollback()
    assert contents(engine) == before


def contents(engine: Engine) -> dict[str, list[tuple]]:
    with engine.connect() as connection:
        return {
            table.name: sorted(map(repr, connection.execute(table.select()).all())) for table in metadata.sorted_tables
        }


TAMPERING = [
    "DELETE FROM releases",
    "DELETE FROM releases WHERE withdrawn_at IS NOT NULL",
    "UPDATE releases SET content = '{}'",
    "UPDATE releases SET withdrawn_at = released_at, withdrawal_reason = 'x' WHERE id = 'rel-2'",
    "UPDATE releases SET withdrawn_at = NULL, withdrawal_reason = NULL WHERE id = 'rel-2'",
    "UPDATE releases SET withdrawal_reason = 'x' WHERE id = 'rel-2'",
    "UPDATE releases SET withdrawn_at = released_at, withdrawal_reason = 'x', content = '{}' WHERE id = 'rel-1'",
    "UPDATE releases SET withdrawn_at = released_at, withdrawal_reason = 'x', certified = '{}' WHERE id = 'rel-1'",
    "UPDATE releases SET withdrawn_at = released_at WHERE id = 'rel-1'",
    "UPDATE releases SET id = 'rel-9' WHERE id = 'rel-1'",
    "DELETE FROM release_recipients",
    "UPDATE release_recipients SET organisation = 'south'",
    "INSERT INTO release_recipients (release, organisation) VALUES ('rel-1', 'south')",
    "DELETE FROM drawings",
    "UPDATE drawings SET loss = 1",
    "UPDATE drawings SET figures = '{}'",
    "INSERT INTO drawings SELECT 'drawn-2', data_set, rounds, mechanism, 0, budget, drawn_at, figures FROM drawings",
    "DELETE FROM public_figures",
    "UPDATE public_figures SET content = '[]'",
    "DELETE FROM audit_events",
    "UPDATE audit_events SET payload = '{}'",
    "UPDATE audit_events SET salt = payload_salt FROM (SELECT salt AS payload_salt FROM audit_events) AS x WHERE id = 'e-2'",
    "UPDATE audit_events SET recorded = recorded WHERE id = 'e-2'",
    "UPDATE audit_events SET user_id = 'nobody', log_index = 1 WHERE id = 'e-2'",
    "UPDATE audit_events SET log_index = 2 WHERE id = 'e-1'",
    "UPDATE audit_events SET log_index = NULL WHERE id = 'e-1'",
    "UPDATE audit_events SET log_index = 0 WHERE id = 'e-2'",
    "UPDATE audit_events SET log_index = -1 WHERE id = 'e-2'",
    "INSERT INTO release_recipients (release, organisation) SELECT id, 'south' FROM releases",
]


@pytest.mark.parametrize("statement", TAMPERING)
def test_releases_and_events_are_kept(engine: Engine, statement: str) -> None:
    refused(engine, statement)


def replacements() -> Iterator[str]:
    for table, other_id in ((releases, "'rel-3'"), (audit_events, "'e-3'")):
        names = ", ".join(f'"{column.name}"' for column in table.columns)
        yield f"INSERT OR REPLACE INTO {table.name} ({names}) SELECT {names} FROM {table.name}"
        same_number = names.replace('"id"', other_id)
        yield f"REPLACE INTO {table.name} ({names}) SELECT {same_number} FROM {table.name} WHERE id LIKE '%-1'"
    yield "INSERT OR REPLACE INTO drawings SELECT * FROM drawings"
    yield "INSERT OR REPLACE INTO public_figures SELECT * FROM public_figures"
    yield "INSERT OR REPLACE INTO release_recipients (release, organisation) VALUES ('rel-1', 'north')"
    yield "UPDATE OR REPLACE audit_events SET log_index = 0 WHERE id = 'e-2'"
    yield "DELETE FROM audit_events"


@pytest.mark.parametrize("statement", tuple(replacements()))
@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_nothing_is_replaced_over_any_connection(engine: Engine, statement: str) -> None:
    """With SQLite's own defaults no trigger for deletes fires when a row is replaced."""
    before = contents(engine)
    with closing(sqlite3.connect(engine.url.database)) as connection:
        with pytest.raises(sqlite3.IntegrityError):
            connection.execute(statement)
        connection.commit()
    assert contents(engine) == before


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
@pytest.mark.parametrize(
    "statement",
    [
        "TRUNCATE releases CASCADE",
        "TRUNCATE release_recipients",
        "TRUNCATE drawings",
        "TRUNCATE audit_events CASCADE",
        "INSERT INTO audit_events SELECT * FROM audit_events ON CONFLICT (id) DO UPDATE SET payload = '{}'",
    ],
)
def test_nothing_is_emptied(engine: Engine, statement: str) -> None:
    refused(engine, statement)


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
def test_a_temporary_table_does_not_blind_the_guard(engine: Engine) -> None:
    with engine.connect() as connection:
        connection.execute(text("CREATE TEMPORARY TABLE releases (id text)"))
        with pytest.raises(IntegrityError, match="no more recipients"):
            connection.execute(text("INSERT INTO release_recipients (release, organisation) VALUES ('rel-1', 'south')"))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE rounds SET state = 'opened'",
        "UPDATE rounds SET state = ''",
        "UPDATE submissions SET state = 'ACCEPTED'",
        "UPDATE submissions SET state = 'accepted'",
        "UPDATE submissions SET rows = -1",
        "UPDATE submissions SET state = NULL",
        "UPDATE requests SET state = 'approved-twice'",
        "UPDATE requests SET state = 'released'",
        "UPDATE requests SET release = 'rel-1'",
        "INSERT INTO upload_parts (submission, number, size, digest, stored_as) VALUES ('sub-1', -1, 1, 'd', 's')",
        "INSERT INTO upload_parts (submission, number, size, digest, stored_as) VALUES ('sub-9', 0, 1, 'd', 's')",
        "DELETE FROM organisations",
        "DELETE FROM rounds",
        "INSERT INTO used_tokens (issuer, jti, until) VALUES ('i', NULL, '2026-01-01 00:00:00')",
        "UPDATE organisations SET agreement_valid_until = '1999-01-01'",
    ],
)
def test_bad_rows_are_refused(engine: Engine, statement: str) -> None:
    refused(engine, statement)


def test_an_event_gets_its_index(engine: Engine) -> None:
    with engine.connect() as connection:
        connection.execute(text("UPDATE audit_events SET log_index = 1 WHERE id = 'e-2'"))
        with pytest.raises(IntegrityError):
            connection.execute(text("UPDATE audit_events SET log_index = 2 WHERE id = 'e-2'"))


def test_every_event_has_its_own_salt(engine: Engine) -> None:
    with engine.connect() as connection:
        salts = connection.scalars(text("SELECT salt FROM audit_events")).all()
    assert len({bytes(salt) for salt in salts}) == 2
    assert {len(bytes(salt)) for salt in salts} == {32}


def test_a_look_cannot_write_whatever_it_executes(real_database: SqlDatabase) -> None:
    """Behind the unit of work's own refusal stands the database's."""
    with real_database.look() as uow:
        connection: Connection = uow._transaction._connection
        with pytest.raises(DBAPIError, match=r"read-?only"):
            connection.execute(text("DELETE FROM used_tokens"))
    with real_database.begin() as uow:
        assert uow.used_tokens.remember("i", "j", NOON)


def test_an_event_is_dated_as_it_says_itself_and_not_ahead(real_database: SqlDatabase) -> None:
    """By whoever may write at all, in the payload too: that is what the log commits to (docs/adr/0014-log.md)."""
    now = datetime.now(UTC)
    for recorded, fits in (
        (now + timedelta(minutes=50), True),
        (now + timedelta(hours=2), False),
        (now + timedelta(days=3_000), False),
        (now - timedelta(days=3_000), True),
    ):
        event = an_event(recorded=recorded)
        if fits:
            with real_database.begin() as uow:
                uow.commit(event)
            continue
        with pytest.raises(Unavailable), real_database.begin() as uow:
            uow.commit(event)
        with pytest.raises(DBAPIError, match="after the clock of the database"):
            insert_raw(real_database, recorded, recorded)
    with pytest.raises(DBAPIError, match="as it says itself"):
        insert_raw(real_database, now, now + timedelta(days=3_000))
    with pytest.raises(DBAPIError, match="as it says itself"):
        insert_raw(real_database, now, now - timedelta(seconds=1))


def test_an_event_has_one_date_in_the_form_that_verifiers_read(real_database: SqlDatabase) -> None:
    """Else it is of now for the database, and of the future for whoever verifies the log."""
    now = datetime.now(UTC).replace(microsecond=0)
    later = to_payload(an_event(id="raw", recorded=now + timedelta(days=3_000)))
    for first in (f"{now:%Y-%m-%dT%H:%M:%SZ}", f"{now:%Y-%m-%dT%H:%M:%S.%fZ}"):
        for two in (f'{{"a":{{"recorded":"{first}"}},{later[1:]}', f'{{"recorded":"{first}",{later[1:]}'):
            with pytest.raises(DBAPIError, match="as it says itself"):
                insert_raw(real_database, now, two)
    plain = to_payload(an_event(id="raw", recorded=now))
    for unread in (plain.replace(".000000Z", "Z"), plain.replace(".000000Z", "+00:00"), "{}"):
        with pytest.raises(DBAPIError, match="as it says itself"):
            insert_raw(real_database, now, unread)
    told = to_payload(an_event(id="raw", recorded=now, query='{"recorded": "2099-01-01T00:00:00.000000Z"}'))
    insert_raw(real_database, now, told)  # what was asked for is text, and no date of the event


def insert_raw(database: SqlDatabase, column: datetime, payload: datetime | str) -> None:
    """A row whose column and payload may say different things."""
    row = {
        "id": "raw",
        "salt": bytes(32),
        "payload": payload if isinstance(payload, str) else to_payload(an_event(id="raw", recorded=payload)),
        "recorded": column,
        "user_id": "u",
        "code": "c",
        "action": Action.READ,
        "outcome": Outcome.SUCCESS,
        "object_type": "o",
    }
    with database._engines.write.connect() as connection, connection.begin():
        connection.execute(insert(audit_events), row)
