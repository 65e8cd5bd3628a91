"""The life of a purpose that people make: who may what, when it holds, and what names it afterwards."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from journey import (
    OTHER_OWNER,
    OWNER,
    PRIVACY_OFFICER,
    SECOND,
    STEWARD,
    THIRD,
    WORKER,
    World,
    a_row,
    a_spec,
    world_on,
)
from journey_regions import url_of
from purpose_documents import WHY, a_document

from service.adapters.bundle.stated import StatedPurposes
from service.domain.errors import Conflict, Denied, Faulty, Invalid
from service.domain.purpose import PurposeState
from service.domain.request import AggregateRequest, Verdict
from service.domain.round import RoundState
from service.ports.unit_of_work import Page
from service.use_cases.judge_purpose import approve_purpose, change_purpose, review_purpose
from service.use_cases.read_purposes import list_purposes, read_purpose, read_register
from service.use_cases.read_releases import read_release
from service.use_cases.read_requests import read_evidence
from service.use_cases.read_uses import read_uses
from service.use_cases.release_request import release_request
from service.use_cases.withdraw_release import withdraw_release

SPEC = a_spec(purpose="winter-peaks", periods=("2024",))


@pytest.fixture
def collected(world: World) -> World:
    """The figures of 2024, in a closed round."""
    world.round("2024")
    for number, party in enumerate(world.parties.values()):
        world.deliver(party, [a_row(900 + number, period="2024Q1")], "staffed-beds-2024")
    world.turn("staffed-beds-2024", RoundState.CLOSED)
    return world


def codes(request: AggregateRequest) -> list[str]:
    return [reason["code"] for reason in json.loads(request.decision).get("reasons", ())]


def approve(world: World, who=STEWARD, version: int = 1, verdict: Verdict = Verdict.APPROVE):
    return approve_purpose(world.call(who), "winter-peaks", version, verdict, WHY)


def review(world: World, version: int = 1, verdict: Verdict = Verdict.APPROVE):
    return review_purpose(world.call(PRIVACY_OFFICER), "winter-peaks", version, verdict, WHY)


def change(world: World, what: str, who=STEWARD, version: int = 1):
    return change_purpose(world.call(who), "winter-peaks", version, what, WHY)


def test_from_proposal_to_release_everything_names_version_and_digest(collected: World) -> None:
    world = collected
    proposed = world.propose(a_document())
    assert codes(world.ask(SPEC)) == ["purpose-unknown"]
    review(world)
    approve(world)
    assert codes(world.ask(SPEC)) == ["purpose-unknown"]
    assert approve(world, SECOND).state is PurposeState.APPROVED
    done = world.release(SPEC)
    assert done.state == "released"
    named = {"id": "winter-peaks", "version": 1, "digest": proposed.digest}
    assert json.loads(done.decision)["purpose"] == {**named, "legalBasis": a_document()["legal_basis"]}
    with world.services.database.look() as data:
        release = data.releases.get(str(done.release))
        certificate = data.releases.certificate(release.id)
    assert named.items() <= json.loads(release.content)["purpose"].items()
    assert certificate is not None
    assert named.items() <= json.loads(certificate.content)["purpose"].items()
    for code in ("purpose.propose", "purpose.approve", "request.submit", "release.create", "release.publish"):
        event = world.events(code=code)[0].authorisation
        assert (event.purpose, event.purpose_version, event.purpose_digest) == ("winter-peaks", 1, proposed.digest)
        assert event.policy_hash == world.services.policy.policy_hash


def test_four_eyes_that_are_not_the_proposers(world: World) -> None:
    world.propose(a_document(), STEWARD)
    with pytest.raises(Conflict, match="purpose-state"):
        approve(world, SECOND)
    review(world)
    for who, reason in ((STEWARD, "own-proposal"), (OWNER, "role-not-allowed"), (PRIVACY_OFFICER, "role-not-allowed")):
        with pytest.raises(Denied) as denied:
            approve(world, who)
        assert reason in {found.code for found in denied.value.reasons}
    assert approve(world, SECOND).state is PurposeState.APPROVED_ONCE
    with pytest.raises(Denied) as denied:
        approve(world, SECOND)
    assert [found.code for found in denied.value.reasons] == ["purpose-reviewed-before"]
    assert approve(world, THIRD).state is PurposeState.APPROVED


@pytest.mark.parametrize("by", [review, approve])
def test_one_rejection_ends_a_proposal(world: World, by) -> None:
    world.propose(a_document())
    if by is approve:
        review(world)
    assert by(world, verdict=Verdict.REJECT).state is PurposeState.REJECTED
    assert world.propose(a_document(version=2)).version == 2


def test_every_fault_at_once_with_its_article(world: World) -> None:
    document = a_document(
        legal_basis="6(1)(a)",
        statute=None,
        controllers=["one", "two"],
        uavg_evidence=None,
        special_category_exception="9(2)(j)",
        status="approved",
        recipients={"reach": "all-regions"},
        dpv=["dpv:PublicInterest"],
    )
    document["scopes"][0]["measures"] = ["tariff"]
    with pytest.raises(Faulty) as refused:
        world.propose(document)
    found = {fault.code: fault for fault in refused.value.found}
    assert set(found) == {
        "not-a-draft",
        "joint-arrangement",
        "consent-scope",
        "uavg-evidence",
        "reach-roles",
        "dpv-missing",
        "unknown-name",
    }
    for code, article in (("joint-arrangement", "26"), ("consent-scope", "7 AVG"), ("uavg-evidence", "24 UAVG")):
        assert article in found[code].nl
        assert article.split()[0] in found[code].en
    assert world.events(code="purpose.propose")[0].reasons == ("purpose",)


def test_faults_repeat_no_number_of_a_person(world: World) -> None:
    with pytest.raises(Faulty) as refused:
        world.propose(a_document(legal_basis="BSN 123456782", disclosure_profile="p123456782"))
    told = " ".join(fault.nl + fault.en + fault.where for fault in refused.value.found)
    assert "123456782" not in told


def test_a_new_version_replaces_the_one_before_when_it_is_approved(collected: World) -> None:
    world = collected
    world.purpose(a_document())
    asked = world.ask(SPEC)
    world.propose(a_document(version=2))
    with pytest.raises(Conflict, match="purpose-pending"):
        world.propose(a_document(version=3))
    assert codes(world.ask(SPEC)) == []
    review(world, 2)
    approve(world, STEWARD, 2)
    approve(world, SECOND, 2)
    with world.services.database.look() as data:
        assert [one.state.value for one in data.purposes.all()] == ["superseded", "approved"]
    assert world.request(asked.id).purpose_version == 1  # keeps its own, and is not released under another
    world.work()
    with pytest.raises(Denied) as denied:
        world.approve(asked.id)
    assert [reason.code for reason in denied.value.reasons] == ["purpose-changed"]
    world.review(asked.id, STEWARD, Verdict.REJECT)
    assert world.request(asked.id).state == "rejected"
    assert world.ask(SPEC).purpose_version == 2


def test_a_new_version_stops_what_was_sealed_and_not_published(collected: World) -> None:
    world = collected
    world.purpose(a_document())
    sealed = world.ask(SPEC)
    world.work()
    world.approve(sealed.id)
    release_request(world.call(WORKER), sealed.id)
    world.purpose(a_document(version=2))
    world.sequence()
    world.work()
    ended = world.request(sealed.id)
    assert ended.state == "denied"
    assert [reason["code"] for reason in json.loads(ended.decision)["reasons"]] == ["purpose-changed"]


def test_what_was_asked_and_released_goes_on_resting_on_its_own_version(collected: World) -> None:
    """Readings, reviews, publication and withdrawal name the version, digest and basis they rest on, not today's."""
    world = collected
    first = a_document()
    world.purpose(first)
    supplier = next(iter(world.parties.values())).principal
    sealed = world.ask(SPEC)
    world.work()
    world.approve(sealed.id)
    release_request(world.call(WORKER), sealed.id)
    asked = world.ask(replace(SPEC, measures=SPEC.measures[:1]))
    world.work()
    with world.services.database.look() as data:
        digests = [data.purposes.get("winter-peaks").digest]
    world.sequence()
    world.work()
    second = a_document(version=2, legal_basis="6(1)(c)", dpv=["dpv:PublicInterest", "eu-gdpr:A6-1-c"])
    assert second["legal_basis"] != first["legal_basis"]
    world.purpose(second)
    released = world.request(sealed.id)
    read_release(world.call(OWNER), str(released.release))
    read_evidence(world.call(STEWARD), asked.id)
    (use,) = read_uses(world.call(supplier), Page())
    assert use.legal_basis == first["legal_basis"]
    world.review(asked.id, STEWARD, Verdict.REJECT)
    withdraw_release(world.call(STEWARD), str(released.release), "fout in de bron")
    read = ("release.publish", "release.read", "request.read-evidence", "request.review", "release.withdraw")
    for code in read:
        event = world.events(code=code, outcome="success")[0].authorisation
        named = (event.purpose_version, event.purpose_digest, event.legal_basis)
        assert named == (1, digests[0], first["legal_basis"]), code
    assert world.ask(SPEC).purpose_version == 2
    assert world.events(code="request.submit")[0].authorisation.legal_basis == second["legal_basis"]


