"""A provider that calls somebody of a hospital a steward is not believed in that."""

from __future__ import annotations

from typing import Any

import pytest
from api_world import World

from service.domain.principal import Role

ROUND = {"dataSet": "staffed-beds", "period": "2014", "expected": ["hospital-a"], "deadline": "2026-04-01T00:00:00Z"}
VERDICT = {"evidence": "some-evidence", "verdict": "approve", "reason": "Looked at every cell."}
OF_STEWARDS = [
    ("GET", "/v1/aggregate-requests/some-request/evidence", None),
    ("POST", "/v1/aggregate-requests/some-request/reviews", VERDICT),
    ("POST", "/v1/rounds", ROUND),
    ("GET", "/v1/audit-events", None),
]


def answers(world: World, who: str) -> list[tuple[int, set[str]]]:
    found = [world.call(method, path, who, json=body) for method, path, body in OF_STEWARDS]
    return [(a.status_code, {reason["code"] for reason in a.json().get("reasons", ())}) for a in found]


@pytest.mark.parametrize("organisation", ["hospital-a", "board-south", "nobody-knows"])
@pytest.mark.parametrize("roles", [(Role.STEWARD,), (Role.AUDITOR,), (Role.STEWARD, Role.AUDITOR)], ids=str)
def test_no_supplier_or_requester_has_a_steward_or_auditor(
    cast: Any, world: World, organisation: str, roles: tuple[Role, ...]
) -> None:
    claimed = world.people.add(f"claims-{'-'.join(roles)}-{organisation}", *roles, organisation=organisation)
    found = answers(world, claimed)
    assert {status for status, _ in found} == {403}
    assert all(reasons & {"role-not-allowed", "organisation-unknown"} for _, reasons in found), found
    events = world.events(user=f"https://login.example#{claimed.removeprefix('person.')}")
    assert {(event.role, event.outcome.value) for event in events if event.code != "login.succeed"} == {
        ("none", "denied")
    }
    assert {event.role for event in events} == {"none"}


def test_a_steward_of_the_trusted_third_party_is_one(cast: Any, world: World) -> None:
    evidence, review, round_, log = (reasons for _, reasons in answers(world, cast.steward))
    assert "role-not-allowed" not in evidence | review | round_
    assert "role-not-allowed" in log
    assert not round_, round_
    assert world.call("GET", "/v1/audit-events", cast.auditor).status_code == 200
