"""Submissions and their pieces: on the fake and on both databases."""

from __future__ import annotations

from dataclasses import replace

import pytest
from database_samples import (
    NOON,
    a_piece,
    a_round,
    a_submission,
    after,
    an_accepted,
    an_event,
    an_organisation,
    prepare,
    prepared,
)

from service.adapters.database import RowRefused
from service.domain.errors import Conflict, Invalid, NotFound
from service.domain.submission import CountingPart, SubmissionState
from service.ports.unit_of_work import Database, Page


def test_a_submission_comes_back_as_it_was(database: Database) -> None:
    full = an_accepted(rows=3_000_000_000, late=True, warnings="[]", faults="{}", format="parquet")
    with database.begin() as uow:
        prepare(uow)
        uow.submissions.add(a_submission("sub-0"))
        uow.submissions.add(full)
        uow.commit(an_event())
    with database.begin() as uow:
        assert uow.submissions.get("sub-0") == a_submission("sub-0")
        assert uow.submissions.get("sub-1", lock=True) == full
        assert uow.submissions.find_by_key("north", "key-sub-1") == full
        assert uow.submissions.find_by_manifest("north", "sha-256:sub-1") == full
        assert uow.submissions.counting("north", "beds-2019") == full
        with pytest.raises(NotFound):
            uow.submissions.get("sub-2")


def test_another_organisation_finds_nothing(database: Database) -> None:
    with database.begin() as uow:
        prepare(uow)
        uow.submissions.add(an_accepted())
        assert uow.submissions.find_by_key("south", "key-sub-1") is None
        assert uow.submissions.find_by_manifest("south", "sha-256:sub-1") is None
        assert uow.submissions.counting("south", "beds-2019") is None
        assert uow.submissions.page(Page(), organisation="south") == []


@pytest.mark.parametrize(
    ("same", "code"),
    [
        ({"idempotency_key": "key-sub-1"}, "idempotency-key-reused"),
        ({"manifest_digest": "sha-256:sub-1"}, "manifest-known"),
    ],
)
def test_keys_and_manifests_are_used_once_per_organisation(database: Database, same: dict, code: str) -> None:
    with database.begin() as uow:
        prepare(uow)
        uow.submissions.add(a_submission(state=SubmissionState.REFUSED))
        uow.submissions.add(a_submission("sub-2", organisation="south", **same))
        with pytest.raises(Conflict, match=code):
            uow.submissions.add(a_submission("sub-3", **same))


def test_at_most_one_counts_per_supplier_and_round(database: Database) -> None:
    with database.begin() as uow:
        prepare(uow)
        uow.rounds.add(a_round("beds-2020"), "wrapped")
        uow.submissions.add(an_accepted())
        uow.submissions.add(an_accepted("sub-2", round="beds-2020"))
        uow.submissions.add(an_accepted("sub-3", organisation="south"))
        uow.submissions.add(a_submission("sub-4"))
        with pytest.raises(Conflict, match="already-delivered"):
            uow.submissions.save(an_accepted("sub-4", version=2))


def test_a_version_is_given_once(database: Database) -> None:
    with database.begin() as uow:
        prepare(uow)
        uow.submissions.add(an_accepted(state=SubmissionState.SUPERSEDED))
        uow.submissions.add(a_submission("sub-2", state=SubmissionState.REFUSED))
        uow.submissions.add(a_submission("sub-3", state=SubmissionState.ABANDONED))
        with pytest.raises(Conflict, match="already-delivered"):
            uow.submissions.add(an_accepted("sub-4"))


def test_a_correction_takes_the_place(database: Database) -> None:
    with database.begin() as uow:
        prepare(uow)
        uow.submissions.add(an_accepted())
        uow.submissions.add(a_submission("sub-2", corrects="sub-1"))
        uow.submissions.save(replace(an_accepted(), state=SubmissionState.SUPERSEDED))
        second = an_accepted("sub-2", corrects="sub-1", version=2)
        uow.submissions.save(second)
        uow.commit(an_event())
    with database.look() as uow:
        assert uow.submissions.counting("north", "beds-2019") == second


def test_what_counts_is_complete(database: Database) -> None:
    prepared(database)
    for missing in ("part", "rows", "accepted_at"):
        with database.begin() as uow, pytest.raises(RowRefused):
            uow.submissions.add(an_accepted(**{missing: None}))
    with database.begin() as uow, pytest.raises(NotFound):
        uow.submissions.save(an_accepted())
    with database.begin() as uow, pytest.raises(RowRefused):
        uow.submissions.add(a_submission(corrects="nothing"))


