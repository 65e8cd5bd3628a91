"""An owner gives up its own request: nothing is released of it, and its place is free."""

from __future__ import annotations

from dataclasses import replace

import pytest
from journey import OTHER_OWNER, OWNER, STEWARD, WORKER, World, person
from journey_figures import SPEC, collect, correct
from test_journey_open_requests import limited, require_denied

from service.domain.errors import Conflict, Denied
from service.domain.principal import Role
from service.use_cases.fail_request import fail_request
from service.use_cases.publish_release import publish_release
from service.use_cases.read_requests import read_request
from service.use_cases.release_request import release_request
from service.use_cases.retract_request import retract_request


def test_what_waits_can_be_given_up_and_makes_room(any_world: World) -> None:
    world = limited(any_world, 1)
    assert world.release(SPEC).state == "released"
    asked = world.ask(SPEC)
    correct(world)
    world.work()
    assert read_request(world.call(OWNER), asked.id).refusal == "revision-pending"
    require_denied(world, 1)
    assert retract_request(world.call(OWNER), asked.id).state == "retracted"
    event = world.events(code="request.retract")[0]
    assert (event.outcome, event.object_id, event.authorisation.permit) == ("success", asked.id, asked.id)
    assert world.ask(SPEC).state == "permitted"
    world.work()
    assert world.request(asked.id).state == "retracted"


@pytest.mark.parametrize("stage", ["permitted", "prepared", "approved-once", "approved", "failed"])
def test_it_can_be_given_up_at_every_stage_before_its_release(world: World, stage: str) -> None:
    collect(world)
    asked = world.ask(SPEC).id
    if stage == "failed":
        fail_request(world.call(WORKER), asked)
    elif stage != "permitted":
        world.work()
        if stage != "prepared":
            world.review(asked, STEWARD)
        if stage == "approved":
            world.review(asked, person("steward-2", Role.STEWARD, organisation="ttp"))
    assert world.request(asked).state == stage
    colleague = person("colleague", Role.REGIONAL_OWNER, organisation=OWNER.organisation)
    assert retract_request(world.call(colleague), asked).state == "retracted"
    assert retract_request(world.call(OWNER), asked).state == "retracted"
    assert world.events(code="request.retract")[0].reasons == ("repeated",)
    with pytest.raises(Conflict, match="request-state"):
        release_request(world.call(WORKER), asked)
    world.work()
    assert world.request(asked).state == "retracted"


def test_what_was_sealed_is_not_published(world: World) -> None:
    collect(world)
    asked = world.ask(SPEC).id
    world.work()
    world.approve(asked)
    release_request(world.call(WORKER), asked)
    retract_request(world.call(OWNER), asked)
    world.sequence()
    with pytest.raises(Conflict, match="request-state"):
        publish_release(world.call(WORKER), asked)
    with world.services.database.look() as data:
        (release,) = data.releases.over("staffed-beds")
    assert release.withdrawn_at is not None
    # stewards saw it, and it stays known: the same table again is made beside it
    again = world.release(SPEC)
    with world.services.database.look() as data:
        evidence = data.requests.evidence(again.id)
    assert evidence is not None
    assert evidence.history == (release.id,)


def test_nobody_gives_up_what_is_anothers_or_what_ended(world: World) -> None:
    collect(world)
    asked = world.ask(SPEC).id
    for stranger in (OTHER_OWNER, STEWARD, replace(OWNER, roles=frozenset())):
        with pytest.raises(Denied):
            retract_request(world.call(stranger), asked)
    world.work()
    world.approve(asked)
    world.work()
    assert world.request(asked).state == "released"
    with pytest.raises(Conflict, match="request-state"):
        retract_request(world.call(OWNER), asked)
