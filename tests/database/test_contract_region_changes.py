"""Changes of regions, and releases that are about regions: on the fake and on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from database_samples import NOON, after, an_event, prepared

from service.adapters.database import RowRefused, SqlDatabase
from service.domain.errors import NotFound
from service.domain.organisation import LaterRegions
from service.domain.region_change import RegionChange, RegionChangeState
from service.ports.unit_of_work import Database

DAY = date(2026, 12, 1)


def a_change(id_: str = "change-1", **changes: Any) -> RegionChange:
    values: dict[str, Any] = {
        "organisation": "north",
        "regions": frozenset({"nl-ggd/VR02", "nl-ggd/VR03"}),
        "valid_from": DAY,
        "reason": "De regio's zijn samengevoegd.",
        "state": RegionChangeState.PROPOSED,
        "proposer": "p#one",
        "proposed_at": NOON,
    }
    return RegionChange(id=id_, **values | changes)


def approved(change: RegionChange, **changes: Any) -> RegionChange:
    values = {"state": RegionChangeState.APPROVED, "judge": "p#two", "judged_at": after(60), "holds_from": DAY}
    return replace(change, **values | changes)


def stored(database: Database, *changes: RegionChange) -> None:
    prepared(database)
    with database.begin() as uow:
        for change in changes:
            uow.region_changes.add(change)
        uow.commit(an_event())


def test_a_change_comes_back_as_it_was_and_makes_the_organisation(database: Database) -> None:
    second = a_change("change-2", proposed_at=after(1), regions=frozenset())
    stored(database, second, a_change())
    with database.begin() as uow:
        assert uow.region_changes.all() == [a_change(), second]
        assert uow.organisations.get("north").later_regions == ()
        uow.region_changes.save(approved(a_change()))
        uow.region_changes.save(approved(second, holds_from=date(2026, 12, 2), judged_at=after(30)))
        assert uow.region_changes.get("change-1", lock=True) == approved(a_change())
        later = (
            LaterRegions(DAY, after(60), a_change().regions),
            LaterRegions(date(2026, 12, 2), after(30), frozenset()),
        )
        assert uow.organisations.get("north").later_regions == later
        assert [found.later_regions for found in uow.organisations.all() if found.id == "north"] == [later]
        assert all(found.later_regions == () for found in uow.organisations.all() if found.id != "north")
        assert uow.organisations.get("south").later_regions == ()
        with pytest.raises(NotFound):
            uow.region_changes.get("change-3")
        with pytest.raises(NotFound):
            uow.region_changes.save(a_change("change-3"))


def test_what_is_due(database: Database) -> None:
    stored(database, a_change(), a_change("change-2"), a_change("change-3", state=RegionChangeState.PROPOSED))
    with database.begin() as uow:
        uow.region_changes.save(approved(a_change()))
        settled = approved(a_change("change-2"), settled_at=after(90))
        uow.region_changes.save(settled)
        assert uow.region_changes.due(date(2026, 11, 30)) == []
        assert [found.id for found in uow.region_changes.due(DAY)] == ["change-1"]
        uow.region_changes.save(approved(a_change(), settled_at=after(90)))
        assert uow.region_changes.due(DAY) == []


def test_what_a_change_says_is_kept_and_it_is_judged_once(database: Database) -> None:
    stored(database, a_change())
    with database.begin() as uow:
        uow.region_changes.save(approved(a_change(), settled_at=after(90)))
        uow.commit(an_event(id="event-2"))
    with database.begin() as uow, pytest.raises(RowRefused):
        uow.region_changes.save(approved(a_change(), holds_from=date(2026, 12, 5)))
    with database.begin() as uow, pytest.raises(RowRefused):
        uow.region_changes.save(replace(approved(a_change()), judge="p#one"))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE region_changes SET regions = '[]'",
        "UPDATE region_changes SET reason = 'another'",
        "UPDATE region_changes SET state = 'proposed', judge = NULL, judged_at = NULL, holds_from = NULL",
        "UPDATE region_changes SET holds_from = '2027-01-01'",
        "DELETE FROM region_changes",
    ],
)
def test_the_database_itself_keeps_it(real_database: SqlDatabase, statement: str) -> None:
    stored(real_database, a_change())
    with real_database.begin() as uow:
        uow.region_changes.save(approved(a_change()))
        uow.commit(an_event(id="event-2"))
    with real_database._engines.write.connect() as connection, pytest.raises(Exception, match=r"kept|judged once"):
        connection.exec_driver_sql(statement)
