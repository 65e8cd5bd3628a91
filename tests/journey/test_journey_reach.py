"""Who learns what over the API, by the reach of the only purpose that there is: every route that tells a consumer something.

Whoever is no recipient gets, byte for byte, the answer of what does not exist.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from asgi_client import AsgiClient, asgi_client
from bundles import bundle_of
from journey import (
    AUDITOR,
    OTHER_OWNER,
    PRIVACY_OFFICER,
    STEWARD,
    World,
    copied,
    dimensions,
    person,
    world_on,
)
from journey_figures import SPEC, collect

from service.api import ApiSettings, Rates, create_app
from service.domain.organisation import OrganisationKind
from service.domain.principal import Principal, Role
from service.domain.purpose import Reach, Recipients
from service.domain.request import AggregateRequest, RequestedDimension
from service.ports.identity import Identified
from service.use_cases.withdraw_release import withdraw_release

ROUND = "staffed-beds-2024"
OWNERS = frozenset({Role.REGIONAL_OWNER})
WEST, TOO, INSPECTORATE, ELSEWHERE = (
    person(f"{name}-owner", Role.REGIONAL_OWNER, organisation=name)
    for name in ("west-table", "west-too", "inspectorate", "elsewhere")
)
SIDE = {
    "west": WEST,
    "too": TOO,
    "inspectorate": INSPECTORATE,
    "elsewhere": ELSEWHERE,
    "other": OTHER_OWNER,
    "fg": PRIVACY_OFFICER,
    "auditor": AUDITOR,
}
CONSUMERS = ("west", "too", "inspectorate", "elsewhere", "other")
REGIONAL = {"west", "too", "elsewhere"}
"""Who stands for a region; the first two for the same one."""


@dataclass(frozen=True)
class Expected:
    """By one reach: whom the purpose names, who asks, who reads the release, who knows of data set and rounds."""

    recipients: Recipients
    asks: str
    reads: frozenset[str]
    knows: frozenset[str]


def expected(recipients: Recipients, asks: str, reads: set[str], knows: set[str]) -> Expected:
    return Expected(recipients, asks, frozenset(reads), frozenset(knows))


MATRIX = {
    "own-region": expected(Recipients(Reach.OWN_REGION, roles=OWNERS), "west", {"west", "too"}, REGIONAL),
    "all-regions": expected(Recipients(Reach.ALL_REGIONS, roles=OWNERS), "west", {*CONSUMERS}, {*CONSUMERS}),
    "one-organisation": expected(
        Recipients(Reach.ONE_ORGANISATION, frozenset({"west-table"})), "west", {"west"}, {"west"}
    ),
    "national-party": expected(
        Recipients(Reach.NATIONAL_PARTY, frozenset({"inspectorate"})),
        "inspectorate",
        {"inspectorate"},
        {"inspectorate"},
    ),
    "public": expected(Recipients(Reach.PUBLIC, frozenset({"west-table"})), "west", {*SIDE, "supplier"}, {"west"}),
}


@dataclass(frozen=True)
class Bearer:
    """The token is the name of who asks."""

    known: Mapping[str, Principal]

    def identify(self, token: str) -> Identified:
        return Identified(self.known[token])


class Unheard:
    """An access log that nobody keeps."""

    def answered(self, **line: Any) -> None: ...
    def failed(self, error: Exception, *, route: str, trace_id: str) -> None:
        raise error


@dataclass(frozen=True)
class Place:
    """The service after one release under the only purpose."""

    world: World
    client: AsgiClient
    case: Expected
    asked: AggregateRequest

    def get(self, path: str, who: str) -> Any:
        return self.client.request("GET", path, headers={"Authorization": f"Bearer {who}"})

    def ids(self, path: str, who: str) -> list[str]:
        answer = self.get(path, who)
        assert answer.status_code == 200, answer.text
        return [item["id"] for item in answer.json()["items"]]


@contextmanager
def served(world: World) -> Iterator[AsgiClient]:
    supplier = world.parties["north"].principal
    app = create_app(
        world.services,
        Bearer({**SIDE, "supplier": supplier, "steward": STEWARD}),
        settings=ApiSettings(rates=Rates(*[10**6] * 5)),
        jwks=list,
        access_log=Unheard(),
    )
    with asgi_client(app) as client:
        yield client


@pytest.fixture(scope="module")
def collected(founded: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    directory = tmp_path_factory.mktemp("reach")
    with world_on(founded.application, copied(founded, directory), directory) as world:
        world.parties |= founded.parties
        west, east = frozenset({"scotland-boards/west"}), frozenset({"scotland-boards/east"})
        for name, regions in (("west-table", west), ("west-too", west), ("inspectorate", ()), ("elsewhere", east)):
            world.invite(name, OrganisationKind.REGIONAL_OWNER, regions=frozenset(regions))
        yield collect(world)


@pytest.fixture(scope="module", params=sorted(MATRIX))
def place(collected: World, tmp_path_factory: pytest.TempPathFactory, request: Any) -> Iterator[Place]:
    case, directory = MATRIX[request.param], tmp_path_factory.mktemp("case")
    with world_on(collected.application, copied(collected, directory), directory) as world:
        catalogue = bundle_of().catalogue
        purpose = replace(catalogue.purpose(SPEC.purpose), recipients=case.recipients)
        world.services = replace(world.services, catalogue=replace(catalogue, purposes=(purpose,)))
        world.parties |= collected.parties
        region = RequestedDimension("region", "scotland-boards", "planning-region", ("west",))
        asked = replace(SPEC, dimensions=(region, *dimensions(care_form="care-group")))
        done = world.release(asked, SIDE[case.asks])
        assert done.release is not None, done.decision
        with served(world) as client:
            yield Place(world, client, case, done)


def readers(place: Place) -> Sequence[str]:
    return (*SIDE, "supplier")


def test_a_release_is_there_for_its_recipients_and_for_nobody_else(place: Place) -> None:
    release = str(place.asked.release)
    for who in readers(place):
        reads = who in place.case.reads
        assert place.ids("/v1/releases", who) == ([release] if reads else []), who
        for path in ("/v1/releases/{}", "/v1/releases/{}/cells", "/v1/releases/{}/cells?format=csv"):
            found, absent = (place.get(path.format(name), who) for name in (release, "no-such-release"))
            assert found.status_code == (200 if reads else 404), (path, who)
            if not reads:
                assert {**found.json(), "instance": ""} == {**absent.json(), "instance": ""}
    assert place.ids("/v1/releases", "steward") == [release]


def test_rounds_and_data_sets_are_there_for_who_has_a_purpose_for_them(place: Place) -> None:
    for who in CONSUMERS:
        knows = who in place.case.knows
        assert place.ids("/v1/rounds", who) == ([ROUND] if knows else []), who
        assert place.ids("/v1/data-sets", who) == (["staffed-beds"] if knows else []), who
        for path, name in (("/v1/rounds/{}", ROUND), ("/v1/data-sets/{}", "staffed-beds")):
            found, absent = (place.get(path.format(id_), who) for id_ in (name, "no-such-thing"))
            assert found.status_code == (200 if knows else 404), (path, who)
            assert absent.status_code == 404
            if knows:
                assert "expected" not in found.json()
            else:
                assert {**found.json(), "instance": ""} == {**absent.json(), "instance": ""}
        assert place.get("/v1/data-sets/capacity", who).status_code == 404
    for who in ("fg", "auditor", "supplier"):
        assert "staffed-beds" in place.ids("/v1/data-sets", who)
    assert place.ids("/v1/rounds", "supplier") == [ROUND]


def test_what_is_the_services_own_stays_there(place: Place) -> None:
    request = place.asked.id
    for who in CONSUMERS:
        for path in (
            f"/v1/rounds/{ROUND}/deliveries",
            f"/v1/aggregate-requests/{request}/evidence",
            "/v1/submissions",
            "/v1/organisations/me/uses",
            "/v1/processing-register",
            "/v1/audit-events",
            "/v1/audit-signals",
        ):
            assert place.get(path, who).status_code == 403, (path, who)
        own = who == place.case.asks
        assert place.ids("/v1/aggregate-requests", who) == ([request] if own else [])
        assert place.get(f"/v1/aggregate-requests/{request}", who).status_code == (200 if own else 404)


def test_a_purpose_is_there_for_those_whom_it_names(place: Place) -> None:
    named = place.case.recipients
    for who in CONSUMERS:
        lets = bool(named.roles) or SIDE[who].organisation in named.organisations
        assert place.ids("/v1/purposes", who) == ([SPEC.purpose] if lets else []), who
        found, absent = (place.get(f"/v1/purposes/{name}", who) for name in (SPEC.purpose, "no-such-purpose"))
        assert (found.status_code, absent.status_code) == (200 if lets else 404, 404)
        if lets:
            continue
        told = []
        for purpose in (SPEC.purpose, "no-such-purpose"):
            for period in ("2024", "2023"):  # of 2023 there is no round
                spec = replace(SPEC, purpose=purpose, periods=(period,))
                decision = place.world.ask(spec, SIDE[who])
                told.append([reason["code"] for reason in json.loads(decision.decision)["reasons"]])
                assert decision.purpose_version == 0
        assert told == [["purpose-unknown"]] * 4


def test_a_withdrawn_release_is_out_for_all_of_them(place: Place, tmp_path: Path) -> None:
    with world_on(place.world.application, copied(place.world, tmp_path), tmp_path) as world:
        world.services = replace(world.services, catalogue=place.world.services.catalogue)
        world.parties |= place.world.parties
        withdraw_release(world.call(STEWARD), str(place.asked.release), "A fault in the definition.")
        with served(world) as client:
            for who in readers(place):
                answer = client.request(
                    "GET", f"/v1/releases/{place.asked.release}", headers={"Authorization": f"Bearer {who}"}
                )
                assert answer.status_code == (403 if who in place.case.reads else 404), who
