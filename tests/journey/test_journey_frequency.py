"""Newer figures of a table come as often as the purpose says; what was given may be asked for again at any time."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

from journey import STEWARD, World
from journey_figures import SPEC, collect, rows_of

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
    assert world.ask(replace(NEWER, dimensions=())).state is RequestState.PERMITTED  # another table
    world.clock.moment = datetime(2026, 9, 30, 21, 59, 59, tzinfo=UTC)
    assert reasons(world.ask(NEWER)) == [("sooner-than-frequency", "2026-10-01")]
    world.clock.moment = datetime(2026, 9, 30, 22, 0, tzinfo=UTC)
    assert world.ask(NEWER).state is RequestState.PERMITTED
    world.clock.moment = datetime(2026, 9, 30, 21, 59, 59, tzinfo=UTC)
    withdraw_release(world.call(STEWARD), first.release, "a supplier found a fault")
    assert world.ask(NEWER).state is RequestState.PERMITTED
