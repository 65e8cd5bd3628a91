"""The same tests on the fake, on a SQLite file and on a real PostgreSQL."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from fake_unit_of_work import FakeDatabase

from service.adapters.database import SqlDatabase, upgrade
from service.ports.unit_of_work import Database


def _url(kind: str, request: pytest.FixtureRequest, directory: Path) -> str:
    if kind == "postgresql":
        return str(request.getfixturevalue("postgres_url"))
    shutil.copy(request.getfixturevalue("migrated_file"), directory / "sluis.db")
    return f"sqlite:///{directory}/sluis.db"


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file to copy, at the newest migration."""
    file = tmp_path_factory.mktemp("migrated") / "sluis.db"
    upgrade(f"sqlite:///{file}")
    return file


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database at the newest migration."""
    return _url(request.param, request, tmp_path)


@pytest.fixture
def real_database(database_url: str) -> Iterator[SqlDatabase]:
    database = SqlDatabase(database_url, random_bytes=secrets.token_bytes)
    yield database
    database.dispose()


@pytest.fixture(params=["fake", "sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    if request.param == "fake":
        yield FakeDatabase()
        return
    database = SqlDatabase(_url(request.param, request, tmp_path), random_bytes=secrets.token_bytes)
    yield database
    database.dispose()