def test_pages_are_newest_first_and_meet(database: Database) -> None:
    with database.begin() as uow:
        prepare(uow)
        for number in range(7):
            organisation = "south" if number == 3 else "north"
            uow.submissions.add(
                a_submission(f"sub-{number}", organisation=organisation, received_at=after(number // 2))
            )
        uow.commit(an_event())
    with database.look() as uow:
        seen: list[str] = []
        cursor = None
        while page := uow.submissions.page(Page(2, cursor), organisation="north"):
            seen += [found.id for found in page]
            cursor = page[-1].id
        assert seen == ["sub-6", "sub-5", "sub-4", "sub-2", "sub-1", "sub-0"]
        assert len(uow.submissions.page(Page())) == 7
        assert uow.submissions.page(Page(), state=SubmissionState.ACCEPTED) == []
        assert uow.submissions.page(Page(), round_="beds-2020") == []


@pytest.mark.parametrize("cursor", ["sub-9", "sub-south", "", "' OR '1'='1"])
def test_a_cursor_tells_nothing_of_another_organisation(database: Database, cursor: str) -> None:
    with database.begin() as uow:
        prepare(uow)
        uow.submissions.add(a_submission("sub-south", organisation="south"))
        uow.commit(an_event())
    with database.look() as uow, pytest.raises(Invalid, match="cursor"):
        uow.submissions.page(Page(cursor=cursor), organisation="north")


def test_a_cursor_survives_a_change_of_state(database: Database) -> None:
    with database.begin() as uow:
        prepare(uow)
        for number in (1, 2):
            uow.submissions.add(a_submission(f"sub-{number}", received_at=after(number)))
        uow.submissions.save(a_submission("sub-2", received_at=after(2), state=SubmissionState.ABANDONED))
        page = uow.submissions.page(Page(1, "sub-2"), state=SubmissionState.RECEIVING)
        assert [found.id for found in page] == ["sub-1"]


def test_counting_parts_know_their_holding(database: Database) -> None:
    with database.begin() as uow:
        prepare(uow)
        uow.organisations.save(an_organisation("south", holding="concern"))
        uow.rounds.add(a_round("beds-2020"), "wrapped")
        uow.submissions.add(an_accepted("sub-3", round="beds-2020"))
        uow.submissions.add(an_accepted("sub-2", organisation="south"))
        uow.submissions.add(an_accepted("sub-1"))
        uow.submissions.add(a_submission("sub-4", state=SubmissionState.REFUSED))
        found = uow.submissions.counting_parts(["beds-2020", "beds-2019"])
        assert [part.submission for part in found] == ["sub-1", "sub-2", "sub-3"]
        assert found[1] == CountingPart(
            "part-sub-2", "sub-2", "south", "concern", "beds-2019", 2, "sha-256:00", "sha-256:sub-2"
        )
        assert uow.submissions.counting_parts([]) == []


def test_superseded_deliveries_keep_their_parts(database: Database) -> None:
    with database.begin() as uow:
        prepare(uow)
        uow.submissions.add(an_accepted("sub-1", state=SubmissionState.SUPERSEDED))
        uow.submissions.add(an_accepted("sub-2", version=2))
        uow.submissions.add(a_submission("sub-3", state=SubmissionState.REFUSED))
        found = uow.submissions.parts_of(["sub-2", "sub-1", "sub-3", "sub-9"])
        assert {part.submission: part.part for part in found} == {"sub-1": "part-sub-1", "sub-2": "part-sub-2"}
        assert uow.submissions.parts_of([]) == []


def test_pieces_are_kept_by_number_and_dropped(database: Database) -> None:
    with database.begin() as uow:
        prepare(uow)
        uow.submissions.add(a_submission())
        uow.submissions.add(an_accepted("sub-2"))
        uow.submissions.add(an_accepted("sub-3", version=2, state=SubmissionState.SUPERSEDED))
        for number in (10, 2, 0):
            uow.submissions.add_piece(a_piece(number))
        assert [piece.number for piece in uow.submissions.pieces("sub-1")] == [0, 2, 10]
        assert uow.submissions.pieces("sub-1")[0] == a_piece(0)
        pieces = {f"staged-sub-1-{number}" for number in (0, 2, 10)}
        assert uow.submissions.stored_names() == pieces | {"part-sub-2", "part-sub-3"}
        uow.submissions.drop_pieces("sub-1")
        uow.submissions.drop_pieces("sub-1")
        assert uow.submissions.pieces("sub-1") == []
        assert uow.submissions.stored_names() == {"part-sub-2", "part-sub-3"}


def test_a_piece_is_added_once(database: Database) -> None:
    with database.begin() as uow:
        prepare(uow)
        uow.submissions.add(a_submission())
        uow.submissions.add_piece(a_piece())
        with pytest.raises(Conflict, match="part-exists"):
            uow.submissions.add_piece(replace(a_piece(), digest="other"))


def test_stale_are_those_that_came_in_too_long_ago(database: Database) -> None:
    with database.begin() as uow:
        prepare(uow)
        for number, minutes in enumerate((-3, -5, 0, 5)):
            uow.submissions.add(a_submission(f"sub-{number}", received_at=after(minutes)))
        uow.submissions.add(a_submission("sub-9", received_at=after(-9), state=SubmissionState.ABANDONED))
        assert [found.id for found in uow.submissions.stale(NOON)] == ["sub-1", "sub-0"]
