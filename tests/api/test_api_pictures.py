"""Working model and catchment over HTTP: what follows from the public JSON of the release, and the reading is logged."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from api_releases import add_release
from api_world import World, request_body
from released_pictures import an_inventory, figure, flows

from service.api.schemas.pictures import CatchmentAnswer, WorkingModelAnswer
from service.domain.catchment import ORIGIN_TEXTS, catchment
from service.domain.released import read_released
from service.domain.working_model import STATUS_TEXTS, working_model

SPOT, HIDDEN = ("R2", "4-teams", "2"), ("R2", "5-all", "1")
INVENTORY = an_inventory({"places": {HIDDEN: figure(None)}, "requests": {SPOT: figure(30), HIDDEN: figure(40)}})
FLOWS = flows(
    {("M1", "R1"): figure(0), ("M1", "R2"): figure(60), ("M1", "TOTAL"): figure(60), ("M2", "R1"): figure(None)}
)


@pytest.fixture(scope="module")
def released(cast: Any) -> dict[str, str]:
    asked = [cast.world.call("POST", "/v1/aggregate-requests", cast.owner, json=request_body()) for _ in range(2)]
    contents = {"working-model": INVENTORY, "catchment": FLOWS}
    requests = [denied.json()["requestId"] for denied in asked]
    return {
        name: add_release(cast.world, request, content)
        for request, (name, content) in zip(requests, contents.items(), strict=True)
    }


def get(world: World, cast: Any, release: str, picture: str, query: str = "", **headers: str) -> Any:
    return world.call("GET", f"/v1/releases/{release}/{picture}{query}", cast.owner, headers=headers)


def test_the_public_json_alone_gives_the_same(cast: Any, world: World, released: dict[str, str]) -> None:
    public = {name: world.call("GET", f"/v1/releases/{id_}", cast.owner).json() for name, id_ in released.items()}
    model = working_model(read_released(public["working-model"]["content"]))
    shown = get(world, cast, released["working-model"], "working-model")
    assert shown.content == WorkingModelAnswer.of(model, STATUS_TEXTS).to_json()
    went = catchment(read_released(public["catchment"]["content"]))
    assert (
        get(world, cast, released["catchment"], "catchment").content == CatchmentAnswer.of(went, ORIGIN_TEXTS).to_json()
    )


def test_a_white_spot_and_what_is_hidden(cast: Any, world: World, released: dict[str, str]) -> None:
    answer = get(world, cast, released["working-model"], "working-model").json()
    said = {
        (matrix["region"]["code"], row["row"]["code"], box["column"]): box
        for matrix in answer["matrices"]
        for row in matrix["rows"]
        for box in row["boxes"]
    }
    assert said[SPOT]["status"] == "white-spot"
    assert said[HIDDEN] == {
        "column": "1",
        "status": "suppressed",
        "figures": {"places": {"value": None, "status": "Q"}, "requests": {"value": 40, "status": "A"}},
    }
    assert answer["statuses"]["suppressed"]["nl"].startswith("afgeschermd")


def test_each_form(cast: Any, world: World, released: dict[str, str]) -> None:
    for picture, release in released.items():
        table = get(world, cast, release, picture, "?format=csv")
        assert table.headers["content-type"] == "text/csv; charset=utf-8"
        assert list(csv.DictReader(io.StringIO(table.text, newline="")))
        assert get(world, cast, release, picture, Accept="text/csv").content == table.content
        page = get(world, cast, release, picture, Accept="text/plain")
        assert (page.headers["content-type"], page.headers["vary"]) == ("text/plain; charset=utf-8", "Accept")
        assert "Titel / Title" in page.text
        refused = get(world, cast, release, picture, Accept="image/png")
        assert (refused.status_code, refused.json()["code"]) == (406, "not-acceptable")


def test_another_release_gives_no_such_picture(cast: Any, world: World, released: dict[str, str]) -> None:
    refused = get(world, cast, released["catchment"], "working-model")
    assert (refused.status_code, refused.json()["code"]) == (400, "picture-impossible")
    assert "region, row, column; offers | places" in refused.json()["detail"]


def test_reading_a_picture_is_reading_the_release(cast: Any, world: World, released: dict[str, str]) -> None:
    release = released["working-model"]
    before = len(world.events(code="release.read", outcome="success"))
    for query in ("", "?format=csv", "?format=text"):
        assert get(world, cast, release, "working-model", query).status_code == 200
    read = world.events(code="release.read", outcome="success")
    assert len(read) == before + 3
    assert {event.object_id for event in read[:3]} == {release}
