"""Pages of the audit log, as an auditor asks for them, on a generated table in SQLite and PostgreSQL.

Each question is held against the cheapest page that there is, asked by turns with it: the newest 50 events without a
filter, along one index. Of PostgreSQL the pages of 8 kB that the question touched are printed too (EXPLAIN, BUFFERS):
they are the same on a busy machine as on an idle one.
`python -m benchmarks audit_queries --rows 10000000` takes the size of the goal; `--full` means the same. Generating it
takes minutes and 12 GB for each database; `--sqlite` and `--postgresql` choose one.

A good plan costs as much at any size and any depth. What cannot be so is in the rows too, with what it costs: two
filters that are common and hardly ever come together are looked for along one of them, and an hour of counting for
signals reads the events of that hour.
"""

from __future__ import annotations

import secrets
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Engine, event, text

from benchmarks.installation import durable_postgres
from benchmarks.report import is_full, option, print_row
from service.adapters.database import Patience, SqlDatabase, upgrade
from service.adapters.database.audit import to_payload
from service.adapters.database.paging import to_cursor
from service.adapters.database.tables import audit_events
from service.domain.audit import Action, AuditEvent, Authorisation, Outcome, Source
from service.domain.audit_terms import person_digest
from service.ports.unit_of_work import AuditFilter, Page

FEW, MANY = 200_000, 10_000_000
REPEATS = 7
ANNA = "bsn.regional-capacity-planning.1." + "anna" * 6
START = datetime(2021, 1, 1, tzinfo=UTC)
YEARS = 5 * 365 * 24 * 3600
USERS, ORGANISATIONS, OBJECTS = 600, 97, 50_000
CODES = (
    "submission.submit",
    "release.read",
    "release.list",
    "request.submit",
    "round.change",
    "audit.search",
    "key.revoke",
)
_ID = "0190f000-0000-7000-8000-"

_DELIVERIES = " UNION ALL ".join(f"SELECT 'object-{number * 97}' AS id" for number in range(10))
_PERSON = {
    "sqlite": f"INSERT INTO submission_persons (person, submission) SELECT ?, id FROM ({_DELIVERIES}) AS these",
    "postgresql": f"INSERT INTO submission_persons (person, submission) SELECT %s, id FROM ({_DELIVERIES}) AS these",
}
_UNCHECKED = {"sqlite": "PRAGMA foreign_keys = OFF", "postgresql": "SET session_replication_role = replica"}
_CHECKED = {"sqlite": "PRAGMA foreign_keys = ON", "postgresql": "SET session_replication_role = origin"}
_HOW = {
    "sqlite": {
        "series": "WITH RECURSIVE s(n) AS (SELECT :first UNION ALL SELECT n + 1 FROM s WHERE n + 1 < :last)",
        "from": "FROM s",
        "moment": "strftime('%Y-%m-%d %H:%M:%f000', :start + n * :step, 'unixepoch')",
        "id": "printf('%012d', n)",
        "salt": "zeroblob(32)",
    },
    "postgresql": {
        "series": "",
        "from": "FROM generate_series(CAST(:first AS bigint), CAST(:last AS bigint) - 1) AS s(n)",
        "moment": "to_timestamp(CAST(:start AS float8) + n * CAST(:step AS float8))",
        "id": "lpad(n::text, 12, '0')",
        "salt": "decode(repeat('00', 32), 'hex')",
    },
}


def main() -> None:
    rows = _rows()
    for name in ("sqlite", "postgresql"):
        if {"--sqlite", "--postgresql"} & set(sys.argv) and f"--{name}" not in sys.argv:
            continue
        with _database(name) as (database, engine):
            started = time.perf_counter()
            _fill(engine, name, rows)
            print(f"# {name}: {rows:,} events generated in {time.perf_counter() - started:.0f} s", flush=True)
            _measure(database, name, rows)


def _rows() -> int:
    given = option("rows")
    return int(given) if given is not None else MANY if is_full() else FEW


@contextmanager
def _database(name: str) -> Iterator[tuple[SqlDatabase, Engine]]:
    with tempfile.TemporaryDirectory(prefix="sluis-bench-") as folder:
        if name == "sqlite":
            url = f"sqlite:///{folder}/sluis.db"
            upgrade(url)
            yield from _opened(url)
        else:
            with durable_postgres() as url:
                upgrade(url)
                yield from _opened(url)


