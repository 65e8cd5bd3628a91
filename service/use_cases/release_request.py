"""The worker seals what two stewards approved: everything is looked at once more, then signed and stored.

Nobody reads it yet: `publish_release` lets recipients in, once a signed checkpoint of the audit log covers its events.
"""

from __future__ import annotations

import json
from dataclasses import replace

from service.domain import facts
from service.domain.audit import PURPOSEFUL, Action, EventCode, Fact, Outcome
from service.domain.catalogue import Catalogue
from service.domain.decision_text import decision_text
from service.domain.errors import Conflict, NotFound
from service.domain.organisation import OrganisationKind
from service.domain.policy import Decision, Deny
from service.domain.purpose import Purpose
from service.domain.release import Release
from service.domain.release_facts import may_release
from service.domain.request import REQUEST_LIFECYCLE, AggregateRequest, Evidence, RequestSpec
from service.domain.request_facts import civil_day, regions_asked
from service.domain.round import RoundState
from service.ports.unit_of_work import UnitOfWork
from service.use_cases.call import Call, Step
from service.use_cases.counting import still_counts
from service.use_cases.release_certificate import certify
from service.use_cases.release_content import release_content
from service.use_cases.request_aggregate import rests_on, rounds_of
from service.use_cases.tied_releases import is_outdated
from sluis_client.wire import RELEASE_PREFIX, canonical_bytes, digest
from sluis_client.wire.release import RELEASE_EVENT

EVENT = EventCode(
    RELEASE_EVENT,
    Action.CREATE,
    "release",
    PURPOSEFUL | {Fact.BEHALF, Fact.AGREEMENT, Fact.CHECKS, Fact.KEYS, Fact.COMMITMENT},
)


def release_request(call: Call, request: str) -> AggregateRequest:
    """Seal the release of an approved request, send that back to be prepared again, or stop it.

    1. Let no other release over these facts happen meanwhile.
    2. The policy permits as things are today: purpose, agreements, consents, recipient, four eyes on this evidence.
    3. Rules, deliveries and earlier releases are still those that the attack took into account; else prepare again.
    4. Sign the content and store the release: immutable, and known to every later attack check from here. The event
       commits to figures and certificate.

    Raises:
        Denied: the caller is not the worker.
        Conflict: `request-state`: it is not approved (any more); `release-sealed`: it is sealed already.
    """
    with call.transact(EVENT) as step:
        found = taken_up(step, request)  # 1
        sealed = replace(found, state=REQUEST_LIFECYCLE.after(found.state, "seal"))
        if sealed_release(step.data, request) is not None:
            raise Conflict("release-sealed")
        evidence = step.data.requests.evidence(request)
        if evidence is None:
            raise NotFound("evidence")
        # 2
        catalogue = step.catalogue
        step.about(found.spec.data_set, found.spec.purpose, catalogue)
        decision = decide_release(step, found, evidence, catalogue)
        if isinstance(decision, Deny):
            return stopped(step, found, decision, catalogue)
        # 3
        if not _still_holds(step, found, evidence, catalogue):
            return _save(step, found, "prepare-again", ("evidence-outdated",))
        step.checked("evidence-current")
        # 4
        purpose = catalogue.purpose(found.spec.purpose)
        decided = replace(found, decision=decision_text(decision, purpose))  # of today, under today's bundle
        release = certify(step, decided, _signed(step, found, evidence, purpose), evidence)
        step.object_id = release.id
        step.data.releases.add(release)
        return sealed


def taken_up(step: Step, request: str, *, names_object: bool = True) -> AggregateRequest:
    """The request, locked, for the worker that carries it on; no other release over its facts happens meanwhile.

    It is asked apart from what the worker is about to decide: who may not carry a request on is turned away, and must
    not stop it by a denial.

    Raises:
        Denied: the caller is not the worker.
    """
    step.object_id = request
    found = step.data.requests.get(request)
    step.carry_on(found)
    step.data.releases.lock_facts(found.spec.data_set)
    found = step.data.requests.get(request, lock=True)
    step.authorise(facts.may_prepare_request(step.caller(), found), names_object=names_object)
    return found


def decide_release(step: Step, found: AggregateRequest, evidence: Evidence, catalogue: Catalogue) -> Decision:
    """What the policy says as things are today; the agreements that it rests on stay in force until the end.

    It is asked before a release is sealed, and again before anybody may read it: meanwhile an agreement, a consent or a
    purpose may have ended.
    """
    today = rests_on(step, found, catalogue, lock=True)
    if today.recipient is not None:
        step.name(agreement=today.recipient.agreement.reference)
    reviews = step.data.requests.reviews(found.id, evidence.id)
    decision = step.decide(may_release(step.caller(), found, evidence, reviews=reviews, today=today))
    step.checked("four-eyes")
    return decision


