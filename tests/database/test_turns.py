"""Who writes when, and what is written together: nobody passes anybody by, and nobody is answered for somebody else."""

from __future__ import annotations

import secrets
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from database_samples import NOON, after, an_event

from service.adapters.database import Patience, SqlDatabase
from service.adapters.database.together import Together
from service.adapters.database.turns import Turns
from service.domain.errors import Invalid, Unavailable

MANY = 12


def wait_until(reached) -> None:
    until = time.monotonic() + 30
    while not reached():
        assert time.monotonic() < until
        time.sleep(0.005)


def test_turns_come_in_the_order_of_coming() -> None:
    turns, order = Turns(30), []
    first = turns.take()

    def write(number: int) -> None:
        turn = turns.take()
        order.append(number)
        turn.end()
        turn.end()  # whoever commits ends it, and so does leaving

    with ThreadPoolExecutor(MANY) as pool:
        for number in range(MANY):
            pool.submit(write, number)
            wait_until(lambda expected=number + 1: len(turns._waiting) == expected)
        first.end()
    assert order == list(range(MANY))
    turns.take().end()


def test_who_waits_too_long_is_told_and_holds_up_nobody() -> None:
    turns = Turns(0.05)
    first = turns.take()
    with pytest.raises(Unavailable, match="database-busy"):
        turns.take()
    first.end()
    turns.take().end()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_turn_ends_with_the_commit_and_with_a_failure(database_url: str) -> None:
    database = SqlDatabase(database_url, random_bytes=secrets.token_bytes, patience=Patience(lock=1))
    with database.begin() as uow:
        with pytest.raises(Unavailable, match="database-busy"), database.begin():
            pass
        uow.commit(an_event())
        with database.begin() as other:
            other.commit(an_event(id="e-2"))
    with pytest.raises(ZeroDivisionError), database.begin():
        raise ZeroDivisionError
    assert database.remember_once("proof:key", "jti", now=NOON, until=after(5))
    database.dispose()


def test_of_the_same_proof_at_the_same_moment_one_counts(database_url: str) -> None:
    """Also where half of them come to another process; a process that starts anew knows what the others knew."""
    places = [SqlDatabase(database_url, random_bytes=secrets.token_bytes) for _ in range(2)]
    start = threading.Barrier(MANY)

    def use(number: int) -> list[bool]:
        start.wait(10)
        return [
            places[number % 2].remember_once("proof:key", jti, now=NOON, until=after(5))
            for jti in ("same", f"own {number}", "same again")
        ]

    with ThreadPoolExecutor(MANY) as pool:
        same, own, again = zip(*pool.map(use, range(MANY)), strict=True)
    assert (sum(same), sum(own), sum(again)) == (1, MANY, 1)
    places.append(SqlDatabase(database_url, random_bytes=secrets.token_bytes))
    for place in places:
        assert not place.remember_once("proof:key", "same", now=NOON, until=after(5))
        place.dispose()


def at_once(together: Together[int, int], writing: threading.Event, go: threading.Event) -> list[object]:
    """The first is being written when the others come; what each was answered, or the error."""

    def ask(number: int) -> object:
        try:
            return together(number)
        except (ValueError, Unavailable) as error:
            return str(error)

    with ThreadPoolExecutor(MANY) as pool:
        asked = [pool.submit(ask, 0)]
        assert writing.wait(10)
        asked += [pool.submit(ask, number) for number in range(1, MANY)]
        wait_until(lambda: len(together._waiting) == MANY - 1)
        go.set()
        return [one.result() for one in asked]


@pytest.mark.parametrize("wrong", [set(), {5}, {1, MANY - 1}])
def test_what_came_meanwhile_is_written_together_and_a_wrong_one_is_told_alone(wrong: set[int]) -> None:
    writing, go, batches = threading.Event(), threading.Event(), []

    def write(batch: list[int]) -> list[int]:
        writing.set()
        assert go.wait(10)
        batches.append(sorted(batch))
        if found := wrong & set(batch):
            raise ValueError(f"wrong {found}")
        return [2 * one for one in batch]

    answers = at_once(Together(write), writing, go)
    assert answers == [f"wrong {{{one}}}" if one in wrong else 2 * one for one in range(MANY)]
    assert batches[:2] == [[0], list(range(1, MANY))]


def test_a_database_that_is_busy_is_so_for_all_who_waited_together() -> None:
    writing, go, batches = threading.Event(), threading.Event(), []

    def write(batch: list[int]) -> list[int]:
        writing.set()
        assert go.wait(10)
        batches.append(len(batch))
        raise Unavailable("database-busy")

    assert at_once(Together(write), writing, go) == ["database-busy"] * MANY
    assert batches == [1, MANY - 1]


def test_a_token_that_no_database_can_hold_spoils_no_other(database_url: str) -> None:
    database = SqlDatabase(database_url, random_bytes=secrets.token_bytes)
    start = threading.Barrier(MANY)

    def use(number: int) -> object:
        start.wait(10)
        try:
            return database.remember_once(
                "proof:key", "\0" if number % 3 == 0 else f"{number}", now=NOON, until=after(5)
            )
        except Invalid:
            return "refused"

    with ThreadPoolExecutor(MANY) as pool:
        assert list(pool.map(use, range(MANY))) == ["refused" if number % 3 == 0 else True for number in range(MANY)]
    database.dispose()
