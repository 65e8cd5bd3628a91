"""From a question to a release: what an owner, two stewards and again the owner do, and what they see."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from demo.people import PersonAtWork


def review(stewards: Sequence[PersonAtWork], request: str, verdict: str, reason: str) -> Mapping[str, Any]:
    """Two stewards approve, or one rejects; the evidence that they saw."""
    path = f"/v1/aggregate-requests/{request}"
    evidence: Mapping[str, Any] = {}
    for steward in stewards if verdict == "approve" else stewards[:1]:
        evidence = steward.get(f"{path}/evidence")
        body = {"evidence": evidence["id"], "verdict": verdict, "reason": reason}
        steward.send("POST", f"{path}/reviews", body)
    return evidence


def show_evidence(name: str, evidence: Mapping[str, Any]) -> None:
    """What the protection cost, and that the attack found nothing."""
    report = evidence["report"]["measures"][0]
    attack = report["attack"]
    print(
        f"  {name}: {report['suppressed']} of {report['cells']} cells suppressed ({report['unsafe']} unsafe), "
        f"{lost(evidence):.1f} % of the value; attack on {attack['examined']} cells by {attack['attackers']} "
        f"attackers: {attack['exactDisclosures']} exact disclosures, {attack['intervalBreaches']} interval breaches"
    )
    rules = Counter(rule for cell in evidence["tables"][0]["cells"] for rule in cell.get("why", ()))
    print("     why: " + ", ".join(f"{rule} {count}" for rule, count in sorted(rules.items())))


def lost(evidence: Mapping[str, Any]) -> float:
    """Percentage of the value of the finest cells that is suppressed."""
    report = evidence["report"]["measures"][0]
    return float(100 * report["suppressedValue"] / report["finestValue"])


def released(owner: PersonAtWork, request: str) -> str:
    """The release, once the worker has made it."""
    done = owner.wait_for(request)
    while done["state"] != "released":
        done = owner.wait_for(request)
    return str(done["releaseId"])


def cells_of(owner: PersonAtWork, release: str) -> Sequence[Mapping[str, str]]:
    """The cells as the owner's CSV shows them."""
    answer = owner.call("GET", f"/v1/releases/{release}/cells", accept="text/csv")
    return list(csv.DictReader(io.StringIO(answer.text)))