def stopped(step: Step, found: AggregateRequest, denial: Deny, catalogue: Catalogue) -> AggregateRequest:
    """The request ends with the reasons why it is not released."""
    text = decision_text(denial, step.known(catalogue.purpose, found.spec.purpose))
    return _save(step, replace(found, decision=text), "stop", tuple(reason.code for reason in denial.reasons))


def sealed_release(data: UnitOfWork, request: str) -> Release | None:
    """The release of what stewards approve now; one of evidence that was made anew since is not.

    Nor is one to which no event commits, of before events did: it is made again. Nor one that was withdrawn before it
    was published.
    """
    evidence, newest = data.requests.evidence(request), data.releases.newest_of(request)
    if newest is None or evidence is None or newest.certified is None or newest.withdrawn_at is not None:
        return None
    return None if newest.released_at < evidence.made_at else newest


def _still_holds(step: Step, found: AggregateRequest, evidence: Evidence, catalogue: Catalogue) -> bool:
    """The same bundle, disclosure profiles of purposes, deliveries, and earlier releases of these facts.

    A release of other facts changes nothing about this one. Of a cancelled round nothing is released.
    """
    rounds = rounds_of(step, found.spec)
    names = [round_.id for round_ in rounds]
    report = json.loads(evidence.report)
    return (
        report.get("policyHash") == step.call.services.policy.policy_hash
        and report.get("profiles") == catalogue.profiles_named(found.spec.data_set)
        and all(round_.state is not RoundState.CANCELLED for round_ in rounds)
        and still_counts(step, found, evidence)
        and not is_outdated(step, found.spec.data_set, names, evidence.tables, evidence.history)
    )


def _save(step: Step, found: AggregateRequest, event: str, reasons: tuple[str, ...]) -> AggregateRequest:
    step.conclude(Outcome.DENIED if event == "stop" else Outcome.FAILED, reasons)
    changed = replace(found, state=REQUEST_LIFECYCLE.after(found.state, event))
    step.data.requests.save(changed)
    return changed


def _recipients(step: Step, found: AggregateRequest, purpose: Purpose) -> frozenset[str]:
    """The requester's organisation and whoever else the purpose names, as they are known at this moment.

    Others than the requester, of whom the policy asked it, have to be under an agreement. Of figures for the own region
    only these are the organisations that stand for all of it.
    """
    every, today = step.data.organisations.all(), civil_day(step.now)
    regions = _own_regions(step, found, purpose)
    everywhere = not purpose.recipients.own_region_only
    named = {
        organisation.id
        for organisation in every
        if not organisation.suspended
        and organisation.agreement.holds_on(today)
        and (everywhere or (regions and regions <= organisation.regions_on(today)))
        and purpose.recipients.include(
            organisation.id, is_regional_owner=OrganisationKind.REGIONAL_OWNER in organisation.kinds
        )
    }
    return frozenset(named | {found.organisation})


def _own_regions(step: Step, found: AggregateRequest, purpose: Purpose) -> frozenset[str]:
    """What a reader has to stand for; nothing where the purpose goes beyond the own region."""
    own_only = purpose.recipients.own_region_only
    return frozenset(regions_asked(found.spec, step.catalogue)) if own_only else frozenset()


def _signed(step: Step, found: AggregateRequest, evidence: Evidence, purpose: Purpose) -> Release:
    services = step.call.services
    release_id = services.randomness.new_id()
    rounds = rounds_of(step, found.spec)
    before = _earlier(step, found)
    version = 1 + len(before)
    now = set(evidence.inputs), evidence.left_out
    revises = tuple(release.id for release in before if (set(release.inputs), release.left_out) != now)
    content = canonical_bytes(
        release_content(step, found, evidence, rounds, release=release_id, version=version, revises=revises)
    )
    signature = step.sign(RELEASE_PREFIX, content)
    return Release(
        id=release_id,
        request=found.id,
        data_set=found.spec.data_set,
        purpose=found.spec.purpose,
        rounds=tuple(round_.id for round_ in rounds),
        version=version,
        recipients=_recipients(step, found, purpose),
        content=content.decode(),
        content_digest=digest(content),
        key_id=signature.key_id,
        signature=signature.value,
        inputs=evidence.inputs,
        released_at=step.now,
        revises=revises,
        left_out=evidence.left_out,
        public=purpose.recipients.public,
        regions=_own_regions(step, found, purpose),
    )


def _earlier(step: Step, found: AggregateRequest) -> list[Release]:
    """The earlier releases of this same table, to whomever."""
    table = _table(found.spec)
    releases = step.data.releases.over(found.spec.data_set)
    return [release for release in releases if _table(step.data.requests.get(release.request).spec) == table]


def _table(spec: RequestSpec) -> tuple[object, ...]:
    asked = sorted((one.dimension, one.classification, one.level, tuple(sorted(one.only))) for one in spec.dimensions)
    return spec.purpose, tuple(asked), frozenset(spec.periods), frozenset(spec.measures)
