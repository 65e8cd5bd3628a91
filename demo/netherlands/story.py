"""The second part: five data sets of the minimal data set, 500 providers and 10 insurers, one regional table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from demo.installation import Installation
from demo.netherlands.figures import Collected, collected, deliveries
from demo.netherlands.suppliers import OWNER, deliver_everything, invited
from demo.people import STEWARDS, PersonAtWork, log_in
from demo.provider import LocalProvider
from demo.review import cells_of, lost, released, review, show_evidence
from demo.stage import Part
from demo.table import TOTAL, show_table, title

_REASONS = {
    "bottleneck": "People wait for a place, are turned away or cannot leave, and nobody sees where the chain is stuck.",
    "necessity": "Each provider and each insurer knows its own figures only; the region is their sum.",
    "whyNothingLess": "A national total hides the differences between regions that the regional table agrees on.",
}
_TOO_MUCH = 50.0
"""Percentage of the value: with more than that suppressed the table answers nothing."""


@dataclass(frozen=True)
class Question:
    """What the regional table asks of one data set: classification and level per dimension."""

    data_set: str
    dimensions: Mapping[str, tuple[str, str]]


_PROVINCE = ("nl-province", "province")
_REGION = ("nl-zorgkantoor", "zorgkantoor")
_QUESTIONS = (
    Question("capacity", {"region": _PROVINCE, "care_form": ("care-forms", "care-form")}),
    Question("rejections", {"region": _PROVINCE, "reason": ("rejection-reasons", "reason")}),
    Question("blocked-outflow", {"region": _PROVINCE, "next_place": ("next-places", "place")}),
    Question("catchment-provider", {"client_region": _REGION, "provider_region": _PROVINCE}),
    Question("care-mediation", {"region": _PROVINCE, "outcome": ("mediation-outcomes", "outcome")}),
)
_STOCKS = {"capacity", "blocked-outflow"}
"""Counted on the last day of a month: the period belongs to the table, since such figures do not add up over months."""
_SHOWN = "rejections"


def tell(place: Installation, provider: LocalProvider) -> None:
    """Everything, in order; every line printed is what the service answered."""
    stewards = [log_in(provider, place.url, name) for name in STEWARDS]
    owner = log_in(provider, place.url, f"owner-{OWNER}")
    _collect(place, stewards[0])
    _ask(owner, stewards)


def _collect(place: Installation, steward: PersonAtWork) -> None:
    title(6, "The Netherlands: 500 generated providers and 10 insurers deliver for five data sets")
    deadline = (datetime.now(UTC) + timedelta(days=14)).strftime("%Y-%m-%dT%H:%M:%SZ")
    names = {}
    for one in collected():
        expected = [supplier.id for supplier in one.suppliers]
        body = {"dataSet": one.data_set, "period": one.period, "expected": expected, "deadline": deadline}
        names[one.data_set] = steward.send("POST", "/v1/rounds", body)["id"]
        steward.send("PUT", f"/v1/rounds/{names[one.data_set]}/state", {"state": "open"})
    sent = deliveries()
    print(f"  {deliver_everything(place, sent):,} signed receipts verified by {len(sent)} suppliers")
    for one in collected():
        found = steward.get(f"/v1/rounds/{names[one.data_set]}/deliveries")["items"]
        missing = sum(delivery["state"] == "missing" for delivery in found)
        steward.send("PUT", f"/v1/rounds/{names[one.data_set]}/state", {"state": "closed"})
        rows = sum(map(len, one.rows.values()))
        print(f"  round {names[one.data_set]}: {rows:,} rows, {missing} of {len(found)} suppliers missing; closed")


def _ask(owner: PersonAtWork, stewards: Sequence[PersonAtWork]) -> None:
    title(7, f"Five questions of {OWNER}, and what two stewards decide")
    rounds = {one.data_set: one for one in collected()}
    shown = None
    for question in _QUESTIONS:
        one = rounds[question.data_set]
        asked = owner.send("POST", "/v1/aggregate-requests", _request(question, one))
        request = owner.wait_for(asked["id"])
        if request["state"] != "prepared":
            raise RuntimeError(f"{question.data_set}: {request}")
        evidence = stewards[0].get(f"/v1/aggregate-requests/{request['id']}/evidence")
        if lost(evidence) > _TOO_MUCH:
            verdict, reason = "reject", "Most of the value is suppressed: too few parties have most of it."
        else:
            verdict, reason = "approve", "Answers the question; nothing can be derived."
        show_evidence(question.data_set, review(stewards, request["id"], verdict, reason))
        print(f"     verdict: {verdict}: {reason}")
        if verdict == "approve":
            release = released(owner, request["id"])
            _compare(owner, release, one)
            shown = release if question.data_set == _SHOWN else shown
    title(8, "Read: one of these releases")
    show_table(owner.get(f"/v1/releases/{shown}")["content"])


def _request(question: Question, one: Collected) -> Mapping[str, object]:
    dimensions = [
        {"dimension": dimension, "classification": classification, "level": level}
        for dimension, (classification, level) in question.dimensions.items()
    ]
    if question.data_set in _STOCKS:
        dimensions.append({"dimension": "period", "classification": "calendar-months", "level": "month"})
    return {
        "dataSet": one.data_set,
        "purpose": one.purpose,
        "dimensions": dimensions,
        "periods": [one.period],
        "measures": [one.measure],
        **_REASONS,
    }


def _compare(owner: PersonAtWork, release: str, one: Collected) -> None:
    """The released total, the same at every level of the period, against what was delivered, added up here."""
    places = {"region", "care_form", "reason", "next_place", "client_region", "provider_region", "outcome"}
    cells = [cell for cell in cells_of(owner, release) if {cell[name] for name in places & set(cell)} == {TOTAL}]
    (total,) = {int(cell["OBS_VALUE"]) for cell in cells}
    print(f"     released total {total:,}; added up from what was delivered: {one.total:,}")
    if total != one.total:
        raise RuntimeError(f"{one.data_set}: the released total is not the sum of the delivered rows")


PART = Part(invited(), tell)
