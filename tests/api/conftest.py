"""One service for the tests of a module, with everybody that the journey knows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from api_world import World, open_world

from service.domain.organisation import OrganisationKind
from service.domain.principal import Role


@dataclass
class Cast:
    """The world and the tokens of those in it."""

    world: World
    supplier: str
    other_supplier: str
    steward: str
    second_steward: str
    owner: str
    other_owner: str
    privacy_officer: str
    auditor: str
    nobody: str


@pytest.fixture(scope="module")
def cast(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cast]:
    with open_world(tmp_path_factory.mktemp("world")) as world:
        world.invite("board-south", OrganisationKind.REGIONAL_OWNER)
        world.invite("board-north", OrganisationKind.REGIONAL_OWNER)
        world.invite("ttp", OrganisationKind.TRUSTED_THIRD_PARTY)
        yield Cast(
            world=world,
            supplier=world.onboard("hospital-a"),
            other_supplier=world.onboard("hospital-b"),
            steward=world.people.add("steward-1", Role.STEWARD, organisation="ttp"),
            second_steward=world.people.add("steward-2", Role.STEWARD, organisation="ttp"),
            owner=world.people.add("owner-south", Role.REGIONAL_OWNER, organisation="board-south"),
            other_owner=world.people.add("owner-north", Role.REGIONAL_OWNER, organisation="board-north"),
            privacy_officer=world.people.add("fg", Role.PRIVACY_OFFICER, organisation="ttp"),
            auditor=world.people.add("auditor-1", Role.AUDITOR, organisation="ttp"),
            nobody=world.people.add("nobody", organisation="ttp"),
        )


@pytest.fixture
def world(cast: Cast) -> World:
    return cast.world
