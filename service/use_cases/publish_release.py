"""A sealed release is published once a signed checkpoint covers its events; its certificate is made at that moment."""

from __future__ import annotations

import json
from dataclasses import replace
from enum import StrEnum
from typing import Any

from service.domain import facts
from service.domain.audit import PURPOSEFUL, Action, EventCode, Fact
from service.domain.errors import Conflict
from service.domain.release import Certificate, Release
from service.domain.request import REQUEST_LIFECYCLE, AggregateRequest, Evidence, Verdict
from service.ports.unit_of_work import UnitOfWork
from service.use_cases import release_request
from service.use_cases.call import Call, Services, Step
from service.use_cases.read_log import prove
from sluis_client.wire import canonical_bytes
from sluis_client.wire.log import LogProof
from sluis_client.wire.release import CERTIFICATE_PREFIX, input_digest
from sluis_client.wire.strict import time_text

EVENT = EventCode("release.publish", Action.UPDATE, "release", PURPOSEFUL | {Fact.BEHALF, Fact.CHECKS, Fact.KEYS})


class Standing(StrEnum):
    """Where an approved request stands on its way to a release."""

    TO_SEAL = "to-seal"
    WAITS_FOR_LOG = "waits-for-log"
    TO_PUBLISH = "to-publish"


def standing_of(services: Services, request: str) -> Standing:
    """What the worker has to do next for an approved request; a look of the service itself, which leaves no event."""
    with services.database.look() as data:
        sealed = release_request.sealed_release(data, request)
        if sealed is None:
            return Standing.TO_SEAL
        return Standing.WAITS_FOR_LOG if _proof(data, sealed) is None else Standing.TO_PUBLISH


def publish_release(call: Call, request: str) -> AggregateRequest:
    """Let recipients read a sealed release.

    1. The request is approved and its release is sealed, and stays so.
    2. A signed checkpoint covers every event of the request up to the release, and the release's own.
    3. Sign the certificate, with the place of the release in the log, and store it: immutable from here.

    Raises:
        Denied: the caller is not the worker.
        Conflict: `request-state`: it is not approved (any more); `release-not-in-log`: no checkpoint covers it yet.
    """
    with call.transact(EVENT) as step:
        step.object_id = request
        # 1
        found = step.data.requests.get(request, lock=True)
        step.carry_on(found)
        step.authorise(facts.may_prepare_request(step.caller(), found), names_object=False)
        state = REQUEST_LIFECYCLE.after(found.state, "release")
        release = release_request.sealed_release(step.data, request)
        evidence = step.data.requests.evidence(request)
        if release is None or evidence is None:
            raise Conflict("release-not-in-log")
        step.object_id = release.id
        # 2
        proof = _proof(step.data, release)
        if proof is None:
            raise Conflict("release-not-in-log")
        step.checked("events-in-log")
        # 3
        step.data.releases.add_certificate(_certificate(step, found, release, evidence, proof))
        published = replace(found, state=state, release=release.id)
        step.data.requests.save(published)
        return published


def _proof(data: UnitOfWork, release: Release) -> LogProof | None:
    """The place of the release's event in the log, once a checkpoint covers all events on the way to it.

    Later events about the request do not count: whoever asks for it again and again cannot hold it up.
    """
    event = data.log.event_of(release_request.EVENT.code, release.id)
    if event is None or data.log.uncovered((release.request, release.id), release.released_at):
        return None
    return prove(data.log, event)


def _certificate(
    step: Step, found: AggregateRequest, release: Release, evidence: Evidence, proof: LogProof
) -> Certificate:
    content = canonical_bytes(_content(step, found, release, evidence, proof))
    signature = step.sign(CERTIFICATE_PREFIX, content)
    return Certificate(release.id, content.decode(), signature.key_id, signature.value, step.now)


def _content(
    step: Step, found: AggregateRequest, release: Release, evidence: Evidence, proof: LogProof
) -> dict[str, Any]:
    """What is certified.

    Of the evidence only its id and outcome: a digest of it would let whoever knows all but one figure try that one.
    """
    catalogue = step.catalogue
    content = json.loads(release.content)
    purpose = catalogue.purpose(found.spec.purpose)
    decision = json.loads(found.decision)
    manifests = [step.data.submissions.get(delivery).manifest_digest for delivery in release.inputs]
    reviews = step.data.requests.reviews(found.id, evidence.id)
    return {
        "certificateVersion": 1,
        "issuer": step.call.services.issuer,
        "release": release.id,
        "version": release.version,
        "contentDigest": release.content_digest,
        "request": found.id,
        "organisation": found.organisation,
        "requester": found.requester,
        "purpose": {**content["purpose"], "statute": purpose.statute},
        "policyHash": content["policyHash"],
        "decision": {
            "outcome": decision["outcome"],
            "policies": list(decision.get("policies", ())),
            "policyHash": decision["policyHash"],
        },
        "inputs": sorted(input_digest(release.id, manifest) for manifest in manifests),
        "disclosure": {
            "profile": purpose.disclosure_profile or catalogue.data_set(found.spec.data_set).disclosure_profile,
            "evidence": evidence.id,
            "madeAt": time_text(evidence.made_at),
            "safe": evidence.safe,
        },
        "approvers": [
            {"steward": review.steward, "at": time_text(review.at)}
            for review in reviews
            if review.verdict is Verdict.APPROVE
        ],
        "auditEvent": json.loads(proof.entry.payload)["id"],
        "logProof": proof.to_json(),
    }
