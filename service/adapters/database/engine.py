"""Engines for SQLite and PostgreSQL, set so that a committed transaction survives a crash of the machine.

A transaction of the reading engine cannot write: the database itself refuses.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.pool import ConnectionPoolEntry, NullPool

_WRITES = "sluis_writes"
_MEMORY = {None, "", ":memory:"}


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait, in seconds, before the answer is `database-busy`."""

    lock: int = 10
    statement: int = 60
    idle_in_transaction: int = 300
    connection: int = 10

    def __post_init__(self) -> None:
        """Refuse to wait for ever (which 0 means to PostgreSQL) or not at all."""
        if min(self.lock, self.statement, self.idle_in_transaction, self.connection) < 1:
            raise ValueError("every wait is at least one second")


@dataclass(frozen=True, slots=True)
class Engines:
    """One pool of connections, for transactions that write and for those that only read."""

    write: Engine
    read: Engine


def open_engines(url: str, patience: Patience, *, pool_size: int) -> Engines:
    """The engines for a database address.

    Raises:
        ValueError: neither a SQLite file nor PostgreSQL; the address, which may hold a password, is not repeated.
    """
    address = checked(url)
    if address.get_backend_name() == "sqlite":
        engine = create_engine(
            address,
            hide_parameters=True,
            pool_size=pool_size,
            pool_timeout=patience.connection,
            connect_args=_sqlite(patience),
        )
        _take_over_sqlite_transactions(engine)
        return Engines(engine.execution_options(**{_WRITES: True}), engine.execution_options(**{_WRITES: False}))
    engine = create_engine(
        address,
        hide_parameters=True,
        pool_size=pool_size,
        pool_timeout=patience.connection,
        pool_pre_ping=True,
        connect_args=_postgres(address, patience),
    )
    # Read committed, so that whoever waited for a lock sees what its holder wrote; a reader sees one moment.
    return Engines(
        engine.execution_options(isolation_level="READ COMMITTED"),
        engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True),
    )


def open_migrating_engine(url: str) -> Engine:
    """An engine for one migration, which may take as long as it needs."""
    address = checked(url)
    if address.get_backend_name() == "sqlite":
        engine = create_engine(address, hide_parameters=True, poolclass=NullPool, connect_args=_sqlite(Patience()))
        _take_over_sqlite_transactions(engine)
        return engine.execution_options(**{_WRITES: True})
    return create_engine(address, hide_parameters=True, poolclass=NullPool, connect_args={"connect_timeout": 10})


def checked(url: str) -> URL:
    """The address, if it is one that this adapter is made and tested for."""
    address = make_url(url)
    match address.drivername:
        case "sqlite" | "sqlite+pysqlite":
            if address.database in _MEMORY or address.query:
                raise ValueError("SQLite needs a file, and takes no options: sqlite:////var/lib/sluis/sluis.db")
        case "postgresql" | "postgresql+psycopg":
            return address.set(drivername="postgresql+psycopg")
        case _:
            raise ValueError("the database is sqlite:///FILE or postgresql+psycopg://HOST/NAME")
    return address


def _sqlite(patience: Patience) -> Mapping[str, Any]:
    return {"timeout": patience.lock, "isolation_level": None}


def _postgres(address: URL, patience: Patience) -> Mapping[str, Any]:
    settings = {
        "timezone": "UTC",
        "lock_timeout": f"{patience.lock}s",
        "statement_timeout": f"{patience.statement}s",
        "idle_in_transaction_session_timeout": f"{patience.idle_in_transaction}s",
    }
    theirs = address.query.get("options", ())
    options = [theirs] if isinstance(theirs, str) else list(theirs)
    options += [f"-c {name}={value}" for name, value in settings.items()]
    return {"options": " ".join(options), "connect_timeout": patience.connection, "application_name": "sluis"}


def _take_over_sqlite_transactions(engine: Engine) -> None:
    """SQLAlchemy begins transactions instead of the driver, which would begin too late and release too early."""
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)


def _prepare_sqlite(connection: sqlite3.Connection, _entry: ConnectionPoolEntry) -> None:
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON", "recursive_triggers = ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    if connection.get_execution_options().get(_WRITES, False):
        connection.exec_driver_sql("PRAGMA query_only = OFF")
        # The write lock now: a reader that turns into a writer halfway is refused at once, whatever the patience.
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    else:
        connection.exec_driver_sql("PRAGMA query_only = ON")
        connection.exec_driver_sql("BEGIN")
