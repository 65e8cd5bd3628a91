"""What is certified of a release: how it came to be. The event of the release commits to it (docs/adr/0014-log.md)."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from service.domain.release import Release
from service.domain.request import AggregateRequest, Evidence, Verdict
from service.use_cases.call import Step
from sluis_client.wire import canonical_bytes
from sluis_client.wire.release import CERTIFICATE_VERSION, input_digest, release_commitment
from sluis_client.wire.strict import time_text


def certify(step: Step, found: AggregateRequest, release: Release, evidence: Evidence) -> Release:
    """The release with all that its certificate will say, but for its place in the log; the event commits to it."""
    members = _members(step, found, release, evidence)
    step.commitment = release_commitment(members)
    return replace(release, certified=canonical_bytes(members).decode())


def _members(step: Step, found: AggregateRequest, release: Release, evidence: Evidence) -> dict[str, Any]:
    """Of the evidence only its id and outcome: who knows all but one figure of it could try that one by a digest.

    The obligations are the rules that the table was made under: contributors, dominance, age of the figures. Other
    recipients of the purpose are nobody's business here.
    """
    catalogue = step.catalogue
    content = json.loads(release.content)
    purpose = catalogue.purpose(found.spec.purpose)
    decision = json.loads(found.decision)
    manifests = [step.data.submissions.get(delivery).manifest_digest for delivery in release.inputs]
    reviews = step.data.requests.reviews(found.id, evidence.id)
    return {
        "certificateVersion": CERTIFICATE_VERSION,
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
            "obligations": [term for term in decision.get("obligations", ()) if term["code"] != "recipient"],
        },
        "inputs": sorted(input_digest(release.id, manifest) for manifest in manifests),
        "disclosure": {
            "profile": purpose.disclosure_profile
            or catalogue.data_set(found.spec.data_set, found.spec.data_set_version).disclosure_profile,
            "evidence": evidence.id,
            "madeAt": time_text(evidence.made_at),
            "safe": evidence.safe,
        },
        "approvers": [
            {"steward": review.steward, "at": time_text(review.at)}
            for review in reviews
            if review.verdict is Verdict.APPROVE
        ],
        "nonce": step.nonce(),
        "auditEvent": step.event_id,
    }