def _opened(url: str) -> Iterator[tuple[SqlDatabase, Engine]]:
    database = SqlDatabase(url, random_bytes=secrets.token_bytes, patience=Patience(statement=3600))
    try:
        yield database, database._engines.write  # noqa: SLF001 - the generator writes what no use case would
    finally:
        database.dispose()


def _fill(engine: Engine, name: str, rows: int) -> None:
    """Rows by the database itself, without indexes and triggers, which come back afterwards."""
    with engine.connect() as connection, connection.begin():
        if name == "sqlite":
            triggers = connection.execute(
                text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'audit_events'")
            ).all()
            for trigger, _ in triggers:
                connection.exec_driver_sql(f"DROP TRIGGER {trigger}")
        else:
            connection.exec_driver_sql("ALTER TABLE audit_events DISABLE TRIGGER USER")
        for index in audit_events.indexes:
            index.drop(connection)
    how, step = _HOW[name], YEARS / rows
    for first in range(0, rows, 500_000):
        numbers = {"first": first, "last": min(first + 500_000, rows), "start": START.timestamp(), "step": step}
        with engine.connect() as connection, connection.begin():
            connection.execute(text(_events_sql(how)), {**numbers, "payload": _template()})
            connection.execute(text(_terms_sql(how)), numbers)
    with engine.connect() as connection, connection.begin():
        for index in audit_events.indexes:
            index.create(connection)
    raw = engine.raw_connection()
    driver: Any = raw.driver_connection
    try:
        if name == "postgresql":
            driver.autocommit = True
        # The deliveries themselves are not there: only their ids are looked up.
        driver.execute(_UNCHECKED[name])
        driver.execute(_PERSON[name], (person_digest(ANNA),))
        driver.execute(_CHECKED[name])
        driver.execute("ANALYZE")
    finally:
        raw.invalidate()


def _events_sql(how: dict[str, str]) -> str:
    codes = " ".join(
        f"WHEN n % 100 < {bound} THEN '{code}'"
        for code, bound in zip(CODES, (50, 75, 90, 95, 98, 99, 100), strict=True)
    )
    return f"""
        INSERT INTO audit_events (id, salt, payload, recorded, user_id, organisation, code, action, outcome,
            object_type, object_id, purpose)
        {how["series"]}
        SELECT '{_ID}' || {how["id"]}, {how["salt"]}, replace(CAST(:payload AS text), 'ID', '{_ID}' || {how["id"]}),
            {how["moment"]},
            'user-' || ((n * 7919) % {USERS}), 'org-' || ((n * 7919) % {ORGANISATIONS}), CASE {codes} END,
            CASE WHEN n % 100 < 50 THEN 'C' WHEN n % 100 < 90 THEN 'R' ELSE 'U' END,
            CASE WHEN n % 101 = 0 THEN 'denied' ELSE 'success' END,
            CASE WHEN n % 100 < 50 THEN 'submission' WHEN n % 100 < 90 THEN 'release' ELSE 'other' END,
            'object-' || ((n * 104729) % {OBJECTS}), CASE WHEN n % 3 = 0 THEN 'purpose-' || (n % 15) END
        {how["from"]}
    """


def _terms_sql(how: dict[str, str]) -> str:
    term = "CASE WHEN n % 10100 = 0 THEN 'reason:rare' ELSE 'reason:common' END"
    return f"""
        INSERT INTO audit_terms (term, recorded, event)
        {how["series"]}
        SELECT {term}, {how["moment"]}, '{_ID}' || {how["id"]} {how["from"]}
        {"" if "WHERE" in how["from"] else "WHERE n % 101 = 0"}
    """


def _template() -> str:
    template = AuditEvent(
        id="ID",
        code="release.read",
        action=Action.READ,
        recorded=START,
        user="https://login.example#0190f000-0000-7000-8000-000000000000",
        role="regional-owner",
        organisation="org-1",
        on_behalf_of=None,
        object_type="release",
        object_id="object-1",
        query=None,
        sensitivity="competition-sensitive",
        authorisation=Authorisation(
            "sha-256:" + "0" * 64, ("regional-owner",), "purpose-1", "6-1-e", "VO-1", "r-1", "permit"
        ),
        outcome=Outcome.SUCCESS,
        reasons=(),
        source=Source("sluis", "sluis-1", "api:192.0.2.1", "0190f000-0000-7000-8000-000000000000"),
    )
    return to_payload(template)


