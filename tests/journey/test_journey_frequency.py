"""Newer figures of a table come as often as the purpose says; what was given may be asked for again at any time."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from journey import STEWARD, World
from journey_figures import SPEC, collect, rows_of

from service.domain.errors import Denied
from service.domain.request import AggregateRequest, RequestState
from service.domain.round import RoundState
from service.use_cases.withdraw_release import withdraw_release

NEWER = replace(SPEC, periods=("2025",))


def reasons(request: AggregateRequest) -> list[tuple[str, object]]:
    return [(one["code"], one["data"]["day"]) for one in json.loads(request.decision).get("reasons", ())]


def test_newer_figures_under_a_quarterly_purpose(any_world: World) -> None:
    world = any_world
    collect(world)
    world.round("2025")
    for supplier in ("north", "south", "east"):
        world.deliver(world.parties[supplier], rows_of(supplier, "2025"), "staffed-beds-2025")
    world.turn("staffed-beds-2025", RoundState.CLOSED)
    assert world.ask(NEWER).state is RequestState.PERMITTED  # asked before, and not given
    first = world.release(SPEC)  # on 1 July
    assert first.release is not None
    assert reasons(world.ask(NEWER)) == [("sooner-than-frequency", "2026-10-01")]
    assert world.ask(SPEC).state is RequestState.PERMITTED  # the same again
    coarser = replace(SPEC.dimensions[0], level="planning-region")
    for other in ((), SPEC.dimensions[:1], (coarser, *SPEC.dimensions[1:])):  # in another table it is as new
        assert reasons(world.ask(replace(NEWER, dimensions=other))) == [("sooner-than-frequency", "2026-10-01")]
    assert reasons(world.ask(replace(NEWER, measures=("staffed_bed_days",)))) == [
        ("sooner-than-frequency", "2026-10-01")
    ]
    assert world.ask(replace(SPEC, dimensions=())).state is RequestState.PERMITTED  # another table, and no newer
    world.clock.moment = datetime(2026, 9, 30, 21, 59, 59, tzinfo=UTC)
    assert reasons(world.ask(NEWER)) == [("sooner-than-frequency", "2026-10-01")]
    world.clock.moment = datetime(2026, 9, 30, 22, 0, tzinfo=UTC)
    assert world.ask(NEWER).state is RequestState.PERMITTED
    world.clock.moment = datetime(2026, 9, 30, 21, 59, 59, tzinfo=UTC)
    withdraw_release(world.call(STEWARD), first.release, "a supplier found a fault")
    assert world.ask(NEWER).state is RequestState.PERMITTED


def test_newer_figures_that_were_asked_for_before_the_first_came(world: World) -> None:
    """Both are permitted as long as none was given: what is looked at again at approval and release sees the other."""
    collect(world)
    world.round("2025")
    for supplier in ("north", "south", "east"):
        world.deliver(world.parties[supplier], rows_of(supplier, "2025"), "staffed-beds-2025")
    world.turn("staffed-beds-2025", RoundState.CLOSED)
    older, approved, prepared = (world.ask(spec) for spec in (SPEC, NEWER, replace(NEWER, dimensions=())))
    world.work()
    world.approve(older.id)
    world.approve(approved.id)
    assert world.release_at_once(older.id).state is RequestState.RELEASED
    stopped = world.release_at_once(approved.id)
    assert (stopped.state, reasons(stopped)) == (RequestState.DENIED, [("sooner-than-frequency", "2026-10-01")])
    with pytest.raises(Denied) as denied:
        world.review(prepared.id, STEWARD)
    assert [reason.code for reason in denied.value.reasons] == ["sooner-than-frequency"]
    assert world.request(prepared.id).state is RequestState.PREPARED  # it can wait, and it can be rejected
    (event,) = world.events(code="request.review", outcome="denied")
    assert (event.object_id, event.reasons) == (prepared.id, ("sooner-than-frequency",))
    world.clock.moment = datetime(2026, 9, 30, 22, 0, tzinfo=UTC)
    world.approve(prepared.id)
    assert world.release_at_once(prepared.id).state is RequestState.RELEASED
