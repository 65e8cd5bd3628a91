"""The audit trail: on the fake and on both databases."""

from __future__ import annotations

import base64
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from database_samples import NOON, after, an_event
from fake_unit_of_work import FakeDatabase
from hypothesis import given
from hypothesis import strategies as st

from service.adapters.database.audit import from_payload, to_payload
from service.adapters.database.paging import from_cursor, to_cursor
from service.domain.audit import Action, AuditEvent, Authorisation, Outcome, Source
from service.domain.errors import Invalid, NotFound
from service.ports.unit_of_work import AuditFilter, Database, Page


def _keep(database: Database, *events: AuditEvent) -> None:
    for event in events:
        with database.begin() as uow:
            uow.commit(event)


def _found(database: Database, **filters: object) -> list[AuditEvent]:
    with database.look() as uow:
        return list(uow.audit.page(AuditFilter(**filters), Page())[0])


def test_events_are_paged_newest_first_while_others_come_in(database: Database) -> None:
    events = [an_event(recorded=after(number // 3)) for number in range(8)]
    _keep(database, *events)
    seen: list[AuditEvent] = []
    cursor = None
    while True:
        with database.look() as uow:
            page, cursor = uow.audit.page(AuditFilter(), Page(3, cursor))
        seen += page
        _keep(database, an_event(recorded=after(100)))
        if cursor is None:
            break
    assert seen == sorted(events, key=lambda e: (e.recorded, e.id), reverse=True)


def test_the_last_page_has_no_cursor(database: Database) -> None:
    _keep(database, *(an_event() for _ in range(4)))
    with database.look() as uow:
        first, cursor = uow.audit.page(AuditFilter(), Page(2))
        second, end = uow.audit.page(AuditFilter(), Page(2, cursor))
        assert (len(first), len(second), end) == (2, 2, None)
        assert uow.audit.page(AuditFilter(user="nobody"), Page(2)) == ([], None)


def test_each_filter_finds_its_own(database: Database) -> None:
    plain = an_event()
    other = replace(
        an_event(),
        user="worker:release",
        organisation=None,
        code="release.create",
        action=Action.READ,
        outcome=Outcome.DENIED,
        object_type="release",
        object_id="rel-1",
        authorisation=Authorisation(purpose="other"),
        reasons=("R001", "R002"),
    )
    _keep(database, plain, other)
    for name, wanted in {
        "user": "worker:release",
        "code": "release.create",
        "action": "R",
        "outcome": "denied",
        "object_type": "release",
        "object_id": "rel-1",
        "purpose": "other",
    }.items():
        assert _found(database, **{name: wanted}) == [other], name
    assert _found(database, organisation="north") == [plain]
    assert _found(database, user="worker:release", purpose="other", action="C") == []


def test_from_is_included_and_until_is_not(database: Database) -> None:
    early, late = an_event(recorded=NOON), an_event(recorded=after(1))
    _keep(database, early, late)
    assert _found(database, recorded_from=NOON, recorded_until=after(1)) == [early]
    assert _found(database, recorded_from=after(1)) == [late]


@pytest.mark.parametrize(
    "hostile", ["' OR 1=1 --", "'; DELETE FROM audit_events; --", "%", "_", "\\", '"', "${jndi:x}"]
)
def test_hostile_filters_find_nothing_and_do_nothing(database: Database, hostile: str) -> None:
    _keep(database, an_event())
    for name in ("user", "organisation", "code", "action", "outcome", "object_type", "object_id", "purpose"):
        assert _found(database, **{name: hostile}) == []
    with database.look() as uow, pytest.raises(NotFound):
        uow.audit.get(hostile)
    assert len(_found(database)) == 1


def _encoded(plain: bytes) -> str:
    return base64.urlsafe_b64encode(plain).decode().rstrip("=")


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "!",
        "x",
        "AAAA",
        "é",
        _encoded(b"12"),
        _encoded(b"12 "),
        _encoded(b" event"),
        _encoded(b"012 event"),
        _encoded(b"1 a\0b"),
        _encoded(b"\xff 1"),
        _encoded(b"999999999999999999 event"),
        _encoded(b"9999999999999999999999999 event"),
        _encoded("١٢ event".encode()),
        to_cursor(NOON, "event") + "=",
        to_cursor(NOON, "event") + "\n",
        "' OR 1=1 --",
    ],
)
def test_a_cursor_that_is_not_ours_is_invalid(cursor: str) -> None:
    with FakeDatabase().look() as uow, pytest.raises(Invalid, match="cursor"):
        uow.audit.page(AuditFilter(), Page(cursor=cursor))


def test_a_bad_cursor_is_invalid_on_every_database(database: Database) -> None:
    with database.look() as uow, pytest.raises(Invalid, match="cursor"):
        uow.audit.page(AuditFilter(), Page(cursor="bad"))


@given(
    st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1), timezones=st.timezones()),  # noqa: DTZ001 - bounds
    st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1),
)
def test_every_place_has_a_cursor(recorded, id_) -> None:
    assert from_cursor(to_cursor(recorded, id_)) == (recorded.astimezone(UTC), id_)


