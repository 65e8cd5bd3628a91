"""A policy decision as the JSON text that is stored with what was decided on."""

from __future__ import annotations

import json
from typing import Any

from service.domain.policy import Decision, Permit
from service.domain.purpose import Purpose


def decision_text(decision: Decision, purpose: Purpose | None) -> str:
    """The decision with what it was decided by: bundle hash and purpose; and all reasons or obligations."""
    members: dict[str, Any] = {"policyHash": decision.policy_hash}
    if purpose is not None:
        members["purpose"] = {"id": purpose.id, "version": purpose.version, "digest": purpose.digest}
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