@pytest.mark.parametrize(
    ("document", "error"),
    [
        (a_document(version=2), "version-next"),
        (a_document("regional-capacity-planning"), "purpose-in-bundle"),
    ],
)
def test_what_is_not_the_next_version_is_refused(world: World, document, error: str) -> None:
    with pytest.raises((Faulty, Conflict)) as refused:
        world.propose(document)
    raised = refused.value
    assert error == (raised.found[0].code if isinstance(raised, Faulty) else raised.code)


def test_another_organisation_makes_no_version_of_it(world: World) -> None:
    world.purpose(a_document())
    with pytest.raises(Conflict, match="purpose-of-another"):
        world.propose(a_document(version=2), OTHER_OWNER)


@pytest.mark.parametrize("what", ["suspend", "withdraw"])
def test_what_is_under_way_stops_at_once_and_releases_stay(collected: World, what: str) -> None:
    world = collected
    world.purpose(a_document())
    released = world.release(SPEC)
    asked = world.ask(SPEC)
    world.work()
    world.approve(asked.id)
    change(world, what, PRIVACY_OFFICER)
    assert codes(world.ask(SPEC)) == ["purpose-not-approved"]
    assert codes(world.release_at_once(asked.id)) == ["purpose-not-approved"]
    assert world.request(released.id).state == "released"


