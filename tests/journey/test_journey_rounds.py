"""What becomes of a delivery: early, late, closed, cancelled, reopened, double, corrected."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from journey import STEWARD, World, a_row, csv_of, json_of

from service.domain.errors import Conflict, Denied, Invalid
from service.domain.round import RoundState
from service.domain.submission import SubmissionState
from service.use_cases.abandon_submission import abandon_submission
from service.use_cases.begin_submission import begin_submission
from service.use_cases.complete_submission import complete_submission
from service.use_cases.read_rounds import read_deliveries
from service.use_cases.submit_records import submit_records
from sluis_client.wire import Format

ROWS = [a_row()]
OTHER = [a_row(901)]


def test_early(world: World) -> None:
    world.round(state=RoundState.DRAFT)
    with pytest.raises(Conflict, match="round-not-open"):
        world.deliver(world.parties["north"], ROWS)


def test_a_period_that_has_not_ended_is_a_forecast(world: World) -> None:
    """It is 2026: the round of that year opens, and takes deliveries, from midnight in the Netherlands on."""
    world.round("2026", RoundState.DRAFT)
    world.clock.moment = datetime(2026, 12, 31, 22, 59, 59, tzinfo=UTC)
    with pytest.raises(Conflict, match="period-not-ended"):
        world.turn("staffed-beds-2026", RoundState.OPEN)
    world.clock.pass_by(seconds=1)
    world.turn("staffed-beds-2026", RoundState.OPEN)
    rows = [a_row(period="2026Q4")]
    world.clock.pass_by(seconds=-1)  # opened before this rule was
    with pytest.raises(Conflict, match="period-not-ended"):
        world.deliver(world.parties["north"], rows, "staffed-beds-2026")
    world.clock.pass_by(seconds=1)
    assert world.deliver(world.parties["north"], rows, "staffed-beds-2026").submission.state == "accepted"


def test_in_time_and_late(any_world: World) -> None:
    round_ = any_world.round()
    first = any_world.deliver(any_world.parties["north"], ROWS).submission
    any_world.clock.moment = round_.deadline
    on_the_dot = any_world.deliver(any_world.parties["south"], ROWS).submission
    any_world.clock.pass_by(seconds=1)
    late = any_world.upload(any_world.parties["east"], ROWS).submission
    assert [found.late for found in (first, on_the_dot, late)] == [False, False, True]
    assert [any_world.verify_receipt(found).receipt.late for found in (first, late)] == [False, True]
    told = {
        delivery.organisation: delivery.submission for delivery in read_deliveries(any_world.call(STEWARD), round_.id)
    }
    assert told == {"north": first, "south": on_the_dot, "east": late, "west": None, "isle": None, "vale": None}


@pytest.mark.parametrize("upload", [False, True])
def test_closed(any_world: World, upload: bool) -> None:
    any_world.round(state=RoundState.OPEN)
    any_world.turn("staffed-beds-2025", RoundState.CLOSED)
    deliver = any_world.upload if upload else any_world.deliver
    with pytest.raises(Conflict, match="round-closed"):
        deliver(any_world.parties["north"], ROWS)
    assert any_world.files() == frozenset()


def test_cancelled(world: World) -> None:
    world.round()
    world.turn("staffed-beds-2025", RoundState.CANCELLED, "no longer needed")
    with pytest.raises(Conflict, match="round-not-open"):
        world.deliver(world.parties["north"], ROWS)
    with pytest.raises(Conflict, match="round-state"):
        world.turn("staffed-beds-2025", RoundState.OPEN, "after all")


def test_reopened_with_a_reason(world: World) -> None:
    world.round()
    world.turn("staffed-beds-2025", RoundState.CLOSED)
    with pytest.raises(Invalid, match="reason-needed"):
        world.turn("staffed-beds-2025", RoundState.OPEN, "  ")
    world.turn("staffed-beds-2025", RoundState.OPEN, "a supplier found a fault")
    assert world.deliver(world.parties["north"], ROWS).submission.state == "accepted"


def test_the_same_call_twice_is_one_delivery(any_world: World) -> None:
    any_world.round()
    north = any_world.parties["north"]
    content = json_of(ROWS)
    signed = any_world.sign(north, content)
    first = submit_records(any_world.call(north.principal), signed, content, "key-1")
    any_world.turn("staffed-beds-2025", RoundState.CLOSED)
    any_world.clock.pass_by(hours=5)
    again = submit_records(any_world.call(north.principal), signed, content, "key-1")
    by_manifest = submit_records(any_world.call(north.principal), signed, content, "key-2")
    assert not first.repeated
    assert again.repeated
    assert by_manifest.repeated
    assert first.submission == again.submission == by_manifest.submission
    assert len(any_world.files()) == 1


def test_a_key_names_one_manifest(world: World) -> None:
    world.round()
    north = world.parties["north"]
    contents = [json_of(ROWS), json_of(OTHER)]
    submit_records(world.call(north.principal), world.sign(north, contents[0]), contents[0], "key-1")
    with pytest.raises(Conflict, match="idempotency-key-reused"):
        submit_records(world.call(north.principal), world.sign(north, contents[1]), contents[1], "key-1")


def test_content_that_counts_is_not_taken_again(any_world: World) -> None:
    any_world.round()
    north = any_world.parties["north"]
    first = any_world.deliver(north, ROWS)
    again = any_world.deliver(north, ROWS)
    corrected_by_itself = any_world.deliver(north, ROWS, corrects=first.submission.id)
    assert again.repeated
    assert corrected_by_itself.repeated
    assert again.submission == first.submission == corrected_by_itself.submission
    assert len(any_world.files()) == 1


def test_an_upload_of_what_counts_ends_and_says_so_every_time(any_world: World) -> None:
    any_world.round()
    north = any_world.parties["north"]
    begun = [any_world.begin(north, csv_of(ROWS)), any_world.begin(north, csv_of(ROWS))]
    first = complete_submission(any_world.call(north.principal), begun[0].id, 1)
    for _ in range(2):
        double = complete_submission(any_world.call(north.principal), begun[1].id, 1)
        assert double.repeated
        assert double.submission == first.submission
    with any_world.services.database.look() as data:
        assert data.submissions.get(begun[1].id).state is SubmissionState.ABANDONED
        assert data.submissions.pieces(begun[1].id) == []


def test_another_delivery_says_what_it_corrects(any_world: World) -> None:
    any_world.round()
    north = any_world.parties["north"]
    first = any_world.deliver(north, ROWS).submission
    with pytest.raises(Conflict, match="already-delivered") as refused:
        any_world.deliver(north, OTHER)
    assert refused.value.data == {"submission": first.id}
    second = any_world.upload(north, OTHER, corrects=first.id).submission
    assert (second.version, second.corrects) == (2, first.id)
    with any_world.services.database.look() as data:
        assert data.submissions.get(first.id).state is SubmissionState.SUPERSEDED
        assert [part.part for part in data.submissions.counting_parts(["staffed-beds-2025"])] == [second.part]
    assert {first.part, second.part} <= any_world.stored()  # a release may name what was corrected since
    with pytest.raises(Conflict, match="corrects-outdated") as refused:
        any_world.deliver(north, [a_row(902)], corrects=first.id)
    assert refused.value.data == {"submission": second.id}
    back = any_world.deliver(north, ROWS, corrects=second.id).submission
    assert (back.version, back.state) == (3, SubmissionState.ACCEPTED)


def test_a_correction_of_nothing(world: World) -> None:
    world.round()
    with pytest.raises(Conflict, match="corrects-outdated"):
        world.deliver(world.parties["north"], ROWS, corrects="0190-nothing")


def test_a_refused_delivery_leaves_no_row_and_no_number(world: World) -> None:
    world.round()
    north = world.parties["north"]
    wrong = world.deliver(north, [a_row(10, 11), a_row(5, region="nowhere")]).submission
    assert (wrong.state, wrong.part, wrong.receipt) == (SubmissionState.REFUSED, None, None)
    assert wrong.faults is not None
    assert world.files() == frozenset()
    event = world.events(code="submission.submit")[0]
    assert event.outcome == "failed"
    assert event.reasons
    assert world.deliver(north, ROWS).submission.version == 1


def test_a_refused_upload_leaves_no_piece(world: World) -> None:
    world.round()
    begun = world.upload(world.parties["north"], [a_row(10, 11)]).submission
    assert begun.state is SubmissionState.REFUSED
    assert world.files() == world.stored() == frozenset()


def test_what_was_given_up_is_gone_and_may_be_given_up_twice(world: World) -> None:
    world.round()
    north = world.parties["north"]
    begun = world.begin(north, csv_of(ROWS))
    for _ in range(2):
        abandon_submission(world.call(north.principal), begun.id)
    assert world.files() == frozenset()
    with pytest.raises(Conflict, match="submission-state"):
        complete_submission(world.call(north.principal), begun.id, 1)
    accepted = world.deliver(north, ROWS).submission
    with pytest.raises(Conflict, match="submission-state"):
        abandon_submission(world.call(north.principal), accepted.id)


def test_a_clock_that_is_off(world: World) -> None:
    world.round()
    for minutes in (-6, 6):
        with pytest.raises(Invalid, match="clock-skew") as refused:
            world.deliver(world.parties["north"], ROWS, created_at=world.clock.now() + timedelta(minutes=minutes))
        assert refused.value.data == {"seconds": minutes * 60, "now": "2026-07-01T09:00:00Z"}


def test_parts_that_are_missing_are_named(world: World) -> None:
    world.round()
    north = world.parties["north"]
    begun = world.begin(north, csv_of(ROWS))
    with pytest.raises(Conflict, match="incomplete") as refused:
        complete_submission(world.call(north.principal), begun.id, 3)
    assert refused.value.data["missing"] == "1, 2"


def test_content_that_was_not_signed(world: World) -> None:
    world.round()
    north = world.parties["north"]
    with pytest.raises(Invalid, match="content-digest"):
        submit_records(world.call(north.principal), world.sign(north, json_of(ROWS)), json_of(OTHER), "key-1")
    signed = world.sign(north, csv_of(ROWS), Format.CSV, content_size=10**9)
    with pytest.raises(Invalid, match="content-too-large"):
        begin_submission(world.call(north.principal), signed, "key-2")


def test_another_key_or_another_supplier(world: World) -> None:
    world.round()
    north, south = world.parties["north"], world.parties["south"]
    content = json_of(ROWS)
    theirs = world.sign(south, content)
    with pytest.raises(Denied) as refused:
        submit_records(world.call(north.principal), theirs, content, "key-1")
    codes = {reason.code for reason in refused.value.reasons}
    assert codes == {"other-organisation", "key-of-another-organisation"}
    mine = world.sign(north, content)
    bent = type(mine)(world.sign(north, content).manifest, mine.key_id, mine.signature)
    with pytest.raises(Invalid, match="manifest-signature"):
        submit_records(world.call(north.principal), bent, content, "key-1")
