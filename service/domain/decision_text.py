"""A policy decision as the JSON text that is stored with what was decided on."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from service.domain.policy import Decision, Permit
from service.domain.purpose import Purpose


@dataclass(frozen=True, slots=True)
class NamedPurpose:
    """The version of a purpose that something rests on, as it was written down then."""

    version: int
    digest: str
    legal_basis: str | None


def decision_text(decision: Decision, purpose: Purpose | None) -> str:
    """The decision with what it was decided by: bundle hash and purpose; and all reasons or obligations."""
    members: dict[str, Any] = {"policyHash": decision.policy_hash}
    if purpose is not None:
        members["purpose"] = {"id": purpose.id, "version": purpose.version, "digest": purpose.digest}
        members["purpose"]["legalBasis"] = purpose.legal_basis
    if isinstance(decision, Permit):
        members |= {
            "outcome": "permit",
            "policies": list(decision.policies),
            "obligations": [{"code": o.code, "value": o.value} for o in decision.obligations],
        }
    else:
        members |= {
            "outcome": "deny",
            "reasons": [{"code": r.code, "data": dict(r.data)} for r in decision.reasons],
        }
    return json.dumps(members, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def purpose_named(text: str) -> NamedPurpose | None:
    """The purpose that a stored decision, or what was certified of a release, names; None when it names none.

    It may have been superseded since: what was asked or released under it goes on resting on it.
    """
    found = json.loads(text).get("purpose")
    return None if found is None else NamedPurpose(found["version"], found["digest"], found.get("legalBasis"))
