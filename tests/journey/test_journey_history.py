"""What was released stays known: a second table is made with an eye on the first, and released one at a time."""

from __future__ import annotations

import json
import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from bundles import ruled
from journey import OTHER_OWNER, OWNER, STEWARD, THIRD, World, dimensions
from journey_figures import (
    AYRSHIRE,
    DUMFRIES,
    FACTS,
    LONE,
    ROWS,
    SPEC,
    Cell,
    attack,
    cells_of,
    collect,
    correct,
    delivered,
    require_sums,
    rows_of,
    unsafe_margin,
)

from service.adapters.bundle import bundle_directory
from service.domain.request import RequestSpec
from service.domain.round import RoundState
from service.ports.keys import Signature, Signer
from service.ports.unit_of_work import Page
from service.use_cases.disclosure_tables import table_of
from service.use_cases.read_releases import list_releases, read_release
from service.use_cases.read_requests import read_evidence
from service.use_cases.withdraw_release import withdraw_release


@pytest.fixture
def closed(world: World) -> World:
    return collect(world)


def contents(world: World) -> list[str]:
    """Everything ever published, withdrawn or not, oldest first."""
    return [found.release.content for found in reversed(list_releases(world.call(STEWARD), Page()))]


def report_of(world: World, request: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(read_evidence(world.call(THIRD), request).report)
    return found


def by(**levels: str) -> RequestSpec:
    return replace(SPEC, dimensions=dimensions(**levels))


def test_our_attacker_finds_what_is_there() -> None:
    """An attacker that finds nothing anywhere proves nothing: shown the regions and one board, it takes the other."""

    def release(cells: dict[tuple[str, str], int | None]) -> str:
        told = [{"codes": list(codes), "value": value} for codes, value in cells.items()]
        axes = [{"dimension": "region"}, {"dimension": "care_form"}]
        return json.dumps({"dimensions": axes, "tables": [{"measure": "staffed_bed_days", "cells": told}]})

    ayrshire = sum(fact.value for fact in FACTS if fact.atom[:2] == (AYRSHIRE, "dermatology"))
    others = {(board, "dermatology"): 0 for board in ("S08000019", "S08000031", "S08000032", "SB0801")}
    whole = release({("west", "dermatology"): ayrshire + LONE})
    part = release({(AYRSHIRE, "dermatology"): ayrshire, (DUMFRIES, "dermatology"): None, **others})
    assert [breach for breach in attack([part], FACTS) if breach.codes[0] == DUMFRIES] == []
    known = [breach for breach in attack([whole, part], FACTS) if breach.codes[0] == DUMFRIES]
    assert {(breach.attacker, breach.lowest, breach.highest) for breach in known} >= {("outsider", LONE, LONE)}


@pytest.mark.thorough
@pytest.mark.parametrize(
    "specs",
    [
        [by(region="planning-region", care_form="specialty"), by(region="health-board", care_form="specialty")],
        [by(region="health-board", care_form="care-group"), by(region="health-board", care_form="specialty")],
        [by(region="health-board"), by(care_form="specialty"), by(region="planning-region", care_form="care-group")],
        [by(region="health-board", care_form="specialty"), by(region="planning-region", care_form="care-group")],
    ],
    ids=["finer-regions", "finer-care", "margins", "coarser"],
)
def test_linked_releases_together_give_nobody_away(closed: World, specs: list[RequestSpec]) -> None:
    for number, spec in enumerate(specs, 1):
        done = closed.release(spec)
        if done.release is None:
            assert report_of(closed, done.id)["refused"] in {"cannot-be-protected", "attack-succeeded"}
            continue
        if number == 1:
            withdraw_release(closed.call(STEWARD), done.release, "withdrawn, and still known")
    released = contents(closed)
    assert released
    assert sum(require_sums(content, FACTS) for content in released)
    assert attack(released, FACTS) == []


def test_a_second_table_hides_what_would_follow_from_the_first(closed: World) -> None:
    """West has three boards' worth of dermatology in the first table: with Ayrshire told, Dumfries would follow."""
    for spec in (by(region="planning-region", care_form="specialty"), by(region="health-board", care_form="specialty")):
        assert closed.release(spec).release is not None
    first, second = contents(closed)
    told = {cell.codes: cell.value for cell in [*cells_of(first), *cells_of(second)]}
    assert told[("west", "dermatology")] is not None
    assert told[(AYRSHIRE, "dermatology")] is None
    assert attack([first, second], FACTS) == []
    careless = json.loads(second)
    for cell in careless["tables"][0]["cells"]:
        if cell["codes"] == [AYRSHIRE, "dermatology"]:
            cell["value"] = sum(fact.value for fact in FACTS if fact.atom[:2] == (AYRSHIRE, "dermatology"))
    assert (DUMFRIES, "dermatology") in {breach.codes[:2] for breach in attack([first, json.dumps(careless)], FACTS)}


def test_a_correction_elsewhere_changes_nothing(world: World) -> None:
    """Another year shares no facts with what was released."""
    collect(world)
    world.release(SPEC)
    world.round("2023")
    for supplier in ROWS:
        world.deliver(world.parties[supplier], rows_of(supplier, "2023"), "staffed-beds-2023")
    world.turn("staffed-beds-2023", RoundState.CLOSED)
    correct(world)
    done = world.release(replace(SPEC, periods=("2023",)))
    assert done.release is not None
    assert report_of(world, done.id)["releases"] == 0
    facts = delivered({supplier: rows_of(supplier, "2023") for supplier in ROWS})
    assert require_sums(read_release(world.call(OWNER), done.release).release.content, facts)


def test_one_release_over_two_years_ties_them(world: World) -> None:
    """A table over both years and one over the first give the second: all three are looked at together."""
    collect(world)
    world.round("2023")
    for supplier in ROWS:
        world.deliver(world.parties[supplier], rows_of(supplier, "2023"), "staffed-beds-2023")
    world.turn("staffed-beds-2023", RoundState.CLOSED)
    for periods in (("2023", "2024"), ("2023",), ("2024",)):
        done = world.release(replace(SPEC, periods=periods))
        if done.release is None:
            assert report_of(world, done.id)["refused"] == "cannot-be-protected"
    facts = [*FACTS, *delivered({supplier: rows_of(supplier, "2023") for supplier in ROWS})]
    assert len(contents(world)) >= 2
    assert _attack_years(world, facts) == []


def test_the_other_year_is_no_way_around_a_correction(world: World) -> None:
    """A table over both years, less one of the second year, is the first year as it was before somebody corrected it."""
    collect(world)
    world.round("2023")
    for supplier in ROWS:
        world.deliver(world.parties[supplier], rows_of(supplier, "2023"), "staffed-beds-2023")
    world.turn("staffed-beds-2023", RoundState.CLOSED)
    assert world.release(replace(by(region="planning-region"), periods=("2023", "2024"))).release is not None
    vale = world.parties["vale"]
    counts = world.counting(vale, "staffed-beds-2023")
    assert counts is not None
    world.turn("staffed-beds-2023", RoundState.OPEN, "vale found a fault")
    rows = [(*row[:3], row[3] + 33, row[4]) for row in rows_of("vale", "2023")]
    world.deliver(vale, rows, "staffed-beds-2023", corrects=counts.id)
    assert world.release(by(region="health-board")).release is not None
    facts = [*FACTS, *delivered({supplier: rows_of(supplier, "2023") for supplier in ROWS})]
    assert len(contents(world)) == 2
    assert _attack_years(world, facts) == []


def _attack_years(world: World, facts: Any) -> list[Any]:
    """The tables say their years in the metadata only: told as a dimension, so that the attacker knows them."""
    told = []
    for content in contents(world):
        read = json.loads(content)
        read["dimensions"].append({"dimension": "period"})
        year = "TOTAL" if len(read["periods"]) > 1 else read["periods"][0]
        for table in read["tables"]:
            for cell in table["cells"]:
                cell["codes"].append(year)
        told.append(json.dumps(read))
    return attack(told, facts)


@pytest.mark.parametrize("apart", [False, True])
def test_measures_that_bound_each_other(closed: World, apart: bool) -> None:
    """Occupied is at most staffed: a released measure would bound a suppressed figure of the other."""
    if apart:
        assert closed.release(SPEC).release is not None
        done = closed.release(replace(SPEC, measures=("occupied_bed_days",)))
    else:
        done = closed.release(replace(SPEC, measures=("staffed_bed_days", "occupied_bed_days")))
    assert done.state == "unsafe"
    report = report_of(closed, done.id)
    assert (report["refused"], report["obstacles"]) == ("tied-measures", ["occupied_bed_days <= staffed_bed_days"])


def test_bounds_go_on_by_way_of_measures_that_nobody_published(closed: World) -> None:
    """With intensive <= occupied and occupied <= staffed, intensive bounds staffed too."""
    catalogue = closed.services.catalogue
    capacity = catalogue.data_set("staffed-beds")
    (check,) = capacity.checks
    between = replace(check, left="occupied_bed_days", right="in_between"), replace(check, left="in_between")
    apart = replace(capacity, checks=between)
    assert ("occupied_bed_days", "staffed_bed_days") in apart.bounds
    others = tuple(one for one in catalogue.data_sets if one.id != "staffed-beds")
    closed.services = replace(closed.services, catalogue=replace(catalogue, data_sets=(*others, apart)))
    done = closed.release(replace(SPEC, measures=("staffed_bed_days", "occupied_bed_days")))
    assert (done.state, report_of(closed, done.id)["refused"]) == ("unsafe", "tied-measures")


def test_a_looser_purpose_undoes_nothing_of_a_stricter_one(closed: World, tmp_path: Path) -> None:
    """The second table is held to what the first one promised: cells that five did not share stay hidden."""
    policies = shutil.copytree(bundle_directory(), tmp_path / "policies")
    planning = (policies / "purposes" / f"{SPEC.purpose}.yaml").read_text(encoding="utf-8")
    for old, new in ((f"id: {SPEC.purpose}", "id: stricter"), ("profile: null", "profile: competition")):
        assert planning.count(old) == 1
        planning = planning.replace(old, new)
    (policies / "purposes" / "stricter.yaml").write_text(planning, encoding="utf-8")
    bundle, engine = ruled(policies)
    closed.services = replace(closed.services, catalogue=bundle.catalogue, policy=engine)
    for spec in (replace(SPEC, purpose="stricter"), SPEC):
        assert closed.release(spec).release is not None
    first, second = contents(closed)
    promised = [cell for cell in cells_of(first) if _breaks_competition_rules(_shares(cell))]
    assert any(unsafe_margin(_shares(cell)) is None for cell in promised)  # the looser rules would have shown it
    told = {cell.codes: cell.value for cell in cells_of(second)}
    assert {told[cell.codes] for cell in promised} == {None}


def _shares(cell: Cell) -> dict[str, int]:
    shares: dict[str, int] = {}
    for fact in FACTS:
        if cell.holds(fact.atom):
            shares[fact.supplier] = shares.get(fact.supplier, 0) + fact.value
    return shares


def _breaks_competition_rules(shares: dict[str, int]) -> bool:
    """`policies/disclosure/competition.yaml`: five contributors, none with more than a quarter."""
    return bool(shares) and (len(shares) < 5 or max(shares.values()) * 4 > sum(shares.values()))


def test_a_table_that_is_too_large_is_not_begun(closed: World) -> None:
    """It would keep the worker from everybody else's request."""
    cells = table_of(SPEC, closed.services.catalogue).cells
    for limit, state in ((cells - 1, "unsafe"), (cells, "released")):
        closed.services = replace(closed.services, limits=replace(closed.services.limits, table_cells=limit))
        done = closed.release(SPEC)
        assert done.state == state
        if state == "unsafe":
            report = report_of(closed, done.id)
            assert (report["refused"], report["obstacles"]) == ("table-too-large", [f"{cells} > {limit}"])


class SlowSigner:
    """Signs once the other release is on its way."""

    def __init__(self, signer: Signer) -> None:
        self._signer, self.signing, self.other = signer, threading.Event(), threading.Event()
        self.public_keys = signer.public_keys

    def sign(self, prefix: bytes, payload: bytes) -> Signature:
        self.signing.set()
        assert self.other.wait(10)
        return self._signer.sign(prefix, payload)


def test_two_releases_at_once_are_two_after_each_other(postgres_world: World) -> None:
    """The second one sees the first, though it began before the first was stored."""
    world = collect(postgres_world)
    first, second = world.ask(SPEC), world.ask(by(region="planning-region", care_form="specialty"), OTHER_OWNER)
    world.work()
    world.approve(first.id)
    world.approve(second.id)
    signer = SlowSigner(world.services.signer)
    world.services = replace(world.services, signer=signer)
    with ThreadPoolExecutor(2) as pool:
        one = pool.submit(world.release_at_once, first.id)
        assert signer.signing.wait(10)
        other = pool.submit(world.release_at_once, second.id)
        threading.Timer(0.3, signer.other.set).start()
        assert (one.result().state, other.result().state) == ("released", "permitted")
    assert world.events(code="release.create", outcome="failed")[0].reasons == ("evidence-outdated",)
    world.work()
    assert read_evidence(world.call(STEWARD), second.id).history == (one.result().release,)
    if world.request(second.id).state == "prepared":
        world.approve(second.id)
        world.work()
    assert attack(contents(world), FACTS) == []
