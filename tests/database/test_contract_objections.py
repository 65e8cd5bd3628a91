"""Objections and whom they take out: on the fake and on both databases."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from database_samples import NOON, a_release, after, an_accepted, an_event, prepare, prepared, some_evidence

from service.adapters.database import RowRefused
from service.domain.errors import Invalid, NotFound
from service.domain.objection import Objection, of_delivery
from service.ports.unit_of_work import Database, Page

ANNA, BEN = bytes(15) + b"a", bytes(15) + b"b"


def an_objection(id_: str = "obj-1", person: bytes | None = ANNA, **changes: Any) -> Objection:
    values: dict[str, Any] = {
        "pseudonym": f"bsn.planning.1.{id_}" if person else None,
        "data_sets": ("beds",),
        "purposes": (),
        "lodged_by": "north",
        "organisation": "north",
        "lodged_at": NOON,
    }
    return Objection(id=id_, person=person, **values | changes)


def test_an_objection_comes_back_as_it_was_and_changes_only_by_its_end(database: Database) -> None:
    prepared(database)
    with database.begin() as uow:
        uow.objections.add(an_objection())
        assert uow.objections.get("obj-1", lock=True) == an_objection()
        ended = an_objection(withdrawn_at=after(1), withdrawn_by="fg")
        uow.objections.save(replace(ended, data_sets=(), organisation="south"))
        assert uow.objections.get("obj-1") == ended
        assert uow.objections.in_force() == []
        with pytest.raises(NotFound):
            uow.objections.get("obj-2")
        with pytest.raises(NotFound):
            uow.objections.save(an_objection("obj-2"))
        uow.commit(an_event())


@pytest.mark.parametrize(
    "wrong",
    [
        {"person": None},
        {"pseudonym": None},
        {"withdrawn_at": NOON},
        {"withdrawn_by": "fg"},
        {"pseudonym": None, "withdrawn_at": NOON, "withdrawn_by": "fg"},
    ],
)
def test_one_in_force_names_its_person_and_one_that_ended_who_ended_it(
    database: Database, wrong: dict[str, Any]
) -> None:
    prepared(database)
    with database.begin() as uow, pytest.raises(RowRefused):
        uow.objections.add(an_objection(**wrong))


def test_they_are_paged_newest_first_and_a_cursor_tells_nothing_of_another(database: Database) -> None:
    with database.begin() as uow:
        prepare(uow)
        for number in range(3):
            organisation = "south" if number == 1 else "north"
            uow.objections.add(an_objection(f"obj-{number}", organisation=organisation, lodged_at=after(number)))
        assert [one.id for one in uow.objections.page(Page(2))] == ["obj-2", "obj-1"]
        assert [one.id for one in uow.objections.page(Page(2, "obj-2"), organisation="north")] == ["obj-0"]
        with pytest.raises(Invalid, match="cursor"):
            uow.objections.page(Page(2, "obj-1"), organisation="north")
        assert [one.id for one in uow.objections.of(ANNA)] == ["obj-0", "obj-1", "obj-2"]
        assert uow.objections.of(BEN) == []


def test_who_is_in_which_delivery(database: Database) -> None:
    with database.begin() as uow:
        prepare(uow)
        uow.submissions.add(an_accepted("sub-1"))
        uow.submissions.add(an_accepted("sub-2", organisation="south"))
        uow.submissions.add_persons("sub-1", [ANNA, BEN])
        uow.submissions.add_persons("sub-2", [ANNA])
        uow.objections.add(an_objection("obj-1"))
        uow.objections.add(an_objection("obj-2", BEN, withdrawn_at=NOON, withdrawn_by="fg"))
        found = uow.objections.against(["sub-1", "sub-2", "sub-3"])
        assert [(delivery, one.id) for delivery, one in found] == [("sub-1", "obj-1"), ("sub-2", "obj-1")]
        assert uow.objections.against([]) == []
        assert uow.objections.data_sets_of(ANNA) == {"beds"}
        assert uow.objections.data_sets_of(BEN, organisation="north") == {"beds"}
        assert uow.objections.data_sets_of(BEN, organisation="south") == frozenset()


def test_whose_it_was_is_erased_and_that_it_was_stays(database: Database) -> None:
    with database.begin() as uow:
        prepare(uow)
        uow.objections.add(an_objection("obj-1", withdrawn_at=after(1), withdrawn_by="fg"))
        uow.objections.add(an_objection("obj-2", withdrawn_at=after(2), withdrawn_by="fg"))
        uow.objections.add(an_objection("obj-3"))
        assert uow.objections.erase(after(2)) == 1
        assert uow.objections.erase(after(2)) == 0
        erased = uow.objections.get("obj-1")
        assert (erased.pseudonym, erased.person, erased.data_sets) == (None, None, ("beds",))
        assert [one.person for one in uow.objections.page(Page()) if one.person] == [ANNA, ANNA]
        uow.commit(an_event())


def test_evidence_and_releases_keep_who_was_left_out(database: Database) -> None:
    left_out = (("sub-1", ANNA.hex()), ("sub-1", BEN.hex()), ("sub-2", ANNA.hex()))
    with database.begin() as uow:
        prepare(uow)
        uow.requests.add_evidence(some_evidence(left_out=left_out))
        uow.releases.add(a_release(left_out=left_out))
        uow.commit(an_event())
    with database.look() as uow:
        evidence, release = uow.requests.evidence("req-1"), uow.releases.get("rel-1")
        assert evidence == some_evidence(left_out=left_out)
        assert release == a_release(left_out=left_out)
        assert of_delivery(release.left_out, "sub-2") == (ANNA.hex(),)


def test_an_objection_covers_what_it_names_while_it_is_in_force() -> None:
    every = an_objection(data_sets=())
    assert every.covers("beds", "planning")
    assert not replace(every, withdrawn_at=NOON).covers("beds", "planning")
    assert not replace(every, data_sets=("rejections",)).covers("beds", "planning")
    assert not replace(every, purposes=("research",)).covers("beds", "planning")
    assert replace(every, data_sets=("beds",), purposes=("planning",)).covers("beds", "planning")
    assert "planning" not in repr(every)
