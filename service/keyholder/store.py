"""The key holder's own database (SQLite): wrapped keys, evaluations, events. The last two are only ever added to.

No element is kept, neither what came in nor what went out: who asked, when, of which domain, how many.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

_SCHEMA = """
CREATE TABLE IF NOT EXISTS keys (
    domain TEXT NOT NULL,
    version INTEGER NOT NULL CHECK (version > 0),
    since TEXT NOT NULL,
    check_value TEXT NOT NULL,
    wrapped TEXT,
    created_at TEXT NOT NULL,
    destroyed_at TEXT,
    PRIMARY KEY (domain, version),
    CHECK ((wrapped IS NULL) = (destroyed_at IS NOT NULL))
) STRICT;
CREATE TABLE IF NOT EXISTS evaluations (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at TEXT NOT NULL,
    supplier TEXT NOT NULL,
    domain TEXT NOT NULL,
    elements INTEGER NOT NULL CHECK (elements >= 0),
    outcome TEXT NOT NULL CHECK (outcome IN ('evaluated', 'over-quota', 'refused'))
) STRICT;
CREATE INDEX IF NOT EXISTS evaluations_of ON evaluations (supplier, domain, at);
CREATE TABLE IF NOT EXISTS events (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at TEXT NOT NULL,
    code TEXT NOT NULL CHECK (code IN ('key.create', 'key.rotate', 'key.destroy')),
    domain TEXT NOT NULL,
    version INTEGER NOT NULL,
    account TEXT NOT NULL
) STRICT;
CREATE TRIGGER IF NOT EXISTS evaluations_stay BEFORE UPDATE ON evaluations BEGIN SELECT RAISE(ABORT, 'kept'); END;
CREATE TRIGGER IF NOT EXISTS evaluations_last BEFORE DELETE ON evaluations BEGIN SELECT RAISE(ABORT, 'kept'); END;
CREATE TRIGGER IF NOT EXISTS events_stay BEFORE UPDATE ON events BEGIN SELECT RAISE(ABORT, 'kept'); END;
CREATE TRIGGER IF NOT EXISTS events_last BEFORE DELETE ON events BEGIN SELECT RAISE(ABORT, 'kept'); END;
CREATE TRIGGER IF NOT EXISTS keys_last BEFORE DELETE ON keys BEGIN SELECT RAISE(ABORT, 'kept'); END;
CREATE TRIGGER IF NOT EXISTS keys_stay BEFORE UPDATE ON keys
WHEN OLD.wrapped IS NULL OR NEW.wrapped IS NOT NULL OR NEW.domain <> OLD.domain OR NEW.version <> OLD.version
    OR NEW.check_value <> OLD.check_value OR NEW.since <> OLD.since
BEGIN SELECT RAISE(ABORT, 'kept'); END;
"""
_BUSY_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class KeyRow:
    """A key as it is kept; `wrapped` is None once it was destroyed. `since`: the day from which figures use it."""

    domain: str
    version: int
    since: str
    check_value: str
    wrapped: str | None = field(repr=False)
    created_at: str
    destroyed_at: str | None = None


@dataclass(frozen=True, slots=True)
class Evaluation:
    """That a supplier asked."""

    at: str
    supplier: str
    domain: str
    elements: int
    outcome: str


class Transaction:
    """One open transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def keys(self, domain: str) -> list[KeyRow]:
        """The keys of a domain, destroyed ones as well, by version."""
        query = "SELECT * FROM keys WHERE domain = ? ORDER BY version"
        return [KeyRow(**dict(row)) for row in self._connection.execute(query, (domain,))]

    def every_key(self) -> list[KeyRow]:
        """All keys, by domain and version."""
        return [KeyRow(**dict(row)) for row in self._connection.execute("SELECT * FROM keys ORDER BY domain, version")]

    def add_key(self, key: KeyRow) -> None:
        """It is new."""
        self._connection.execute(
            "INSERT INTO keys VALUES (?, ?, ?, ?, ?, ?, NULL)",
            (key.domain, key.version, key.since, key.check_value, key.wrapped, key.created_at),
        )

    def destroy_key(self, domain: str, version: int, at: datetime) -> None:
        """The wrapped key goes; that there was one, and its check value, stay."""
        self._connection.execute(
            "UPDATE keys SET wrapped = NULL, destroyed_at = ? WHERE domain = ? AND version = ?",
            (_text(at), domain, version),
        )

    def used(self, supplier: str, domain: str, since: datetime) -> int:
        """How many pseudonyms of the domain the supplier had made since then."""
        query = (
            "SELECT coalesce(sum(elements), 0) FROM evaluations"
            " WHERE supplier = ? AND domain = ? AND at > ? AND outcome = 'evaluated'"
        )
        (found,) = self._connection.execute(query, (supplier, domain, _text(since))).fetchone()
        return int(found)

    def add_evaluation(self, at: datetime, supplier: str, domain: str, elements: int, outcome: str) -> None:
        """Written before the answer is made."""
        self._connection.execute(
            "INSERT INTO evaluations (at, supplier, domain, elements, outcome) VALUES (?, ?, ?, ?, ?)",
            (_text(at), supplier, domain, elements, outcome),
        )

    def evaluations(self, supplier: str | None = None) -> list[Evaluation]:
        """All, or those of one supplier, oldest first."""
        query = (
            "SELECT at, supplier, domain, elements, outcome FROM evaluations"
            " WHERE ? IS NULL OR supplier = ? ORDER BY id"
        )
        return [Evaluation(**dict(row)) for row in self._connection.execute(query, (supplier, supplier))]

    def add_event(self, at: datetime, code: str, domain: str, version: int, account: str) -> None:
        """What was done to a key, in the transaction that does it."""
        self._connection.execute(
            "INSERT INTO events (at, code, domain, version, account) VALUES (?, ?, ?, ?, ?)",
            (_text(at), code, domain, version, account),
        )

    def events(self) -> list[dict[str, object]]:
        """Oldest first."""
        return [dict(row) for row in self._connection.execute("SELECT * FROM events ORDER BY id")]


class Store:
    """The database file; each transaction is a connection of its own, and durable when it is over."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with closing(self._connect()) as connection:
            connection.executescript(_SCHEMA)

    @contextmanager
    def transact(self) -> Iterator[Transaction]:
        """One writer at a time; what the block raises undoes it."""
        with closing(self._connect()) as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield Transaction(connection)
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")

    def settle(self) -> None:
        """Let what was destroyed be in no file of the database any more."""
        with closing(self._connect()) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, timeout=_BUSY_SECONDS, isolation_level=None)
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA secure_delete = ON")
        return connection


def _text(moment: datetime) -> str:
    return moment.isoformat(timespec="microseconds")
