"""What auditors and suppliers search by, on the fake and on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from database_samples import (
    NOON,
    a_release,
    a_request,
    after,
    an_accepted,
    an_event,
    prepared,
    some_evidence,
)
from hypothesis import given
from hypothesis import strategies as st

from service.adapters.database.audit import from_payload, to_payload
from service.domain.audit import AuditEvent, Outcome, Reading, SavedQuery, Volume
from service.domain.audit_terms import person_digest, reason_terms, terms_of
from service.domain.errors import Conflict, Invalid, NotFound
from service.domain.release import Certificate
from service.ports.unit_of_work import AuditFilter, Database, Page

ANNA, BEN = (f"bsn.planning.1.{name * 8}" for name in ("anna", "ben-"))


def _keep(database: Database, *events: AuditEvent) -> None:
    for event in events:
        with database.begin() as uow:
            uow.commit(event)


def _found(database: Database, **filters: object) -> list[str]:
    with database.look() as uow:
        return [event.id for event in uow.audit.page(AuditFilter(**filters), Page())[0]]


def test_reasons_are_found_by_their_words_and_whole(database: Database) -> None:
    expired = an_event(outcome=Outcome.DENIED, reasons=("agreement-not-in-force", "role-not-allowed"))
    young = an_event(outcome=Outcome.DENIED, reasons=("data-too-young",))
    _keep(database, expired, young, an_event())
    assert _found(database, reason="agreement") == [expired.id]
    assert _found(database, reason="AGREEMENT force") == [expired.id]
    assert _found(database, reason="role-not-allowed agreement-not-in-force") == [expired.id]
    assert _found(database, reason="data agreement") == []
    assert _found(database, reason="agree") == []
    assert _found(database, reason="data", outcome="denied") == [young.id]
    assert _found(database, reason="data", outcome="success") == []
    assert len(_found(database, reason="  ")) == 3


def test_pages_go_on_along_a_word(database: Database) -> None:
    events = [an_event(recorded=after(number // 2), reasons=("too-young", f"n-{number % 2}")) for number in range(9)]
    _keep(database, *events)
    for words, wanted in (("young", events), ("young n-1", events[1::2])):
        seen: list[str] = []
        cursor = None
        while True:
            with database.look() as uow:
                page, cursor = uow.audit.page(AuditFilter(reason=words), Page(2, cursor))
            seen += [event.id for event in page]
            if cursor is None:
                break
        assert seen == [event.id for event in sorted(wanted, key=lambda e: (e.recorded, e.id), reverse=True)]


@pytest.mark.parametrize("hostile", ["' OR 1=1 --", "%", "*", '"', "\\", "person:00", "reason:data"])
def test_hostile_words_and_pseudonyms_find_nothing(database: Database, hostile: str) -> None:
    _keep(database, an_event(reasons=("data-too-young",), persons=(ANNA,)))
    assert _found(database, reason=hostile) == []
    assert _found(database, person=hostile) == []


@given(st.lists(st.from_regex(r"[a-zA-Z0-9]+(-[a-zA-Z0-9]+)*", fullmatch=True), max_size=3).map(tuple))
def test_a_reason_is_found_by_itself_and_by_each_of_its_words(reasons: tuple[str, ...]) -> None:
    terms = set(terms_of(an_event(reasons=reasons)))
    for reason in reasons:
        assert {*reason_terms(reason), *reason_terms(reason.replace("-", " "))} <= terms
    assert len(terms) <= sum(len(reason.split("-")) + 1 for reason in reasons)


def test_what_touched_a_person_is_found(database: Database) -> None:
    """Wabvpz article 15e: the delivery, what was made of it, who read that, and who searched for the person."""
    prepared(database)
    with database.begin() as uow:
        uow.submissions.add(an_accepted("sub-1"))
        uow.submissions.add(an_accepted("sub-2", organisation="south"))
        uow.submissions.add_persons("sub-1", {person_digest(ANNA), person_digest(BEN)})
        uow.submissions.add_persons("sub-2", {person_digest(BEN)})
        uow.submissions.add_persons("sub-2", {person_digest(BEN)})  # known already
        uow.submissions.add_persons("sub-2", set())
        uow.requests.add(a_request("req-2"))
        uow.requests.add_evidence(some_evidence(inputs=("sub-1",)))
        uow.requests.add_evidence(some_evidence("ev-2", "req-2", inputs=("sub-2",)))
        uow.releases.add(a_release(inputs=("sub-1",)))
        uow.commit(an_event(code="submission.submit", object_type="submission", object_id="sub-1"))
    delivered = _found(database, code="submission.submit")
    of_anna = [
        an_event(code="request.read-evidence", object_id="req-1"),
        an_event(code="release.read", object_id="rel-1"),
        an_event(code="audit.search", object_id="sluis", persons=(ANNA,)),
    ]
    of_ben = [
        an_event(code="request.prepare", object_id="req-2"),
        an_event(code="submission.read", object_id="sub-2"),
    ]
    _keep(database, *of_anna, *of_ben, an_event(object_id="rel-9"))
    newest_first = [event.id for event in reversed(of_anna)]
    assert _found(database, person=ANNA) == newest_first + delivered
    assert _found(database, person=ANNA, code="release.read") == [of_anna[1].id]
    assert set(_found(database, person=BEN)) == {e.id for e in [*of_anna[:2], *of_ben]} | set(delivered)
    assert _found(database, person="bsn.planning.1.nobody") == []
    with database.look() as uow:
        page, cursor = uow.audit.page(AuditFilter(person=ANNA), Page(2))
        rest, end = uow.audit.page(AuditFilter(person=ANNA), Page(2, cursor))
    assert ([e.id for e in [*page, *rest]], end) == (newest_first + delivered, None)


def test_what_a_worker_does_is_found_under_the_organisation_it_does_it_for(database: Database) -> None:
    event = an_event(
        user="worker:requests",
        organisation=None,
        on_behalf_of="https://login.example#r-1",
        on_behalf_of_role="regional-owner",
        on_behalf_of_organisation="east",
    )
    _keep(database, event, an_event())
    assert _found(database, organisation="east") == [event.id]


def test_a_stored_event_is_what_the_log_commits_to(database: Database) -> None:
    event = an_event(object_id="a\0b")
    _keep(database, event)
    with database.look() as uow:
        (found,), _ = uow.audit.stored(AuditFilter(), Page())
    assert found.payload == to_payload(event)
    assert found.event == from_payload(found.payload)
    assert (found.index, len(found.salt)) == (None, 32)


def test_readings_are_counted_per_organisation(database: Database) -> None:
    read = an_event(code="release.read", object_type="release", object_id="rel-1", organisation="north")
    _keep(
        database,
        replace(read, id="1", recorded=after(5)),
        replace(read, id="2", recorded=after(1)),
        replace(read, id="3", recorded=after(2), organisation="south"),
        replace(read, id="4", outcome=Outcome.DENIED, organisation="spy"),
        replace(read, id="5", code="release.withdraw", organisation="ttp"),
        replace(read, id="6", object_id="rel-2"),
        replace(read, id="7", organisation=None),
    )
    with database.look() as uow:
        assert uow.audit.readings(["rel-1", "rel-9"], "release.read") == {
            "rel-1": [Reading("north", 2, after(1), after(5)), Reading("south", 1, after(2), after(2))],
            "rel-9": [],
        }
        withdrawn = uow.audit.readings(["rel-1"], "release.withdraw")["rel-1"]
        assert [(one.organisation, one.times) for one in withdrawn] == [("ttp", 1)]


def test_volumes_are_counted_per_hour(database: Database) -> None:
    at = datetime(2026, 3, 1, 12, 59, 59, 999999, UTC)
    event = an_event(user="u", organisation=None, code="c", recorded=at)
    _keep(
        database,
        event,
        replace(event, id="2", recorded=at.replace(minute=0, second=0, microsecond=0)),
        replace(event, id="3", recorded=at.replace(hour=13)),
        replace(event, id="4", outcome=Outcome.DENIED),
        replace(event, id="5", recorded=at.replace(hour=14, minute=0)),
        replace(event, id="6", recorded=at.replace(hour=11)),
    )
    hour = at.replace(minute=0, second=0, microsecond=0)
    with database.look() as uow:
        found = uow.audit.volumes(hour, at.replace(hour=14, minute=0, second=0, microsecond=0))
    assert sorted(found, key=lambda v: (v.hour, v.outcome)) == [
        Volume("u", None, "c", Outcome.DENIED, hour, 1),
        Volume("u", None, "c", Outcome.SUCCESS, hour, 2),
        Volume("u", None, "c", Outcome.SUCCESS, hour.replace(hour=13), 1),
    ]


def test_approvals_are_counted_per_steward(database: Database) -> None:
    review = an_event(code="request.review", user="s1", reasons=("approve",))
    _keep(
        database,
        review,
        replace(review, id="2", code="purpose.approve"),
        replace(review, id="3", code="agreement.judge", user="s2"),
        replace(review, id="7", code="purpose.review", user="s6"),
        replace(review, id="4", user="s3", reasons=("reject",)),
        replace(review, id="5", user="s4", outcome=Outcome.FAILED, reasons=("approve",)),
        replace(review, id="6", user="s5", recorded=after(-1)),
    )
    with database.look() as uow:
        assert uow.audit.approvals(NOON, after(10_000_000)) == {"s1": 2, "s2": 1}


def test_a_supplier_sees_the_releases_that_its_deliveries_went_into(database: Database) -> None:
    prepared(database)
    with database.begin() as uow:
        uow.submissions.add(an_accepted("sub-1"))
        uow.submissions.add(an_accepted("sub-2", organisation="south"))
        uow.releases.add(a_release("rel-1", inputs=("sub-1", "sub-2")))
        uow.releases.add(a_release("rel-2", version=2, inputs=("sub-2",), released_at=after(1)))
        uow.releases.add(a_release("rel-3", version=3, inputs=("sub-1",), released_at=after(2)))
        uow.releases.add(a_release("rel-4", version=4, inputs=("sub-1",), released_at=after(3)))
        for published in ("rel-1", "rel-2", "rel-3"):
            uow.releases.add_certificate(Certificate(published, "{}", "key", "signature", after(4)))
        uow.commit(an_event())
    with database.look() as uow:
        found = uow.releases.made_of("north", Page())
        assert [(release.id, [one.id for one in own]) for release, own in found] == [
            ("rel-3", ["sub-1"]),
            ("rel-1", ["sub-1"]),
        ]
        (first,) = uow.releases.made_of("north", Page(1))
        assert first[0].id == "rel-3"
        assert [r.id for r, _ in uow.releases.made_of("north", Page(5, "rel-3"))] == ["rel-1"]
        assert uow.releases.made_of("nobody", Page()) == []
        with pytest.raises(Invalid, match="cursor"):
            uow.releases.made_of("north", Page(5, "rel-2"))


def test_an_auditor_keeps_its_own_queries(database: Database) -> None:
    mine = SavedQuery("q-1", "me", "Denied", "outcome=denied", NOON)
    with database.begin() as uow:
        uow.saved_queries.add(mine)
        uow.saved_queries.add(replace(mine, id="q-2", name="All"))
        uow.saved_queries.add(replace(mine, id="q-3", owner="other"))
        uow.commit(an_event())
    with database.begin() as uow, pytest.raises(Conflict, match="saved-query-exists"):
        uow.saved_queries.add(replace(mine, id="q-4"))
    with database.begin() as uow:
        assert [query.id for query in uow.saved_queries.of("me")] == ["q-2", "q-1"]
        with pytest.raises(NotFound):
            uow.saved_queries.remove("me", "q-3")
        uow.saved_queries.remove("me", "q-1")
        assert [query.id for query in uow.saved_queries.of("me")] == ["q-2"]
        assert [query.id for query in uow.saved_queries.of("other")] == ["q-3"]
