"""An organisation comes to stand for other regions: what it may ask, is released and reads follows, with four eyes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from bundles import bundle_of
from journey import PRIVACY_OFFICER, SECOND, STEWARD, WORDS, World, copied, dimensions, person, world_on
from journey_figures import SPEC, collect

from service.domain.errors import Conflict, Denied, Invalid, NotFound
from service.domain.organisation import OrganisationKind
from service.domain.principal import Role
from service.domain.purpose import Reach, Recipients
from service.domain.region_change import RegionChange
from service.domain.request import AggregateRequest, RequestedDimension, RequestSpec, RequestState, Verdict
from service.ports.unit_of_work import Page
from service.use_cases.change_regions import judge_regions, propose_regions
from service.use_cases.read_organisations import read_own_organisation
from service.use_cases.read_region_changes import list_region_changes
from service.use_cases.read_releases import list_releases, read_release

WEST, TOO = (person(f"{name}-owner", Role.REGIONAL_OWNER, organisation=name) for name in ("west-table", "west-too"))
STANDS_WEST, STANDS_EAST = frozenset({"scotland-boards/west"}), frozenset({"scotland-boards/east"})


@pytest.fixture(scope="module")
def collected(founded: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    directory = tmp_path_factory.mktemp("moved")
    with world_on(founded.application, copied(founded, directory), directory) as world:
        world.parties |= founded.parties
        for name in ("west-table", "west-too"):
            world.invite(name, OrganisationKind.REGIONAL_OWNER, regions=STANDS_WEST)
        yield collect(world)


@pytest.fixture
def world(collected: World, tmp_path: Path) -> Iterator[World]:
    with world_on(collected.application, copied(collected, tmp_path), tmp_path) as made:
        catalogue = bundle_of().catalogue
        own_only = Recipients(Reach.OWN_REGION, roles=frozenset({Role.REGIONAL_OWNER}))
        purpose = replace(catalogue.purpose(SPEC.purpose), recipients=own_only)
        made.services = replace(made.services, catalogue=replace(catalogue, purposes=(purpose,)))
        made.parties |= collected.parties
        yield made


def of(region: str) -> RequestSpec:
    cut = RequestedDimension("region", "scotland-boards", "planning-region", (region,))
    return replace(SPEC, dimensions=(cut, *dimensions(care_form="care-group")))


def move(world: World, *regions: str, day: date | None = None, who: str = "west-table") -> RegionChange:
    proposed = propose_regions(world.call(STEWARD), who, regions, day, WORDS)
    return judge_regions(world.call(SECOND), proposed.id, Verdict.APPROVE)


def settled(world: World) -> None:
    assert world.worker.run_once(world.services), world.troubles


def reads(world: World, release: str, who=WEST) -> bool:
    listed = [view.release.id for view in list_releases(world.call(who), Page())]
    if listed:
        read_release(world.call(who), release)
        return listed == [release]
    with pytest.raises(Denied) as denied:
        read_release(world.call(who), release)
    assert {reason.code for reason in denied.value.reasons} == {"region-no-longer-yours"}
    return False


def codes(request: AggregateRequest) -> list[str]:
    return [reason["code"] for reason in json.loads(request.decision).get("reasons", ())]


def test_a_release_of_a_region_that_is_theirs_no_longer_is_read_by_who_stands_for_it_still(world: World) -> None:
    release = str(world.release(of("west"), WEST).release)
    assert reads(world, release)
    assert reads(world, release, TOO)
    move(world, "scotland-boards/east")
    assert not reads(world, release)
    assert reads(world, release, TOO)
    assert codes(world.ask(of("west"), WEST)) == ["own-region-only"]
    assert world.ask(of("east"), WEST).state is RequestState.PERMITTED
    assert read_own_organisation(world.call(WEST)).regions == STANDS_EAST
    move(world, "scotland-boards/west")
    assert reads(world, release), "what it stands for again is its own to read again"


def test_who_comes_to_stand_for_a_region_asks_for_itself(world: World) -> None:
    move(world, "scotland-boards/east", who="west-too")
    release = str(world.release(of("west"), WEST).release)
    move(world, "scotland-boards/west", who="west-too")
    with pytest.raises(Denied) as denied:
        read_release(world.call(TOO), release)
    assert {reason.code for reason in denied.value.reasons} == {"not-yours"}
    assert world.ask(of("west"), TOO).state is RequestState.PERMITTED


def test_requests_under_way_are_decided_anew_at_once(world: World) -> None:
    permitted, prepared, approved = (world.ask(of("west"), WEST) for _ in range(3))
    others = world.ask(of("west"), TOO)
    world.work()
    world.approve(approved.id)
    waiting = world.ask(of("west"), WEST)
    assert permitted.state is RequestState.PERMITTED
    move(world, "scotland-boards/east")
    settled(world)
    for request in (permitted, prepared, approved, waiting):
        now = world.request(request.id)
        assert (now.state, codes(now)) == (RequestState.DENIED, ["own-region-only"])
    assert world.request(others.id).state is RequestState.PREPARED
    events = world.events(code="request.redecide")
    assert {event.object_id for event in events} == {permitted.id, prepared.id, approved.id, waiting.id}
    assert {event.outcome for event in events} == {"denied"}
    (settling,) = world.events(code="organisation.settle-regions")
    settled(world)
    assert [event.id for event in world.events(code="organisation.settle-regions")] == [settling.id]


def test_what_was_sealed_is_not_published(world: World) -> None:
    asked = world.ask(of("west"), WEST)
    world.work()
    world.approve(asked.id)
    settled(world)  # sealed; the log has not covered it yet
    move(world, "scotland-boards/east")
    settled(world)
    world.sequence()
    settled(world)
    assert world.request(asked.id).state is RequestState.DENIED
    assert list_releases(world.call(STEWARD), Page())[0].release.withdrawn_at is not None
    assert list_releases(world.call(TOO), Page()) == []


def test_it_holds_from_its_day_in_the_netherlands_on_and_never_backwards(world: World) -> None:
    """The first moment of 1 August in Amsterdam is 22:00 on 31 July in UTC."""
    asked = world.ask(of("west"), WEST)
    change = move(world, "scotland-boards/east", day=date(2026, 8, 1))
    assert change.holds_from == date(2026, 8, 1)
    for moment, regions, state in (
        (datetime(2026, 7, 31, 21, 59, 59, tzinfo=UTC), STANDS_WEST, RequestState.PREPARED),
        (datetime(2026, 7, 31, 22, 0, 0, tzinfo=UTC), STANDS_EAST, RequestState.DENIED),
    ):
        world.clock.moment = moment
        settled(world)
        assert read_own_organisation(world.call(WEST)).regions == regions
        assert world.request(asked.id).state is state
    with pytest.raises(Invalid) as past:
        propose_regions(world.call(STEWARD), "west-table", (), date(2026, 7, 31), WORDS)
    assert past.value.faults == (("validFrom: 2026-07-31", "in-the-past"),)


def test_of_two_for_one_day_the_later_verdict_holds(world: World) -> None:
    first = move(world, "scotland-boards/east", day=date(2026, 8, 1))
    world.clock.pass_by(minutes=1)
    again = move(world, "scotland-boards/west", day=date(2026, 8, 1))
    assert first.holds_from == again.holds_from
    world.clock.moment = datetime(2026, 8, 2, tzinfo=UTC)
    assert read_own_organisation(world.call(WEST)).regions == STANDS_WEST


def test_four_eyes_and_all_faults_at_once(world: World) -> None:
    proposed = propose_regions(world.call(STEWARD), "west-table", ("scotland-boards/east",), None, WORDS)
    with pytest.raises(Denied) as own:
        judge_regions(world.call(STEWARD), proposed.id, Verdict.APPROVE)
    assert {reason.code for reason in own.value.reasons} == {"own-proposal"}
    assert read_own_organisation(world.call(WEST)).regions == STANDS_WEST
    assert judge_regions(world.call(PRIVACY_OFFICER), proposed.id, Verdict.REJECT).holds_from is None
    assert read_own_organisation(world.call(WEST)).regions == STANDS_WEST
    with pytest.raises(Conflict):
        judge_regions(world.call(SECOND), proposed.id, Verdict.APPROVE)
    with pytest.raises(NotFound):
        propose_regions(world.call(STEWARD), "nobody", (), None, WORDS)
    with pytest.raises(Invalid) as wrong:
        propose_regions(world.call(STEWARD), "west-table", ("no-such/region", "west"), date(2020, 1, 1), "why")
    assert [where for where, _ in wrong.value.faults] == [
        "regions: no-such/region",
        "regions: west",
        "validFrom: 2020-01-01",
        "reason",
    ]
    assert [change.id for change in list_region_changes(world.call(STEWARD))] == [proposed.id]
