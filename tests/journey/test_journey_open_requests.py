"""How many requests an organisation may have at the same time, so that nobody keeps worker and stewards to themselves."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from journey import OTHER_OWNER, OWNER, STEWARD, THIRD, VERDICT, World, dimensions
from journey_figures import SPEC, collect, correct
from journey_regions import beside

from service.composition.build import open_application
from service.composition.settings import Settings, read_settings
from service.domain.errors import Conflict, Denied
from service.domain.request import Verdict
from service.domain.texts import text_of_reason
from service.ports.unit_of_work import Page
from service.use_cases.read_requests import list_requests, read_evidence, read_request
from service.use_cases.review_request import review_request

TOTALS = replace(SPEC, dimensions=dimensions(region="planning-region"))


def limited(world: World, most: int) -> World:
    collect(world)
    world.services = replace(world.services, limits=replace(world.services.limits, open_requests=most))
    return world


def require_denied(world: World, most: int) -> None:
    with pytest.raises(Denied) as refused:
        world.ask(SPEC)
    (reason,) = refused.value.reasons
    assert (reason.code, reason.data) == ("too-many-open-requests", {"most": most})
    assert str(most) in text_of_reason(reason).nl


def test_one_too_many_is_denied_and_logged_and_not_stored(world: World) -> None:
    limited(world, 2)
    for _ in range(2):
        world.ask(SPEC)
    require_denied(world, 2)
    event = world.events(code="request.submit")[0]
    assert (event.outcome, event.reasons, event.organisation) == ("denied", ("too-many-open-requests",), "nhs-north")
    assert len(list_requests(world.call(OWNER), Page())) == 2
    assert world.ask(SPEC, OTHER_OWNER).state == "permitted"  # another organisation has its own


def test_what_ended_makes_room(world: World) -> None:
    """Released, rejected, unsafe or denied: none of them costs anybody anything any more."""
    limited(world, 1)
    assert world.ask(replace(SPEC, necessity="nodig")).state == "denied"
    assert world.release(SPEC).state == "released"
    assert world.release(replace(SPEC, measures=("occupied_bed_days",))).state == "unsafe"
    asked = world.ask(TOTALS)
    for approvals in range(2):
        world.work()
        require_denied(world, 1)
        if not approvals:
            world.review(asked.id, STEWARD)
    world.review(asked.id, THIRD, Verdict.REJECT)
    assert world.ask(SPEC).state == "permitted"


def test_what_waits_for_corrections_can_be_rejected(world: World) -> None:
    """It would take its place for as long as nobody corrects anything."""
    limited(world, 1)
    assert world.release(SPEC).state == "released"
    asked = world.ask(SPEC)
    with pytest.raises(Conflict, match="evidence-outdated"):  # nobody has looked at it yet
        review_request(world.call(STEWARD), asked.id, "-", Verdict.REJECT, VERDICT)
    correct(world)
    world.work()
    assert read_request(world.call(OWNER), asked.id).refusal == "revision-pending"
    require_denied(world, 1)
    evidence = read_evidence(world.call(STEWARD), asked.id).id
    with pytest.raises(Conflict, match="request-state"):
        review_request(world.call(STEWARD), asked.id, evidence, Verdict.APPROVE, VERDICT)
    assert world.review(asked.id, STEWARD, Verdict.REJECT).state == "rejected"
    world.work()
    assert world.request(asked.id).state == "rejected"
    assert world.ask(SPEC).state == "permitted"


def test_at_the_same_moment_no_more_get_in(any_world: World) -> None:
    world, many = limited(any_world, 3), 6
    start = threading.Barrier(many, timeout=20)

    def ask() -> str:
        with beside(world) as own:
            own.services = replace(own.services, limits=world.services.limits)
            start.wait()
            try:
                return own.ask(SPEC).state
            except Denied as refused:
                return refused.reasons[0].code

    with ThreadPoolExecutor(many) as pool:
        answers = sorted(future.result() for future in [pool.submit(ask) for _ in range(many)])
    assert answers == ["permitted"] * 3 + ["too-many-open-requests"] * 3


def test_the_operator_sets_how_many(tmp_path: object) -> None:
    assert Settings().open_requests == 20
    settings = read_settings({"SLUIS_OPEN_REQUESTS": "7", "SLUIS_DATA_DIRECTORY": str(tmp_path)})
    with open_application(settings) as application:
        assert application.services.limits.open_requests == 7
