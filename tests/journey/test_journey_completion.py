"""Two calls complete one delivery at the same time: a client that lost patience, and the call that still goes on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest
from journey import World, a_row, csv_of

from service.domain.errors import Conflict
from service.domain.submission import SubmissionState
from service.ports.parts import MissingPartError
from service.use_cases.abandon_submission import abandon_submission
from service.use_cases.complete_submission import complete_submission


@dataclass
class Interrupted:
    """The part store, with something that happens just before a piece is read."""

    parts: Any
    meanwhile: list[Callable[[], object]]

    def __getattr__(self, name: str) -> Any:
        return getattr(self.parts, name)

    def read_piece(self, *arguments: Any) -> bytes:
        while self.meanwhile:
            self.meanwhile.pop()()
        piece: bytes = self.parts.read_piece(*arguments)
        return piece


def interrupt(world: World, *meanwhile: Callable[[], object]) -> None:
    world.services = replace(world.services, parts=Interrupted(world.services.parts, list(meanwhile)))


def test_the_slower_completion_gets_the_answer_of_the_quicker_one(any_world: World) -> None:
    any_world.round()
    north = any_world.parties["north"]
    begun = any_world.begin(north, csv_of([a_row()]))
    quick: list[Any] = []
    interrupt(any_world, lambda: quick.append(complete_submission(any_world.call(north.principal), begun.id, 1)))
    slow = complete_submission(any_world.call(north.principal), begun.id, 1)
    assert (slow.submission, slow.repeated) == (quick[0].submission, True)
    events = [event for event in any_world.events(object_id=begun.id) if event.code == "submission.complete"]
    assert sorted((event.outcome, event.reasons) for event in events) == [("success", ()), ("success", ("repeated",))]


def test_a_delivery_given_up_meanwhile_is_not_completed(any_world: World) -> None:
    any_world.round()
    north = any_world.parties["north"]
    begun = any_world.begin(north, csv_of([a_row()]))
    interrupt(any_world, lambda: abandon_submission(any_world.call(north.principal), begun.id))
    with pytest.raises(Conflict, match="submission-state"):
        complete_submission(any_world.call(north.principal), begun.id, 1)
    assert any_world.stored() == frozenset()


def test_a_piece_that_is_lost_is_an_alarm(world: World) -> None:
    world.round()
    north = world.parties["north"]
    begun = world.begin(north, csv_of([a_row()]))
    (name,) = world.stored()
    interrupt(world, lambda: world.services.parts.remove(name))
    with pytest.raises(MissingPartError):
        complete_submission(world.call(north.principal), begun.id, 1)
    with world.services.database.look() as data:
        assert data.submissions.get(begun.id).state is SubmissionState.RECEIVING
    assert [event.reasons for event in world.events(outcome="failed")] == [("internal-error",)]
