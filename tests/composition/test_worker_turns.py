"""In which order the worker takes what waits."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from service.composition.worker import in_turn
from service.domain.request import AggregateRequest, RequestedDimension, RequestSpec, RequestState

SPEC = RequestSpec(
    data_set="staffed-beds",
    purpose="planning",
    dimensions=(RequestedDimension("region", "boards", "board"),),
    periods=("2025",),
    measures=("beds",),
    bottleneck="-",
    necessity="-",
    why_nothing_less="-",
)


def waiting(*organisations: str) -> list[AggregateRequest]:
    """Oldest first; the id says how old."""
    return [
        AggregateRequest(
            id=f"r{number:03}",
            requester="somebody",
            organisation=organisation,
            spec=SPEC,
            state=RequestState.PERMITTED,
            created_at=datetime(2026, 1, 1, tzinfo=UTC),
            decision="{}",
            policy_hash="sha-256:0",
            purpose_version=1,
        )
        for number, organisation in enumerate(organisations)
    ]


def test_the_oldest_of_each_organisation_first() -> None:
    order = [(r.organisation, r.id) for r in in_turn(waiting("a", "a", "a", "b", "c", "b"))]
    assert order == [("a", "r000"), ("b", "r003"), ("c", "r004"), ("a", "r001"), ("b", "r005"), ("a", "r002")]


@given(st.lists(st.sampled_from("abcd"), max_size=40))
def test_nobody_waits_for_the_pile_of_somebody_else(organisations: list[str]) -> None:
    """Before the n-th of one organisation no other has had more than n; within one the order is that of age."""
    given_ = waiting(*organisations)
    order = in_turn(iter(given_))
    assert sorted(order, key=lambda request: request.id) == given_
    had: Counter[str] = Counter()
    for request in order:
        had[request.organisation] += 1
        assert max(had.values()) <= had[request.organisation]
    for name in set(organisations):
        ids = [request.id for request in order if request.organisation == name]
        assert ids == sorted(ids)
