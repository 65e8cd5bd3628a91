"""A worker that dies halfway leaves two requests over the same facts such that the next one cannot leak either."""

from __future__ import annotations

import os
import re
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from journey import World
from journey_crashes import Deliveries, deadly, warmed
from journey_pairs import Pair, finish
from journey_regions import require_in_turn, url_of

from service.composition.build import Application


@pytest.fixture(scope="module")
def processes(composed: Application) -> Iterator[Deliveries]:
    with warmed(composed.settings.data_directory) as process:
        yield process


def job(pair: Pair) -> dict[str, str]:
    return {"work": "carry-on", "policies": str(pair.policies)}


NEAR = {"lock_facts", "sign", "add_evidence", "insert", "commit", "transaction"}
"""The last words of the steps around whatever a worker writes."""


@pytest.mark.thorough
@pytest.mark.parametrize("start", ["asked", "approved"])
def test_a_worker_that_is_killed(
    asked: Pair, approved: Pair, start: str, processes: Deliveries, tmp_path: Path
) -> None:
    """At any step: between prepare and release, under the lock, before and after each commit. The next one goes on."""
    template = asked if start == "asked" else approved
    with template.again(tmp_path / "whole") as pair:
        names = processes.run(pair.world, job(pair))
        assert names is not None
        finish(pair)
    near = [step for step in deadly(names) if re.split(r"[ .]", names[step])[-1] in NEAR]
    assert len(near) >= 8
    for step in near:
        with template.again(tmp_path / f"killed-{step}") as pair:
            assert processes.run(pair.world, job(pair), step) is None, names[step]
            releases = finish(pair)
            told = pair.world.events(code="release.create", outcome="success")
            assert {event.object_id for event in told} == {one.release.id for one in releases}
            assert len(told) == len(releases)


@pytest.mark.parametrize("asked", ["postgresql"], indirect=True)
def test_a_worker_that_dies_with_the_lock_lets_the_other_one_by(
    approved: Pair, processes: Deliveries, tmp_path: Path
) -> None:
    with approved.again(tmp_path / "whole") as pair:
        names = processes.run(pair.world, job(pair)) or []
    signed = names.index("after signer.sign")
    with approved.again(tmp_path / "a") as pair, ThreadPoolExecutor(1) as pool:
        world = pair.world
        process = processes.halt(world, job(pair), names.index("before commit", signed))
        try:
            order = [one for one in pair.both if world.request(one).state == "approved"]
            other = pool.submit(world.release_at_once, order[-1])
            await_waiting(pair, world)
        finally:
            os.kill(process, signal.SIGKILL)
        assert other.result().state == "released"
        assert [one.evidence.history for one in require_in_turn(world)] == [()]
        finish(pair)


def await_waiting(pair: Pair, world: World) -> None:
    """Until some release waits for another one's lock."""
    assert pair.postgres is not None
    waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
    with pair.postgres.administration(url_of(world)) as connection:
        for _ in range(500):
            if connection.execute(waiting).fetchone() == (1,):
                return
            time.sleep(0.01)
    pytest.fail("nobody waits")
