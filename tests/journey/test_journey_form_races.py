"""A form, and a delivery by itself to what it serves, at the same moment: one of them is first, and the other sees it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from journey import World
from test_journey_forms import CAPACITY, FORM, OUTFLOW, PERIOD, a_row, consents, counting, deliver, name_of

from service.domain.errors import Conflict
from service.use_cases import submit_records as submitting
from service.use_cases.acceptance import Verdict
from service.use_cases.submit_records import submit_records
from service.use_cases.withdraw_submission import withdraw_submission
from sluis_client.wire import content_of_records

_OWN = ("period", "region", "care_form", "available_places", "fitting_places", "note")


def refusal(call: Callable[[], object]) -> str | None:
    try:
        call()
    except Conflict as refused:
        return refused.code
    return None


@pytest.fixture
def racing(any_world: World) -> World:
    for data_set in (CAPACITY, OUTFLOW, FORM):
        any_world.round(PERIOD, data_set=data_set)
    consents(any_world, any_world.parties["north"])
    return any_world


def by_itself(world: World, free: int, **changes: object) -> None:
    north, row = world.parties["north"], a_row(free=free)
    content = content_of_records([{name: row[name] for name in _OWN}])
    signed = world.sign(north, content, round_=name_of(CAPACITY), data_set=CAPACITY, **changes)
    submit_records(world.call(north.principal), signed, content, f"by-itself-{free}")


def test_a_correction_of_the_form_and_one_of_what_came_with_it(racing: World, monkeypatch: pytest.MonkeyPatch) -> None:
    both_looked, real = threading.Barrier(2, timeout=20), submitting.look_into

    def in_step(*arguments: Any) -> Verdict:
        found = real(*arguments)
        both_looked.wait()
        return found

    for n in range(3):
        first, before = deliver(racing, [a_row(free=10 + n)]).submission, counting(racing, CAPACITY)
        assert before is not None
        both: list[Callable[[], object]] = [
            lambda n=n, first=first: deliver(racing, [a_row(free=20 + n)], corrects=first.id),
            lambda n=n, before=before: by_itself(racing, 30 + n, corrects=before.id),
        ]
        with monkeypatch.context() as patched, ThreadPoolExecutor(2) as pool:
            patched.setattr(submitting, "look_into", in_step)
            form, own = pool.map(refusal, both)
        assert (form, own) in {(None, "corrects-outdated"), ("served-already-delivered", None)}
        now, capacity, outflow = (counting(racing, name) for name in (FORM, CAPACITY, OUTFLOW))
        assert now is not None
        assert capacity is not None
        assert outflow is not None
        assert outflow.served_by == now.id
        assert (now.id == first.id, capacity.served_by) == ((True, None) if form else (False, now.id))
        for one in {now.id, capacity.id} if form else {now.id}:
            withdraw_submission(racing.call(racing.parties["north"].principal), one)


def test_a_withdrawal_of_the_form_beside_its_correction(racing: World) -> None:
    """Whichever is first, nothing of either stays behind alone."""
    north = racing.call(racing.parties["north"].principal)
    for n in range(3):
        first = deliver(racing, [a_row(free=10 + n)]).submission
        both: list[Callable[[], object]] = [
            lambda n=n, first=first: deliver(racing, [a_row(free=20 + n)], corrects=first.id),
            lambda first=first: withdraw_submission(north, first.id),
        ]
        with ThreadPoolExecutor(2) as pool:
            form, withdrawal = pool.map(refusal, both)
        assert (form, withdrawal) in {(None, "submission-state"), ("corrects-outdated", None)}
        now, *others = (counting(racing, name) for name in (FORM, CAPACITY, OUTFLOW))
        assert (now is None) == (form is not None)
        assert {one.served_by if one else None for one in others} == {now.id if now else None}
        if now is not None:
            withdraw_submission(north, now.id)
