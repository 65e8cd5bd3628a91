"""From a question to a release: the real policy, engine, disclosure control and worker."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from journey import (
    AUDITOR,
    OPERATOR,
    OTHER_OWNER,
    OWNER,
    SECOND,
    STEWARD,
    STRANGER,
    THIRD,
    VERDICT,
    WORKER,
    World,
    dimensions,
    person,
)
from journey_figures import DUMFRIES, FACTS, FIGURES, LONE, SPEC, cells_of, collect, correct, require_sums

from service.domain.errors import Conflict, Denied, Invalid
from service.domain.organisation import OrganisationKind
from service.domain.principal import Principal, Role
from service.domain.request import RequestState, Verdict
from service.domain.round import RoundState
from service.ports.parts import MissingPartError
from service.ports.policy import PolicyEngine
from service.ports.unit_of_work import Page
from service.use_cases.fail_request import retry_request
from service.use_cases.prepare_request import prepare_request
from service.use_cases.read_releases import list_releases, read_release
from service.use_cases.read_requests import RequestView, list_requests, read_evidence, read_request
from service.use_cases.review_request import review_request
from service.use_cases.suspend_organisation import suspend_organisation
from service.use_cases.withdraw_release import withdraw_release
from sluis_client.wire import RELEASE_PREFIX, KeySet, digest, verify_ed25519


@pytest.fixture
def closed(world: World) -> World:
    return collect(world)


def state(world: World, request: str) -> str:
    return world.request(request).state.value


def report_of(world: World, request: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(read_evidence(world.call(THIRD), request).report)
    return found


def test_the_whole_way(any_world: World) -> None:
    world = collect(any_world)
    asked = world.ask(SPEC)
    assert asked.state is RequestState.PERMITTED
    assert json.loads(asked.decision)["outcome"] == "permit"
    world.work()
    assert state(world, asked.id) == "prepared"
    assert world.review(asked.id, STEWARD).state is RequestState.APPROVED_ONCE
    world.work()
    assert state(world, asked.id) == "approved-once"
    assert world.review(asked.id, SECOND).state is RequestState.APPROVED
    world.work()
    done = world.request(asked.id)
    assert done.state is RequestState.RELEASED
    assert done.release is not None
    release = read_release(world.call(OWNER), done.release).release
    keys = KeySet.from_json({"keys": world.application.public_keys()})
    key = keys.ed25519(release.key_id)
    assert key is not None
    verify_ed25519(RELEASE_PREFIX, release.content.encode(), release.signature, key)
    assert digest(release.content.encode()) == release.content_digest
    content = json.loads(release.content)
    assert content["policyHash"] == world.services.policy.policy_hash
    assert content["coverage"] == [{"round": "staffed-beds-2024", "period": "2024", "expected": 6, "delivered": 6}]
    assert (content["id"], content["version"], content["request"]) == (release.id, 1, asked.id)
    told = [event.code for event in reversed(world.events(object_id=asked.id))]
    assert told == ["request.submit", "request.prepare", *["request.read-evidence", "request.review"] * 2]
    assert [event.code for event in world.events(object_id=release.id)] == [
        "release.read",
        "release.publish",
        "release.create",
    ]


def test_released_figures_are_the_sums_of_what_was_delivered(closed: World) -> None:
    """And what is suppressed is nowhere in the release, nor why."""
    done = closed.release(replace(SPEC, dimensions=dimensions(region="health-board", care_form="specialty")))
    assert done.release is not None
    content = read_release(closed.call(OWNER), done.release).release.content
    cells = cells_of(content)
    suppressed = [cell for cell in cells if cell.value is None]
    assert {(DUMFRIES, "dermatology"), (DUMFRIES, "general-psychiatry")} <= {cell.codes for cell in suppressed}
    assert require_sums(content, FACTS) > 5
    assert LONE not in {cell.value for cell in cells}
    assert not ({"secondary", "dominance", "why", *FIGURES} - {"north", "east", "west"}) & set(
        content.replace('"', " ").split()
    )  # regions have such codes
    for table in json.loads(content)["tables"]:
        for cell in table["cells"]:
            assert set(cell) == {"codes", "value", "status"}
            assert (cell["status"] == "Q") == (cell["value"] is None)
    evidence = json.loads(read_evidence(closed.call(STEWARD), done.id).tables)
    why = {tuple(cell["codes"]): cell["why"] for cell in evidence[0]["cells"] if "why" in cell}
    assert set(why) == {cell.codes for cell in suppressed}
    assert "minimum-contributors" in why[(DUMFRIES, "dermatology")]
    assert "minimum-count" in why[(DUMFRIES, "general-psychiatry")]
    assert all(len(set(reasons)) == len(reasons) for reasons in why.values())


def test_the_requester_does_not_review(closed: World) -> None:
    both = person("both", Role.REGIONAL_OWNER, Role.STEWARD, organisation="nhs-north")
    asked = closed.ask(SPEC, both)
    closed.work()
    evidence = read_evidence(closed.call(STEWARD), asked.id).id
    for attempt in (
        lambda: read_evidence(closed.call(both), asked.id),
        lambda: review_request(closed.call(both), asked.id, evidence, Verdict.APPROVE, VERDICT),
    ):
        with pytest.raises(Denied) as refused:
            attempt()
        assert [reason.code for reason in refused.value.reasons] == ["own-request"]


def test_one_steward_is_not_two(any_world: World) -> None:
    world = collect(any_world)
    asked = world.ask(SPEC)
    world.work()
    world.review(asked.id, STEWARD)
    with pytest.raises(Denied) as refused:
        world.review(asked.id, STEWARD)
    assert [reason.code for reason in refused.value.reasons] == ["reviewed-before"]
    with pytest.raises(Denied):
        world.review(asked.id, STEWARD, Verdict.REJECT)
    world.work()
    assert state(world, asked.id) == "approved-once"


@pytest.mark.parametrize("after_approval", [False, True])
def test_rejected(closed: World, after_approval: bool) -> None:
    asked = closed.ask(SPEC)
    closed.work()
    if after_approval:
        closed.review(asked.id, STEWARD)
    evidence = read_evidence(closed.call(SECOND), asked.id).id
    with pytest.raises(Invalid, match="review-reason"):
        review_request(closed.call(SECOND), asked.id, evidence, Verdict.REJECT, "  no.   ")
    assert closed.review(asked.id, SECOND, Verdict.REJECT).state is RequestState.REJECTED
    closed.work()
    assert state(closed, asked.id) == "rejected"
    with pytest.raises(Conflict, match="request-state"):
        closed.review(asked.id, THIRD)
    assert list_releases(closed.call(STEWARD), Page()) == []


def test_a_denial_is_a_result_with_every_reason(closed: World) -> None:
    spec = replace(
        SPEC,
        purpose="winter-evaluation-2020",
        measures=("staffed_bed_days",),
        periods=("2024", "2025"),
        dimensions=dimensions(region="health-board", care_form="specialty"),
        necessity="nodig",
    )
    closed.invite("nhs-highland", OrganisationKind.REGIONAL_OWNER)
    highland = person("highland", Role.REGIONAL_OWNER, organisation="nhs-highland")
    asked = closed.ask(spec, highland)
    reasons = [reason["code"] for reason in json.loads(asked.decision)["reasons"]]
    assert set(reasons) == {
        "purpose-expired",
        "purpose-review-overdue",
        "measure-not-covered",
        "dimension-not-covered",
        "level-too-fine",
        "round-unknown",
        "data-too-young",
        "necessity-missing",
    }
    assert read_request(closed.call(highland), asked.id) == RequestView(asked, None)
    event = closed.events(object_id=asked.id)[0]
    assert (event.outcome, list(event.reasons)) == ("denied", reasons)
    closed.work()
    assert state(closed, asked.id) == "denied"
    with pytest.raises(Denied):
        read_request(closed.call(OTHER_OWNER), asked.id)
    assert list_requests(closed.call(OTHER_OWNER), Page()) == []


@pytest.mark.parametrize("field", ["dimensions", "periods", "measures"])
def test_nothing_is_asked_twice(closed: World, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        closed.ask(replace(SPEC, **{field: getattr(SPEC, field)[:1] * 2}))
    ((where, what),) = refused.value.faults
    assert where.startswith(f"{field}: ")
    assert what == "double"


def test_a_reopened_round_is_waited_for(closed: World) -> None:
    asked = closed.ask(SPEC)
    closed.turn("staffed-beds-2024", RoundState.OPEN, "a supplier found a fault")
    closed.work()
    assert state(closed, asked.id) == "permitted"
    closed.turn("staffed-beds-2024", RoundState.CLOSED)
    closed.work()
    assert state(closed, asked.id) == "prepared"


def test_a_correction_outdates_the_evidence(any_world: World) -> None:
    world = collect(any_world)
    asked = world.ask(SPEC)
    world.work()
    seen = read_evidence(world.call(THIRD), asked.id).id
    world.approve(asked.id)
    correct(world)
    world.work()
    assert state(world, asked.id) == "prepared"  # anew, in the same turn
    event = world.events(code="release.create")[0]
    assert (event.outcome, event.reasons, event.object_id) == ("failed", ("evidence-outdated",), asked.id)
    assert read_evidence(world.call(THIRD), asked.id).id != seen
    with pytest.raises(Conflict, match="evidence-outdated"):
        review_request(world.call(THIRD), asked.id, seen, Verdict.APPROVE, VERDICT)
    world.approve(asked.id)
    world.work()
    release = world.request(asked.id).release
    assert release is not None
    corrected = [replace(fact, value=fact.value + (fact.supplier == "north")) for fact in FACTS]
    assert require_sums(read_release(world.call(OWNER), release).release.content, corrected) >= 5


def test_another_release_outdates_the_evidence(closed: World) -> None:
    first, second = closed.ask(SPEC), closed.ask(SPEC, OTHER_OWNER)
    closed.work()
    closed.approve(first.id)
    closed.approve(second.id)
    closed.work()
    assert (state(closed, first.id), state(closed, second.id)) == ("released", "prepared")
    closed.approve(second.id)
    closed.work()
    assert state(closed, second.id) == "released"
    versions = [json.loads(found.release.content)["version"] for found in list_releases(closed.call(STEWARD), Page())]
    assert versions == [2, 1]


def _agreement_ended(world: World) -> None:
    world.clock.moment = datetime(2028, 1, 1, 12, tzinfo=UTC)


def _suspended(world: World) -> None:
    suspend_organisation(world.call(OPERATOR), "nhs-north", suspended=True)


def _purpose(world: World, **changes: Any) -> None:
    catalogue = world.services.catalogue
    changed = replace(catalogue.purpose(SPEC.purpose), **changes)
    others = tuple(found for found in catalogue.purposes if found.id != SPEC.purpose)
    world.services = replace(world.services, catalogue=replace(catalogue, purposes=(*others, changed)))


@pytest.mark.parametrize(
    ("change", "reasons"),
    [
        (_agreement_ended, {"recipient-without-agreement"}),
        (_suspended, {"recipient-not-active"}),
        (lambda world: _purpose(world, version=2), {"purpose-changed"}),
        (lambda world: _purpose(world, status="withdrawn"), {"purpose-not-approved"}),
        (lambda world: _purpose(world, valid_until=date(2026, 6, 1)), {"purpose-expired"}),
        (lambda world: _purpose(world, id="another"), {"purpose-unknown"}),
    ],
)
def test_what_changed_before_the_release_stops_it(closed: World, change: Any, reasons: set[str]) -> None:
    asked = closed.ask(SPEC)
    closed.work()
    closed.approve(asked.id)
    change(closed)
    closed.work()
    stopped = closed.request(asked.id)
    assert stopped.state is RequestState.DENIED
    assert {reason["code"] for reason in json.loads(stopped.decision)["reasons"]} == reasons
    for_good = reasons <= {"purpose-changed", "purpose-not-approved"}  # ended whatever its state
    event = closed.events(code="request.end" if for_good else "release.create")[0]
    assert (event.outcome, set(event.reasons)) == ("denied", reasons)
    assert list_releases(closed.call(STEWARD), Page()) == []


class OtherBundle:
    """The same rules under another hash, as after any change in `policies/`."""

    def __init__(self, policy: PolicyEngine) -> None:
        self._policy = policy
        self.policy_hash = "sha-256:" + "0" * 64
        self.decide = policy.decide


def test_a_new_bundle_is_applied_before_anything_is_released(closed: World) -> None:
    """A stricter profile may stand in it: what was protected under the old one is protected again."""
    asked = closed.ask(SPEC)
    closed.work()
    closed.approve(asked.id)
    closed.services = replace(closed.services, policy=OtherBundle(closed.services.policy))
    closed.work()
    assert state(closed, asked.id) == "prepared"
    assert report_of(closed, asked.id)["policyHash"] == closed.services.policy.policy_hash
    closed.approve(asked.id)
    closed.work()
    assert state(closed, asked.id) == "released"


def test_a_purpose_that_is_gone_ends_the_request(closed: World) -> None:
    asked = closed.ask(SPEC)
    _purpose(closed, id="another")
    closed.work()
    assert state(closed, asked.id) == "unsafe"
    assert report_of(closed, asked.id)["refused"] == "catalogue-changed"


def test_only_recipients_read(closed: World) -> None:
    done = closed.release(SPEC)
    assert done.release is not None
    closed.invite("nhs-late", OrganisationKind.REGIONAL_OWNER)
    late = person("late", Role.REGIONAL_OWNER, organisation="nhs-late")
    for reader in (OWNER, OTHER_OWNER, STEWARD):
        assert [found.release.id for found in list_releases(closed.call(reader), Page())] == [done.release]
        assert read_release(closed.call(reader), done.release).release.id == done.release
    assert list_releases(closed.call(late), Page()) == []
    strangers: list[Principal] = [late, AUDITOR, OPERATOR, WORKER, STRANGER, closed.parties["north"].principal]
    for reader in strangers:
        with pytest.raises(Denied) as refused:
            read_release(closed.call(reader), done.release)
        with pytest.raises(Denied) as unknown:
            read_release(closed.call(reader), "0190f000-0000-7000-8000-000000000000")
        assert refused.value.reasons == unknown.value.reasons  # nor whether there is one
        assert closed.events(code="release.read", outcome="denied")[0].user == reader.id
    for reader in (OPERATOR, WORKER, STRANGER):
        with pytest.raises(Denied):
            list_releases(closed.call(reader), Page())
    for reader in (AUDITOR, closed.parties["north"].principal):
        assert list_releases(closed.call(reader), Page()) == []


def test_withdrawn_and_not_forgotten(any_world: World) -> None:
    world = collect(any_world)
    done = world.release(SPEC)
    assert done.release is not None
    with pytest.raises(Invalid, match="reason-needed"):
        withdraw_release(world.call(STEWARD), done.release, " ")
    withdraw_release(world.call(STEWARD), done.release, "a fault in the figures")
    with pytest.raises(Conflict, match="release-withdrawn"):
        withdraw_release(world.call(STEWARD), done.release, "a fault in the figures")
    with pytest.raises(Denied) as refused:
        read_release(world.call(OWNER), done.release)
    assert [reason.code for reason in refused.value.reasons] == ["release-withdrawn"]
    assert read_release(world.call(STEWARD), done.release).release.withdrawal_reason == "a fault in the figures"
    again = world.ask(SPEC)
    world.work()
    assert read_evidence(world.call(STEWARD), again.id).history == (done.release,)
    assert report_of(world, again.id)["releases"] == 1


def test_a_part_that_is_missing_is_an_alarm_and_no_smaller_table(closed: World) -> None:
    asked = closed.ask(SPEC)
    lost = closed.counting(closed.parties["isle"], "staffed-beds-2024")
    assert lost is not None
    assert lost.part is not None
    part = closed.services.parts.locate_part(lost.part)
    content = part.read_bytes()
    part.unlink()
    with pytest.raises(MissingPartError):
        prepare_request(closed.call(WORKER), asked.id)
    closed.worker.run_once(closed.services)
    assert state(closed, asked.id) == "failed"
    assert [told[2] for told in closed.troubles] == ["MissingPartError"]
    assert {event.outcome for event in closed.events(code="request.prepare")} == {"failed"}
    part.write_bytes(content)
    retry_request(closed.call(OPERATOR), asked.id)
    closed.troubles.clear()
    closed.work()
    assert state(closed, asked.id) == "prepared"


def test_two_workers_do_the_work_once(any_world: World) -> None:
    world = collect(any_world)
    asked = world.ask(SPEC)
    prepare_request(world.call(WORKER), asked.id)
    with pytest.raises(Conflict, match="request-state"):
        prepare_request(world.call(WORKER), asked.id)
    assert [event.outcome for event in world.events(code="request.prepare")] == ["failed", "success"]