def test_a_suspension_is_lifted_by_somebody_else(collected: World) -> None:
    world = collected
    world.purpose(a_document())
    change(world, "suspend")
    with pytest.raises(Denied) as denied:
        change(world, "resume")
    assert [found.code for found in denied.value.reasons] == ["own-suspension"]
    change(world, "resume", SECOND)
    assert codes(world.ask(SPEC)) == []
    change(world, "withdraw")
    with pytest.raises(Conflict, match="purpose-state"):
        change(world, "resume", SECOND)
    world.propose(a_document(version=2))
    with pytest.raises(Invalid, match="purpose-reason"):
        review_purpose(world.call(PRIVACY_OFFICER), "winter-peaks", 2, Verdict.APPROVE, " " * 20)


def test_another_process_sees_it_at_once(collected: World, tmp_path: Path) -> None:
    here = collected
    with world_on(here.application, url_of(here), here.directory) as there:
        there.services = replace(there.services, purposes=StatedPurposes())
        assert codes(there.ask(SPEC)) == ["purpose-unknown"]
        here.purpose(a_document())
        assert codes(there.ask(SPEC)) == []
        change(there, "suspend")
        assert codes(here.ask(SPEC)) == ["purpose-not-approved"]


def test_the_catalogue_is_made_once_for_as_long_as_nothing_changes(world: World) -> None:
    world.purpose(a_document())

    def in_force():
        with world.services.database.look() as data:
            get = data.purposes.get
            heads = data.purposes.decided()
            documents = lambda name, version: get(name, version).document  # noqa: E731
            return world.services.purposes.in_force(world.services.catalogue, heads, documents)

    first = in_force()
    assert in_force() is first
    change(world, "suspend")
    assert in_force() is not first


def test_a_document_that_does_not_fit_the_bundle_any_more_permits_nothing(collected: World) -> None:
    world = collected
    world.purpose(a_document())
    catalogue = world.services.catalogue
    (capacity,) = (found for found in catalogue.data_sets if found.id == "staffed-beds")
    others = tuple(found for found in catalogue.data_sets if found.id != "staffed-beds")
    older = replace(capacity, minimum_age_months=12)
    world.services = replace(world.services, catalogue=replace(catalogue, data_sets=(*others, older)))
    assert codes(world.ask(SPEC)) == ["purpose-unknown"]
    (view,) = [found for found in list_purposes(world.call(STEWARD)) if found.purpose.id == "winter-peaks"]
    assert not view.in_force


def of_the_bundle(world: World) -> set[str]:
    return {found.id for found in world.services.catalogue.purposes}


def test_who_sees_which(world: World) -> None:
    scope = {"reach": "one-organisation", "organisations": ["nhs-north"]}
    world.purpose(a_document(recipients=scope))
    world.propose(a_document("mine"))

    def seen(who):
        return {found.purpose.id for found in list_purposes(world.call(who))} - of_the_bundle(world)

    assert seen(OWNER) == seen(STEWARD) == seen(PRIVACY_OFFICER) == {"winter-peaks", "mine"}
    assert seen(OTHER_OWNER) == set()
    with pytest.raises(Denied):
        read_purpose(world.call(OTHER_OWNER), "winter-peaks")
    steps = [verdict.step for verdict in read_purpose(world.call(OWNER), "winter-peaks").verdicts]
    assert steps == ["review", "approve", "approve"]


def test_the_register_holds_what_is_in_force(world: World) -> None:
    world.purpose(a_document())
    world.propose(a_document("not-yet"))
    register = read_register(world.call(PRIVACY_OFFICER))
    assert [found.id for found in register.purposes] == sorted({*of_the_bundle(world), "winter-peaks"})
