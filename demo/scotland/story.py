"""The first part: from the hospitals' files to a released aggregate, with every step as its user takes it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from demo.installation import Installation
from demo.people import AUDITOR, STEWARDS, PersonAtWork, log_in
from demo.provider import LocalProvider
from demo.review import cells_of, released, review, show_evidence
from demo.scotland.figures import YEARS, cancelled_operations, hospitals, staffed_beds
from demo.scotland.suppliers import deliver_everything, invited
from demo.stage import Part
from demo.table import TOTAL, show_table, title

OWNER = "nhs-lothian"
_REASONS = {
    "bottleneck": "People wait for a bed while nobody knows where beds stand empty.",
    "necessity": "No single hospital can see the capacity of the whole region.",
    "whyNothingLess": "A national figure hides the differences that the planning is about.",
}


def tell(place: Installation, provider: LocalProvider) -> None:
    """Everything, in order; every line printed is what the service answered."""
    stewards = [log_in(provider, place.url, name) for name in STEWARDS]
    owner = log_in(provider, place.url, f"owner-{OWNER}")
    _collect(place, stewards[0])
    requests = _ask(owner)
    _review(stewards, requests)
    release = _read(owner, requests["useful"])
    _nobody_else(place, provider, release)
    _audit(log_in(provider, place.url, AUDITOR))


def _collect(place: Installation, steward: PersonAtWork) -> None:
    title(1, "Collect: rounds, deliveries, receipts")
    deadline = (datetime.now(UTC) + timedelta(days=14)).strftime("%Y-%m-%dT%H:%M:%SZ")
    rounds = {}
    for data_set, delivers in (("staffed-beds", staffed_beds), ("cancelled-operations", cancelled_operations)):
        for year in YEARS:
            expected = [hospital.id for hospital in hospitals() if delivers(hospital, year)]
            body = {"dataSet": data_set, "period": year, "expected": expected, "deadline": deadline}
            made = steward.send("POST", "/v1/rounds", body)
            steward.send("PUT", f"/v1/rounds/{made['id']}/state", {"state": "open"})
            rounds[made["id"]] = len(expected)
    sent = deliver_everything(place)
    print(f"  {sent.submissions} deliveries by {len(hospitals())} hospitals, {sent.rows:,} rows,", end=" ")
    print(f"{sent.receipts} signed receipts verified by the suppliers")
    for name, expected_count in rounds.items():
        deliveries = steward.get(f"/v1/rounds/{name}/deliveries")["items"]
        delivered = sum(delivery["state"] != "missing" for delivery in deliveries)
        steward.send("PUT", f"/v1/rounds/{name}/state", {"state": "closed"})
        print(f"  round {name}: {delivered} of {expected_count} expected suppliers delivered; closed")


def _ask(owner: PersonAtWork) -> Mapping[str, Any]:
    title(2, f"Ask: three requests of {OWNER}")
    denied = owner.call(
        "POST", "/v1/aggregate-requests", _request("winter-evaluation-2020", "health-board", "specialty")
    )
    problem = denied.json()
    print(f"  1. for an evaluation that has ended: {denied.status_code} {problem['title']}")
    for reason in problem["reasons"]:
        print(f"     - {reason['code']} ({reason['rule']}): {reason['nl']} / {reason['en']}")
    found = {}
    for number, (name, region, care_form) in enumerate(
        (("too fine", "health-board", "care-group"), ("useful", "planning-region", "care-group")), start=2
    ):
        asked = owner.send("POST", "/v1/aggregate-requests", _request("regional-capacity-planning", region, care_form))
        found[name] = owner.wait_for(asked["id"])
        print(f"  {number}. {name}: {region} by {care_form}: permitted, now {found[name]['state']}")
    return found


def _request(purpose: str, region: str, care_form: str) -> Mapping[str, object]:
    return {
        "dataSet": "staffed-beds",
        "purpose": purpose,
        "dimensions": [
            {"dimension": "care_form", "classification": "scotland-specialties", "level": care_form},
            {"dimension": "region", "classification": "scotland-boards", "level": region},
        ],
        "periods": list(YEARS),
        "measures": ["staffed_bed_days"],
        **_REASONS,
    }


def _review(stewards: Sequence[PersonAtWork], requests: Mapping[str, Any]) -> None:
    title(3, "Review: what two stewards see and decide")
    verdicts = {
        "too fine": ("reject", "Most of the value is suppressed: ask for a coarser table."),
        "useful": ("approve", "Answers the question; nothing can be derived."),
    }
    for name, request in requests.items():
        verdict, reason = verdicts[name]
        show_evidence(name, review(stewards, request["id"], verdict, reason))
        print(f"     verdict: {verdict}: {reason}")


def _read(owner: PersonAtWork, request: Mapping[str, Any]) -> str:
    title(4, "Read: the release, as the regional owner sees it")
    release = released(owner, request["id"])
    content = owner.get(f"/v1/releases/{release}")["content"]
    show_table(content)
    cells = cells_of(owner, release)
    total = next(int(cell["OBS_VALUE"]) for cell in cells if {cell["care_form"], cell["region"]} == {TOTAL})
    summed = sum(
        int(row["staffed_bed_days"])
        for hospital in hospitals()
        for year in YEARS
        for row in staffed_beds(hospital, year)
    )
    print(f"  total {total:,}; added up from beds.csv itself: {summed:,}")
    if total != summed:
        raise RuntimeError("the released total is not the sum of the delivered rows")
    return release


def _nobody_else(place: Installation, provider: LocalProvider, release: str) -> None:
    auditor = log_in(provider, place.url, AUDITOR)
    print(f"  the same address, asked by the auditor: {auditor.call('GET', f'/v1/releases/{release}').status_code}")


def _audit(auditor: PersonAtWork) -> None:
    title(5, "Audit: who did what")
    events: list[Mapping[str, Any]] = []
    cursor: str | None = ""
    while cursor is not None:
        page = auditor.get(f"/v1/audit-events?limit=200{f'&cursor={cursor}' if cursor else ''}")
        events, cursor = [*events, *page["items"]], page["next"]
    counted = Counter((event["code"], event["role"], event["outcome"]) for event in events)
    for (code, role, outcome), count in sorted(counted.items()):
        print(f"  {count:5}  {code:28} {role:16} {outcome}")
    print(f"  {len(events)} events; reading them made {-(-len(events) // 200)} more")


PART = Part(invited(), tell)
