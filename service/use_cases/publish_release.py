"""A sealed release is published once a signed checkpoint covers its events; its certificate is made at that moment."""

from __future__ import annotations

import json
from dataclasses import replace
from enum import StrEnum

from service.domain.audit import PURPOSEFUL, Action, EventCode, Fact
from service.domain.errors import Conflict
from service.domain.policy import Deny
from service.domain.release import Certificate, Release
from service.domain.request import REQUEST_LIFECYCLE, AggregateRequest
from service.ports.unit_of_work import UnitOfWork
from service.use_cases import release_request
from service.use_cases.call import Call, Services, Step
from service.use_cases.counting import end_sealed
from service.use_cases.read_log import prove
from sluis_client.wire import canonical_bytes
from sluis_client.wire.log import LogProof
from sluis_client.wire.release import CERTIFICATE_PREFIX

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

    1. The request is approved and its release is sealed, and stays so; no other release of these facts is made.
    2. A signed checkpoint covers every event of the request up to the release, and the release's own.
    3. The policy permits it still: what it rests on may have ended since it was sealed. Then nobody reads it.
    4. Sign the certificate, with the place of the release in the log, and store it: immutable from here.

    Raises:
        Denied: the caller is not the worker.
        Conflict: `request-state`: it is not approved (any more); `release-not-in-log`: no checkpoint covers it yet.
    """
    with call.transact(EVENT) as step:
        # 1
        found = release_request.taken_up(step, request, names_object=False)
        state = REQUEST_LIFECYCLE.after(found.state, "release")
        release = release_request.sealed_release(step.data, request)
        evidence = step.data.requests.evidence(request)
        if release is None or release.certified is None or evidence is None:
            raise Conflict("release-not-in-log")
        step.object_id = release.id
        # 2
        proof = _proof(step.data, release)
        if proof is None:
            raise Conflict("release-not-in-log")
        step.checked("events-in-log")
        # 3
        catalogue = step.catalogue
        decision = release_request.decide_release(step, found, evidence, catalogue)
        if isinstance(decision, Deny):
            end_sealed(step, found, evidence)
            return release_request.stopped(step, found, decision, catalogue)
        # 4
        step.data.releases.add_certificate(_certificate(step, release.id, release.certified, proof))
        published = replace(found, state=state, release=release.id)
        step.data.requests.save(published)
        return published


def _proof(data: UnitOfWork, release: Release) -> LogProof | None:
    """The place of the release's event in the log, once a checkpoint covers all events on the way to it.

    Later events about the request do not count: whoever asks for it again and again cannot hold it up.
    """
    if release.certified is None or data.log.uncovered((release.request, release.id), release.released_at):
        return None
    return prove(data.log, json.loads(release.certified)["auditEvent"])


def _certificate(step: Step, release: str, certified: str, proof: LogProof) -> Certificate:
    """What the event of the release committed to, and where in the log that is."""
    content = canonical_bytes({**json.loads(certified), "logProof": proof.to_json()})
    signature = step.sign(CERTIFICATE_PREFIX, content)
    return Certificate(release, content.decode(), signature.key_id, signature.value, step.now)
