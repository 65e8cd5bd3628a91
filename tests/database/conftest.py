"""The same tests on the fake, on a SQLite file and on a real PostgreSQL."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest
from fake_unit_of_work import FakeDatabase

from service.adapters.database import SqlDatabase, upgrade
from service.ports.unit_of_work import Database

REAL = ("sqlite", "postgresql")


@pytest.fixture
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database at the newest migration; the parameter names the kind."""
    if request.param == "postgresql":
        return str(request.getfixturevalue("postgres_url"))
    url = f"sqlite:///{tmp_path}/sluis.db"
    upgrade(url)
    return url


@pytest.fixture
def real_database(database_url: str) -> Iterator[SqlDatabase]:
    database = SqlDatabase(database_url, random_bytes=secrets.token_bytes)
    yield database
    database.dispose()


@pytest.fixture(params=("fake", *REAL))
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    if request.param == "fake":
        yield FakeDatabase()
        return
    if request.param == "postgresql":
        url = str(request.getfixturevalue("postgres_url"))
    else:
        url = f"sqlite:///{tmp_path}/sluis.db"
        upgrade(url)
    database = SqlDatabase(url, random_bytes=secrets.token_bytes)
    yield database
    database.dispose()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Whoever asks for a real database gets both kinds."""
    if "database_url" in metafunc.fixturenames:
        metafunc.parametrize("database_url", REAL, indirect=True)
