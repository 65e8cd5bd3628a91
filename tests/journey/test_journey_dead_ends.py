"""What can never be answered is not kept waiting: the request ends, and says why and what really helps."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from bundles import ruled
from journey import OWNER, STEWARD, THIRD, World, dimensions
from journey_figures import FACTS, ROWS, SPEC, cells_of, collect, correct, rows_of, unsafe_margin
from test_journey_noise import with_noise
from test_journey_rounding import BASE, ROUNDED, with_rounding

from service.adapters.bundle import bundle_directory
from service.domain.request import RequestSpec, Unsafe
from service.domain.round import RoundState
from service.domain.texts import text_of_unsafe
from service.ports.unit_of_work import Page
from service.use_cases.read_releases import list_releases
from service.use_cases.read_requests import read_evidence, read_request

ROUND = "staffed-beds-2024"
TOTALS = replace(SPEC, dimensions=dimensions(region="planning-region"))


def report_of(world: World, request: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(read_evidence(world.call(THIRD), request).report)
    return found


def require_ended(world: World, request: str, code: str) -> None:
    """Its owner reads why, the log says so once, and the worker never looks at it again."""
    view = read_request(world.call(OWNER), request)
    assert (view.request.state, view.refusal) == ("unsafe", code)
    event = world.events(code="request.prepare", object_id=request)[0]
    assert (event.outcome, event.reasons) == ("failed", (code,))
    before = len(world.events())
    world.work()
    assert len(world.events()) == before


def cancel(world: World) -> None:
    world.turn(ROUND, RoundState.OPEN, "everything has to be done again")
    world.turn(ROUND, RoundState.CANCELLED, "and nobody can")


def under(world: World, directory: Path, *purposes: tuple[str, str]) -> None:
    """The bundle with, beside what it has, these copies of the purpose of `SPEC`: id and profile."""
    policies = shutil.copytree(bundle_directory(), directory / "policies")
    text = (policies / "purposes" / f"{SPEC.purpose}.yaml").read_text(encoding="utf-8")
    for name, profile in purposes:
        assert text.count(f"id: {SPEC.purpose}") == text.count("profile: null") == 1
        copy = text.replace(f"id: {SPEC.purpose}", f"id: {name}").replace("profile: null", f"profile: {profile}")
        (policies / "purposes" / f"{name}.yaml").write_text(copy, encoding="utf-8")
    bundle, engine = ruled(policies)
    world.services = replace(world.services, catalogue=bundle.catalogue, policy=engine)


# --- cancelled rounds


def test_a_request_over_a_cancelled_round_ends(world: World) -> None:
    collect(world)
    asked = world.ask(SPEC)
    cancel(world)
    world.work()
    require_ended(world, asked.id, "round-cancelled")
    assert report_of(world, asked.id)["obstacles"] == [ROUND]


def test_what_waited_for_corrections_ends_with_its_round(world: World) -> None:
    """Nobody can deliver any more what it waits for."""
    collect(world)
    assert world.release(SPEC).release is not None
    correct(world)
    waiting = world.release(SPEC)
    assert read_request(world.call(OWNER), waiting.id).refusal == "revision-pending"
    cancel(world)
    world.work()
    require_ended(world, waiting.id, "round-cancelled")


def test_nothing_is_released_of_a_cancelled_round(world: World) -> None:
    collect(world)
    asked = world.ask(SPEC)
    world.work()
    cancel(world)
    world.approve(asked.id)
    world.work()
    require_ended(world, asked.id, "round-cancelled")
    assert list_releases(world.call(STEWARD), Page()) == []


# --- corrections that cannot be compared


def test_rounded_figures_do_not_wait_for_what_cannot_come(world: World, tmp_path: Path) -> None:
    """No correction ever makes two roundings comparable; a purpose that does not round can go on, as it is told."""
    with_rounding(collect(world), tmp_path, BASE)
    first = world.release(TOTALS)
    assert first.release is not None
    correct(world)
    done = world.release(ROUNDED)
    require_ended(world, done.id, "revision-impossible")
    assert report_of(world, done.id)["obstacles"] == [first.release]
    assert "doel" in text_of_unsafe(read_request(world.call(OWNER), done.id).refusal).mend["nl"]
    exact = world.release(TOTALS)
    assert read_request(world.call(OWNER), exact.id).refusal == "revision-pending"


def test_figures_beside_noise_do_not_wait_for_what_cannot_come(world: World, tmp_path: Path) -> None:
    with_noise(collect(world), tmp_path)
    noisy = world.release(replace(TOTALS, purpose="public-figures"))
    assert noisy.release is not None
    correct(world)
    for spec in (TOTALS, replace(TOTALS, purpose="public-figures")):
        done = world.release(spec)
        require_ended(world, done.id, "revision-impossible")
        assert report_of(world, done.id)["obstacles"] == [noisy.release]


# --- rules that became stricter


def test_after_stricter_rules_no_coarser_table_is_advised(world: World, tmp_path: Path) -> None:
    """What was released shows cells that may not be shown any more: no table is safe beside it. Other periods are."""
    collect(world)
    world.round("2023")
    for supplier in ROWS:
        world.deliver(world.parties[supplier], rows_of(supplier, "2023"), "staffed-beds-2023")
    world.turn("staffed-beds-2023", RoundState.CLOSED)
    first = world.release(SPEC)
    assert first.release is not None
    under(world, tmp_path, ("stricter", "competition"))
    stricter = replace(SPEC, purpose="stricter")
    for spec in (stricter, replace(stricter, dimensions=TOTALS.dimensions)):
        done = world.release(spec)
        require_ended(world, done.id, "history-too-precise")
        assert read_request(world.call(OWNER), done.id).offers is None
        report = report_of(world, done.id)
        assert report["inTheWay"]["releases"] == [first.release]
        assert report["obstacles"]
    assert world.release(replace(stricter, periods=("2023",))).release is not None  # as it was told


# --- purposes that are gone


def released_under(world: World, directory: Path) -> tuple[RequestSpec, str]:
    """A release under a strict purpose, which the bundle then has no more."""
    collect(world)
    under(world, directory / "with", ("stricter", "competition"))
    strict = replace(SPEC, purpose="stricter")
    done = world.release(strict)
    assert done.release is not None
    under(world, directory / "without")
    return strict, done.release


def test_the_rules_of_a_purpose_that_is_gone_are_kept(world: World, tmp_path: Path) -> None:
    """Others over the same facts go on, held to what was promised then."""
    for name in ("with", "without"):
        (tmp_path / name).mkdir()
    _, before = released_under(world, tmp_path)
    done = world.release(SPEC)
    assert done.release is not None
    first, second = (
        found.release.content
        for name in (before, done.release)
        for found in list_releases(world.call(STEWARD), Page())
        if found.release.id == name
    )
    promised = [cell for cell in cells_of(first) if _breaks_competition_rules(_shares(cell))]
    assert any(unsafe_margin(_shares(cell)) is None for cell in promised)  # today's rules alone would show it
    told = {cell.codes: cell.value for cell in cells_of(second)}
    assert {told[cell.codes] for cell in promised} == {None}
    rules = {one["code"]: one["value"] for one in report_of(world, done.id)["rules"]}
    assert (rules["minimum-contributors"], rules["disclosure-profile"]) == (5, "operational")


def test_where_the_rules_were_not_kept_nobody_guesses(world: World, tmp_path: Path) -> None:
    for name in ("with", "without"):
        (tmp_path / name).mkdir()
    released_under(world, tmp_path)
    world.execute("UPDATE evidence SET report = replace(report, '\"rules\":', '\"lost\":')")
    require_ended(world, world.release(SPEC).id, "catalogue-changed")


def _shares(cell: Any) -> dict[str, int]:
    shares: dict[str, int] = {}
    for fact in FACTS:
        if cell.holds(fact.atom):
            shares[fact.supplier] = shares.get(fact.supplier, 0) + fact.value
    return shares


def _breaks_competition_rules(shares: dict[str, int]) -> bool:
    """`policies/disclosure/competition.yaml`: five contributors, none with more than a quarter."""
    return bool(shares) and (len(shares) < 5 or max(shares.values()) * 4 > sum(shares.values()))


@pytest.mark.parametrize("code", [Unsafe.ROUND_CANCELLED, Unsafe.REVISION_IMPOSSIBLE, Unsafe.HISTORY_TOO_PRECISE])
def test_what_ended_is_not_told_to_wait(code: Unsafe) -> None:
    text = text_of_unsafe(code)
    assert "wacht, en gaat vanzelf verder" not in text.mend["nl"]
    assert "andere perioden" in text.mend["nl"]
    assert "other periods" in text.mend["en"]
