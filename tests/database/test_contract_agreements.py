"""Agreements, assessments and consents: on the fake and on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from database_samples import NOON, an_agreement, an_event, prepared

from service.adapters.database import RowRefused, SqlDatabase
from service.domain.agreement import AgreementKind, AgreementState, InForce
from service.domain.errors import NotFound
from service.ports.unit_of_work import Database

LAST = date(2026, 12, 31)
WHOLE = an_agreement(
    kind=AgreementKind.STATUTE,
    parties=frozenset({"north"}),
    purposes=frozenset({"b", "a"}),
    valid_until=LAST,
    state=AgreementState.WITHDRAWN,
    confirmer="p#two",
    withdrawn_at=NOON,
    withdrawal_reason="De wet is ingetrokken.",
)
HOLDS = an_agreement("agreement-2", state=AgreementState.CONFIRMED, confirmer="p#two", valid_until=LAST)


def stored(database: Database, *agreements) -> None:
    prepared(database)
    with database.begin() as uow:
        for one in agreements:
            uow.agreements.add(one)
        uow.commit(an_event())


def test_an_agreement_comes_back_as_it_was(database: Database) -> None:
    stored(database, WHOLE, replace(HOLDS, state=AgreementState.RECORDED, confirmer=None))
    with database.begin() as uow:
        assert uow.agreements.get("agreement-1", lock=True) == WHOLE
        uow.agreements.save(replace(HOLDS, reference="another"))
        assert uow.agreements.all() == [WHOLE, HOLDS]
        assert uow.agreements.all(party="south") == [HOLDS]
        assert uow.agreements.all(party="west") == []
        with pytest.raises(NotFound):
            uow.agreements.get("agreement-3")
        with pytest.raises(NotFound):
            uow.agreements.save(an_agreement("agreement-3"))


def test_what_is_in_force_on_a_day(database: Database) -> None:
    stored(database, WHOLE, HOLDS, an_agreement("agreement-3"))
    both = InForce(AgreementKind.PROCESSOR, "VO-1", frozenset(), frozenset({"north", "south"}), frozenset({"beds"}))
    with database.begin() as uow:
        found = uow.agreements.in_force
        assert found("beds", date(2026, 1, 1)) == found("beds", LAST, lock=True) == [both]
        assert found("beds", date(2025, 12, 31)) == found("beds", date(2027, 1, 1)) == found("claims", LAST) == []
        assert found("beds", LAST, party="north") == [replace(both, parties=frozenset({"north"}))]
        assert found("beds", LAST, party="west") == []


def test_whoever_left_is_not_under_it_any_more(database: Database) -> None:
    stored(database, HOLDS)
    with database.begin() as uow:
        uow.agreements.leave("agreement-2", "north", NOON, "Wij stoppen ermee.")
        for agreement, party in (("agreement-2", "north"), ("agreement-2", "west"), ("agreement-3", "south")):
            with pytest.raises(NotFound):
                uow.agreements.leave(agreement, party, NOON, "Nog eens.")
        assert uow.agreements.get("agreement-2") == replace(HOLDS, left=frozenset({"north"}))
        assert uow.agreements.in_force("beds", LAST, party="north") == []
        (left,) = uow.agreements.in_force("beds", LAST)
        assert left.parties == {"south"}
        uow.agreements.leave("agreement-2", "south", NOON, "Wij ook.")
        assert uow.agreements.in_force("beds", LAST) == []


def test_what_ended_stays_so(database: Database) -> None:
    stored(database, an_agreement(state=AgreementState.REJECTED))
    with database.begin() as uow, pytest.raises(RowRefused):
        uow.agreements.save(an_agreement(state=AgreementState.CONFIRMED, confirmer="p#two"))


def test_a_party_has_to_exist(database: Database) -> None:
    prepared(database)
    with database.begin() as uow, pytest.raises(RowRefused):
        uow.agreements.add(an_agreement(parties=frozenset({"nobody"})))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE agreements SET valid_until = NULL",
        "UPDATE agreements SET purposes = '[]'",
        "UPDATE agreements SET confirmer = recorder",
        "DELETE FROM agreements",
        "UPDATE agreement_parties SET organisation = 'west'",
        "UPDATE agreement_parties SET left_at = NULL, reason = NULL WHERE organisation = 'north'",
        "DELETE FROM agreement_parties",
    ],
)
def test_the_database_itself_keeps_what_they_say(real_database: SqlDatabase, statement: str) -> None:
    stored(real_database, replace(HOLDS, purposes=frozenset({"planning"})))
    with real_database.begin() as uow:
        uow.agreements.leave("agreement-2", "north", NOON, "Wij stoppen ermee.")
        uow.commit(an_event())
    with real_database._engines.write.connect() as connection, pytest.raises(Exception, match=r"kept|four_eyes"):
        connection.exec_driver_sql(statement)
