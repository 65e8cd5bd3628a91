"""Migrations, run from code: no alembic.ini, no address in a file, one transaction for all steps."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from service.adapters.database.engine import open_migrating_engine

_MIGRATION_LOCK = 0x534C554953  # "SLUIS": one migration at a time in a PostgreSQL database


def migrations_directory() -> Path:
    """Where the migrations are: inside an installed package, or beside the package in a checkout."""
    package = Path(__file__).resolve().parents[2]
    bundled = package / "_bundle" / "migrations"
    return bundled if bundled.is_dir() else package.parent / "migrations"


def upgrade(url: str, revision: str = "head") -> None:
    """Bring the database to `revision`; nothing happens when it is there. Parallel calls wait for each other."""
    with _migrating(url) as config:
        command.upgrade(config, revision)


def downgrade(url: str, revision: str) -> None:
    """Take the database back to `revision`; `base` leaves nothing, and loses all data."""
    with _migrating(url) as config:
        command.downgrade(config, revision)


def current(url: str) -> str | None:
    """The revision that the database is at; None when it has none."""
    engine = open_migrating_engine(url)
    with engine.connect() as connection:
        return revision_of(connection)


@functools.cache
def head() -> str | None:
    """The newest revision that this code has."""
    return ScriptDirectory.from_config(alembic_config()).get_current_head()


def revision_of(connection: Connection) -> str | None:
    """The revision that the database behind `connection` is at."""
    return MigrationContext.configure(connection).get_current_revision()


def alembic_config(connection: Connection | None = None) -> Config:
    """What Alembic needs to know; `env.py` finds the connection in the attributes."""
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(migrations_directory()).replace("%", "%%"))
    config.set_main_option("file_template", "%%(year)d_%%(month).2d_%%(day).2d_%%(slug)s")
    return config


@contextmanager
def _migrating(url: str) -> Iterator[Config]:
    engine = open_migrating_engine(url)
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
        yield alembic_config(connection)
