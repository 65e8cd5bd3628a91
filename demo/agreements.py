"""What is agreed before anything is collected: recorded by one steward, confirmed by another."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from demo.people import PersonAtWork

_FROM = "2026-01-01"
_PROCESSOR = "VO-2026-001"


def agree(
    stewards: Sequence[PersonAtWork], suppliers: Iterable[str], data_sets: Iterable[str], purposes: Iterable[str]
) -> int:
    """Record and confirm the processor agreement with the suppliers, and what the purposes name.

    Args:
        stewards: two.
        suppliers: the parties.
        data_sets: what is agreed about.
        purposes: whose joint arrangement and impact assessment are recorded too.

    Returns:
        How many agreements and assessments there are.
    """
    recorder, confirmer = stewards
    parties, about = sorted(suppliers), sorted(data_sets)
    wanted: list[dict[str, object]] = [{"kind": "processor-agreement", "reference": _PROCESSOR, "parties": parties}]
    known = {found["id"]: found for found in recorder.get("/v1/purposes")["items"]}
    for name in purposes:
        purpose = known[name]
        named = (
            ("joint-arrangement", purpose.get("jointArrangement")),
            ("dpia", purpose.get("dpia", {}).get("reference")),
        )
        wanted += [
            {"kind": kind, "reference": reference, "parties": ["ttp"], "purposes": [name]}
            for kind, reference in named
            if reference
        ]
    for one in wanted:
        made = recorder.send("POST", "/v1/agreements", {"dataSets": about, "validFrom": _FROM, **one})
        confirmer.send("POST", f"/v1/agreements/{made['id']}/verdict", {"verdict": "approve"})
    return len(wanted)