def _measure(database: SqlDatabase, name: str, rows: int) -> None:
    middle = START + timedelta(seconds=YEARS / 2)
    deep = to_cursor(middle, _ID)
    day = middle - timedelta(days=1)
    questions: dict[str, tuple[AuditFilter, str | None, float]] = {
        "newest": (AuditFilter(), None, 3),
        "after half of all": (AuditFilter(), deep, 3),
        "user": (AuditFilter(user="user-7"), None, 5),
        "user, after half": (AuditFilter(user="user-7"), deep, 5),
        "organisation": (AuditFilter(organisation="org-7"), None, 5),
        "code, common": (AuditFilter(code="submission.submit"), None, 5),
        "code, rare": (AuditFilter(code="key.revoke"), None, 5),
        "denied": (AuditFilter(outcome="denied"), None, 5),
        "object": (AuditFilter(object_id="object-97"), None, 5),
        "purpose": (AuditFilter(purpose="purpose-6"), None, 5),
        "a day in the middle": (AuditFilter(recorded_from=day, recorded_until=middle), None, 3),
        "a day, one user": (AuditFilter(recorded_from=day, recorded_until=middle, user="user-7"), None, 5),
        "user and denied": (AuditFilter(user="user-7", outcome="denied"), None, 50),
        "organisation and code": (AuditFilter(organisation="org-7", code="round.change"), None, 50),
        "word, common": (AuditFilter(reason="common"), None, 5),
        "word, rare": (AuditFilter(reason="rare"), None, 5),
        "word, after half": (AuditFilter(reason="common"), deep, 5),
        "two words": (AuditFilter(reason="common rare"), None, 50),
        "person": (AuditFilter(person=ANNA), None, 50),
    }
    newest = _touched(database, AuditFilter(), None) if name == "postgresql" else 0
    for what, (filters, cursor, goal) in questions.items():
        ours, base = _by_turns(database, filters, cursor)
        print_row(f"page of 50: {what} ({name}, {rows:,})", ours, "newest 50", base, goal)
        if newest:
            print_row(f"  8 kB pages touched: {what}", _touched(database, filters, cursor), "newest 50", newest, None)
    never, base = _by_turns(database, AuditFilter(user="user-7", organisation="org-8"), None, repeats=3)
    print_row(f"page of 50: two that never meet ({name})", never, "newest 50", base, None)
    print_row(f"signals of seven days ({name})", _signals(database, middle), "newest 50", base, None)


def _by_turns(
    database: SqlDatabase, filters: AuditFilter, cursor: str | None, repeats: int = REPEATS
) -> tuple[float, float]:
    """The best times of the question and of the cheapest page, in seconds."""
    pairs = [(_time(database, filters, cursor), _time(database, AuditFilter(), None)) for _ in range(repeats)]
    ours, base = zip(*pairs, strict=True)
    return min(ours), min(base)


def _time(database: SqlDatabase, filters: AuditFilter, cursor: str | None) -> float:
    started = time.perf_counter()
    with database.look() as data:
        data.audit.page(filters, Page(50, cursor))
    return time.perf_counter() - started


def _touched(database: SqlDatabase, filters: AuditFilter, cursor: str | None) -> int:
    """Pages of tables and indexes that the statements of one question read, in cache or not."""
    asked: list[tuple[str, Any]] = []

    def note(_1: Any, _2: Any, statement: str, parameters: Any, _3: Any, _4: Any) -> None:
        asked.append((statement, parameters))

    engine = database._engines.read  # noqa: SLF001 - what the question became is nobody else's to know
    event.listen(engine, "before_cursor_execute", note)
    _time(database, filters, cursor)
    event.remove(engine, "before_cursor_execute", note)
    with engine.connect() as connection:
        plans = [
            connection.exec_driver_sql(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement}", parameters).scalar_one()
            for statement, parameters in asked
            if statement.startswith("SELECT")
        ]
    return sum(plan[0]["Plan"]["Shared Hit Blocks"] + plan[0]["Plan"]["Shared Read Blocks"] for plan in plans)


def _signals(database: SqlDatabase, until: datetime) -> float:
    started = time.perf_counter()
    with database.look() as data:
        data.audit.volumes(until - timedelta(days=7), until)
        data.audit.approvals(until - timedelta(days=7), until)
    return time.perf_counter() - started
