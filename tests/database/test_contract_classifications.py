"""Classifications that people brought in: on the fake and on both databases."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from database_samples import NOON, after, an_event, prepared

from service.adapters.database import RowRefused, SqlDatabase
from service.domain.errors import NotFound
from service.domain.stated_classification import ClassificationState, StatedClassification
from service.ports.unit_of_work import Database


def a_list(version: int = 1, **changes: Any) -> StatedClassification:
    values: dict[str, Any] = {
        "id": f"iza-v{version}",
        "family": "iza",
        "state": ClassificationState.PROPOSED,
        "document": "{}",
        "digest": f"sha-256:{version}",
        "proposer": "p#one",
        "organisation": "north",
        "proposed_at": NOON,
    }
    return StatedClassification(version=version, **values | changes)


def approved(stated: StatedClassification) -> StatedClassification:
    return replace(stated, state=ClassificationState.APPROVED, judge="p#two", judged_at=after(60))


def stored(database: Database, *lists: StatedClassification) -> None:
    prepared(database)
    with database.begin() as uow:
        for one in lists:
            uow.classifications.add(one)
        uow.commit(an_event())


def test_it_comes_back_as_it_was_and_the_approved_are_known(database: Database) -> None:
    other = a_list(1, id="aa-v1", family="aa")
    stored(database, a_list(2), a_list(1), other)
    with database.begin() as uow:
        assert uow.classifications.all() == [other, a_list(1), a_list(2)]
        assert uow.classifications.versions("iza", lock=True) == [a_list(1), a_list(2)]
        assert uow.classifications.approved() == []
        uow.classifications.save(approved(a_list(2)))
        uow.classifications.save(approved(other))
        assert uow.classifications.approved() == ["aa-v1", "iza-v2"]
        assert uow.classifications.get("iza-v2", lock=True) == approved(a_list(2))
        with pytest.raises(NotFound):
            uow.classifications.get("iza-v3")
        with pytest.raises(NotFound):
            uow.classifications.save(a_list(3))


def test_it_is_judged_once_by_somebody_else(database: Database) -> None:
    stored(database, a_list(1), a_list(2))
    with database.begin() as uow:
        uow.classifications.save(approved(a_list(1)))
        uow.commit(an_event())
    for refused in (
        replace(approved(a_list(1)), state=ClassificationState.REJECTED),
        replace(approved(a_list(2)), judge="p#one"),
    ):
        with database.begin() as uow, pytest.raises(RowRefused):
            uow.classifications.save(refused)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE classifications SET document = '[]'",
        "UPDATE classifications SET state = 'proposed', judge = NULL, judged_at = NULL",
        "DELETE FROM classifications",
    ],
)
def test_the_database_itself_keeps_it(real_database: SqlDatabase, statement: str) -> None:
    stored(real_database, a_list())
    with real_database.begin() as uow:
        uow.classifications.save(approved(a_list()))
        uow.commit(an_event())
    with real_database._engines.write.connect() as connection, pytest.raises(Exception, match=r"kept|judged once"):
        connection.exec_driver_sql(statement)
