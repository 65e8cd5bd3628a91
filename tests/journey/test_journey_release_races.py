"""Two requests over the same facts at the same moment: whatever the order of steps, one sees the other.

The two tables are those of `journey_regions`: each is safe alone, and together they give one supplier away.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from journey import THIRD, VERDICT, WORKER, World
from journey_pairs import ENDED, Pair, at_once, finish, release_both, workers
from journey_regions import ALONE, GGD, attacked, beside, published, require_in_turn, subtracted
from many import TIMES
from sqlalchemy import create_engine

from service.adapters.database.engine import Engines
from service.adapters.database.releases import SqlReleases
from service.domain.errors import Conflict
from service.domain.request import Verdict
from service.ports.engine import AggregationEngine
from service.ports.keys import Signature, Signer
from service.use_cases import release_request as releasing
from service.use_cases.prepare_request import prepare_request
from service.use_cases.read_requests import read_evidence
from service.use_cases.release_request import release_request
from service.use_cases.review_request import review_request

on_postgresql = pytest.mark.parametrize("asked", ["postgresql"], indirect=True)


# --- what the tests stand on


@on_postgresql
def test_each_table_is_harmless_and_both_are_not(approved: Pair, tmp_path: Path) -> None:
    with approved.again(tmp_path / "a") as pair:
        for request in pair.both:
            evidence = read_evidence(pair.world.call(THIRD), request)
            assert evidence.history == ()
            assert '"status":"Q"' not in evidence.tables
        assert pair.world.release_at_once(pair.first).state == "released"
        (alone,) = require_in_turn(pair.world)
        assert alone.spec == replace(GGD, data_set_version=1)


class Meeting:
    """A signer at which releases wait for each other a little while: who comes here has passed every check."""

    def __init__(self, signer: Signer, patience: float = 0.3) -> None:
        self._signer, self._patience, self._both = signer, patience, threading.Barrier(2)
        self.public_keys = signer.public_keys
        self.met = False

    def sign(self, prefix: bytes, payload: bytes) -> Signature:
        try:
            self._both.wait(self._patience)
            self.met = True
        except threading.BrokenBarrierError:
            pass  # the other one waits for the lock, as it should
        return self._signer.sign(prefix, payload)


def meet(made: list[World]) -> Meeting:
    signer = Meeting(made[0].services.signer)
    for one in made:
        one.services = replace(one.services, signer=signer)
    return signer


def without_lock(monkeypatch: pytest.MonkeyPatch, _made: list[World]) -> None:
    monkeypatch.setattr(SqlReleases, "lock_facts", lambda *_: None)


def without_looking_again(monkeypatch: pytest.MonkeyPatch, _made: list[World]) -> None:
    monkeypatch.setattr(releasing, "_still_holds", lambda *_: True)


def with_a_lock_of_its_own(monkeypatch: pytest.MonkeyPatch, _made: list[World]) -> None:
    """Each locks, and no two the same."""
    lock, numbers = SqlReleases.lock_facts, count()
    monkeypatch.setattr(SqlReleases, "lock_facts", lambda self, facts: lock(self, f"{facts} {next(numbers)}"))


def with_the_lock_too_late(monkeypatch: pytest.MonkeyPatch, _made: list[World]) -> None:
    """Each looks before it has the lock."""
    lock, looks = SqlReleases.lock_facts, releasing._still_holds

    def look_and_lock(step: Any, found: Any, evidence: Any, catalogue: Any) -> bool:
        holds = looks(step, found, evidence, catalogue)
        lock(step.data.releases, found.spec.data_set)
        return holds

    without_lock(monkeypatch, _made)
    monkeypatch.setattr(releasing, "_still_holds", look_and_lock)


def with_an_old_view(_monkeypatch: pytest.MonkeyPatch, made: list[World]) -> None:
    """Lock and check are there, but what is looked at is what there was before the wait."""
    for one in made:
        database = one.services.database._database
        engine = create_engine(database._engines.write.url, isolation_level="REPEATABLE READ")
        database._engines = Engines(engine, engine)


@pytest.mark.thorough
@on_postgresql
@pytest.mark.parametrize(
    "hole",
    [without_lock, with_a_lock_of_its_own, with_the_lock_too_late, without_looking_again, with_an_old_view],
)
def test_a_planted_hole_is_caught(
    approved: Pair, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hole: Callable[[Any, list[World]], None]
) -> None:
    """Each of the things that keep two releases apart is needed: without it the same race leaks."""
    with approved.again(tmp_path / "a") as pair, workers(pair.world, 1) as made:
        meet(made)
        hole(monkeypatch, made)
        assert release_both(pair, made) == ["released", "released"]
        leaked = published(pair.world)
        assert subtracted(leaked) == ALONE
        report = attacked(pair.world, leaked)
        assert report.exact_disclosures
        with pytest.raises(AssertionError):
            require_in_turn(pair.world)


def test_at_the_same_moment_one_is_released(approved: Pair, tmp_path: Path) -> None:
    """However long each step takes; the other one is prepared again, with the first in its history."""
    for seed in range(3 * TIMES):
        with approved.again(tmp_path / str(seed)) as pair, workers(pair.world, seed) as made:
            signer = meet(made) if seed % 3 == 0 else None
            assert sorted(release_both(pair, made)) == ["permitted", "released"]
            assert signer is None or not signer.met
            assert len(require_in_turn(pair.world)) == 1
            (event,) = pair.world.events(code="release.create", outcome="failed")
            assert event.reasons == ("evidence-outdated",)
            finish(pair)


# --- interleavings of prepare and release


def test_prepared_before_the_other_is_released_and_approved_after_it(asked: Pair, tmp_path: Path) -> None:
    with asked.again(tmp_path / "a") as pair:
        world = pair.world
        world.work()
        world.approve(pair.first)
        world.work()
        assert world.request(pair.first).state == "released"
        outdated = read_evidence(world.call(THIRD), pair.second)
        world.approve(pair.second)
        assert release_request(world.call(WORKER), pair.second).state == "permitted"
        world.work()
        renewed = read_evidence(world.call(THIRD), pair.second)
        assert (outdated.history, renewed.history) == ((), (world.request(pair.first).release,))
        finish(pair)


class Pausing:
    """An engine that adds up only once the test lets it."""

    def __init__(self, engine: AggregationEngine) -> None:
        self._engine, self.begun, self.go = engine, threading.Event(), threading.Event()

    def contributions(self, *arguments: Any) -> Any:
        self.begun.set()
        assert self.go.wait(20)
        return self._engine.contributions(*arguments)


def test_prepared_while_the_other_is_released(asked: Pair, tmp_path: Path) -> None:
    """It looked at the history before the release, and stores what it made of that afterwards."""
    with asked.again(tmp_path / "a") as pair, beside(pair.world) as slow, ThreadPoolExecutor(1) as pool:
        engine = Pausing(slow.services.engine)
        slow.services = replace(slow.services, engine=engine)
        late = pool.submit(prepare_request, slow.call(WORKER), pair.second)
        assert engine.begun.wait(20)
        world = pair.world
        prepare_request(world.call(WORKER), pair.first)
        world.approve(pair.first)
        assert world.release_at_once(pair.first).state == "released"
        engine.go.set()
        assert late.result().state == "prepared"
        assert read_evidence(world.call(THIRD), pair.second).history == ()
        world.approve(pair.second)
        assert release_request(world.call(WORKER), pair.second).state == "permitted"
        finish(pair)


@pytest.mark.thorough
def test_whatever_the_interleaving(asked: Pair, tmp_path: Path) -> None:
    """Two workers and a steward who do what there is to do, each at a pace of its own."""
    for seed in range(5 if asked.postgres else 2):
        with asked.again(tmp_path / str(seed)) as pair, workers(pair.world, seed, most=0.01, many=3) as made:
            *working, reviewing = made
            done = threading.Event()

            def work(world: World, done: threading.Event = done) -> None:
                while not done.is_set():
                    assert world.worker.run_once(world.services), world.troubles
                    world.sequence()
                    done.wait(0.002)
                assert world.troubles == []

            def review(world: World, pair: Pair = pair, done: threading.Event = done) -> None:
                try:
                    until = time.monotonic() + 120
                    while {state := world.request(one).state for one in pair.both} - ENDED:
                        assert time.monotonic() < until, state
                        for request in pair.both:
                            if world.request(request).state == "prepared":
                                world.approve(request)
                finally:
                    done.set()

            with ThreadPoolExecutor(3) as pool:
                futures = [*(pool.submit(work, world) for world in working), pool.submit(review, reviewing)]
                for future in futures:
                    future.result()
            finish(pair)


# --- two evidences


def test_two_workers_make_one_evidence(asked: Pair, tmp_path: Path) -> None:
    for seed in range(2 * TIMES):
        with asked.again(tmp_path / str(seed)) as pair, workers(pair.world, seed) as made:
            calls = [lambda world=world: prepare_request(world.call(WORKER), pair.first) for world in made]
            assert sorted(at_once(*calls)) == ["prepared", "request-state"]
            assert len(pair.world.events(code="request.prepare", outcome="success")) == 1
            finish(pair)


def test_what_was_said_of_the_first_evidence_is_not_said_of_the_second(approved: Pair, tmp_path: Path) -> None:
    """The table was approved with nothing withheld; the one made next to the other release needs its own two."""
    with approved.again(tmp_path / "a") as pair:
        world = pair.world
        seen = read_evidence(world.call(THIRD), pair.second).id
        world.work()  # the first is released, the second sent back and prepared again
        assert [world.request(request).state for request in pair.both] == ["released", "prepared"]
        renewed = read_evidence(world.call(THIRD), pair.second)
        assert renewed.id != seen
        with pytest.raises(Conflict, match="evidence-outdated"):
            review_request(world.call(THIRD), pair.second, seen, Verdict.APPROVE, VERDICT)
        with pytest.raises(Conflict, match="request-state"):
            release_request(world.call(WORKER), pair.second)
        # even if somebody puts the state right by hand: nobody has looked at this evidence
        world.execute(f"UPDATE requests SET state = 'approved' WHERE id = '{pair.second}'")
        assert release_request(world.call(WORKER), pair.second).state == "denied"
        assert len(require_in_turn(world)) == 1