storable = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
maybe = st.none() | storable
events = st.builds(
    AuditEvent,
    id=storable,
    code=storable,
    action=st.sampled_from(Action),
    recorded=st.datetimes(timezones=st.just(UTC)),
    user=storable,
    role=storable,
    organisation=maybe,
    on_behalf_of=maybe,
    object_type=storable,
    object_id=maybe,
    query=maybe,
    sensitivity=maybe,
    authorisation=st.builds(
        Authorisation, maybe, st.lists(storable).map(tuple), *[maybe] * 5, st.none() | st.integers(1, 9999), maybe
    ),
    outcome=st.sampled_from(Outcome),
    reasons=st.lists(storable).map(tuple),
    source=st.builds(Source, storable, storable, storable, storable),
    organisation_identifier=maybe,
    on_behalf_of_role=maybe,
    on_behalf_of_organisation=maybe,
    pseudonym_domain=maybe,
    persons=st.lists(storable).map(tuple),
    checks=st.lists(storable).map(tuple),
    keys=st.lists(storable).map(tuple),
    commitment=maybe,
)


@given(events)
def test_the_payload_holds_the_whole_event(event: AuditEvent) -> None:
    payload = to_payload(event)
    assert from_payload(payload) == event
    assert to_payload(from_payload(payload)) == payload


def test_the_payload_is_canonical_and_stable() -> None:
    event = an_event(id="e-1", recorded=NOON, query="a=b", reasons=("R1",), persons=("bsn.p.1.x",), checks=("content",))
    assert to_payload(event) == (
        '{"action":"C","authorisation":{"agreement":"agr-1","decision":null,"legalBasis":"Wmg 66","permit":null,'
        '"policies":["p1","p2"],"policyHash":"sha-256:ab","purpose":"regional-planning",'
        '"purposeDigest":null,"purposeVersion":null},"checks":["content"],'
        '"code":"round.create","commitment":null,"eventVersion":3,"id":"e-1","keys":[],"objectId":"beds-2019","objectType":"round",'
        '"onBehalfOf":null,"onBehalfOfOrganisation":null,"onBehalfOfRole":null,"organisation":"north",'
        '"organisationIdentifier":null,"outcome":"success","persons":["bsn.p.1.x"],"pseudonymDomain":null,'
        '"query":"a=b","reasons":["R1"],'
        '"recorded":"2026-01-31T12:00:00.123456Z","role":"steward","sensitivity":"competition-sensitive",'
        '"source":{"accessPoint":"POST /v1/rounds","instance":"node-1","observer":"sluis","traceId":"trace-1"},'
        '"user":"https://login.example#s-1"}'
    )


def test_events_of_the_first_version_are_read() -> None:
    """What was written before events had these members is kept as it was, byte for byte: a leaf commits to it."""
    first = (
        '{"action":"C","authorisation":{"agreement":"agr-1","legalBasis":"Wmg 66","permit":null,'
        '"policies":["p1","p2"],"policyHash":"sha-256:ab","purpose":"regional-planning"},"code":"round.create",'
        '"eventVersion":1,"id":"e-1","objectId":"beds-2019","objectType":"round","onBehalfOf":null,'
        '"organisation":"north","outcome":"success","query":"a=b","reasons":["R1"],'
        '"recorded":"2026-01-31T12:00:00.123456Z","role":"steward","sensitivity":"competition-sensitive",'
        '"source":{"accessPoint":"POST /v1/rounds","instance":"node-1","observer":"sluis","traceId":"trace-1"},'
        '"user":"https://login.example#s-1"}'
    )
    assert from_payload(first) == an_event(id="e-1", recorded=NOON, query="a=b", reasons=("R1",))
