"""Purposes that people made: on the fake and on both databases."""

from __future__ import annotations

from dataclasses import replace

import pytest
from database_samples import a_purpose, a_purpose_verdict, after, an_event, prepared

from service.adapters.database import RowRefused, SqlDatabase
from service.domain.errors import Conflict, NotFound
from service.domain.purpose import DECIDED, PurposeHead, PurposeState
from service.ports.unit_of_work import Database


def test_a_purpose_comes_back_as_it_was(database: Database) -> None:
    prepared(database)
    with database.begin() as uow:
        uow.purposes.add(a_purpose())
        uow.commit(an_event())
    changed = a_purpose(state=PurposeState.SUSPENDED, reviewer="p#fg", approvers=("p#1", "p#2"), suspended_by="p#1")
    with database.begin() as uow:
        assert uow.purposes.get("planning", lock=True) == uow.purposes.get("planning", 1) == a_purpose()
        uow.purposes.save(replace(changed, document="{}"))
        assert uow.purposes.all() == [changed]
        for unknown in (("planning", 2), ("other", None)):
            with pytest.raises(NotFound):
                uow.purposes.get(*unknown)
        with pytest.raises(NotFound):
            uow.purposes.save(a_purpose("other"))


def test_decisions_see_the_newest_version_that_was_approved_once(database: Database) -> None:
    prepared(database)
    for state in PurposeState:
        with database.begin() as uow:
            by = "p#1" if state is PurposeState.SUSPENDED else None
            uow.purposes.add(a_purpose(f"one-{state.value}", state=state, suspended_by=by))
            uow.commit(an_event())
    with database.begin() as uow:
        uow.purposes.add(a_purpose("two", state=PurposeState.SUPERSEDED))
        uow.purposes.add(a_purpose("two", 2, state=PurposeState.APPROVED, approvers=("p#1", "p#2")))
        uow.purposes.add(a_purpose("two", 3))
        heads = {head.id: head for head in uow.purposes.decided()}
    assert set(heads) == {f"one-{state.value}" for state in DECIDED} | {"two"}
    assert heads["two"] == PurposeHead("two", 2, PurposeState.APPROVED, "sha-256:02", ("p#1", "p#2"))


def test_one_version_of_a_purpose_waits_at_a_time(database: Database) -> None:
    prepared(database)
    with database.begin() as uow:
        uow.purposes.add(a_purpose())
        uow.commit(an_event())
    with database.begin() as uow, pytest.raises(Conflict, match="purpose-pending"):
        uow.purposes.add(a_purpose(version=2))


def test_verdicts_stand_in_order(database: Database) -> None:
    prepared(database)
    late, early = a_purpose_verdict("v1", at=after(5)), a_purpose_verdict("v2", "review")
    with database.begin() as uow:
        uow.purposes.add(a_purpose())
        uow.purposes.add_verdict(late)
        uow.purposes.add_verdict(early)
        assert uow.purposes.verdicts("planning", 1) == [early, late]
        assert uow.purposes.verdicts("planning", 2) == []
        with pytest.raises(RowRefused):
            uow.purposes.add_verdict(a_purpose_verdict("v3", version=2))


def test_what_ended_stays_so(database: Database) -> None:
    prepared(database)
    with database.begin() as uow:
        uow.purposes.add(a_purpose(state=PurposeState.WITHDRAWN))
        uow.commit(an_event())
    with database.begin() as uow, pytest.raises(RowRefused):
        uow.purposes.save(a_purpose(state=PurposeState.APPROVED))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE purposes SET document = '{}'",
        "UPDATE purposes SET version = 7",
        "DELETE FROM purposes",
        "UPDATE purpose_verdicts SET person = 'p#other'",
        "DELETE FROM purpose_verdicts",
    ],
)
def test_the_database_itself_keeps_what_they_say(real_database: SqlDatabase, statement: str) -> None:
    prepared(real_database)
    with real_database.begin() as uow:
        uow.purposes.add(a_purpose())
        uow.purposes.add_verdict(a_purpose_verdict("v1"))
        uow.commit(an_event())
    with real_database._engines.write.connect() as connection, pytest.raises(Exception, match="kept"):
        connection.exec_driver_sql(statement)
