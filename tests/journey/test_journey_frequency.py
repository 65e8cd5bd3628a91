"""Newer figures of a table come as often as the purpose says; what was given may be asked for again at any time."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

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


@pytest.mark.parametrize("older_first", [True, False])
def test_of_two_that_were_asked_side_by_side_both_are_answered(world: World, *, older_first: bool) -> None:
    """Whichever comes first: the newest first would have been allowed. What is asked after that waits its turn."""
    collect(world)
    world.round("2025")
    for supplier in ("north", "south", "east"):
        world.deliver(world.parties[supplier], rows_of(supplier, "2025"), "staffed-beds-2025")
    world.turn("staffed-beds-2025", RoundState.CLOSED)
    asked = [world.ask(SPEC)]
    world.clock.moment += timedelta(seconds=1)
    asked.append(world.ask(NEWER))
    world.work()
    for number in (0, 1) if older_first else (1, 0):
        world.clock.moment += timedelta(seconds=1)
        world.approve(asked[number].id)
        released = world.release_at_once(asked[number].id)
        assert released.state is RequestState.RELEASED
        if older_first and number == 0:
            assert reasons(world.ask(NEWER)) == [("sooner-than-frequency", "2026-10-01")]


def test_what_was_given_before_it_was_asked_is_looked_at_once_more(world: World) -> None:
    """Also where it was permitted: by a clock that was ahead."""
    collect(world)
    world.round("2025")
    for supplier in ("north", "south", "east"):
        world.deliver(world.parties[supplier], rows_of(supplier, "2025"), "staffed-beds-2025")
    world.turn("staffed-beds-2025", RoundState.CLOSED)
    assert world.release(SPEC).state is RequestState.RELEASED  # on 1 July
    world.clock.moment = datetime(2026, 9, 30, 22, 0, tzinfo=UTC)
    approved, prepared = world.ask(NEWER), world.ask(replace(NEWER, dimensions=()))
    world.work()
    world.approve(approved.id)
    world.clock.moment = datetime(2026, 9, 30, 21, 59, 59, tzinfo=UTC)
    stopped = world.release_at_once(approved.id)
    assert (stopped.state, reasons(stopped)) == (RequestState.DENIED, [("sooner-than-frequency", "2026-10-01")])
    with pytest.raises(Denied) as denied:
        world.review(prepared.id, STEWARD)
    assert [reason.code for reason in denied.value.reasons] == ["sooner-than-frequency"]
    assert world.request(prepared.id).state is RequestState.PREPARED
    (event,) = world.events(code="request.review", outcome="denied")
    assert (event.object_id, event.reasons) == (prepared.id, ("sooner-than-frequency",))
