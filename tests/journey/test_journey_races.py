"""Two calls at the same moment: one of them is first, and the other one sees it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from journey import World, a_row, csv_of, json_of

from service.domain.errors import Conflict, DomainError
from service.domain.round import RoundState
from service.domain.submission import Submission
from service.ports.parts import PartStore
from service.use_cases import acceptance
from service.use_cases import complete_submission as completing
from service.use_cases import submit_records as submitting
from service.use_cases.acceptance import Delivered
from service.use_cases.complete_submission import complete_submission
from service.use_cases.submit_records import submit_records

ROUND = "staffed-beds-2025"


class PartsInStep:
    """A part store in which the writers of parts wait for each other: all of them have looked, none has settled."""

    def __init__(self, parts: PartStore, writers: int) -> None:
        self._parts, self._barrier = parts, threading.Barrier(writers, timeout=20)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._parts, name)

    def write_part(self, *arguments: Any) -> str:
        self._barrier.wait()
        return self._parts.write_part(*arguments)


def race(world: World, *calls: Callable[[], Delivered]) -> list[Submission | DomainError]:
    """Run the calls at once; each settles after all have looked."""
    world.services = replace(world.services, parts=PartsInStep(world.services.parts, len(calls)))

    def outcome(call: Callable[[], Delivered]) -> Submission | DomainError:
        try:
            return call().submission
        except DomainError as error:
            return error

    with ThreadPoolExecutor(len(calls)) as pool:
        return [future.result() for future in [pool.submit(outcome, call) for call in calls]]


def accepted(outcomes: Sequence[Submission | DomainError]) -> list[Submission]:
    return [found for found in outcomes if isinstance(found, Submission)]


def refusals(outcomes: Sequence[Submission | DomainError]) -> list[DomainError]:
    return [found for found in outcomes if isinstance(found, DomainError)]


def test_two_first_deliveries(any_world: World) -> None:
    any_world.round()
    north = any_world.parties["north"]
    outcomes = race(any_world, *(lambda n=n: any_world.deliver(north, [a_row(900 + n)]) for n in range(3)))
    (first,) = accepted(outcomes)
    assert [(error.code, error.data) for error in refusals(outcomes)] == [
        ("already-delivered", {"submission": first.id})
    ] * 2
    assert any_world.counting(north) == first
    assert len(any_world.events(code="submission.submit", outcome="success")) == 1


def test_two_uploads(any_world: World) -> None:
    any_world.round()
    north = any_world.parties["north"]
    begun = [any_world.begin(north, csv_of([a_row(900 + n)])) for n in range(2)]
    outcomes = race(
        any_world,
        *(lambda id_=found.id: complete_submission(any_world.call(north.principal), id_, 1) for found in begun),
    )
    (first,) = accepted(outcomes)
    (refused,) = refusals(outcomes)
    assert (refused.code, refused.data) == ("already-delivered", {"submission": first.id})


def test_two_corrections(any_world: World) -> None:
    any_world.round()
    north = any_world.parties["north"]
    first = any_world.deliver(north, [a_row()]).submission
    outcomes = race(
        any_world, *(lambda n=n: any_world.deliver(north, [a_row(910 + n)], corrects=first.id) for n in range(2))
    )
    (second,) = accepted(outcomes)
    (refused,) = refusals(outcomes)
    assert (refused.code, refused.data) == ("corrects-outdated", {"submission": second.id})
    assert second.version == 2
    assert any_world.counting(north) == second


def test_one_call_made_twice_at_once(any_world: World) -> None:
    any_world.round()
    north = any_world.parties["north"]
    content = json_of([a_row()])
    signed = any_world.sign(north, content)
    outcomes = race(
        any_world, *(lambda: submit_records(any_world.call(north.principal), signed, content, "key-1") for _ in "12")
    )
    assert len(accepted(outcomes)) == 2
    assert outcomes[0] == outcomes[1]


def test_the_same_content_at_once_counts_once(any_world: World) -> None:
    any_world.round()
    north = any_world.parties["north"]
    outcomes = race(any_world, *(lambda: any_world.deliver(north, [a_row()]) for _ in "12"))
    assert outcomes[0] == outcomes[1]


def test_suppliers_do_not_stand_in_each_others_way(any_world: World) -> None:
    any_world.round()
    parties = list(any_world.parties.values())
    outcomes = race(any_world, *(lambda p=party: any_world.deliver(p, [a_row()]) for party in parties))
    assert len(accepted(outcomes)) == len(parties)


def test_a_round_that_closes_between_look_and_settlement(any_world: World) -> None:
    any_world.round()
    north = any_world.parties["north"]

    class Closing(PartsInStep):
        def write_part(self, *arguments: Any) -> str:
            written = self._parts.write_part(*arguments)
            any_world.turn(ROUND, RoundState.CLOSED)
            return written

    parts = any_world.services.parts
    any_world.services = replace(any_world.services, parts=Closing(parts, 1))
    with pytest.raises(Conflict, match="round-closed"):
        any_world.deliver(north, [a_row()])
    assert any_world.counting(north) is None


@pytest.mark.parametrize("upload", [False, True])
def test_a_round_does_not_close_under_a_delivery_that_is_being_accepted(
    postgres_world: World, upload: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The closing waits until the delivery is in: whoever reads the closed round sees all of it."""
    world = postgres_world
    world.round()
    north = world.parties["north"]
    begun = world.begin(north, csv_of([a_row()])) if upload else None
    settled, closed = threading.Event(), []

    def close() -> None:
        settled.wait(20)
        world.turn(ROUND, RoundState.CLOSED)
        closed.append(world.counting(north))

    def slowly(*arguments: Any, new: bool) -> Delivered:
        done = acceptance.settle(*arguments, new=new)
        settled.set()
        closer.join(0.5)
        assert closer.is_alive()
        return done

    for module in (completing, submitting):
        monkeypatch.setattr(module, "settle", slowly)
    closer = threading.Thread(target=close)
    closer.start()
    if begun is None:
        delivered = world.deliver(north, [a_row()])
    else:
        delivered = completing.complete_submission(world.call(north.principal), begun.id, 1)
    closer.join()
    assert closed == [delivered.submission]
