"""Requests, evidence, reviews and releases: on the fake and on both databases."""

from __future__ import annotations

from dataclasses import replace

import pytest
from database_samples import (
    NOON,
    a_certificate,
    a_release,
    a_request,
    a_review,
    after,
    an_event,
    an_organisation,
    prepare,
    prepared,
    some_evidence,
)

from service.adapters.database import RowRefused
from service.domain.errors import Conflict, Invalid, NotFound
from service.domain.frequency import Given
from service.domain.request import OPEN_STATES, RequestState, Verdict
from service.ports.regions import Reader
from service.ports.unit_of_work import Database, Page


def test_a_request_comes_back_as_it_was(database: Database) -> None:
    prepared(database)
    with database.begin() as uow:
        assert uow.requests.get("req-1", lock=True) == a_request()
        changed = replace(a_request(), state=RequestState.PREPARED, decision="{}")
        uow.requests.save(changed)
        assert uow.requests.get("req-1") == changed
        with pytest.raises(NotFound):
            uow.requests.get("req-2")
        with pytest.raises(NotFound):
            uow.requests.save(a_request("req-2"))


def test_requests_are_paged_newest_first(database: Database) -> None:
    with database.begin() as uow:
        prepare(uow)
        uow.requests.add(a_request("req-2", organisation="south", created_at=after(2)))
        uow.requests.add(a_request("req-3", created_at=after(1), state=RequestState.DENIED))
        assert [found.id for found in uow.requests.page(Page())] == ["req-2", "req-3", "req-1"]
        assert [found.id for found in uow.requests.page(Page(1), organisation="north")] == ["req-3"]
        assert [found.id for found in uow.requests.page(Page(1, "req-3"), organisation="north")] == ["req-1"]
        assert [found.id for found in uow.requests.page(Page(), state=RequestState.DENIED)] == ["req-3"]
        with pytest.raises(Invalid, match="cursor"):
            uow.requests.page(Page(1, "req-2"), organisation="north")


def test_what_an_organisation_was_given_under_a_purpose(database: Database) -> None:
    prepared(database)
    with database.begin() as uow:
        uow.requests.add(a_request("req-2", organisation="south"))
        uow.releases.add(a_release("rel-1", released_at=after(3)))
        uow.releases.add(a_release("rel-2", version=2, released_at=after(2)))
        uow.releases.add(a_release("rel-3", version=3, released_at=after(1)))
        uow.releases.add(a_release("rel-4", request="req-2", recipients=frozenset({"north", "south"})))
        uow.releases.withdraw("rel-3", after(4), "wrong")
        given = uow.requests.given("north", "beds", "regional-planning")
        assert given == [Given(a_request().spec, at) for at in (NOON, after(2), after(3))]  # whoever asked for it
        assert uow.requests.given("north", "beds", "another") == []
        assert uow.requests.given("north", "other", "regional-planning") == []
        assert [one.at for one in uow.requests.given("south", "beds", "regional-planning")] == [NOON]


def test_open_requests_are_counted_per_organisation(database: Database) -> None:
    """`prepare` has one of north that is open."""
    with database.begin() as uow:
        prepare(uow)
        assert (uow.requests.count_open("north"), uow.requests.count_open("south")) == (1, 0)
        for number, state in enumerate(sorted(RequestState), 2):
            if state is not RequestState.RELEASED:  # that takes a release
                uow.requests.add(a_request(f"req-{number}", organisation="south", state=state))
        assert (uow.requests.count_open("north"), uow.requests.count_open("south")) == (1, len(OPEN_STATES))


def test_the_newest_evidence_counts(database: Database) -> None:
    newer = some_evidence("ev-0", made_at=after(1), safe=False, history=("rel-1",), tables="[" + "1," * 50_000 + "1]")
    with database.begin() as uow:
        prepare(uow)
        assert uow.requests.evidence("req-1") is None
        uow.requests.add_evidence(newer)
        uow.requests.add_evidence(some_evidence())
        assert uow.requests.evidence("req-1") == newer


def test_a_steward_says_one_thing_of_one_evidence(database: Database) -> None:
    with database.begin() as uow:
        prepare(uow)
        uow.requests.add_evidence(some_evidence())
        uow.requests.add_evidence(some_evidence("ev-2"))
        later = a_review("steward-0", at=after(1), verdict=Verdict.REJECT)
        for review in (later, a_review(), a_review(evidence="ev-2")):
            uow.requests.add_review(review)
        assert uow.requests.reviews("req-1", "ev-1") == [a_review(), later]
        with pytest.raises(Conflict, match="reviewed-already"):
            uow.requests.add_review(a_review(verdict=Verdict.REJECT))


def test_a_review_is_of_evidence_of_its_own_request(database: Database) -> None:
    with database.begin() as uow:
        prepare(uow)
        uow.requests.add(a_request("req-2"))
        uow.requests.add_evidence(some_evidence())
        with pytest.raises(RowRefused):
            uow.requests.add_review(a_review(request="req-2"))


