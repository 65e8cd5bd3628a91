"""Who touched data about this person (Wabvpz article 15e): from a delivery with pseudonyms to every event about them."""

from __future__ import annotations

import pytest
from journey import AUDITOR, COLUMNS, OWNER, World, a_row, a_spec, csv_of
from journey_persons import with_persons

from service.domain.round import RoundState
from service.ports.unit_of_work import AuditFilter, Page
from service.use_cases.complete_submission import complete_submission
from service.use_cases.kept_pseudonyms import kept_for
from service.use_cases.read_audit_log import read_audit_log
from service.use_cases.read_releases import read_release
from service.use_cases.submit_records import submit_records
from sluis_client.wire import canonical_bytes

ANNA, BEN, CARLA = (f"bsn.planning.1.{name}{'0' * 22}" for name in ("anna", "ben", "carla"))


@pytest.fixture(autouse=True)
def _with_persons(request: pytest.FixtureRequest) -> None:
    """The data set has a column of pseudonyms, which no data set of the bundle has yet."""
    name = "any_world" if "any_world" in request.fixturenames else "world"
    with_persons(request.getfixturevalue(name))


def deliver(world: World, supplier: str, *persons: str, corrects: str | None = None) -> str:
    party = world.parties[supplier]
    regions = ("S08000015", "S08000016", "S08000017")
    rows = [
        dict(zip(COLUMNS, a_row(900, region=regions[n]), strict=True)) | {"person": person}
        for n, person in enumerate(persons)
    ]
    content = canonical_bytes(rows)
    signed = world.sign(party, content, corrects=corrects)
    found = submit_records(
        world.call(party.principal), signed, content, f"{supplier}-{corrects}-{len(persons)}"
    ).submission
    assert found.part is not None, found.faults
    return found.id


def about(world: World, person: str, **filters: str) -> list[str]:
    found = read_audit_log(world.call(AUDITOR), AuditFilter(person=person, **filters), Page(200))
    return [event.code for event in found.events]


def test_everything_that_touched_a_person_is_found(any_world: World) -> None:
    world = any_world
    world.round()
    suppliers = list(world.parties)
    first = deliver(world, suppliers[0], ANNA, BEN)
    for name in suppliers[1:]:
        deliver(world, name, CARLA)
    assert about(world, ANNA) == ["submission.submit"]
    # the search is about her as well, and so is every later one
    assert about(world, ANNA) == ["audit.search", "submission.submit"]
    assert about(world, BEN) == ["submission.submit"]
    corrected = deliver(world, suppliers[0], BEN, corrects=first)
    assert corrected != first
    assert about(world, ANNA, code="submission.submit") == ["submission.submit"]
    assert about(world, BEN, code="submission.submit") == ["submission.submit"] * 2
    assert about(world, "bsn.planning.1.nobody") == []
    # what is kept finds the same person; under another domain the same digest is somebody else
    assert about(world, kept_for(world.services, BEN), code="submission.submit") == ["submission.submit"] * 2
    assert about(world, BEN.replace("planning", "research"), code="submission.submit") == []

    world.turn("staffed-beds-2025", RoundState.CLOSED)
    released = world.release(a_spec())
    assert released.release is not None
    read_release(world.call(OWNER), released.release)
    of_ben = about(world, BEN)
    assert of_ben[:3] == ["release.read", "release.publish", "release.create"]
    assert {"request.submit", "request.prepare", "request.read-evidence", "request.review"} <= set(of_ben)
    # what the correction took out was in no table
    assert "release.read" not in about(world, ANNA)


def test_events_name_the_domain_of_the_pseudonyms_and_the_index_holds_none(world: World) -> None:
    world.round()
    deliver(world, "north", ANNA, BEN)
    event, *_ = world.events(code="submission.submit")
    assert event.pseudonym_domain == "kept-bsn.planning.1"
    assert event.persons == ()
    assert "anna" not in repr(world.dump("submissions"))
    assert kept_for(world.services, ANNA) not in repr(world.dump("audit_events", "submissions"))


def test_a_search_for_a_person_names_the_person(world: World) -> None:
    about(world, ANNA)
    event, *_ = world.events(code="audit.search")
    kept = kept_for(world.services, ANNA)
    assert event.persons == (kept,)
    assert kept in (event.query or "")
    assert "anna" not in repr(event)


def test_a_refused_delivery_holds_nobody(world: World) -> None:
    world.round()
    party = world.parties["north"]
    content = (
        csv_of([a_row(-5)])
        .replace(b"occupied_bed_days", b"occupied_bed_days,person")
        .replace(b"-5\r\n", f"-5,{ANNA}\r\n".encode())
    )
    begun = world.begin(party, content)
    done = complete_submission(world.call(party.principal), begun.id, 1).submission
    assert done.state == "refused"
    assert about(world, ANNA) == []
