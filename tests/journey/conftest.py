"""The same journey on a SQLite file and on a real PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from journey import World, copied, opened, world_on
from journey_pairs import Pair, asked_pair

from service.adapters.database import upgrade
from service.composition.build import Application

SUPPLIERS = ("north", "south", "east", "west", "isle", "vale")


@pytest.fixture(scope="session")
def composed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Application]:
    """The service as `service.composition` puts it together."""
    with opened(tmp_path_factory.mktemp("composed")) as application:
        yield application


@pytest.fixture(scope="session")
def founded(composed: Application, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A world to copy: organisations and keys are there, rounds are not."""
    directory = tmp_path_factory.mktemp("founded")
    url = f"sqlite:///{directory}/sluis.db"
    upgrade(url)
    with world_on(composed, url, directory) as world:
        world.found(*SUPPLIERS)
        yield world


@pytest.fixture
def world(founded: World, tmp_path: Path) -> Iterator[World]:
    """Six suppliers, two regional owners, stewards and an auditor; on SQLite."""
    with world_on(founded.application, copied(founded, tmp_path), tmp_path) as made:
        made.parties |= founded.parties
        yield made


@pytest.fixture
def postgres_world(composed: Application, postgres_url: str, tmp_path: Path) -> Iterator[World]:
    """The same on PostgreSQL."""
    with world_on(composed, postgres_url, tmp_path) as made:
        made.found(*SUPPLIERS)
        yield made


@pytest.fixture(params=["sqlite", "postgresql"])
def any_world(request: pytest.FixtureRequest) -> World:
    """The same on either."""
    return request.getfixturevalue("world" if request.param == "sqlite" else "postgres_world")


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def asked(request: pytest.FixtureRequest, founded: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """Two requests that are harmless alone and not together, permitted and not prepared; on either database."""
    directory = tmp_path_factory.mktemp("asked")
    server = request.getfixturevalue("postgres") if request.param == "postgresql" else None
    url = server.migrated_database() if server else copied(founded, directory)
    with world_on(founded.application, url, directory) as made:
        if server:
            made.found(*SUPPLIERS)
        made.parties |= founded.parties
        yield asked_pair(made, directory, server)


@pytest.fixture(scope="module")
def approved(asked: Pair, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """Both prepared and approved, neither of them with the other in its history."""
    with asked.again(tmp_path_factory.mktemp("approved") / "world") as pair:
        pair.world.work()
        for one in pair.both:
            pair.world.approve(one)
        pair.world.services.database.dispose()
        yield pair
