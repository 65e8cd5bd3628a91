"""Public figures with noise: what they say, what they cost, and that a spent budget stays spent."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from bundles import ruled
from journey import OTHER_OWNER, OWNER, STEWARD, THIRD, WORKER, World, dimensions
from journey_figures import FACTS, ROWS, SPEC, cells_of, collect

from service.adapters.bundle import bundle_directory
from service.api.cells import csv_of, figures_of
from service.api.schemas.requests import EvidenceAnswer
from service.cli.evidence import evidence_lines
from service.disclosure import Dimension, Facts, ReleasedTable, Rules, Table
from service.domain.noise_budget import Charge
from service.domain.release import Release
from service.domain.request import RequestSpec, Unsafe, Verdict
from service.domain.round import RoundState
from service.ports.engine import AggregationEngine
from service.use_cases import protected_tables
from service.use_cases.noisy_tables import attack_without_noise
from service.use_cases.prepare_request import prepare_request
from service.use_cases.read_releases import read_release
from service.use_cases.read_requests import read_evidence, read_request

PERSONS = "{mechanism: discrete-laplace, epsilon: 1, budget: 2}"
CONTRIBUTORS = "{mechanism: discrete-gaussian, rho: 0.5, budget: 1, unit: contributor, cells: 3, largest: 400}"


GROWS = ("audit_events", "audit_terms", "log_tiles", "log_checkpoints", "requests", "evidence", "evidence_inputs")
"""Tables to which a refusal adds."""


def by(**levels: str) -> RequestSpec:
    return replace(SPEC, purpose="public-figures", dimensions=dimensions(**levels))


REGIONS, BOARDS, QUARTERS = by(region="planning-region"), by(region="health-board"), by(period="quarter")
CARE = by(care_form="specialty")


def with_noise(world: World, directory: Path, noise: str = PERSONS) -> World:
    """The bundle with a purpose that publishes for everybody, and the figures of 2024."""
    policies = shutil.copytree(bundle_directory(), directory / "policies", dirs_exist_ok=True)
    profile = (policies / "disclosure" / "public-noise.yaml").read_text(encoding="utf-8")
    head = profile.partition("method:")[0]
    (policies / "disclosure" / "public-noise.yaml").write_text(f"{head}method:\n  noise: {noise}\n", encoding="utf-8")
    purpose = (policies / "purposes" / f"{SPEC.purpose}.yaml").read_text(encoding="utf-8")
    for old, new in (
        (f"id: {SPEC.purpose}", "id: public-figures"),
        ("profile: null", "profile: public-noise"),
        ("reach: all-regions", "reach: public"),
    ):
        assert purpose.count(old) == 1
        purpose = purpose.replace(old, new)
    (policies / "purposes" / "public-figures.yaml").write_text(purpose, encoding="utf-8")
    bundle, engine = ruled(policies)
    world.services = replace(world.services, catalogue=bundle.catalogue, policy=engine)
    return world


@pytest.fixture
def noisy(any_world: World, tmp_path: Path) -> World:
    return with_noise(collect(any_world), tmp_path)


@pytest.fixture
def closed(world: World, tmp_path: Path) -> World:
    """On SQLite only."""
    return with_noise(collect(world), tmp_path)


def charges(world: World) -> Sequence[Charge]:
    with world.services.database.look() as data:
        return data.drawings.charges("staffed-beds")


def everything(world: World) -> Sequence[Release]:
    with world.services.database.look() as data:
        return data.releases.over("staffed-beds")


def report_of(world: World, request: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(read_evidence(world.call(THIRD), request).report)
    return found


def released(world: World, spec: RequestSpec, owner: Any = OWNER) -> dict[str, Any]:
    done = world.release(spec, owner)
    assert done.release is not None, report_of(world, done.id)
    content: dict[str, Any] = json.loads(read_release(world.call(owner), done.release).release.content)
    return content


def figures(content: dict[str, Any]) -> dict[tuple[str, ...], dict[str, Any]]:
    (table,) = content["tables"]
    return {tuple(cell["codes"]): cell for cell in table["cells"]}


# --- the budget


def test_two_tables_pass_and_the_third_is_refused(noisy: World) -> None:
    for spec in (REGIONS, BOARDS):
        released(noisy, spec)
    before = noisy.dump(*GROWS)
    done = noisy.release(QUARTERS)
    assert (done.state, done.release) == ("unsafe", None)
    assert read_request(noisy.call(OWNER), done.id).refusal is Unsafe.BUDGET_SPENT
    evidence = read_evidence(noisy.call(STEWARD), done.id)
    assert (evidence.safe, evidence.tables) == (False, "[]")
    report = json.loads(evidence.report)
    assert report == {
        "policyHash": noisy.services.policy.policy_hash,
        "refused": "budget-spent",
        "obstacles": ["staffed-beds-2024: epsilon 2 + 1 > 2"],
    }
    event = noisy.events(code="request.prepare")[0]
    assert (event.outcome, event.reasons) == ("failed", ("budget-spent",))
    assert noisy.dump(*GROWS) == before
    assert [(charge.rounds, charge.loss) for charge in charges(noisy)] == [(("staffed-beds-2024",), Decimal(1))] * 2


def test_the_same_table_is_free_and_the_same_for_everybody(noisy: World) -> None:
    first = released(noisy, REGIONS)
    again = released(noisy, REGIONS, OTHER_OWNER)
    assert first["tables"] == again["tables"]
    assert first["id"] != again["id"]
    assert len(charges(noisy)) == 1
    assert released(noisy, BOARDS)["tables"] != first["tables"]


def test_what_stewards_saw_is_paid_for_and_not_drawn_again(closed: World) -> None:
    """Else they could reject until a draw pleases."""
    asked = closed.ask(REGIONS)
    closed.work()
    seen = read_evidence(closed.call(STEWARD), asked.id)
    assert json.loads(seen.report)["budget"] == [
        {"round": "staffed-beds-2024", "measure": "epsilon", "spent": 1.0, "budget": 2.0}
    ]
    closed.review(asked.id, STEWARD, Verdict.REJECT)
    assert len(charges(closed)) == 1
    told = figures(released(closed, REGIONS))
    (table,) = json.loads(seen.tables)
    assert {tuple(cell["codes"]): cell for cell in table["cells"]} == told
    assert len(charges(closed)) == 1


def test_evidence_that_is_made_again_holds_the_same_figures(closed: World) -> None:
    """Another release came in between: the table is prepared anew, and its noise is not."""
    asked = closed.ask(REGIONS)
    closed.work()
    closed.approve(asked.id)
    released_before = read_evidence(closed.call(THIRD), asked.id)
    released(closed, BOARDS)  # the worker finds the evidence of the first one outdated
    while closed.request(asked.id).state == "permitted":
        closed.work()
    if closed.request(asked.id).state == "prepared":
        closed.approve(asked.id)
        closed.work()
    assert closed.request(asked.id).state == "released"
    assert read_evidence(closed.call(THIRD), asked.id).tables == released_before.tables
    assert len(charges(closed)) == 2


def test_a_correction_is_a_new_question_on_the_same_budget(closed: World, tmp_path: Path) -> None:
    """Noise that hides contributors needs no waiting: the correction costs what any table does."""
    with_noise(closed, tmp_path, CONTRIBUTORS)
    before = released(closed, REGIONS)
    closed.turn("staffed-beds-2024", RoundState.OPEN, "a supplier found a fault")
    party = closed.parties["north"]
    counts = closed.counting(party, "staffed-beds-2024")
    assert counts is not None
    rows = [(*row[:3], row[3] + 1, row[4]) for row in ROWS["north"]]
    closed.deliver(party, rows, "staffed-beds-2024", corrects=counts.id)
    closed.turn("staffed-beds-2024", RoundState.CLOSED)
    assert released(closed, REGIONS)["tables"] != before["tables"]
    assert closed.release(REGIONS).state == "released"
    assert [charge.loss for charge in charges(closed)] == [Decimal("0.5")] * 2
    assert closed.release(BOARDS).state == "unsafe"


def test_each_measure_costs(closed: World, tmp_path: Path) -> None:
    with_noise(closed, tmp_path, CONTRIBUTORS)
    both = replace(REGIONS, measures=("staffed_bed_days", "occupied_bed_days"))
    done = closed.release(both)
    assert done.state == "released"
    assert sum(charge.loss for charge in charges(closed)) == 1
    assert report_of(closed, done.id)["budget"][0]["spent"] == 1.0
    assert closed.release(BOARDS).state == "unsafe"


def test_a_later_bundle_does_not_undo_what_was_promised(closed: World, tmp_path: Path) -> None:
    """Releases say of their round: epsilon 2 in all. Neither more of it nor another measure comes on top."""
    for spec in (REGIONS, BOARDS):
        released(closed, spec)
    for noise, obstacle in (
        (PERSONS.replace("budget: 2", "budget: 4"), "staffed-beds-2024: epsilon 2 + 1 > 2"),
        (CONTRIBUTORS, "staffed-beds-2024: eerdere ruis telt niet in rho · earlier noise does not count in it"),
    ):
        with_noise(closed, tmp_path, noise)
        assert report_of(closed, closed.release(QUARTERS).id)["obstacles"] == [obstacle]


class EngineInStep:
    """Lets both requests add up before either of them goes on."""

    def __init__(self, engine: AggregationEngine) -> None:
        self._engine, self._barrier = engine, threading.Barrier(2, timeout=20)

    def contributions(self, *arguments: Any) -> Any:
        made = self._engine.contributions(*arguments)
        self._barrier.wait()
        return made


@pytest.mark.parametrize(("specs", "outcomes"), [((REGIONS, BOARDS), 1), ((REGIONS, REGIONS), 2)])
def test_two_at_once_do_not_spend_the_same_budget(
    postgres_world: World, tmp_path: Path, specs: tuple[RequestSpec, RequestSpec], outcomes: int
) -> None:
    """One of two different tables is refused; of two that are the same one is drawn, and both get it."""
    world = with_noise(collect(postgres_world), tmp_path, PERSONS.replace("budget: 2", "budget: 1"))
    asked = [world.ask(spec) for spec in specs]
    world.services = replace(world.services, engine=EngineInStep(world.services.engine))
    with ThreadPoolExecutor(2) as pool:
        made = list(pool.map(lambda one: prepare_request(world.call(WORKER), one.id).state, asked))
    assert made.count("prepared") == outcomes
    assert made.count("unsafe") == 2 - outcomes
    assert len(charges(world)) == 1


# --- what a release says


def test_a_release_says_how_to_read_it(closed: World) -> None:
    content = released(closed, BOARDS)
    (table,) = content["tables"]
    told = table["method"]["noise"]
    assert {name: told[name] for name in told if name not in {"nl", "en"}} == {
        "mechanism": "discrete-laplace",
        "epsilon": 1,
        "budget": 2,
        "unit": "person",
        "cells": 1,
        "largest": 1,
        "bounded": False,
        "scale": 1,
        "confidence": 0.95,
    }
    assert "persoon" in told["nl"]
    assert "person" in told["en"]
    for cell in cells_of(json.dumps(content)):
        exact = sum(fact.value for fact in FACTS if cell.holds(fact.atom))
        shown = figures(content)[cell.codes]
        assert shown["status"] == "E"
        assert shown["standardDeviation"] >= 1.357
        assert shown["halfWidth"] >= 3
        assert abs(shown["value"] - exact) <= 20 * shown["standardDeviation"]


def test_totals_of_a_release_are_the_sum_of_their_parts(closed: World) -> None:
    content = released(closed, BOARDS)
    told = figures(content)
    for code in content["dimensions"][0]["codes"]:
        parts = [part for part in content["dimensions"][0]["codes"] if part["parent"] == code["code"]]
        if parts:
            assert told[code["code"],]["value"] == sum(told[part["code"],]["value"] for part in parts)
            assert told[code["code"],]["standardDeviation"] > told[parts[0]["code"],]["standardDeviation"]


def test_noise_for_contributors_bounds_what_one_counts_for(closed: World, tmp_path: Path) -> None:
    """Three cells at 400 at most: an L2 sensitivity of 692.8, so a standard deviation of as much at rho 0.5."""
    with_noise(closed, tmp_path, CONTRIBUTORS)
    done = closed.release(CARE)
    assert done.release is not None
    content = json.loads(read_release(closed.call(OWNER), done.release).release.content)
    told = content["tables"][0]["method"]["noise"]
    assert told["bounded"] is True
    assert told["scale"] == pytest.approx(692.820323)
    assert told["implies"] == {"epsilon": 5.757, "delta": 1e-6}
    assert figures(content)["cardiology",]["standardDeviation"] == pytest.approx(692.82)
    assert report_of(closed, done.id)["measures"][0]["cut"]["units"] > 0


def test_figures_as_csv_say_how_far_off_they_may_be(closed: World) -> None:
    content = released(closed, REGIONS)
    header, *lines = csv_of(figures_of(json.dumps(content))).decode().splitlines()
    assert header == "region,MEASURE,UNIT_MEASURE,OBS_VALUE,OBS_STATUS,STANDARD_DEVIATION,HALF_WIDTH_95"
    for line, (codes, cell) in zip(lines, figures(content).items(), strict=True):
        shown = ["staffed_bed_days", "bed days", cell["value"], "E", cell["standardDeviation"], cell["halfWidth"]]
        assert line.split(",") == [*codes, *map(str, shown)]


def test_a_steward_reads_what_noise_costs(closed: World, tmp_path: Path) -> None:
    with_noise(closed, tmp_path, CONTRIBUTORS)
    done = closed.release(CARE)
    evidence = EvidenceAnswer.of(read_evidence(closed.call(THIRD), done.id))
    _, noise, cut, budget = evidence_lines(json.loads(evidence.to_json()))
    assert noise.startswith("staffed_bed_days: ")
    assert noise.endswith(" ruis / noise discrete-gaussian, schaal / scale 692.82, per contributor")
    assert cut.startswith("  weggelaten / left out: ")
    assert budget == "Budget staffed-beds-2024: rho 0.5 van / of 1"


# --- beside what is exact


def test_noise_for_persons_gives_no_contributor_away(closed: World) -> None:
    """`vale` is alone in psychiatry: a little noise would not hide it."""
    done = closed.release(CARE)
    assert done.state == "unsafe"
    report = report_of(closed, done.id)
    assert report["refused"] == "cannot-be-protected"
    assert any("general-psychiatry" in obstacle for obstacle in report["obstacles"])
    assert charges(closed) == []


def test_exact_tables_come_beside_noisy_ones(closed: World) -> None:
    """Noise bounds nothing with certainty; what it says of contributors counts as if it were exact."""
    released(closed, BOARDS)
    exact = closed.release(replace(SPEC, dimensions=dimensions(region="health-board", care_form="care-group")))
    assert exact.release is not None
    assert '"method"' not in read_release(closed.call(OWNER), exact.release).release.content
    assert report_of(closed, exact.id)["releases"] == 1
    released(closed, REGIONS)


def test_with_the_noise_taken_off_contributors_are_attacked_as_ever() -> None:
    """A noisy sum of two places beside an exact one of the first: nearly the second, where `lone` is alone."""
    rows = [("x", name, 100) for name in ("one", "two", "three", "four")] + [("y", "lone", 90)]
    places, names, values = zip(*rows, strict=True)
    facts = Facts.build({"place": list(places)}, value=list(values), contributor=list(names))
    rules = Rules(minimum_count=10, minimum_contributors=3, dominance=((1, 75),), p_percent=10)
    apart = Dimension.flat("place", "xy", total=False)
    exact = ReleasedTable.from_cells(Table((apart,)), {("x",): 400, ("y",): None})
    both = Table((Dimension.flat("place", "xy"),)), Table(())
    assert attack_without_noise(facts, rules, [exact], []).clean
    for noisy in both:
        found = attack_without_noise(facts, rules, [exact], [noisy])
        assert not found.clean
    small = Facts.build({"place": ["x"] * 4}, value=[1, 1, 1, 1], contributor=["one", "two", "three", "four"])
    assert attack_without_noise(small, rules, [], [Table(())]).clean  # a small count is for the noise to hide


def test_an_exact_table_that_would_undo_the_noise_is_refused(closed: World, monkeypatch: pytest.MonkeyPatch) -> None:
    released(closed, REGIONS)
    seen = []

    def attacked(facts: Any, rules: Any, exact: Any, noisy: Any) -> Any:
        seen.append((len(exact), [table.name for table in noisy]))
        return SimpleNamespace(clean=not exact, breaches=[SimpleNamespace(codes=(("region", "west"),))])

    monkeypatch.setattr(protected_tables, "attack_without_noise", attacked)
    done = closed.release(SPEC)
    assert report_of(closed, done.id)["obstacles"] == ["region=west"]
    assert read_request(closed.call(OWNER), done.id).refusal is Unsafe.CANNOT_BE_PROTECTED
    noise = [json.loads(release.content)["id"] for release in everything(closed)]
    assert seen == [(1, noise), (0, noise)]  # without the new table it holds: so that is what is refused


def test_noise_that_hides_contributors_ties_nothing(closed: World, tmp_path: Path) -> None:
    with_noise(closed, tmp_path, CONTRIBUTORS)
    released(closed, CARE)
    exact = closed.release(SPEC)
    assert exact.release is not None
    assert report_of(closed, exact.id)["releases"] == 0
