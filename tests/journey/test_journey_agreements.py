"""No agreement, no delivery and no release: what figures are used under, from the paper to the refusal."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from agreed import DATA_SETS, agreed_with
from journey import (
    OWNER,
    PRIVACY_OFFICER,
    SECOND,
    STEWARD,
    THIRD,
    VERDICT,
    WORKER,
    World,
    a_row,
    a_spec,
)
from purpose_documents import a_document
from sqlalchemy import text
from test_every_data_set import CATALOGUE, PERIODS, Figures, deliver, purpose_for, spec_of

from service.domain.agreement import AgreementKind, AgreementState, Terms
from service.domain.errors import Conflict, Denied, Invalid
from service.domain.organisation import Agreement
from service.domain.request import AggregateRequest, Verdict
from service.domain.round import RoundState
from service.use_cases.complete_submission import complete_submission
from service.use_cases.create_round import create_round
from service.use_cases.judge_agreement import judge_agreement, leave_agreement, withdraw_agreement
from service.use_cases.read_agreements import list_agreements, read_agreement
from service.use_cases.read_releases import read_release
from service.use_cases.record_agreement import give_consent, record_agreement
from service.use_cases.release_request import release_request

WHY = "Wij zetten de samenwerking niet voort."
TERMS = Terms(
    AgreementKind.PROCESSOR,
    "VO-2026-009",
    frozenset({"north", "south"}),
    frozenset({"staffed-beds"}),
    frozenset(),
    date(2026, 1, 1),
    date(2026, 7, 31),
)


@pytest.fixture
def bare(world: World) -> World:
    """Everybody is there, and nothing was agreed yet."""
    with world.services.database._engines.write.begin() as connection:
        for table in ("agreement_parties", "agreements"):
            connection.execute(text(f"DROP TRIGGER {table}_keep"))
            connection.execute(text(f"DELETE FROM {table}"))
    return world


def codes(denied: Denied) -> set[str]:
    return {reason.code for reason in denied.reasons}


def refused(world: World, party: str, round_: str = "staffed-beds-2025") -> set[str]:
    with pytest.raises(Denied) as denied:
        world.deliver(world.parties[party], [a_row()], round_)
    return codes(denied.value)


def reasons(request: AggregateRequest) -> set[str]:
    return {reason["code"] for reason in json.loads(request.decision).get("reasons", ())}


def agreed(world: World, terms: Terms = TERMS) -> str:
    made = record_agreement(world.call(STEWARD), terms)
    judge_agreement(world.call(SECOND), made.id, Verdict.APPROVE)
    return made.id


def collected(world: World) -> None:
    """A closed round with deliveries of everybody."""
    world.round("2025")
    for number, party in enumerate(world.parties.values()):
        world.deliver(party, [a_row(900 + number)])
    world.turn("staffed-beds-2025", RoundState.CLOSED)


def test_nobody_delivers_before_an_agreement_is_confirmed_by_another(bare):
    bare.round("2025")
    assert refused(bare, "north") == {"data-set-not-in-agreement"}
    made = record_agreement(bare.call(STEWARD), TERMS)
    assert refused(bare, "north") == {"data-set-not-in-agreement"}
    with pytest.raises(Denied) as own:
        judge_agreement(bare.call(STEWARD), made.id, Verdict.APPROVE)
    assert codes(own.value) == {"own-record"}
    judge_agreement(bare.call(PRIVACY_OFFICER), made.id, Verdict.APPROVE)
    assert bare.deliver(bare.parties["north"], [a_row()]).submission.state == "accepted"
    assert refused(bare, "west") == {"data-set-not-in-agreement"}
    with pytest.raises(Conflict, match="agreement-state"):
        judge_agreement(bare.call(THIRD), made.id, Verdict.REJECT)


def test_a_round_of_others_and_one_that_is_not_there_are_one_answer(world):
    """Whatever the sender claims, and whatever it has agreed on: no reason tells that the round exists."""
    deadline = world.clock.now() + timedelta(days=10)
    rounds = [
        create_round(world.call(STEWARD), data_set, period, ["south"], deadline).id
        for data_set, period in (("staffed-beds", "2025"), ("waiting-list", "2025-03"))
    ]
    north = world.parties["north"]
    for claims in ({}, {"data_set": "waiting-list"}, {"data_set": "no-such", "data_set_version": 7}):
        told = []
        for round_ in (*rounds, "no-such-round"):
            with pytest.raises(Denied) as denied:
                world.deliver(north, [a_row()], round_, **claims)
            told.append([(reason.code, reason.data) for reason in denied.value.reasons])
        assert told == [[("not-expected", {"round": "unknown"})]] * 3


def test_what_was_rejected_permits_nothing(bare):
    bare.round("2025")
    made = record_agreement(bare.call(STEWARD), TERMS)
    judge_agreement(bare.call(SECOND), made.id, Verdict.REJECT)
    assert refused(bare, "north") == {"data-set-not-in-agreement"}


@pytest.mark.parametrize(
    ("at", "good"),
    [
        ("2026-03-28T12:00", True),
        ("2026-03-29T00:00", True),  # the day on which the clock goes forward is in it from its first moment
        ("2026-07-31T23:59", True),  # 21:59 UTC
        ("2026-08-01T00:00", False),  # 22:00 UTC on the day before
    ],
)
def test_the_last_day_is_a_day_in_the_netherlands(bare, at, good):
    agreed(bare, replace(TERMS, valid_from=date(2026, 3, 28)))
    bare.round("2025")
    bare.clock.moment = datetime.fromisoformat(at).replace(tzinfo=ZoneInfo("Europe/Amsterdam"))
    if good:
        assert bare.deliver(bare.parties["north"], [a_row()]).submission.state == "accepted"
    else:
        assert refused(bare, "north") == {"data-set-not-in-agreement"}


def test_it_is_about_the_data_sets_that_it_names(bare):
    agreed(bare, replace(TERMS, data_sets=frozenset({"cancelled-operations"})))
    bare.round("2025")
    assert refused(bare, "north") == {"data-set-not-in-agreement"}


def test_an_upload_is_looked_at_again_when_it_is_complete(bare):
    agreement = agreed(bare)
    bare.round("2025")
    party = bare.parties["north"]
    begun = bare.begin(party, b"period,region\r\n")
    leave_agreement(bare.call(party.principal), agreement, WHY)
    with pytest.raises(Denied) as denied:
        complete_submission(bare.call(party.principal), begun.id, 1)
    assert codes(denied.value) == {"data-set-not-in-agreement"}


def test_whoever_leaves_leaves_alone(bare):
    agreement = agreed(bare)
    bare.round("2025")
    left = leave_agreement(bare.call(bare.parties["north"].principal), agreement, WHY)
    assert left.left == {"north"}
    assert refused(bare, "north") == {"data-set-not-in-agreement"}
    assert bare.deliver(bare.parties["south"], [a_row()]).submission.state == "accepted"
    with pytest.raises(Conflict, match="agreement-left"):
        leave_agreement(bare.call(bare.parties["north"].principal), agreement, WHY)
    with pytest.raises(Denied):
        leave_agreement(bare.call(bare.parties["west"].principal), agreement, WHY)


def test_a_party_sees_itself_only(bare):
    agreement = agreed(bare)
    (seen,) = list_agreements(bare.call(bare.parties["north"].principal))
    assert (seen.agreement.id, seen.agreement.parties, seen.in_force) == (agreement, {"north"}, True)
    assert list_agreements(bare.call(bare.parties["west"].principal)) == []
    with pytest.raises(Denied):
        read_agreement(bare.call(bare.parties["west"].principal), agreement)
    assert read_agreement(bare.call(STEWARD), agreement).agreement.parties == {"north", "south"}


@pytest.mark.parametrize("kind", [AgreementKind.PROCESSOR, AgreementKind.DPIA])
def test_what_the_purpose_names_has_to_be_in_force(world, kind):
    reason = {
        AgreementKind.PROCESSOR: "processor-agreement-not-in-force",
        AgreementKind.DPIA: "dpia-not-in-force",
    }[kind]
    collected(world)
    purpose = CATALOGUE.purpose(a_spec().purpose)
    reference = {
        AgreementKind.PROCESSOR: purpose.processor_agreement,
        AgreementKind.DPIA: purpose.dpia and purpose.dpia.reference,
    }[kind]
    asked = world.ask(a_spec(periods=("2025",)))
    assert asked.state == "permitted", reasons(asked)
    world.work()
    world.approve(asked.id)
    for found in list_agreements(world.call(STEWARD)):
        if found.agreement.reference == reference:
            withdraw_agreement(world.call(SECOND), found.agreement.id, WHY)
    assert reasons(world.ask(a_spec(periods=("2025",)))) == {reason}
    world.work()
    assert world.request(asked.id).state == "denied"
    assert reasons(world.request(asked.id)) == {reason}


def test_the_arrangement_between_several_controllers_has_to_be_in_force(world):
    collected(world)
    world.purpose(a_document("together", controllers=["the region", "the insurers"], joint_arrangement="GR-2026-999"))
    spec = a_spec(periods=("2025",), purpose="together")
    assert reasons(world.ask(spec)) == {"joint-arrangement-not-in-force"}
    terms = replace(TERMS, kind=AgreementKind.JOINT, reference="GR-2026-999", purposes=frozenset({"together"}))
    agreed(world, terms)
    assert world.ask(spec).state == "permitted"


def test_a_supplier_that_left_stops_what_is_under_way_and_not_what_was_released(world):
    collected(world)
    spec = a_spec(periods=("2025",))
    released = world.release(spec)
    assert released.state == "released"
    asked = world.ask(spec)
    world.work()
    world.approve(asked.id)
    north = world.parties["north"].principal
    (own,) = [found for found in list_agreements(world.call(north)) if "north" in found.agreement.reference]
    leave_agreement(world.call(north), own.agreement.id, WHY)
    world.work()
    stopped = world.request(asked.id)
    assert (stopped.state, reasons(stopped)) == ("denied", {"suppliers-without-agreement"})
    assert "north" not in stopped.decision
    assert reasons(world.ask(spec)) == {"suppliers-without-agreement"}
    assert world.request(released.id).state == "released"
    agreed_with(world.services.database, "north", AgreementKind.JOINT)
    assert world.ask(spec).state == "permitted"


def test_what_ended_is_not_approved_and_can_be_rejected(world):
    """A steward is told what is the matter at the approval, and not by a request that ends without a word."""
    collected(world)
    asked, other = (world.ask(a_spec(periods=("2025",), dimensions=d)) for d in ((), a_spec().dimensions[:1]))
    world.work()
    world.review(asked.id, STEWARD)
    north = world.parties["north"].principal
    (own,) = [found for found in list_agreements(world.call(north)) if "north" in found.agreement.reference]
    leave_agreement(world.call(north), own.agreement.id, WHY)
    with pytest.raises(Denied) as denied:
        world.review(asked.id, SECOND)
    assert codes(denied.value) == {"suppliers-without-agreement"}
    assert world.request(asked.id).state == "approved-once"
    (event,) = world.events(code="request.review", outcome="denied")
    assert (event.object_id, event.reasons) == (asked.id, ("suppliers-without-agreement",))
    assert world.review(other.id, SECOND, Verdict.REJECT).state == "rejected"
    agreed_with(world.services.database, "north", AgreementKind.JOINT)
    assert world.review(asked.id, SECOND).state == "approved"


@pytest.mark.parametrize("day", [date(2026, 7, 31), date(2026, 10, 25)])  # summer time; the day on which it ends
def test_a_purpose_is_approved_under_until_its_last_moment(world, day):
    collected(world)
    world.purpose(a_document("brief", valid_until=day.isoformat(), review_on=day.isoformat()))
    asked = world.ask(a_spec(periods=("2025",), purpose="brief"))
    world.work()
    world.review(asked.id, STEWARD)
    over = datetime.combine(day + timedelta(days=1), datetime.min.time(), ZoneInfo("Europe/Amsterdam"))
    world.clock.moment = over.astimezone(UTC)
    with pytest.raises(Denied) as denied:
        world.review(asked.id, SECOND)
    assert codes(denied.value) == {"purpose-expired", "purpose-review-overdue"}
    world.clock.moment -= timedelta(seconds=1)
    assert world.review(asked.id, SECOND).state == "approved"


def test_what_was_sealed_is_not_published_once_an_agreement_ended(world):
    """Nobody has read it yet: until then everything that it rests on has to hold."""
    collected(world)
    asked = world.ask(a_spec(periods=("2025",)))
    world.work()
    world.approve(asked.id)
    assert release_request(world.call(WORKER), asked.id).state == "approved"
    world.sequence()
    north = world.parties["north"].principal
    (own,) = [found for found in list_agreements(world.call(north)) if "north" in found.agreement.reference]
    leave_agreement(world.call(north), own.agreement.id, WHY)
    world.work()
    ended = world.request(asked.id)
    assert (ended.state, reasons(ended), ended.release) == ("denied", {"suppliers-without-agreement"}, None)
    (event,) = world.events(code="release.publish")
    assert (event.outcome, event.reasons) == ("denied", ("suppliers-without-agreement",))
    with world.services.database.look() as data:
        (sealed,) = data.releases.over("staffed-beds")  # stays known to every later attack
    assert sealed.withdrawn_at is not None
    with pytest.raises(Denied):
        read_release(world.call(OWNER), sealed.id)


def test_nobody_leaves_an_assessment_or_a_law(bare):
    for kind in (AgreementKind.DPIA, AgreementKind.STATUTE):
        agreement = agreed(bare, replace(TERMS, kind=kind))
        with pytest.raises(Conflict, match="agreement-not-left"):
            leave_agreement(bare.call(bare.parties["north"].principal), agreement, WHY)


def test_who_has_no_agreement_in_force_receives_nothing(world):
    collected(world)
    world.purpose(a_document("shared", recipients={"reach": "all-regions", "roles": ["regional-owner"]}))
    with world.services.database.begin() as data:
        east = data.organisations.get("nhs-east")
        data.organisations.save(replace(east, agreement=Agreement("VO-2025", date(2025, 1, 1), date(2026, 6, 30))))
        data.commit(replace(world.events()[0], id="that-agreement-ended"))
    released = world.release(a_spec(periods=("2025",), purpose="shared"))
    assert released.state == "released", reasons(released)
    with world.services.database.look() as data:
        recipients = data.releases.get(released.release).recipients
    assert "nhs-north" in recipients
    assert "nhs-east" not in recipients


def test_faults_are_told_all_at_once(world):
    bad = replace(
        TERMS,
        parties=frozenset({"north", "nobody"}),
        data_sets=frozenset({"nothing"}),
        purposes=frozenset({"no-purpose"}),
    )
    with pytest.raises(Invalid) as invalid:
        record_agreement(world.call(STEWARD), bad)
    assert invalid.value.faults == (
        ("dataSets: nothing", "does-not-exist"),
        ("parties: nobody", "does-not-exist"),
        ("purposes: no-purpose", "does-not-exist"),
    )
    with pytest.raises(Invalid) as empty:
        record_agreement(
            world.call(STEWARD), replace(TERMS, reference=" ", parties=frozenset(), valid_until=date(2025, 1, 1))
        )
    assert set(empty.value.faults) == {
        ("reference", "empty"),
        ("parties", "empty"),
        ("validUntil", "ends-before-start"),
    }
    with pytest.raises(Invalid, match="agreement-reason"):
        withdraw_agreement(world.call(STEWARD), agreed(world), "weg")


# --- waiting lists: explicit consent of the provider, or a law (minimal data set, row 3)


def waiting(world: World, *, consenting: set[str]) -> tuple[str, dict[str, set[str]]]:
    """A round of waiting lists; who was refused, and why."""
    data_set = CATALOGUE.data_set("waiting-list")
    figures = Figures.of(data_set, CATALOGUE, sorted(world.parties))
    round_ = world.round(PERIODS[data_set.round_level], data_set="waiting-list")
    turned_away = {}
    for name in sorted(world.parties):
        if name in consenting:
            give_consent(world.call(world.parties[name].principal), "waiting-list", (), None)
        try:
            deliver(world, name, list(figures.rows[name]), round_)
        except Denied as denied:
            turned_away[name] = codes(denied)
    world.turn(round_.id, RoundState.CLOSED)
    return round_.id, turned_away


def test_a_waiting_list_is_taken_with_consent_only(world):
    everyone = set(world.parties)
    _, turned_away = waiting(world, consenting=everyone - {"north"})
    assert turned_away == {"north": {"consent-missing"}}


def test_a_consent_that_is_withdrawn_stops_what_is_under_way(world):
    waiting(world, consenting=set(world.parties))
    spec = spec_of(CATALOGUE.data_set("waiting-list"), purpose_for("waiting-list"))
    first = world.release(spec)
    assert first.state == "released", reasons(first)
    asked = world.ask(spec)
    world.work()
    world.approve(asked.id)
    north = world.parties["north"].principal
    (consent,) = [
        found.agreement for found in list_agreements(world.call(north)) if found.agreement.kind is AgreementKind.CONSENT
    ]
    leave_agreement(world.call(north), consent.id, WHY)
    world.work()
    assert reasons(world.request(asked.id)) == reasons(world.ask(spec)) == {"suppliers-without-consent"}
    assert world.request(first.id).state == "released"


def test_a_consent_for_another_purpose_or_that_ended_does_not_count(world):
    everyone = set(world.parties)
    waiting(world, consenting=everyone)
    spec = spec_of(CATALOGUE.data_set("waiting-list"), purpose_for("waiting-list"))
    assert world.ask(spec).state == "permitted"
    north = world.call(world.parties["north"].principal)
    for found in list_agreements(north):
        if found.agreement.kind is AgreementKind.CONSENT:
            leave_agreement(north, found.agreement.id, WHY)
    give_consent(north, "waiting-list", ("wlz-inflow-against-target",), None)
    assert reasons(world.ask(spec)) == {"suppliers-without-consent"}
    today = world.clock.now().date()
    give_consent(north, "waiting-list", (spec.purpose,), today)
    assert world.ask(spec).state == "permitted"
    world.clock.pass_by(days=1)
    assert reasons(world.ask(spec)) == {"suppliers-without-consent"}
    agreed_with(world.services.database, "north", AgreementKind.STATUTE)
    assert world.ask(spec).state == "permitted"
    with pytest.raises(Invalid, match="agreement"):
        give_consent(north, "waiting-list", (), today - timedelta(days=1))


def test_a_consent_is_ones_own(world):
    for who in (OWNER, STEWARD):
        with pytest.raises(Denied):
            give_consent(world.call(who), "waiting-list", (), None)
    given = give_consent(world.call(world.parties["north"].principal), "waiting-list", (), None)
    assert (given.parties, given.state) == ({"north"}, AgreementState.CONFIRMED)


def test_other_data_sets_ask_for_no_consent(world):
    assert [name for name in DATA_SETS if CATALOGUE.data_set(name).supplier_consent] == [
        "places-and-outflow",  # a form: test_journey_forms
        "waiting-list",
    ]
    assert VERDICT  # the journeys of the others go without: test_every_data_set
