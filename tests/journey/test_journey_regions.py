"""Figures for the own region only: each gets its own, nobody the others', and together they give nobody away."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import permutations
from typing import Any

import pytest
from journey import OPERATOR, OWNER, STEWARD, THIRD, World, dimensions, person
from journey_figures import AYRSHIRE, DUMFRIES, FACTS, GRAMPIAN, SPEC, attack, cells_of, collect, require_sums
from purpose_documents import a_document

from service.domain.errors import Denied, Invalid
from service.domain.organisation import OrganisationKind
from service.domain.principal import Person, Role
from service.domain.request import RequestedDimension, RequestSpec
from service.ports.unit_of_work import Page
from service.use_cases.read_releases import list_releases, read_release
from service.use_cases.read_requests import read_evidence, read_request

AYR, DUM, GRA, WEST = (f"scotland-boards/{code}" for code in (AYRSHIRE, DUMFRIES, GRAMPIAN, "west"))
OWN = replace(SPEC, purpose="own-region")
NATIONAL = replace(SPEC, purpose="national", dimensions=dimensions(care_form="specialty"))


def owner(name: str) -> Person:
    return person(f"{name}-owner", Role.REGIONAL_OWNER, organisation=name)


def cut(*only: str, level: str = "health-board", **more: str) -> RequestSpec:
    """The own region's table, by specialty."""
    region = RequestedDimension("region", "scotland-boards", level, only)
    return replace(OWN, dimensions=(region, *dimensions(care_form="specialty", **more)))


@pytest.fixture
def regional(world: World) -> World:
    """Four regional owners that stand for regions, a national party, and a purpose for either."""
    for name, *regions in (("ayr", AYR), ("dum", DUM), ("gra", GRA), ("west-table", WEST), ("both", AYR, DUM)):
        world.invite(name, OrganisationKind.REGIONAL_OWNER, regions=frozenset(regions))
    world.invite("inspectorate", OrganisationKind.REGIONAL_OWNER)
    world.purpose(a_document("own-region", recipients={"reach": "own-region", "roles": ["regional-owner"]}))
    named = {"reach": "national-party", "organisations": ["inspectorate"]}
    world.purpose(a_document("national", recipients=named))
    return collect(world)


def codes(world: World, spec: RequestSpec, who: Person) -> set[str]:
    return {reason["code"] for reason in json.loads(world.ask(spec, who).decision).get("reasons", ())}


def contents(world: World) -> list[str]:
    return [found.release.content for found in reversed(list_releases(world.call(STEWARD), Page()))]


