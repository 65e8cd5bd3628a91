"""A request that cannot be protected: what its owner may ask instead, and what only the stewards see of it."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import pytest
from journey import OWNER, STEWARD, THIRD, Row, World, a_spec, dimensions
from journey_figures import BOARDS, DUMFRIES, SPEC, collect

from service.api.cells import csv_of, figures_of
from service.api.schemas.requests import AggregateRequestAnswer, EvidenceAnswer
from service.cli.evidence import evidence_lines
from service.domain.audit import Action, EventCode
from service.domain.request import RequestedDimension
from service.domain.round import RoundState
from service.use_cases.coarser_requests import CoarserRequests
from service.use_cases.read_requests import read_evidence, read_request
from service.use_cases.release_content import release_content
from sluis_client.wire import canonical_bytes

WEST = sorted(board for board, region in BOARDS.items() if region == "west")
BY_REGION = a_spec(periods=("2024",), dimensions=dimensions(region="planning-region", care_form="specialty"))
BY_BOARD = replace(BY_REGION, dimensions=dimensions(region="health-board", care_form="specialty"))


def row(board: str, beds: int) -> Row:
    return "2024Q1", board, "cardiology", beds, beds


@pytest.fixture
def shared(world: World) -> World:
    """Dumfries has two suppliers, the rest of the West is north's: of the West's sum it can subtract all the others."""
    rows = {
        "vale": [row(DUMFRIES, 300)],
        "isle": [row(DUMFRIES, 300)],
        "north": [row(board, 60) for board in WEST if board != DUMFRIES],
    }
    world.round("2024")
    for supplier, theirs in rows.items():
        world.deliver(world.parties[supplier], theirs, "staffed-beds-2024")
    world.turn("staffed-beds-2024", RoundState.CLOSED)
    return world


def report_of(world: World, request: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(read_evidence(world.call(THIRD), request).report)
    return found


def test_the_owner_is_offered_the_finest_table_that_is_safe(shared: World) -> None:
    first = shared.release(BY_REGION)
    refused = shared.release(BY_BOARD)
    assert refused.state == "unsafe"
    view = read_request(shared.call(OWNER), refused.id)
    assert view.offers is not None
    best = view.offers[0]
    assert best.dimensions == BY_REGION.dimensions
    assert best.nl == "Regio waar de bedden staan: planning-region in plaats van health-board"
    assert best.en == "Region where the beds are: planning-region instead of health-board"
    assert first.release is not None
    assert report_of(shared, refused.id)["inTheWay"] == {"releases": [first.release], "minimal": True}
    again = shared.release(replace(BY_BOARD, dimensions=best.dimensions))
    assert again.release is not None


def test_the_owner_sees_shapes_and_the_steward_figures(shared: World) -> None:
    """An offer tells no more of the figures than that the table can be made."""
    shared.release(BY_REGION)
    refused = shared.release(BY_BOARD)
    view = read_request(shared.call(OWNER), refused.id)
    told = json.loads(AggregateRequestAnswer.of(view.request, view.refusal, view.offers).to_json())["refusal"]["offers"]
    assert told
    for offer in told:
        assert set(offer) == {"nl", "en", "dimensions"}
        assert not any(sign.isdigit() for sign in json.dumps(offer))
    report = report_of(shared, refused.id)
    assert (report["measure"], report["search"]["stopped"]) == ("staffed_bed_days", None)
    assert [offer["dimensions"] for offer in report["offers"]] == [offer["dimensions"] for offer in told]
    assert set(report["offers"][0]["measures"][0]) == {"measure", "cells", "suppressed", "shareOfValueLost"}


def test_nothing_is_looked_for_beyond_the_limit(shared: World) -> None:
    shared.release(BY_REGION)
    shared.services = replace(shared.services, limits=replace(shared.services.limits, offer_tries=0))
    refused = shared.release(BY_BOARD)
    assert read_request(shared.call(OWNER), refused.id).offers == ()
    report = report_of(shared, refused.id)
    assert report["search"] == {
        "tries": 0,
        "stopped": "tries",
        "nl": "geen veilige grovere tabel gevonden; 0 keer geprobeerd, gestopt bij de grens aan pogingen",
        "en": "no safe coarser table found; 0 tries, stopped at the limit on tries",
    }
    assert report["inTheWay"]["minimal"] is False


def test_another_refusal_offers_nothing(shared: World) -> None:
    """Asking less finely would not help."""
    asked = replace(BY_REGION, measures=("staffed_bed_days", "occupied_bed_days"))
    view = read_request(shared.call(OWNER), shared.release(asked).id)
    assert (view.refusal, view.offers) == ("tied-measures", None)


def test_the_evidence_says_what_protection_costs_and_what_less_detail_would_gain(world: World) -> None:
    collect(world)
    asked = world.ask(replace(SPEC, dimensions=dimensions(region="health-board", care_form="specialty")))
    world.work()
    report = report_of(world, asked.id)
    (measure,) = report["measures"]
    loss = measure["loss"]
    assert loss["table"]["cells"] == measure["cells"]
    assert loss["finest"]["shareOfValue"]["after"] == measure["suppressedValue"] / measure["finestValue"]
    assert {(level["dimension"], level["level"]) for level in loss["levels"]} == {
        ("region", "TOTAL"),
        ("region", "planning-region"),
        ("region", "health-board"),
        ("care_form", "TOTAL"),
        ("care_form", "care-group"),
        ("care_form", "specialty"),
    }
    for part in (loss["table"], loss["finest"], *loss["levels"]):
        for share in ("shareOfCells", "shareOfValue"):
            assert 0 <= part[share]["before"] <= part[share]["after"] <= 1
    assert report["coarser"]
    for gain in report["coarser"]:
        assert gain["measures"][0]["shareOfValueLost"] < loss["finest"]["shareOfValue"]["after"]


def test_consumers_cannot_tell_primary_from_secondary(world: World) -> None:
    """With the roles of all suppressed cells swapped, what is signed and what is downloaded stay the same bytes."""
    collect(world)
    asked = world.ask(SPEC)
    world.work()
    evidence = read_evidence(world.call(STEWARD), asked.id)
    tables = json.loads(evidence.tables)
    for cell in (cell for table in tables for cell in table["cells"] if "why" in cell):
        if cell["why"] == ["secondary"]:
            cell["why"] = ["minimum-count", "dominance"]
            cell.pop("protects", None)
        else:
            cell["why"], cell["protects"] = ["secondary"], [["TOTAL", "TOTAL"]]
    swapped = replace(evidence, tables=json.dumps(tables))
    assert swapped.tables != evidence.tables

    def told(of: Any) -> tuple[bytes, bytes]:
        with world.call(STEWARD).look(EventCode("test", Action.READ, "test")) as step:
            rounds = [step.data.rounds.get("staffed-beds-2024")]
            content = release_content(step, asked, of, rounds, release="r", version=1)
        figures = figures_of(json.dumps(content))
        return canonical_bytes(content), csv_of(figures)

    assert told(swapped) == told(evidence)
    shown = json.loads(told(evidence)[0])["tables"][0]["cells"]
    assert {tuple(sorted(cell)) for cell in shown} == {("codes", "status", "value")}


def test_a_stock_is_offered_at_its_own_moments(world: World) -> None:
    """Places on two days do not add up: neither to a year, nor to a table without days."""
    catalogue = world.services.catalogue
    quarters = RequestedDimension("period", "calendar-quarters", "quarter")
    spec = replace(SPEC, dimensions=(quarters, *SPEC.dimensions))
    flow = CoarserRequests.of(spec, catalogue)
    assert [choice and choice.level for choice in flow.choices[0]] == ["quarter", "year", None]
    stock = replace(
        catalogue,
        data_sets=tuple(
            replace(one, dimensions=tuple(replace(d, total=not d.is_period) for d in one.dimensions))
            for one in catalogue.data_sets
        ),
    )
    assert [choice and choice.level for choice in CoarserRequests.of(spec, stock).choices[0]] == ["quarter"]


def shown(world: World, request: str, most: int = 50) -> list[str]:
    answer = EvidenceAnswer.of(read_evidence(world.call(THIRD), request))
    return list(evidence_lines(json.loads(answer.to_json()), most))


def test_a_steward_reads_evidence_in_sentences(world: World) -> None:
    collect(world)
    asked = world.ask(SPEC)
    world.work()
    lines = shown(world, asked.id)
    assert "veilig / safe" in lines[0]
    assert any(re.fullmatch(r"staffed_bed_days: \d+ cellen / cells, \d+ onveilig .*", line) for line in lines)
    assert any(re.fullmatch(r"  region, health-board: \d+\.\d % > .* %, .* %", line) for line in lines)
    assert any(re.fullmatch(r"  \w+, [\w-]+: minimum-count, minimum-contributors(, [\w-]+)*", line) for line in lines)
    assert any(": beschermt " in line for line in lines)
    assert any(line.startswith("  Zorgvorm: weggelaten / Care form: left out: staffed_bed_days ") for line in lines)
    hidden = len([line for line in lines if re.match(r"  \w+, [\w-]+: (minimum|beschermt|dominance)", line)])
    assert f"  … en nog {hidden - 1} / and {hidden - 1} more" in shown(world, asked.id, most=1)


def test_a_steward_reads_whom_a_cell_protects() -> None:
    cell = {"codes": ["a", "x"], "value": None, "status": "Q", "why": ["secondary"], "protects": [["b", "x"], ["b"]]}
    measure = {"measure": "m", "cells": 1, "unsafe": 0, "suppressed": 1}
    none = {"shareOfCells": {"before": 0, "after": 0.125}, "shareOfValue": {"before": 0, "after": 0.5}}
    evidence = {
        "id": "e",
        "safe": True,
        "madeAt": "2026-07-01T09:00:00Z",
        "tables": [{"measure": "m", "cells": [cell]}],
        "report": {"measures": [{**measure, "loss": {"table": none, "levels": []}}]},
    }
    lines = list(evidence_lines(evidence))
    assert "  tabel / table: 0.0 % > 12.5 %, 0.0 % > 50.0 %" in lines
    assert lines[-1] == "  a, x: beschermt / protects b, x; b"


def test_a_steward_reads_what_stands_in_the_way(shared: World) -> None:
    first = shared.release(BY_REGION)
    lines = shown(shared, shared.release(BY_BOARD).id)
    assert "niet veilig / not safe" in lines[0]
    assert lines[1] == "cannot-be-protected: staffed_bed_days"
    assert f"In de weg staat / in the way: {first.release}" in lines
    assert any(line.startswith("Wel veilig, fijnste eerst / safe instead, finest first (") for line in lines)
    assert any(line.startswith("  Regio waar de bedden staan: planning-region in plaats van") for line in lines)


def test_a_steward_reads_a_refusal_that_offers_nothing(shared: World) -> None:
    asked = replace(BY_REGION, measures=("staffed_bed_days", "occupied_bed_days"))
    lines = shown(shared, shared.release(asked).id)
    assert lines[1:] == ["tied-measures", "  occupied_bed_days <= staffed_bed_days"]
