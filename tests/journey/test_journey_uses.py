"""A supplier sees what happened to its own deliveries, and nothing of anybody else's."""

from __future__ import annotations

import pytest
from journey import OTHER_OWNER, OWNER, SECOND, STEWARD, World, a_row, a_spec

from service.api.schemas.uses import UseAnswer
from service.domain.round import RoundState
from service.ports.unit_of_work import Page
from service.use_cases.read_releases import read_release
from service.use_cases.read_requests import read_evidence
from service.use_cases.read_uses import Use, read_uses
from service.use_cases.withdraw_release import withdraw_release


def uses(world: World, supplier: str, page: Page | None = None) -> list[Use]:
    return list(read_uses(world.call(world.parties[supplier].principal), page or Page()))


@pytest.fixture
def released(any_world: World) -> str:
    world = any_world
    world.round()
    for number, name in enumerate(sorted(world.parties)):
        if name != "vale":
            world.deliver(world.parties[name], [a_row(900 + number)])
    world.turn("staffed-beds-2025", RoundState.CLOSED)
    made = world.release(a_spec())
    assert made.release is not None
    return made.release


def test_a_supplier_sees_release_purpose_agreement_and_reading_organisations(any_world: World, released: str) -> None:
    world = any_world
    assert [use.readings for use in uses(world, "north")] == [[]]
    for reader in (OWNER, OWNER, STEWARD):
        world.clock.pass_by(minutes=1)
        read_release(world.call(reader), released)
    (use,) = uses(world, "north")
    assert use.release.id == released
    assert use.release.purpose == "regional-capacity-planning"
    assert use.legal_basis
    own = world.counting(world.parties["north"])
    assert [(one.submission.id, one.agreement) for one in use.deliveries] == [(own.id, "VO-2026-001")]
    assert [(one.organisation, one.times) for one in use.readings] == [("nhs-north", 2), ("ttp", 1)]
    assert use.readings[0].first < use.readings[0].last

    assert [(one.organisation, one.times) for one in use.examined] == [("ttp", 2)]
    read_evidence(world.call(SECOND), use.release.request)
    (again,) = uses(world, "north")
    assert [(one.organisation, one.times) for one in again.examined] == [("ttp", 3)]
    told = UseAnswer.of(again).to_json().decode()
    assert SECOND.id not in told
    assert STEWARD.id not in told
    assert world.events(code="request.read-evidence")[0].user == SECOND.id

    withdraw_release(world.call(STEWARD), released, "a supplier found a fault")
    (gone,) = uses(world, "north")
    assert gone.release.withdrawn_at is not None

    event = world.events(code="use.list")[0]
    assert (event.user, event.outcome, event.authorisation.agreement) == ("north", "success", "VO-2026-001")


def test_nothing_tells_of_other_suppliers_or_of_persons(any_world: World, released: str) -> None:
    world = any_world
    read_release(world.call(OWNER), released)
    for name in set(world.parties) - {"vale"}:
        told = UseAnswer.of(uses(world, name)[0]).to_json().decode()
        for other in set(world.parties) - {name}:
            assert f'"{other}"' not in told
            counting = world.counting(world.parties[other])
            assert counting is None or counting.id not in told
        assert OWNER.id not in told
        assert OTHER_OWNER.id not in told
    assert uses(world, "vale") == []