def report_of(world: World, request: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(read_evidence(world.call(THIRD), request).report)
    return found


def test_nothing_but_the_own_region_may_be_asked(regional: World) -> None:
    for spec, who, expected in (
        (OWN, "ayr", {"own-region-only"}),
        (cut(DUMFRIES), "ayr", {"own-region-only"}),
        (cut(AYRSHIRE, DUMFRIES), "ayr", {"own-region-only"}),
        (cut("west"), "ayr", {"own-region-only"}),
        (cut(AYRSHIRE), "west-table", {"own-region-only"}),
        (cut(AYRSHIRE), "inspectorate", {"own-region-only"}),
        (replace(OWN, dimensions=dimensions(care_form="specialty")), "ayr", {"own-region-only"}),
        (replace(cut(AYRSHIRE), purpose="national"), "ayr", {"purpose-unknown"}),
        (cut("S99"), "ayr", {"own-region-only", "code-unknown"}),
        (cut(AYRSHIRE, level="planning-region"), "ayr", {"code-unknown"}),
        (cut(AYRSHIRE), "ayr", set()),
        (cut(AYRSHIRE, DUMFRIES), "both", set()),
        (cut("west"), "west-table", set()),
    ):
        assert codes(regional, spec, owner(who)) == expected, (spec.dimensions, who)
    with pytest.raises(Invalid) as refused:
        regional.ask(cut(AYRSHIRE, AYRSHIRE), owner("ayr"))
    assert refused.value.faults == ((f"dimensions: region, only: {AYRSHIRE}", "double"),)


def test_any_purpose_may_be_asked_for_part_of_it_only(regional: World) -> None:
    period = RequestedDimension("period", "calendar-quarters", "quarter", ("2024Q1",))
    spec = replace(SPEC, dimensions=(replace(SPEC.dimensions[0], only=("west",)), period))
    done = regional.release(spec)
    assert done.release is not None
    (content,) = contents(regional)
    assert {cell.codes[1] for cell in cells_of(content)} == {"2024Q1"}
    assert codes(regional, replace(spec, dimensions=(replace(period, only=("2023Q1",)),)), OWNER) == {"code-unknown"}


def test_the_table_of_a_region_holds_that_region_and_is_read_by_who_stands_for_it(regional: World) -> None:
    done = regional.release(cut("west"), owner("west-table"))
    assert done.release is not None
    (content,) = contents(regional)
    assert require_sums(content, FACTS)
    asked, care = json.loads(content)["dimensions"]
    assert (asked["only"], "only" in care) == (["west"], False)
    west = {code["code"] for code in asked["codes"]}
    assert {AYRSHIRE, DUMFRIES, "west"} <= west
    assert GRAMPIAN not in content
    assert {code["code"]: code["parent"] for code in asked["codes"]}["west"] == "TOTAL"
    assert {cell.codes[0] for cell in cells_of(content)} == west

    release = str(done.release)
    assert read_release(regional.call(owner("west-table")), release).release.content == content
    for stranger in (OWNER, owner("ayr"), owner("both"), owner("inspectorate")):
        assert list_releases(regional.call(stranger), Page()) == []
        told = []
        for name in (release, "no-such-release"):
            with pytest.raises(Denied) as denied:
                read_release(regional.call(stranger), name)
            told.append(denied.value.reasons)
        assert told[0] == told[1]
        with pytest.raises(Denied):
            read_request(regional.call(stranger), done.id)


def test_an_organisation_that_stands_for_the_region_too_reads_it(regional: World) -> None:
    done = regional.release(cut(AYRSHIRE, level="health-board"), owner("ayr"))
    readers = {
        name for name in ("ayr", "both", "dum", "west-table") if list_releases(regional.call(owner(name)), Page())
    }
    assert (done.state, readers) == ("released", {"ayr", "both"})


@pytest.mark.parametrize("order", list(permutations(("ayr", "dum", "gra", "inspectorate")))[::11])
def test_three_regions_and_the_national_total_give_nobody_away(regional: World, order: tuple[str, ...]) -> None:
    """Dumfries has cells of one supplier: they are what is left of the total once its neighbours told theirs."""
    specs = {"ayr": cut(AYRSHIRE), "dum": cut(DUMFRIES), "gra": cut(GRAMPIAN), "inspectorate": NATIONAL}
    published = 0
    for number, name in enumerate(order):
        done = regional.release(specs[name], owner(name))
        if done.release is None:
            assert report_of(regional, done.id)["refused"] == "cannot-be-protected"
            continue
        assert report_of(regional, done.id)["releases"] == published
        published += 1
        assert number or published
    released = contents(regional)
    assert len(released) == published >= 3
    assert sum(require_sums(content, FACTS) for content in released)
    assert attack(released, FACTS) == []


def test_a_region_that_is_left_over_is_hidden_in_the_total(regional: World) -> None:
    """Without the history it would be the total less the neighbours."""
    asked = {"ayr": cut(AYRSHIRE), "gra": cut(GRAMPIAN), "dum": cut(DUMFRIES), "inspectorate": NATIONAL}
    for name, spec in asked.items():
        assert regional.release(spec, owner(name)).release is not None
    released = contents(regional)
    told = {(cell.dimensions, cell.codes): cell.value for content in released for cell in cells_of(content)}
    assert told[("region", "care_form"), (AYRSHIRE, "dermatology")] == 670
    assert told[("care_form",), ("dermatology",)] is None
    careless = json.loads(released[-1])
    for cell in careless["tables"][0]["cells"]:
        if cell["codes"] == ["dermatology"]:
            cell["value"] = sum(fact.value for fact in FACTS if fact.atom[1] == "dermatology")
    assert attack(released, FACTS) == []
    assert (DUMFRIES, "dermatology") in {one.codes[:2] for one in attack([*released[:-1], json.dumps(careless)], FACTS)}


def test_a_region_that_is_none_is_refused_at_the_invitation(world: World) -> None:
    for region in ("scotland-boards/S99", "scotland-specialties/cardiology", "regions/west"):
        with pytest.raises(Invalid) as refused:
            world.invite("new", OrganisationKind.REGIONAL_OWNER, regions=frozenset({region}))
        assert refused.value.faults == ((f"regions: {region}", "unknown-region"),)
    with pytest.raises(Invalid) as refused:
        world.invite("new", OrganisationKind.REGIONAL_OWNER, regions=frozenset({"west"}))
    assert refused.value.faults == (("regions", "region-form"),)
    assert world.events(code="organisation.invite", user=OPERATOR.id)[0].reasons == ("organisation",)
