"""From domain values to questions: time zone, ages, ownership, what a purpose covers, and the decisions on the bundle."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from agreed import everything_agreed
from bundles import ruled
from hypothesis import given
from hypothesis import strategies as st
from policy_oracle import judge

from service.domain import facts, purpose_facts
from service.domain.agreement import AgreementKind, Grounds, InForce
from service.domain.caller import Caller
from service.domain.catalogue import Sensitivity
from service.domain.facts import ManifestClaims
from service.domain.frequency import Given
from service.domain.organisation import Agreement, ClientKey, Organisation, OrganisationKind
from service.domain.policy import Deny, Permit
from service.domain.principal import Anonymous, Operator, Person, Role, Supplier, Worker
from service.domain.purpose import Reach, Recipients
from service.domain.release import Release
from service.domain.release_facts import Today, may_approve_request, may_release
from service.domain.request import (
    AggregateRequest,
    Evidence,
    RequestedDimension,
    RequestSpec,
    RequestState,
    Review,
    Verdict,
)
from service.domain.request_facts import civil_day, epoch_day, whole_months
from service.domain.round import Round, RoundState
from service.domain.submission import Submission, SubmissionState

BUNDLE, ENGINE = ruled()
CATALOGUE = BUNDLE.catalogue
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def organisation(name: str, kind: OrganisationKind, **changes) -> Organisation:
    return replace(Organisation(name, name, frozenset({kind}), name, Agreement("VO-1", date(2026, 1, 1))), **changes)


BOARD = organisation("nhs-fife", OrganisationKind.REGIONAL_OWNER)
HOSPITAL = organisation("f704h", OrganisationKind.SUPPLIER)
TTP = organisation("ttp", OrganisationKind.TRUSTED_THIRD_PARTY)
EAST = "scotland-boards/east"
OWNER = Person("i", "owner", frozenset({Role.REGIONAL_OWNER}), "nhs-fife")
STEWARD = Person("i", "one", frozenset({Role.STEWARD}), "ttp")
KEY = ClientKey("k", "f704h", "{}", NOW)
ROUND = Round("staffed-beds-2019", "staffed-beds", 1, "2019", frozenset({"f704h"}), NOW, RoundState.CLOSED)
SPEC = RequestSpec(
    data_set="staffed-beds",
    purpose="regional-capacity-planning",
    dimensions=(
        RequestedDimension("region", "scotland-boards", "planning-region"),
        RequestedDimension("care_form", "scotland-specialties", "care-group"),
        RequestedDimension("period", "calendar-quarters", "quarter"),
    ),
    periods=("2019",),
    measures=("staffed_bed_days", "occupied_bed_days"),
    bottleneck="Wards are full in winter.",
    necessity="Nobody knows the sum of the places.",
    why_nothing_less="A national figure hides the shortage.",
)
SUBMISSION = Submission(
    "s1",
    "f704h",
    "staffed-beds-2019",
    "staffed-beds",
    1,
    SubmissionState.RECEIVING,
    0,
    "k",
    "{}",
    "d",
    "k",
    "s",
    "d",
    "csv",
    NOW,
)
REQUEST = AggregateRequest("q1", OWNER.id, "nhs-fife", SPEC, RequestState.APPROVED_ONCE, NOW, "{}", "h", 1)
EVIDENCE = Evidence("e2", "q1", NOW, (), (), True, "{}", "{}")
RELEASE = Release(
    "r1", "q1", "staffed-beds", SPEC.purpose, (), 1, frozenset({"nhs-fife"}), "{}", "d", "k", "s", (), NOW
)

GROUNDS = everything_agreed("f704h", "g107h")


def codes(query) -> set[str]:
    decision = ENGINE.decide(query)
    found = {r.code for r in decision.reasons} if isinstance(decision, Deny) else set()
    assert found == judge(query)
    return found


def ask(spec=SPEC, *, owner=OWNER, own=BOARD, at=NOW, rounds=(ROUND,), catalogue=CATALOGUE, grounds=GROUNDS):
    return facts.may_request_aggregate(Caller(owner, own, at), spec, catalogue, rounds, grounds)


# --- time ------------------------------------------------------------------------------------------------------------


def test_the_day_is_that_of_amsterdam():
    assert civil_day(datetime(2026, 12, 31, 22, 59, 59, tzinfo=UTC)) == date(2026, 12, 31)
    assert civil_day(datetime(2026, 12, 31, 23, 0, tzinfo=UTC)) == date(2027, 1, 1)
    assert civil_day(datetime(2026, 6, 30, 21, 59, 59, tzinfo=UTC)) == date(2026, 6, 30)
    assert civil_day(datetime(2026, 6, 30, 22, 0, tzinfo=UTC)) == date(2026, 7, 1)
    new_york = timezone(timedelta(hours=-5))
    assert civil_day(datetime(2026, 12, 31, 18, 0, tzinfo=new_york)) == date(2027, 1, 1)
    with pytest.raises(ValueError, match="naive"):
        civil_day(datetime(2026, 1, 1))  # noqa: DTZ001 - that is the point


def test_a_purpose_holds_from_midnight_to_midnight():
    last_second = datetime(2030, 12, 31, 22, 59, 59, tzinfo=UTC)
    first_second = datetime(2025, 12, 31, 23, 0, tzinfo=UTC)
    board = replace(BOARD, agreement=Agreement("VO-1", date(2020, 1, 1)))
    assert "purpose-expired" not in codes(ask(own=board, at=last_second))
    assert "purpose-expired" in codes(ask(own=board, at=last_second + timedelta(seconds=1)))
    assert codes(ask(own=board, at=first_second)) == set()
    assert codes(ask(own=board, at=first_second - timedelta(seconds=1))) == {"purpose-not-yet-valid"}


@pytest.mark.parametrize(
    ("ended", "today", "months"),
    [
        (date(2026, 3, 31), date(2026, 3, 31), -1),
        (date(2026, 3, 31), date(2026, 4, 1), 0),
        (date(2026, 3, 31), date(2026, 6, 30), 2),
        (date(2026, 3, 31), date(2026, 7, 1), 3),
        (date(2025, 12, 31), date(2026, 12, 31), 11),
        (date(2025, 12, 31), date(2027, 1, 1), 12),
        (date(2026, 1, 30), date(2026, 2, 28), 0),
        (date(2026, 1, 30), date(2026, 3, 1), 1),
    ],
)
def test_whole_months(ended, today, months):
    assert whole_months(ended, today) == months


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.integers(0, 4000))
def test_whole_months_never_go_back(ended, days):
    today = ended + timedelta(days=days)
    assert whole_months(ended, today) <= whole_months(ended, today + timedelta(days=1))
    assert abs(whole_months(ended, today) * 30.44 - days) < 34


@pytest.mark.parametrize(
    ("at", "reasons"),
    [
        (datetime(2027, 3, 31, 21, 59, 59, tzinfo=UTC), {"data-too-young"}),
        (datetime(2027, 3, 31, 22, 0, tzinfo=UTC), set()),
    ],
)
def test_exactly_three_months(at, reasons):
    round_ = replace(ROUND, id="staffed-beds-2026", period="2026")
    assert codes(ask(replace(SPEC, periods=("2026",)), at=at, rounds=(round_,))) == reasons


def test_competition_sensitive_figures_are_three_months_old_at_least():
    young = replace(
        CATALOGUE.data_set("staffed-beds"), minimum_age_months=0, sensitivity=frozenset({Sensitivity.COMPETITION})
    )
    purpose = replace(CATALOGUE.purpose(SPEC.purpose), minimum_age_months=0)
    catalogue = replace(CATALOGUE, data_sets=(young,), purposes=(purpose,))
    spec, rounds = replace(SPEC, periods=("2026",)), (replace(ROUND, period="2026"),)
    day = datetime(2027, 3, 31, 12, tzinfo=UTC)
    assert codes_of(ask(spec, at=day, rounds=rounds, catalogue=catalogue)) == {"data-too-young"}
    assert codes_of(ask(spec, at=day + timedelta(days=1), rounds=rounds, catalogue=catalogue)) == set()


def codes_of(query) -> set[str]:
    """Of a catalogue that the engine does not hold: what the oracle says."""
    return set(judge(query))


# --- requests --------------------------------------------------------------------------------------------------------


def test_a_useful_request_is_permitted_under_its_obligations():
    decision = ENGINE.decide(ask())
    assert isinstance(decision, Permit)
    terms = {(o.code, o.value) for o in decision.obligations}
    assert {("minimum-count", 10), ("minimum-contributors", 3), ("dominance", "1:75"), ("p-percent", 10)} <= terms
    assert ("recipient", "all-regional-owners") in terms
    assert ("retention-outputs-months", 120) in terms


@pytest.mark.parametrize(
    ("changes", "reasons"),
    [
        ({"purpose": "no-such-purpose"}, {"purpose-unknown"}),
        ({"data_set": "no-such-set"}, {"data-set-unknown"}),
        ({"data_set": "cancelled-operations"}, {"data-set-not-covered"}),
        ({"measures": ("tariff", "staffed_bed_days")}, {"measure-not-covered"}),
        ({"measures": ()}, {"nothing-asked"}),
        ({"periods": ()}, {"nothing-asked", "data-too-young"}),
        ({"periods": ("2019", "2020")}, {"round-unknown"}),
        ({"periods": ("2019", "1066")}, {"round-unknown", "data-too-young"}),
        ({"dimensions": (RequestedDimension("age", "scotland-boards", "health-board"),)}, {"dimension-not-covered"}),
        ({"dimensions": (RequestedDimension("region", "nl-ggd", "ggd"),)}, {"classification-not-covered"}),
        ({"dimensions": (RequestedDimension("region", "scotland-boards", "hospital"),)}, {"level-too-fine"}),
        ({"dimensions": ()}, set()),
        ({"bottleneck": "x" * 19 + "  "}, {"bottleneck-missing"}),
        ({"bottleneck": "x y" * 7}, set()),
        ({"bottleneck": "x" + " " * 40 + "y"}, {"bottleneck-missing"}),
        ({"necessity": ""}, {"necessity-missing"}),
        ({"why_nothing_less": "because"}, {"why-nothing-less-missing"}),
    ],
)
def test_what_is_asked_is_held_against_the_purpose(changes, reasons):
    assert codes(ask(replace(SPEC, **changes))) == reasons


def test_rounds_count_only_for_their_own_data_set_and_period():
    assert codes(ask(rounds=())) == {"round-unknown"}
    assert codes(ask(rounds=(replace(ROUND, data_set="cancelled-operations"),))) == {"round-unknown"}
    assert codes(ask(rounds=(replace(ROUND, state=RoundState.OPEN),))) == {"round-not-closed"}
    other = replace(ROUND, id="staffed-beds-2020", period="2020", data_set_version=2)
    assert codes(ask(replace(SPEC, periods=("2019", "2020")), rounds=(ROUND, other))) == {"round-versions-differ"}


def test_every_way_in_which_a_request_goes_too_far_is_named_at_once():
    spec = replace(
        SPEC,
        purpose="winter-evaluation-2020",
        dimensions=(
            RequestedDimension("region", "scotland-boards", "health-board"),
            RequestedDimension("care_form", "scotland-specialties", "specialty"),
        ),
        bottleneck="",
    )
    assert codes(ask(spec)) == {"purpose-unknown", "bottleneck-missing"}  # it names another organisation
    highland = {"owner": replace(OWNER, organisation="nhs-highland"), "own": replace(BOARD, id="nhs-highland")}
    assert codes(ask(spec, **highland)) == {
        "purpose-expired",
        "purpose-review-overdue",
        "measure-not-covered",
        "dimension-not-covered",
        "level-too-fine",
        "bottleneck-missing",
    }


def test_the_own_region_is_what_the_organisation_stands_for():
    purpose = replace(CATALOGUE.purpose(SPEC.purpose), recipients=Recipients(Reach.OWN_REGION, frozenset({"nhs-fife"})))
    own = {"catalogue": replace(CATALOGUE, purposes=(purpose,)), "own": replace(BOARD, regions=frozenset({EAST}))}
    region, *rest = SPEC.dimensions
    for only, reasons in (
        (("east",), set()),
        ((), {"own-region-only"}),
        (("east", "west"), {"own-region-only"}),
        (("east", "S08000029"), {"own-region-only", "code-unknown"}),
        (("south",), {"own-region-only", "code-unknown"}),
    ):
        spec = replace(SPEC, dimensions=(replace(region, only=only), *rest))
        assert codes(ask(spec, **own)) == reasons, only
        assert codes(ask(spec, **own | {"own": BOARD})) == reasons | {"own-region-only"}
    elsewhere = replace(SPEC, dimensions=(region, replace(rest[0], only=("mental-health",)), *rest[1:]))
    assert "own-region-only" in codes(ask(elsewhere, **own))


@pytest.mark.parametrize(
    ("own", "reasons"),
    [
        (None, {"organisation-unknown", "purpose-unknown", "recipient-without-agreement"}),
        (replace(BOARD, suspended=True), {"organisation-suspended"}),
        (HOSPITAL, {"organisation-unknown", "purpose-unknown", "recipient-without-agreement"}),
        (replace(BOARD, kinds=frozenset({OrganisationKind.SUPPLIER})), {"purpose-unknown"}),
        (replace(BOARD, agreement=Agreement("x", date(2026, 1, 1), date(2026, 11, 22))), set()),
        (
            replace(BOARD, agreement=Agreement("x", date(2026, 1, 1), date(2026, 11, 21))),
            {"recipient-without-agreement"},
        ),
        (replace(BOARD, agreement=Agreement("x", date(2026, 11, 23))), {"recipient-without-agreement"}),
    ],
)
def test_the_requesters_organisation(own, reasons):
    assert codes(ask(own=own)) == reasons


def test_the_newest_version_of_the_purpose_holds():
    newer = replace(CATALOGUE.purpose(SPEC.purpose), version=2, status="withdrawn")
    catalogue = replace(CATALOGUE, purposes=(*CATALOGUE.purposes, newer))
    assert codes_of(ask(catalogue=catalogue)) == {"purpose-not-approved"}


# --- submissions -----------------------------------------------------------------------------------------------------

SUPPLIER = Caller(Supplier("f704h", "f704h", "k"), HOSPITAL, NOW)
CLAIMS = ManifestClaims("f704h", "staffed-beds", 1)


def test_a_supplier_hands_in_for_itself_only():
    other = Supplier("g107h", "g107h", "k2")
    assert codes(facts.may_submit(SUPPLIER, ROUND, CLAIMS, KEY, GROUNDS)) == set()
    assert codes(facts.may_submit(SUPPLIER, ROUND, CLAIMS, None, GROUNDS)) == {"key-of-another-organisation"}
    assert codes(facts.may_submit(SUPPLIER, ROUND, CLAIMS, replace(KEY, revoked_at=NOW), GROUNDS)) == {"key-revoked"}
    assert codes(facts.may_submit(SUPPLIER, None, CLAIMS, KEY, GROUNDS)) == {"not-expected"}
    own = organisation("g107h", OrganisationKind.SUPPLIER)
    assert codes(facts.may_submit(Caller(other, own, NOW), ROUND, CLAIMS, KEY, GROUNDS)) == {
        "not-expected",
        "other-organisation",
        "key-of-another-organisation",
    }
    assert "organisation-unknown" in codes(facts.may_submit(Caller(other, HOSPITAL, NOW), ROUND, CLAIMS, KEY, GROUNDS))


def test_what_is_absent_and_what_is_anothers_get_the_same_answer():
    other = organisation("g107h", OrganisationKind.SUPPLIER)
    stranger = Caller(Supplier("g107h", "g107h", "k"), other, NOW)
    for ask_of in (facts.may_read_submission, facts.may_continue_submission):
        assert codes(ask_of(SUPPLIER, SUBMISSION)) == set()
        assert codes(ask_of(stranger, SUBMISSION)) == codes(ask_of(stranger, None)) == {"not-yours"}
    assert codes(facts.may_read_round(SUPPLIER, ROUND, CATALOGUE)) == set()
    assert (
        codes(facts.may_read_round(stranger, ROUND, CATALOGUE))
        == codes(facts.may_read_round(stranger, None, CATALOGUE))
        == {"not-expected"}
    )
    reader = Caller(replace(OWNER, organisation="nhs-tayside"), replace(BOARD, id="nhs-tayside"), NOW)
    assert (
        codes(facts.may_read_request(reader, REQUEST)) == codes(facts.may_read_request(reader, None)) == {"not-yours"}
    )
    assert (
        codes(facts.may_read_release(reader, RELEASE)) == codes(facts.may_read_release(reader, None)) == {"not-yours"}
    )
    assert codes(facts.may_read_release(Caller(OWNER, BOARD, NOW), RELEASE)) == set()
    withdrawn = replace(RELEASE, withdrawn_at=NOW)
    assert codes(facts.may_read_release(Caller(OWNER, BOARD, NOW), withdrawn)) == {"release-withdrawn"}


# --- four eyes -------------------------------------------------------------------------------------------------------


def review(steward: str, verdict=Verdict.APPROVE, evidence="e2", request="q1") -> Review:
    return Review(request, evidence, steward, verdict, "seen", NOW)


def release(*reviews, request=REQUEST, evidence=EVIDENCE, recipient=BOARD, grounds=GROUNDS, given=()):
    caller = Caller(Worker("requests"), None, NOW)
    today = Today(CATALOGUE, (ROUND,), recipient, grounds, given)
    return may_release(caller, request, evidence, reviews=reviews, today=today)


def test_two_different_approvals_of_this_very_evidence():
    assert codes(release(review("i#one"), review("i#two"))) == set()
    assert codes(release(review("i#one"), review("i#one"))) == {"approvals-missing"}
    assert codes(release(review("i#one"), review("i#two", evidence="e1"))) == {"approvals-missing"}
    assert codes(release(review("i#one"), review("i#two", request="q2"))) == {"approvals-missing"}
    assert codes(release()) == {"approvals-missing"}
    assert codes(release(review("i#one"), review(OWNER.id))) == {"approved-by-requester"}
    assert codes(release(review("i#one"), review("i#two"), review("i#three", Verdict.REJECT))) == {"rejected"}


def test_everything_is_looked_at_again_at_the_release():
    both = (review("i#one"), review("i#two"))
    assert codes(release(*both, evidence=replace(EVIDENCE, safe=False))) == {"unsafe-table"}
    assert codes(release(*both, evidence=replace(EVIDENCE, request="q9"))) == {"unsafe-table"}
    assert codes(release(*both, request=replace(REQUEST, purpose_version=7))) == {"purpose-changed"}
    assert codes(release(*both, recipient=replace(BOARD, suspended=True))) == {"recipient-not-active"}
    gone = {"recipient-not-active", "recipient-without-agreement", "not-a-recipient"}
    assert codes(release(*both, recipient=None)) == codes(release(*both, recipient=HOSPITAL)) == gone
    expired = replace(REQUEST, spec=replace(SPEC, purpose="winter-evaluation-2020"))
    assert {"purpose-expired", "not-a-recipient"} <= codes(release(*both, request=expired))


def test_what_ended_cannot_be_approved():
    def approve(request=REQUEST, recipient=BOARD, grounds=GROUNDS, given=()):
        return may_approve_request(
            Caller(STEWARD, TTP, NOW), request, Today(CATALOGUE, (ROUND,), recipient, grounds, given)
        )

    assert codes(approve()) == set()
    assert codes(approve(request=replace(REQUEST, purpose_version=7))) == {"purpose-changed"}
    assert codes(approve(recipient=replace(BOARD, suspended=True))) == {"recipient-not-active"}
    assert codes(approve(grounds=Grounds((), asks_consent=True, suppliers=frozenset({"a101h"})))) == {
        "processor-agreement-not-in-force",
        "dpia-not-in-force",
        "suppliers-without-agreement",
        "suppliers-without-consent",
    }
    older = Given(replace(SPEC, periods=("2018",)), NOW)
    assert codes(approve(given=(older,))) == {"sooner-than-frequency"}
    assert codes(release(review("i#one"), review("i#two"), given=(older,))) == {"sooner-than-frequency"}


def test_a_steward_reviews_once_and_never_an_own_request():
    caller = Caller(STEWARD, TTP, NOW)
    assert codes(facts.may_review_request(caller, REQUEST, EVIDENCE, [review("i#two")])) == set()
    assert codes(facts.may_review_request(caller, REQUEST, EVIDENCE, [review("i#one")])) == {"reviewed-before"}
    assert codes(facts.may_review_request(caller, REQUEST, EVIDENCE, [review("i#one", evidence="e1")])) == set()
    own = replace(REQUEST, requester=STEWARD.id)
    assert codes(facts.may_review_request(caller, own, EVIDENCE, [])) == {"own-request"}
    assert codes(facts.may_read_evidence(caller, own)) == {"own-request"}
    assert codes(facts.may_read_evidence(caller, None)) == set()


# --- the rest of the questions ---------------------------------------------------------------------------------------


def test_the_plain_questions_reach_those_they_are_for():
    steward, owner = Caller(STEWARD, TTP, NOW), Caller(OWNER, BOARD, NOW)
    operator, stranger = Caller(Operator("root"), None, NOW), Caller(Anonymous(), None, NOW)
    auditor = Caller(Person("i", "a", frozenset({Role.AUDITOR}), "ttp"), TTP, NOW)
    for caller, *questions in (
        (
            steward,
            facts.may_read_metadata,
            purpose_facts.may_read_purposes,
            facts.may_list_rounds,
            facts.may_list_requests,
        ),
        (steward, facts.may_list_submissions, facts.may_list_releases, facts.may_read_own_organisation),
        (owner, facts.may_list_requests, facts.may_list_releases, purpose_facts.may_read_purposes),
        (operator, facts.may_list_organisations, facts.may_administer, facts.may_fetch_public_figures),
        (auditor, facts.may_read_audit_log, facts.may_search_persons),
        (SUPPLIER, facts.may_list_submissions, facts.may_list_rounds, facts.may_read_own_uses),
        (SUPPLIER, facts.may_read_public_figures),
        (Caller(Worker("service"), None, NOW), facts.may_run_service),
    ):
        for question in questions:
            assert codes(question(caller)) == set(), question.__name__
            assert "role-not-allowed" in codes(question(stranger))
    assert codes(facts.may_register_key(stranger, HOSPITAL)) == set()
    assert codes(facts.may_register_key(stranger, None)) == {"organisation-unknown"}
    assert codes(facts.may_issue_token(stranger, HOSPITAL, KEY)) == set()
    assert codes(facts.may_issue_token(stranger, TTP, KEY)) == {"key-of-another-organisation"}
    assert codes(facts.may_invite_organisation(operator, "new-party")) == set()
    for question in (facts.may_suspend_organisation, facts.may_revoke_key):
        assert codes(question(operator, HOSPITAL)) == codes(question(operator, None)) == set()
    for question in (facts.may_create_round, facts.may_change_round_state, facts.may_read_deliveries):
        assert codes(question(steward, ROUND)) == set()
        assert codes(question(owner, ROUND)) == {"role-not-allowed"}
    assert codes(facts.may_withdraw_release(steward, RELEASE)) == set()
    assert codes(facts.may_prepare_request(Caller(Worker("w"), None, NOW), REQUEST)) == set()
    assert codes(facts.may_read_own_organisation(operator)) == {"role-not-allowed"}


def test_days_count_from_1970():
    assert epoch_day(date(1970, 1, 1)) == 0
    assert epoch_day(date(2026, 1, 1)) == 20454


# --- asking for less -------------------------------------------------------------------------------------------------

TREES = {tree.id: tree for tree in CATALOGUE.classifications}
DIMENSIONS = st.sampled_from(
    [
        RequestedDimension(dimension, tree.id, level)
        for dimension in ("region", "care_form", "period", "reason")
        for tree in TREES.values()
        for level in tree.levels
    ]
)
SPECS = st.builds(
    RequestSpec,
    st.sampled_from(["staffed-beds", "cancelled-operations"]),
    st.sampled_from([purpose.id for purpose in CATALOGUE.purposes]),
    st.lists(DIMENSIONS, max_size=3, unique_by=lambda d: d.dimension).map(tuple),
    st.just(("2019",)),
    st.lists(st.sampled_from(["staffed_bed_days", "occupied_bed_days", "cancelled"]), min_size=1, unique=True).map(
        tuple
    ),
    st.just(SPEC.bottleneck),
    st.just(SPEC.necessity),
    st.just(SPEC.why_nothing_less),
)
ROUNDS = tuple(
    Round(f"{name}-2019", name, 1, "2019", frozenset(), NOW, RoundState.CLOSED)
    for name in ("staffed-beds", "cancelled-operations")
)


@given(SPECS, st.data())
def test_asking_for_less_never_adds_a_reason(spec, data):
    before = codes(ask(spec, rounds=ROUNDS))
    less = [replace(spec, measures=spec.measures[:1])]
    for index, asked in enumerate(spec.dimensions):
        others = (spec.dimensions[:index], spec.dimensions[index + 1 :])
        less.append(replace(spec, dimensions=others[0] + others[1]))
        levels = TREES[asked.classification].levels
        less += [
            replace(spec, dimensions=(*others[0], replace(asked, level=coarser), *others[1]))
            for coarser in levels[: levels.index(asked.level)]
        ]
    assert codes(ask(data.draw(st.sampled_from(less)), rounds=ROUNDS)) <= before


@given(SPECS)
def test_only_what_the_purpose_names_is_permitted(spec):
    purpose = CATALOGUE.purpose(spec.purpose)
    scope = purpose.scope(spec.data_set)
    if codes(ask(spec, rounds=ROUNDS)):
        return
    assert set(spec.measures) <= scope.measures
    for asked in spec.dimensions:
        finest = dict(scope.finest_levels[asked.dimension])[asked.classification]
        levels = TREES[asked.classification].levels
        assert levels.index(asked.level) <= levels.index(finest)


# --- agreements ------------------------------------------------------------------------------------------------------

PARTS = st.sampled_from(["ttp", "f704h", "g107h", "a101h"])
IN_FORCE = st.builds(
    InForce,
    st.sampled_from(AgreementKind),
    st.sampled_from(["VO-2026-001", "DPIA-2026-001", "other"]),
    st.frozensets(st.sampled_from([SPEC.purpose, "winter-evaluation-2020"]), max_size=2),
    st.frozensets(PARTS, max_size=4),
)


def fewer(draw, grounds: Grounds) -> Grounds:
    """The same, after some of it was withdrawn or left."""
    kept = [one for one in grounds.in_force if draw(st.booleans())]
    left = [replace(one, parties=frozenset(p for p in one.parties if draw(st.booleans()))) for one in kept]
    return replace(grounds, in_force=tuple(left))


@given(st.data(), st.booleans(), st.lists(IN_FORCE, max_size=4), st.frozensets(PARTS, max_size=3))
def test_an_agreement_less_never_permits_more(data, asks_consent, more, suppliers):
    whole = everything_agreed("f704h", "g107h", "a101h")
    before = Grounds((*whole.in_force, *more), asks_consent, suppliers)
    after = fewer(data.draw, before)
    submit = replace(before, suppliers=frozenset({"f704h"})), replace(after, suppliers=frozenset({"f704h"}))
    approved = (review("i#one"), review("i#two"))
    for question in (
        lambda grounds: ask(grounds=grounds[0]),
        lambda grounds: release(*approved, grounds=grounds[0]),
        lambda grounds: facts.may_submit(SUPPLIER, ROUND, CLAIMS, KEY, grounds[1]),
    ):
        assert codes(question((before, submit[0]))) <= codes(question((after, submit[1])))


def test_what_the_grounds_lack_is_counted_and_never_named():
    two = Grounds((), asks_consent=True, suppliers=frozenset({"f704h", "g107h"}))
    decision = ENGINE.decide(ask(grounds=two))
    told = {reason.code: dict(reason.data) for reason in decision.reasons}
    assert told["suppliers-without-agreement"] == told["suppliers-without-consent"] == {"suppliers": 2}
    assert told["processor-agreement-not-in-force"]["reference"] == "VO-2026-001"
    assert "f704h" not in repr(decision)
