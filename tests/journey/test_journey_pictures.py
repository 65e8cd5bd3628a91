"""From deliveries to the working model with its white spots, and to who goes where per municipality."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from catalogue_figures import tree
from journey import OTHER_OWNER, OWNER, WORDS, World
from typer.testing import CliRunner

from service.composition.command import command
from service.domain.catchment import catchment
from service.domain.errors import Denied, NotFound
from service.domain.released import read_released
from service.domain.request import RequestedDimension, RequestSpec
from service.domain.round import RoundState
from service.domain.working_model import Box, working_model
from service.use_cases.read_releases import read_release
from service.use_cases.submit_records import submit_records
from sluis_client.wire import canonical_bytes

GRONINGEN, LIMBURG = (
    [code for code, (level, parent) in tree("nl-province").items() if parent == province][:4]
    for province in ("PV20", "PV31")
)
Row = dict[str, str | int]


def release(world: World, data_set: str, rows: Mapping[str, list[Row]], spec: Mapping[str, Any]) -> dict[str, Any]:
    """Deliver, ask, approve; the public content of the release, as its reader has it."""
    round_ = world.round("2024", data_set=data_set)
    for supplier, delivered in rows.items():
        content = canonical_bytes([{**row, "period": "2024"} for row in delivered])
        party = world.parties[supplier]
        version = round_.data_set_version
        signed = world.sign(party, content, round_=round_.id, data_set=data_set, data_set_version=version)
        taken_in = submit_records(world.call(party.principal), signed, content, supplier).submission
        assert taken_in.state == "accepted", taken_in.faults
    world.turn(round_.id, RoundState.CLOSED)
    words = {"bottleneck": WORDS, "necessity": WORDS, "why_nothing_less": WORDS}
    purpose = "catchment-and-white-spots"
    asked = world.release(RequestSpec(data_set=data_set, purpose=purpose, periods=("2024",), **words, **spec))
    assert asked.state == "released", world.request(asked.id)
    assert asked.release is not None
    return json.loads(read_release(world.call(OWNER), asked.release).release.content)


def dimensions(**levels: tuple[str, str]) -> tuple[RequestedDimension, ...]:
    return tuple(RequestedDimension(name, *level) for name, level in levels.items())


# --- the working model


def box_row(municipality: str, box: tuple[str, str], offers: int, places: int, requests: int) -> Row:
    row, column = box
    return {
        "region": municipality,
        "row": row,
        "column": column,
        "offers": offers,
        "places": places,
        "requests": requests,
        "note": "",
    }


def inventory(suppliers: list[str]) -> dict[str, list[Row]]:
    """Inpatient care everywhere; a lone team in Groningen; demand without supply in Limburg."""
    rows: dict[str, list[Row]] = {}
    for at, supplier in enumerate(suppliers):
        rows[supplier] = [
            box_row(place, ("5-all", "1"), 4 + at % 2, 20 + at, 30 + at) for place in (*GRONINGEN, *LIMBURG)
        ]
        rows[supplier] += [box_row(place, ("4-teams", "2"), 0, 0, 12 + at) for place in (GRONINGEN[1], *LIMBURG)]
    rows[suppliers[0]].append(box_row(GRONINGEN[0], ("4-teams", "2"), 1, 12, 0))
    return rows


ASKED = dimensions(
    region=("nl-province", "province"),
    row=("working-model-rows", "row"),
    column=("working-model-columns", "column"),
    period=("calendar-years", "year"),
)
INVENTORY = {"dimensions": ASKED, "measures": ("offers", "places", "requests")}


def boxes(content: dict[str, Any]) -> dict[tuple[str, str, str], Box]:
    model = working_model(read_released(content))
    return {(m.region, row.row, box.column): box for m in model.matrices for row in m.rows for box in row.boxes}


def test_from_delivery_to_white_spot(world, tmp_path):
    content = release(world, "crucial-inventory", inventory(sorted(world.parties)), INVENTORY)
    found = boxes(content)
    assert found["PV20", "5-all", "1"].status == "filled"
    assert found["PV31", "4-teams", "2"].status == "white-spot"
    assert found["PV31", "4-acute", "2"].status == "no-demand"
    lone = found["PV20", "4-teams", "2"]
    assert (lone.figures["places"].value, lone.figures["places"].status) == (None, "Q")
    assert lone.status == "suppressed"

    kept = tmp_path / "release.json"
    kept.write_text(json.dumps({"content": content}))
    shown = CliRunner().invoke(command(), ["working-model", str(kept)])
    assert shown.exit_code == 0, shown.output
    assert "Limburg (PV31)" in shown.output
    assert "4-teams x 2" in shown.output
    wrong = CliRunner().invoke(command(), ["catchment", str(kept)])
    assert wrong.exit_code == 1
    assert "client_region, provider_region; clients" in wrong.output


def test_the_matrix_beside_the_release_tells_its_owner_nothing_more(world):
    suppliers = sorted(world.parties)
    delivered = inventory(suppliers)
    content = release(world, "crucial-inventory", delivered, INVENTORY)
    cells = {
        (table["measure"], *cell["codes"]): (cell["value"], cell["status"])
        for table in content["tables"]
        for cell in table["cells"]
    }
    hidden = 0
    for (region, row, column), box in boxes(content).items():
        for measure, shown in box.figures.items():
            assert (shown.value, shown.status) == cells[measure, region, row, column, "2024"]
        supply = {cells[measure, region, row, column, "2024"][1] for measure in ("offers", "places")}
        if "Q" in supply:
            hidden += 1
            assert box.status in {"suppressed", "filled"}
    assert hidden
    # nobody's number of providers is among the members
    assert "contributor" not in json.dumps(content)


def test_a_supplier_who_is_missing_leaves_the_white_spot_open(world):
    delivered = inventory(sorted(world.parties))
    del delivered["west"]
    content = release(world, "crucial-inventory", delivered, INVENTORY)
    assert content["coverage"] == [{"delivered": 5, "expected": 6, "period": "2024", "round": "crucial-inventory-2024"}]
    said = {box.status for box in boxes(content).values()}
    assert "possible-white-spot" in said
    assert "white-spot" not in said


def test_a_picture_is_read_as_the_release_is(world):
    content = release(world, "crucial-inventory", inventory(sorted(world.parties)), INVENTORY)
    reading: Callable[[], object] = lambda: read_release(world.call(OTHER_OWNER), content["id"])  # noqa: E731
    reading()  # all regional owners are recipients
    last = world.events(code="release.read")[0]
    assert (last.object_id, last.outcome) == (content["id"], "success")
    with pytest.raises((Denied, NotFound)):
        read_release(world.call(OTHER_OWNER), "another-release")


# --- who goes where


def client_rows(suppliers: list[str]) -> dict[str, list[Row]]:
    """From the first of Groningen everybody stays, from the second everybody goes to Limburg, from the third nobody.

    From the fourth they go both ways.
    """
    stays, goes, _, both = GRONINGEN
    rows = {}
    for at, supplier in enumerate(suppliers):
        rows[supplier] = [
            client_row(stays, GRONINGEN[0], 40 + at),
            client_row(goes, LIMBURG[0], 30 + at),
            *(client_row(both, provider, 12 + at) for provider in (GRONINGEN[0], LIMBURG[0])),
            *(client_row(place, LIMBURG[1], 20 + at) for place in LIMBURG),
        ]
    rows[suppliers[0]].append(client_row(stays, LIMBURG[2], 3))
    return rows


def client_row(home: str, provider: str, clients: int) -> Row:
    return {"client_region": home, "provider_region": provider, "care_form": "1", "clients": clients}


def test_where_the_people_of_a_municipality_go(world):
    asked = dimensions(client_region=("nl-province", "municipality"), provider_region=("nl-province", "province"))
    spec = {"dimensions": asked, "measures": ("clients",)}
    suppliers = sorted(world.parties)
    content = release(world, "catchment-provider", client_rows(suppliers), spec)
    found = {origin.origin: origin for origin in catchment(read_released(content)).origins}
    stays, goes, nobody, _ = (found[code] for code in GRONINGEN)
    assert (goes.own, goes.status) == ("PV20", "white-spot")
    assert goes.elsewhere == sum(30 + at for at in range(6))
    assert {flow.destination: flow.share for flow in goes.flows if flow.share} == {"PV31": 1.0}
    assert nobody.status == "nobody"
    # three people of one provider went from the first to Limburg: that is told nowhere
    assert stays.elsewhere is None
    assert stays.status in {"partly-elsewhere", "unknown"}
    (away,) = (flow for flow in stays.flows if flow.destination == "PV31")
    assert (away.figure.value, away.figure.status) == (None, "Q")
