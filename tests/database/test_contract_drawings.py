"""Drawn noise and what it cost: on the fake and on both databases."""

from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest
from database_samples import a_drawing, after, an_event, prepared
from hypothesis import given
from hypothesis import strategies as st

from service.adapters.database import RowRefused, SqlDatabase
from service.domain.errors import Invalid
from service.domain.method import LARGEST_BUDGET, Mechanism
from service.domain.noise_budget import accounts
from service.ports.unit_of_work import Database

AT_ONCE = 6
GAUSSIAN = Mechanism.DISCRETE_GAUSSIAN


def test_a_drawing_comes_back_as_it_was(database: Database) -> None:
    drawing = a_drawing(rounds=("beds-2019", "beds-2020"), loss=Decimal("0.001"), budget=Decimal("3.999"))
    with database.begin() as uow:
        assert uow.drawings.find("drawn-1") is None
        uow.drawings.add(drawing)
        uow.commit(an_event())
    with database.look() as uow:
        assert uow.drawings.find("drawn-1") == drawing
        assert uow.drawings.charges("beds") == [drawing.charge]
        with pytest.raises(Invalid):
            uow.drawings.find("drawn-\0")


def test_charges_of_a_data_set_come_in_the_order_of_drawing(database: Database) -> None:
    made = [
        a_drawing("c", drawn_at=after(1)),
        a_drawing("b", drawn_at=after(2), mechanism=GAUSSIAN),
        a_drawing("a", drawn_at=after(2)),
        a_drawing("other", data_set="cancelled-operations"),
    ]
    with database.begin() as uow:
        for drawing in made:
            uow.drawings.add(drawing)
        assert [charge.drawing for charge in uow.drawings.charges("beds")] == ["c", "a", "b"]
        assert [charge.drawing for charge in uow.drawings.charges("cancelled-operations")] == ["other"]
        assert uow.drawings.charges("staffed-beds") == []


def test_a_drawing_without_commit_cost_nothing(database: Database) -> None:
    with database.begin() as uow:
        uow.drawings.add(a_drawing())
    with database.look() as uow:
        assert uow.drawings.charges("beds") == []
        with pytest.raises(RuntimeError):
            uow.drawings.add(a_drawing())


@pytest.mark.parametrize(
    "wrong",
    [a_drawing(budget=Decimal(2)), a_drawing("drawn-2", loss=Decimal(2)), a_drawing("drawn-2", loss=Decimal(0))],
)
def test_a_drawing_is_added_once_and_within_its_budget(database: Database, wrong: object) -> None:
    with database.begin() as uow:
        uow.drawings.add(a_drawing())
        uow.commit(an_event())
    with database.begin() as uow, pytest.raises(RowRefused):
        uow.drawings.add(wrong)


def test_at_once_they_spend_no_more_than_there_is(real_database: SqlDatabase) -> None:
    """The use case's way: lock the facts, look at what is spent, spend."""
    prepared(real_database)
    start = threading.Barrier(AT_ONCE)

    def spend(number: int) -> str:
        start.wait(10)
        drawing = a_drawing(f"drawn-{number}", loss=Decimal("0.4"))
        with real_database.begin() as uow:
            uow.releases.lock_facts("beds")
            if any(account.overdrawn for account in accounts(uow.drawings.charges("beds"), [drawing.charge])):
                return "spent"
            uow.drawings.add(drawing)
            uow.commit(an_event(id=f"e-{number}"))
            return "drawn"

    with ThreadPoolExecutor(AT_ONCE) as pool:
        assert Counter(pool.map(spend, range(AT_ONCE))) == {"drawn": 2, "spent": AT_ONCE - 2}
    with real_database.look() as uow:
        assert sum(charge.loss for charge in uow.drawings.charges("beds")) == Decimal("0.8")


# --- the account -----------------------------------------------------------------------------------------------------


def charge(**changes: object) -> object:
    return a_drawing(**changes).charge


def test_each_round_bears_the_whole_loss() -> None:
    before = [charge(rounds=("r1", "r2")), charge(rounds=("r2",)), charge(rounds=("r4",))]
    found = accounts(before, [charge(rounds=("r2", "r3")), charge(rounds=("r2",))])
    assert [(one.round, one.spent, one.asked, one.overdrawn) for one in found] == [
        ("r2", Decimal("0.25"), Decimal("0.25"), False),
        ("r3", Decimal(0), Decimal("0.125"), False),
    ]


def test_the_last_thousandth_may_be_spent() -> None:
    before = [charge(loss=Decimal("0.333")) for _ in range(2)]
    for loss, overdrawn in (("0.334", False), ("0.335", True)):
        (found,) = accounts(before, [charge(loss=Decimal(loss))])
        assert found.overdrawn is overdrawn


def test_a_budget_once_promised_is_not_raised() -> None:
    (found,) = accounts([charge(loss=Decimal(1))], [charge(budget=Decimal(4))])
    assert (found.budget, found.overdrawn) == (Decimal(1), True)


def test_nothing_is_added_to_losses_of_another_measure() -> None:
    (found,) = accounts([charge()], [charge(mechanism=GAUSSIAN)])
    assert (found.measure, found.other_measure, found.overdrawn) == ("rho", True, True)


@given(st.lists(st.tuples(st.sampled_from(["r1", "r2", "r3", "r1 r2", "r2 r3"]), st.integers(1, 1000)), max_size=30))
def test_no_sequence_of_questions_overdraws(asked: list[tuple[str, int]]) -> None:
    budget, before = LARGEST_BUDGET[Mechanism.DISCRETE_LAPLACE], []
    for rounds, thousandths in asked:
        new = charge(rounds=tuple(rounds.split()), loss=Decimal(thousandths) / 1000, budget=budget)
        if not any(account.overdrawn for account in accounts(before, [new])):
            before.append(new)
    for round_ in ("r1", "r2", "r3"):
        assert sum(one.loss for one in before if round_ in one.rounds) <= budget