def test_a_release_comes_back_with_its_recipients(database: Database) -> None:
    release = a_release(recipients=frozenset({"north", "south"}), rounds=("beds-2019", "beds-2020"))
    with database.begin() as uow:
        prepare(uow)
        uow.releases.lock_facts("beds")
        uow.releases.add(release)
        uow.requests.save(replace(a_request(), state=RequestState.RELEASED, release="rel-1"))
        uow.commit(an_event())
    with database.look() as uow:
        assert uow.releases.get("rel-1") == release
        assert uow.releases.over("beds") == [release]
        assert uow.releases.over("other") == []
        assert uow.requests.get("req-1").release == "rel-1"
        with pytest.raises(NotFound):
            uow.releases.get("rel-2")


@pytest.mark.parametrize("double", [a_release(version=2), a_release("rel-2"), a_release("rel-2", request="req-9")])
def test_a_release_is_added_once(database: Database, double: object) -> None:
    with database.begin() as uow:
        prepare(uow)
        uow.releases.add(a_release())
        uow.commit(an_event())
    with database.begin() as uow, pytest.raises(RowRefused):
        uow.releases.add(double)


def test_recipients_see_theirs_and_nothing_else(database: Database) -> None:
    with database.begin() as uow:
        prepare(uow)
        uow.organisations.add(an_organisation("west"))
        for number in range(1, 6):
            recipients = frozenset({"north", "south"}) if number % 2 else frozenset({"south"})
            release = a_release(f"rel-{number}", version=number, recipients=recipients, released_at=after(number // 2))
            uow.releases.add(release)
            uow.releases.add_certificate(a_certificate(release.id))
        uow.releases.add(a_release("rel-6", version=6, released_at=after(6)))  # sealed, and not published
        for number, revises in ((7, ()), (8, ("rel-7",))):
            public = a_release(f"rel-{number}", version=number, released_at=after(number), public=True, revises=revises)
            uow.releases.add(public)
        uow.releases.add_certificate(a_certificate("rel-7"))
        uow.commit(an_event())
    with database.look() as uow:
        assert [found.id for found in uow.releases.page(Page(3), reader=Reader("north"))] == ["rel-7", "rel-5", "rel-3"]
        assert [found.id for found in uow.releases.page(Page(2, "rel-3"), reader=Reader("north"))] == ["rel-1"]
        assert len(uow.releases.page(Page())) == 8
        assert [found.id for found in uow.releases.page(Page(), reader=Reader("west"))] == ["rel-7"]
        assert uow.releases.revised(["rel-7"], reader=Reader("west")) == {}  # what revises it is not published yet
        assert [found.id for found in uow.releases.over("beds")] == [f"rel-{number}" for number in range(1, 9)]
        for unknown in ("rel-2", "rel-6", "rel-9"):
            with pytest.raises(Invalid, match="cursor"):
                uow.releases.page(Page(1, unknown), reader=Reader("north"))


def test_a_release_is_withdrawn_once_and_stays_known(database: Database) -> None:
    with database.begin() as uow:
        prepare(uow)
        uow.releases.add(a_release())
        uow.commit(an_event())
    with database.begin() as uow:
        with pytest.raises(NotFound):
            uow.releases.withdraw("rel-2", NOON, "fout")
        uow.releases.withdraw("rel-1", after(1), "fout in de bron")
        with pytest.raises(Conflict, match="release-withdrawn"):
            uow.releases.withdraw("rel-1", after(2), "nog eens")
        uow.commit(an_event())
    with database.look() as uow:
        withdrawn = replace(a_release(), withdrawn_at=after(1), withdrawal_reason="fout in de bron")
        assert uow.releases.over("beds") == [withdrawn]


def test_a_release_knows_by_which_it_was_revised(database: Database) -> None:
    """The newest that the reader has and that was not withdrawn."""
    revisions = [
        a_release(),
        a_release("rel-2", version=2, released_at=after(1), revises=("rel-1",)),
        a_release(
            "rel-3", version=3, released_at=after(2), revises=("rel-1", "rel-2"), recipients=frozenset({"south"})
        ),
        a_release("rel-4", version=4, released_at=after(3), revises=("rel-1", "rel-2", "rel-3")),
    ]
    with database.begin() as uow:
        prepare(uow)
        for release in revisions:
            uow.releases.add(release)
            uow.releases.add_certificate(a_certificate(release.id))
        uow.releases.add(a_release("rel-5", version=5, released_at=after(5), revises=("rel-1",)))
        uow.commit(an_event())
    with database.begin() as uow:
        assert uow.releases.get("rel-3") == revisions[2]
        uow.releases.withdraw("rel-4", after(4), "fout")
        assert uow.releases.revised(["rel-1", "rel-2", "rel-3"]) == {"rel-1": "rel-5", "rel-2": "rel-3"}
        assert uow.releases.revised(["rel-1", "rel-2"], reader=Reader("north")) == {"rel-1": "rel-2"}
        assert uow.releases.revised([]) == {}
