"""Two requests that are harmless alone and not together, ready to race; and workers that take their time."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from journey import OTHER_OWNER, World
from journey_crashes import Steps, WatchedDatabase
from journey_regions import (
    GGD,
    ZORGKANTOOR,
    Published,
    beside,
    collect_regions,
    region_policies,
    replica,
    require_in_turn,
    ruled_by,
)
from postgres import PostgresServer

from service.domain.errors import DomainError
from service.domain.request import AggregateRequest

ENDED = {"released", "unsafe"}


@dataclass(frozen=True)
class Pair:
    """A world with both requests in it, and where they are to be copied to."""

    world: World
    first: str
    second: str
    postgres: PostgresServer | None
    policies: Path

    @property
    def both(self) -> tuple[str, str]:
        return self.first, self.second

    @contextmanager
    def again(self, directory: Path) -> Iterator[Pair]:
        with replica(self.world, directory, self.postgres) as world:
            yield replace(self, world=world)


def asked_pair(world: World, directory: Path, postgres: PostgresServer | None) -> Pair:
    """Both asked and permitted, in a world with its organisations; to be copied, so nobody is connected to it."""
    policies = region_policies(directory)
    collect_regions(ruled_by(world, policies))
    first, second = world.ask(GGD), world.ask(ZORGKANTOOR, OTHER_OWNER)
    world.services.database.dispose()
    return Pair(world, first.id, second.id, postgres, policies)


class Dawdling(Steps):
    """Sleeps at each step for as long as chance says."""

    def __init__(self, seed: int, most: float) -> None:
        super().__init__(None)
        self._chance, self._most = random.Random(seed), most

    def step(self, name: str) -> None:
        if self._chance.random() < 0.3:
            time.sleep(self._chance.random() * self._most)


@contextmanager
def workers(world: World, seed: int, *, most: float = 0.004, many: int = 2) -> Iterator[list[World]]:
    """Workers with connections of their own, that dawdle at every step in the database."""
    with ExitStack() as stack:
        made = [stack.enter_context(beside(world)) for _ in range(many)]
        for number, one in enumerate(made):
            steps = Dawdling(10 * seed + number, most)
            one.services = replace(one.services, database=WatchedDatabase(steps, one.services.database))
        yield made


def at_once(*calls: Callable[[], AggregateRequest]) -> list[str]:
    """Start all at the same moment; the state in which each left its request, or the code of its refusal."""
    start = threading.Barrier(len(calls), timeout=20)

    def run(call: Callable[[], AggregateRequest]) -> str:
        start.wait()
        try:
            return call().state
        except DomainError as refusal:
            return refusal.code

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def release_both(pair: Pair, made: list[World]) -> list[str]:
    return at_once(
        *(
            lambda world=world, request=request: world.release_at_once(request)
            for world, request in zip(made, pair.both, strict=True)
        )
    )


def finish(pair: Pair) -> list[Published]:
    """Let stewards and worker end both requests; what is released by then is safe together."""
    for _ in range(4):
        states = {request: pair.world.request(request).state for request in pair.both}
        for request, state in states.items():
            if state == "prepared":
                pair.world.approve(request)
        if set(states.values()) <= ENDED:
            break
        pair.world.work()
    assert {pair.world.request(request).state for request in pair.both} <= ENDED
    releases = require_in_turn(pair.world)
    assert None not in releases[0].cells.values()
    for second in releases[1:]:
        assert None in second.cells.values()
    return releases
