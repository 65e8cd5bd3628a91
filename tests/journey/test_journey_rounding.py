"""A purpose whose profile rounds: the release says so, adds up, and counts as rounded for what is released later."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from bundles import ruled
from journey import OWNER, STEWARD, THIRD, World, dimensions
from journey_figures import SPEC, collect

from service.adapters.bundle import bundle_directory
from service.cli.evidence import evidence_lines
from service.domain.method import Rounding
from service.domain.obligations import effective_profile, obligations
from service.domain.request import RequestSpec
from service.use_cases.read_releases import read_release
from service.use_cases.read_requests import read_evidence

BASE = 500
"""Wide enough for every provider in these figures."""

ROUNDED = replace(SPEC, purpose="rounded-figures")
COARSE = replace(ROUNDED, dimensions=dimensions(region="planning-region"))


def with_rounding(world: World, directory: Path, base: int) -> World:
    """The bundle with a purpose whose profile rounds."""
    policies = shutil.copytree(bundle_directory(), directory / "policies", dirs_exist_ok=True)
    profile = (policies / "disclosure" / "operational.yaml").read_text(encoding="utf-8")
    profile = profile.replace("id: operational", "id: rounded") + f"method: {{rounding: {base}}}\n"
    (policies / "disclosure" / "rounded.yaml").write_text(profile, encoding="utf-8")
    purpose = (policies / "purposes" / f"{SPEC.purpose}.yaml").read_text(encoding="utf-8")
    for old, new in ((f"id: {SPEC.purpose}", "id: rounded-figures"), ("profile: null", "profile: rounded")):
        assert purpose.count(old) == 1
        purpose = purpose.replace(old, new)
    (policies / "purposes" / "rounded-figures.yaml").write_text(purpose, encoding="utf-8")
    bundle, engine = ruled(policies)
    world.services = replace(world.services, catalogue=bundle.catalogue, policy=engine)
    return world


@pytest.fixture
def rounding(world: World, tmp_path: Path) -> World:
    return with_rounding(collect(world), tmp_path, BASE)


def released(world: World, spec: RequestSpec) -> tuple[str, dict[tuple[str, ...], Any], dict[str, Any]]:
    """The request, its cells and its table."""
    done = world.release(spec, OWNER)
    assert done.release is not None, json.loads(read_evidence(world.call(THIRD), done.id).report)
    content = json.loads(read_release(world.call(OWNER), done.release).release.content)
    (table,) = content["tables"]
    return done.id, {tuple(cell["codes"]): cell["value"] for cell in table["cells"]}, table


def test_a_release_says_what_it_is_rounded_to_and_nothing_is_withheld(rounding: World) -> None:
    request, cells, table = released(rounding, ROUNDED)
    assert table["method"] == {"rounding": {"base": BASE}}
    assert {cell["status"] for cell in table["cells"]} == {"A"}
    assert all(value % BASE == 0 for value in cells.values())
    evidence = read_evidence(rounding.call(STEWARD), request)
    (measure,) = json.loads(evidence.report)["measures"]
    assert measure["suppressed"] == 0
    assert measure["rounding"]["base"] == BASE
    assert measure["rounding"]["largestChange"] < BASE
    assert measure["attack"]["exactDisclosures"] == measure["attack"]["intervalBreaches"] == 0
    told = {
        "id": "e",
        "madeAt": "",
        "safe": True,
        "tables": json.loads(evidence.tables),
        "report": json.loads(evidence.report),
    }
    assert any(f"rounded to {BASE}" in line for line in evidence_lines(told))


def test_a_later_rounded_table_repeats_the_values_of_an_earlier_one(rounding: World) -> None:
    _, coarse, _ = released(rounding, COARSE)
    _, fine, _ = released(rounding, ROUNDED)
    totals = {codes[0]: value for codes, value in fine.items() if codes[1] == "TOTAL"}
    assert len(coarse) > 1
    assert {codes[0]: value for codes, value in coarse.items()}.items() <= totals.items()


def test_exact_and_rounded_tables_of_the_same_facts_see_each_other(rounding: World) -> None:
    _, rounded, _ = released(rounding, ROUNDED)
    _, exact, table = released(rounding, SPEC)
    assert "method" not in table
    assert all(abs(exact[codes] - rounded[codes]) < BASE for codes in exact if exact[codes] is not None)


def test_a_narrow_base_is_no_reason_to_publish_what_is_unsafe(world: World, tmp_path: Path) -> None:
    narrow = with_rounding(collect(world), tmp_path, 5)
    _, cells, _ = released(narrow, ROUNDED)
    assert None in cells.values()
    assert all(value % 5 == 0 for value in cells.values() if value is not None)


def test_a_permit_names_the_method(rounding: World) -> None:
    catalogue = rounding.services.catalogue
    data_set, purpose = catalogue.data_set(SPEC.data_set), catalogue.purpose("rounded-figures")
    assert effective_profile(data_set, purpose, catalogue).method == Rounding(BASE)
    assert ("method", f"rounding:{BASE}") in [
        (one.code, one.value) for one in obligations(data_set, purpose, catalogue)
    ]
