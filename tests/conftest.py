"""Fixtures for all tests."""

from __future__ import annotations

import gc
import os
import sqlite3
from collections.abc import Callable, Generator, Iterator
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings
from postgres import PostgresServer, postgres_server
from sqlalchemy import Engine, create_engine
from typer import testing
from typer.main import get_command

from service.adapters.database import engine

if TYPE_CHECKING:
    from openid_people import LocalProvider

# How long something takes is measured in benchmarks: a machine that is busy makes no test fail.
settings.register_profile("sluis", deadline=None)
settings.load_profile("sluis")


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """What is loaded by then stays, so nothing has to look through it for garbage: that was a tenth of collecting."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.collect()
        gc.freeze()
        gc.enable()


@pytest.hookimpl(tryfirst=True)  # before xdist reads the marks
def pytest_collection_modifyitems(items: list[pytest.Function]) -> None:
    """Tests that share something of their module run on one worker, so that it is made once."""
    for item in items:
        made = item._fixtureinfo.name2fixturedefs.values()
        if item.get_closest_marker("xdist_group") is None and any(known[-1].scope == "module" for known in made):
            item.add_marker(pytest.mark.xdist_group(item.path.stem))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """One more than there are processors: who waits for a service, a server or a browser leaves one idle."""
    return len(os.sched_getaffinity(0)) + 1


def pytest_unconfigure() -> None:
    """Let go of it at the end: libraries in C++ complain of what is left over."""
    gc.unfreeze()


@pytest.fixture(scope="session", autouse=True)
def sqlite_as_in_service() -> Iterator[Callable[..., None]]:
    """Only processes die in tests, no machines: nothing waits until SQLite has forced it to the disk.

    The service's own settings are given to whoever asks what they are.
    """

    def unforced(connection: sqlite3.Connection, entry: object) -> None:
        as_in_service(connection, entry)
        connection.execute("PRAGMA synchronous = OFF")

    as_in_service = engine._prepare_sqlite
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine, "_prepare_sqlite", unforced)
        yield as_in_service


@pytest.fixture(scope="session", autouse=True)
def _statements_compiled_once() -> Iterator[None]:
    """Every world of a test has an engine of its own: what SQLAlchemy made of a statement serves all of them.

    The service has one engine for as long as it runs, and keeps it there by itself.
    """
    first: dict[str, Engine] = {}

    def create(*arguments: Any, **options: Any) -> Engine:
        made = create_engine(*arguments, query_cache_size=5000, **options)
        known = first.setdefault(made.dialect.name, made)
        if known.dialect.server_version_info is None:  # it was not connected to anything yet
            first[made.dialect.name] = made
        elif known is not made:
            made.dialect, made.pool._dialect = known.dialect, known.dialect
            made._compiled_cache = known._compiled_cache
        return made

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine, "create_engine", create)
        yield


@pytest.fixture(scope="session", autouse=True)
def _commands_made_once() -> Iterator[None]:
    """Typer looks through every command of an application each time one is typed, which here is hundreds of times."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(testing, "_get_command", cache(get_command))
        yield


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A real PostgreSQL server of this session: `empty_database()` and `migrated_database()` give URLs."""
    with postgres_server() as server:
        yield server


@pytest.fixture
def postgres_url(postgres: PostgresServer) -> str:
    """An empty database at the newest migration, for one test at a time; `migrated_database()` gives one to keep."""
    return postgres.emptied_database()


@pytest.fixture(scope="session")
def openid_provider() -> Iterator[LocalProvider]:
    """A real OpenID provider of this session, with the people of `openid_people.PEOPLE`."""
    from openid_people import PEOPLE, running_provider  # a web framework that only these tests have to load

    with running_provider(PEOPLE) as provider:
        yield provider
