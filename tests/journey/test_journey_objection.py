"""A person objects: its records are in nothing that is made from then on, and no difference shows who it was."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from journey import AUDITOR, OPERATOR, OWNER, PRIVACY_OFFICER, STEWARD, THIRD, WORKER, World, dimensions
from journey_figures import SPEC, cells_of
from journey_persons import Record, deliver_persons, object_to, pseudonym, with_persons

from service.domain.errors import Conflict, Denied, Invalid, NotFound
from service.domain.round import RoundState
from service.ports.unit_of_work import AuditFilter, Page
from service.use_cases.kept_pseudonyms import kept_for
from service.use_cases.lodge_objection import lodge_objection, withdraw_objection
from service.use_cases.publish_release import publish_release
from service.use_cases.read_audit_log import read_audit_log
from service.use_cases.read_objections import count_objections, erase_objections, list_objections
from service.use_cases.read_releases import read_release
from service.use_cases.read_requests import read_evidence, read_request
from service.use_cases.release_request import release_request
from service.use_cases.withdraw_submission import withdraw_submission
from sluis_client.wire import SignedObjectionReceipt, verify_objection

AYRSHIRE, GRAMPIAN = "S08000015", "S08000020"
SUPPLIERS = ("north", "south", "east", "west", "isle", "vale")
ANNA = "north-0"
BOARDS = replace(SPEC, dimensions=dimensions(region="planning-region"))
EACH = 8


def records_of(supplier: str) -> list[Record]:
    """Two rows per person: one on each of two boards."""
    return [(f"{supplier}-{number}", board, 3) for number in range(EACH) for board in (AYRSHIRE, GRAMPIAN)]


@pytest.fixture
def collected(world: World) -> World:
    return collect(world)


def collect(world: World) -> World:
    with_persons(world).round("2024")
    for supplier in SUPPLIERS:
        deliver_persons(world, supplier, records_of(supplier))
    world.turn("staffed-beds-2024", RoundState.CLOSED)
    return world


def total(world: World, release: str | None) -> int:
    """Everything in a release, over the regions at its top."""
    assert release is not None
    cells = cells_of(read_release(world.call(OWNER), release).release.content)
    return sum(cell.value or 0 for cell in cells if cell.codes[0] == "TOTAL")


ALL = len(SUPPLIERS) * EACH * 2 * 3


def test_the_answer_is_signed_and_its_event_commits_to_it(collected: World) -> None:
    """Whom it is about shows to who has the pseudonym only; a repeated call and a withdrawal are answered so too."""
    world, sent = collected, pseudonym(ANNA)
    made = lodge_objection(world.call(PRIVACY_OFFICER), sent, ["staffed-beds"], [])
    again = lodge_objection(world.call(PRIVACY_OFFICER), sent, ["staffed-beds"], [])
    ended = withdraw_objection(world.call(PRIVACY_OFFICER), made.id)
    events = {event.id: event for event in world.events()}
    keys = {"keys": world.application.public_keys()}
    for found, subject, withdrawn in ((made, sent, False), (again, sent, False), (ended, None, True)):
        assert found.acknowledgement is not None
        assert sent not in found.acknowledgement
        signed = SignedObjectionReceipt.from_json(json.loads(found.acknowledgement))
        told = verify_objection(
            signed,
            keys,
            issuer=world.services.issuer,
            organisation="ttp",
            pseudonym=subject,
            objection=made.id,
            withdrawn=withdrawn,
        )
        event = events[told.audit_event_id]
        assert (event.object_id, event.commitment) == (made.id, told.commitment())
        assert told.data_sets == ("staffed-beds",)
    stored = list_objections(world.call(PRIVACY_OFFICER), Page())
    assert [one.acknowledgement for one in stored] == [None]


def test_before_a_release_the_person_is_left_out_at_once(any_world: World) -> None:
    world = collect(any_world)
    asked = world.ask(BOARDS)
    world.work()
    world.approve(asked.id)
    object_to(world, ANNA)
    assert world.request(asked.id).state == "permitted"
    with pytest.raises(Conflict, match="request-state"):
        release_request(world.call(WORKER), asked.id)
    world.work()
    world.approve(asked.id)
    world.work()
    assert total(world, world.request(asked.id).release) == ALL - 6


def test_whoever_is_in_no_delivery_changes_nothing(collected: World) -> None:
    world = collected
    asked = world.ask(BOARDS)
    world.work()
    object_to(world, "nobody")
    assert world.request(asked.id).state == "prepared"


def test_an_objection_holds_for_what_is_delivered_later(collected: World) -> None:
    world = collected
    object_to(world, ANNA)
    world.round("2025")
    for supplier in SUPPLIERS:
        deliver_persons(world, supplier, records_of(supplier), "staffed-beds-2025")
    world.turn("staffed-beds-2025", RoundState.CLOSED)
    done = world.release(replace(BOARDS, periods=("2025",)))
    assert total(world, done.release) == ALL - 6


def test_after_a_release_the_next_waits_and_nobody_is_told_why(any_world: World) -> None:
    world = collect(any_world)
    first = world.release(BOARDS)
    assert total(world, first.release) == ALL
    object_to(world, ANNA)
    waiting = world.release(BOARDS)
    view = read_request(world.call(OWNER), waiting.id)
    assert (view.request.state, view.refusal) == ("permitted", "revision-pending")
    report = json.loads(read_evidence(world.call(THIRD), waiting.id).report)
    assert (report["refused"], report["morePersons"]) == ("revision-pending", 9)
    with world.services.database.look() as data:
        evidence = data.requests.evidence(waiting.id)
    assert evidence is not None
    assert len(evidence.left_out) == 1
    assert evidence.left_out[0][1] not in evidence.report + evidence.tables
    # the release says what it says of a delivery that was corrected or withdrawn: that it was a person, nobody can tell
    assert first.release is not None
    assert read_release(world.call(OWNER), first.release).revision == "pending"
    seen = len(world.events())
    world.work()
    assert len(world.events()) == seen
    for number in (1, 2, 3):  # also without those that one supplier knows they are ten
        for supplier in SUPPLIERS[:5]:
            object_to(world, f"{supplier}-{number}")
    world.work()
    assert world.request(waiting.id).state == "prepared"
    world.approve(waiting.id)
    world.work()
    second = world.request(waiting.id).release
    assert total(world, second) == ALL - 16 * 6
    told = json.loads(read_release(world.call(OWNER), second or "").release.content)
    assert told["revises"] == [first.release]
    assert read_release(world.call(OWNER), second or "").revision == "none"
    assert read_release(world.call(OWNER), first.release).revision == "superseded"


def test_one_supplier_that_objects_for_many_isolates_nobody(world: World) -> None:
    """North knows its own figures: of what changed elsewhere it would be left with Anna."""
    with_persons(world).round("2024")
    for supplier in SUPPLIERS:
        more = {
            "north": [(f"north-more-{number}", AYRSHIRE, 3) for number in range(4)],
            "south": [(ANNA, AYRSHIRE, 40)],
            "east": [(ANNA, AYRSHIRE, 40)],
        }.get(supplier, [])
        deliver_persons(world, supplier, [*records_of(supplier), *more])
    world.turn("staffed-beds-2024", RoundState.CLOSED)
    assert world.release(BOARDS).state == "released"
    for name in (*(f"north-{number}" for number in range(EACH)), *(f"north-more-{number}" for number in range(4))):
        object_to(world, name)
    waiting = world.release(BOARDS)
    report = json.loads(read_evidence(world.call(THIRD), waiting.id).report)
    assert (waiting.state, report["refused"], report["morePersons"]) == ("permitted", "revision-pending", 9)


def test_a_table_that_is_cut_down_waits_for_the_persons_in_it(collected: World) -> None:
    """Those who left elsewhere hide nobody here."""
    world = collected
    cut = replace(SPEC, dimensions=(replace(dimensions(region="health-board")[0], only=(GRAMPIAN,)),))
    first = world.release(cut)
    assert first.state == "released", world.request(first.id).decision
    whole = [(name, number) for number in (0, 1, 2) for name in SUPPLIERS[:5]]
    for name, number in whole[:9]:
        object_to(world, f"{name}-{number}")
    assert world.release(cut).state == "permitted"
    for name, number in whole[9:]:
        object_to(world, f"{name}-{number}")
    again = world.release(cut)
    assert again.state == "released", json.loads(read_evidence(world.call(THIRD), again.id).report)
    assert cells_of(read_release(world.call(OWNER), again.release or "").release.content)


def test_it_is_against_what_it_names(collected: World) -> None:
    world = collected
    object_to(world, ANNA, ["rejections"])
    object_to(world, "south-0", [], ["winter-evaluation-2020"])
    released = world.release(BOARDS).release or ""
    assert total(world, released) == ALL
    object_to(world, "south-1", [], ["winter-evaluation-2020"])
    assert read_release(world.call(OWNER), released).revision == "none"
    object_to(world, "east-0", ["staffed-beds"], ["regional-capacity-planning"])
    assert read_release(world.call(OWNER), released).revision == "pending"
    assert world.release(BOARDS).state == "permitted"


def test_whoever_withdraws_counts_again(collected: World) -> None:
    world = collected
    made = object_to(world, ANNA)
    asked = world.ask(BOARDS)
    world.work()
    withdraw_objection(world.call(PRIVACY_OFFICER), made.id)
    assert world.request(asked.id).state == "permitted"
    world.work()
    world.approve(asked.id)
    world.work()
    assert total(world, world.request(asked.id).release) == ALL
    assert withdraw_objection(world.call(PRIVACY_OFFICER), made.id).withdrawn_at is not None
    assert world.events(code="objection.withdraw")[0].reasons == ("repeated",)


def test_coming_back_shows_nobody_either(collected: World) -> None:
    world = collected
    made = object_to(world, ANNA)
    assert total(world, world.release(BOARDS).release) == ALL - 6
    withdraw_objection(world.call(PRIVACY_OFFICER), made.id)
    waiting = world.release(BOARDS)
    assert read_request(world.call(OWNER), waiting.id).refusal == "revision-pending"


def test_what_was_sealed_with_the_person_is_not_published(collected: World) -> None:
    world = collected
    asked = world.ask(BOARDS)
    world.work()
    world.approve(asked.id)
    release_request(world.call(WORKER), asked.id)
    object_to(world, ANNA)
    world.sequence()
    with pytest.raises(Conflict, match="request-state"):
        publish_release(world.call(WORKER), asked.id)
    assert world.request(asked.id).release is None


def test_a_supplier_speaks_for_those_it_delivered_and_learns_of_no_other(collected: World) -> None:
    world = collected
    north, south = (world.parties[name].principal for name in ("north", "south"))
    for stranger in ("south-0", "nobody"):
        with pytest.raises(Denied) as refused:
            lodge_objection(world.call(north), pseudonym(stranger), (), ())
        assert [(reason.code, reason.data) for reason in refused.value.reasons] == [("person-not-yours", {})]
    made = lodge_objection(world.call(north), pseudonym(ANNA), (), ())
    assert lodge_objection(world.call(north), pseudonym(ANNA), (), ()) == made
    assert [one.id for one in list_objections(world.call(north), Page())] == [made.id]
    assert list_objections(world.call(north), Page())[0].pseudonym is None
    assert list_objections(world.call(south), Page()) == []
    assert count_objections(world.call(STEWARD)) == {"*": 1}
    (shown,) = list_objections(world.call(PRIVACY_OFFICER), Page())
    assert shown.pseudonym == kept_for(world.services, pseudonym(ANNA))
    assert world.events(code="objection.list")[0].persons == (kept_for(world.services, pseudonym(ANNA)),)
    for other in (south, OWNER, STEWARD, AUDITOR, OPERATOR):
        with pytest.raises(Denied):
            withdraw_objection(world.call(other), made.id)
    for other in (OWNER, STEWARD, AUDITOR, OPERATOR):
        with pytest.raises(Denied):
            list_objections(world.call(other), Page())
    assert withdraw_objection(world.call(north), made.id).withdrawn_by == "north"
    with pytest.raises(NotFound):
        withdraw_objection(world.call(PRIVACY_OFFICER), "nothing")


def test_every_fault_is_told_at_once(world: World) -> None:
    with pytest.raises(Invalid) as refused:
        lodge_objection(world.call(PRIVACY_OFFICER), "123456782", ["nothing"], ["nowhere"])
    assert [where for where, _ in refused.value.faults] == ["pseudonym", "dataSets: nothing", "purposes: nowhere"]
    stored = repr(world.dump())
    assert "123456782" not in stored


def test_the_person_finds_the_objection_and_not_what_it_was_left_out_of(collected: World) -> None:
    world = collected
    object_to(world, ANNA)
    done = world.release(BOARDS)
    assert done.release is not None
    read_release(world.call(OWNER), done.release)

    def about(name: str) -> set[str]:
        found = read_audit_log(world.call(AUDITOR), AuditFilter(person=pseudonym(name)), Page(200))
        return {event.code for event in found.events}

    assert {"objection.lodge", "submission.submit"} <= about(ANNA)
    assert not {"release.read", "release.create", "request.prepare"} & about(ANNA)
    assert {"release.read", "release.create", "request.prepare"} <= about("north-1")


def test_whose_it_was_is_erased_after_retention(collected: World) -> None:
    world = collected
    made, kept = object_to(world, ANNA), object_to(world, "north-1")
    released = world.release(BOARDS)
    withdraw_objection(world.call(PRIVACY_OFFICER), made.id)
    assert erase_objections(world.call(OPERATOR)) == 0
    world.clock.pass_by(days=5 * 366)
    assert erase_objections(world.call(OPERATOR)) == 1
    with world.services.database.look() as data:
        assert (data.objections.get(made.id).pseudonym, data.objections.get(made.id).person) == (None, None)
        assert data.objections.get(kept.id).pseudonym == kept_for(world.services, pseudonym("north-1"))
        # what was released can still be added up as it was
        (release,) = data.releases.over("staffed-beds")
    assert (release.id, len(release.left_out)) == (released.release, 2)


def test_a_withdrawn_delivery_takes_its_persons_along(collected: World) -> None:
    """Objections and withdrawals are one history: what waits for one goes on with the other."""
    world = collected
    assert total(world, world.release(BOARDS).release) == ALL
    object_to(world, ANNA)
    party = world.parties["north"]
    counts = world.counting(party, "staffed-beds-2024")
    assert counts is not None
    withdraw_submission(world.call(party.principal), counts.id)
    waiting = world.release(BOARDS)
    assert read_request(world.call(OWNER), waiting.id).refusal == "revision-pending"
    report = json.loads(read_evidence(world.call(THIRD), waiting.id).report)
    assert "morePersons" not in report  # nobody left a delivery that still counts
    assert report["moreSuppliers"] == 2
