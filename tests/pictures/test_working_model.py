"""The working model says what the released cells say, and never that there is nothing where something is hidden."""

from __future__ import annotations

import copy
import csv
import io
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from released_pictures import PLACES, TOTAL, an_inventory, figure

from service.domain.errors import Invalid
from service.domain.picture_forms import working_model_csv, working_model_text
from service.domain.released import read_released
from service.domain.working_model import BoxStatus, WorkingModel, working_model

BOX = ("R2", "4-teams", "2")
DEFINITE = {BoxStatus.WHITE_SPOT, BoxStatus.POSSIBLE_WHITE_SPOT, BoxStatus.NO_DEMAND, BoxStatus.DEMAND_UNKNOWN}
"""Each says that a box is empty here."""


def made(content: Any) -> WorkingModel:
    return working_model(read_released(content))


def boxes(model: WorkingModel) -> dict[tuple[str, str, str], Any]:
    return {(m.region, row.row, box.column): box for m in model.matrices for row in m.rows for box in row.boxes}


def status(offers: int | None, places: int | None, requests: int | None, *, at=BOX, **more: Any) -> BoxStatus:
    tables = {"offers": offers, "places": places, "requests": requests}
    content = an_inventory({name: {at: figure(value)} for name, value in tables.items()}, **more)
    return boxes(made(content))[at].status


@pytest.mark.parametrize(
    ("offers", "places", "requests", "said"),
    [
        (12, 40, 100, "filled"),
        (None, 40, 100, "filled"),
        (12, None, 0, "filled"),
        (0, 0, 30, "white-spot"),
        (0, 0, 0, "no-demand"),
        (0, 0, None, "demand-unknown"),
        (None, None, 30, "suppressed"),
        (None, 0, 30, "suppressed"),
        (0, None, 30, "suppressed"),
        (None, None, 0, "suppressed"),
    ],
)
def test_what_a_box_says(offers, places, requests, said):
    assert status(offers, places, requests) == said


def test_who_has_not_delivered_may_have_it():
    assert status(0, 0, 30, coverage=(5, 6)) == "possible-white-spot"


def test_noise_and_rounding_show_nobody_that_there_is_nothing():
    for method in ({"rounding": {"base": 5}}, {"noise": {}}):
        assert status(0, 0, 30, method=method) == "unknown"


def test_a_supra_regional_box_is_no_white_spot_where_another_region_serves_it():
    here, country = ("R2", "4-teams", "3"), (TOTAL, "4-teams", "3")
    for national, said in ((figure(60), "elsewhere"), (figure(None), "possible-white-spot"), (figure(0), "white-spot")):
        supply = {here: figure(0), country: national}
        content = an_inventory({"places": supply, "requests": {here: figure(20)}})
        assert boxes(made(content))[here].status == said
    # of one or a few in the region, another region's does not count
    supply = {BOX: figure(0), (TOTAL, "4-teams", "2"): figure(60)}
    content = an_inventory({"places": supply, "requests": {BOX: figure(20)}})
    assert boxes(made(content))[BOX].status == "white-spot"


def test_what_was_cut_away_may_serve_a_region():
    content = an_inventory({"places": {BOX: figure(0)}, "requests": {BOX: figure(20)}})
    assert boxes(made(content))[BOX].status == "white-spot"
    (regions,) = [one for one in content["dimensions"] if one["dimension"] == "region"]
    (code,) = [one for one in regions["codes"] if one["code"] == BOX[0]]
    code["parent"] = "a region that is not in the release"
    assert boxes(made(content))[BOX].status == "possible-white-spot"


def test_a_municipality_is_served_by_its_region():
    for region, said in ((figure(60), "elsewhere"), (figure(None), "possible-white-spot")):
        here = ("M1", "5-all", "1")
        content = an_inventory({"places": {("R1", "5-all", "1"): region}, "requests": {here: figure(15)}})
        assert boxes(made(content))[here].status == said


def test_a_row_that_is_all_of_its_setting_stands_there_once():
    model = made(an_inventory({"places": {}}))
    assert [row.row for row in model.matrices[0].rows] == ["4", "4-teams", "4-acute", "5-all"]
    assert {matrix.where["period"] for matrix in model.matrices} == {"2024"}


def test_a_cell_that_is_not_in_the_release_is_not_empty():
    content = an_inventory({"places": {}, "requests": {BOX: figure(30)}})
    for table in content["tables"]:
        table["cells"] = [c for c in table["cells"] if tuple(c["codes"][:3]) != BOX or table["measure"] == "requests"]
    found = boxes(made(content))[BOX]
    assert (found.status, found.figures["places"].status) == ("unknown", "M")


@pytest.mark.parametrize("broken", [None, [], {}, {"dimensions": []}, {"id": "x", "version": "y"}, "text", 3])
def test_what_is_no_release_makes_no_picture(broken):
    with pytest.raises(Invalid) as refused:
        made(broken)
    assert refused.value.code == "picture-impossible"


def turned(change) -> Any:
    content = an_inventory({"places": {}})
    change(content)
    return content


@pytest.mark.parametrize(
    "change",
    [
        lambda c: c["dimensions"][0]["codes"][0].update(parent="R1"),
        lambda c: [c["dimensions"][0]["codes"][n].update(parent=p) for n, p in ((0, "R2"), (1, "R1"))],
        lambda c: c["dataSet"]["title"].update(nl="\x1b]0;owned\x07"),
        lambda c: c["tables"][0]["cells"][0].update(value=True),
        lambda c: c["tables"][0]["cells"][0].update(value="12"),
        lambda c: c["tables"][0]["cells"][0]["codes"].pop(),
    ],
)
def test_a_file_that_was_tampered_with_makes_no_picture(change):
    with pytest.raises(Invalid):
        made(turned(change))


def test_a_negative_figure_with_noise_stays_a_number():
    content = an_inventory({"places": {BOX: (-3, "E")}}, method={"noise": {}})
    rows = csv.DictReader(io.StringIO(working_model_csv(made(content)).decode(), newline=""))
    assert "-3" in {row["places"] for row in rows}


def test_a_release_without_supply_makes_no_working_model():
    with pytest.raises(Invalid, match="picture-impossible") as refused:
        made(an_inventory({"requests": {}}))
    assert refused.value.data == {"needs": "region, row, column; offers | places"}


# --- for any release


SHOWN = st.one_of(st.none(), st.just(0), st.integers(10, 99)).map(figure)
TABLE = st.dictionaries(st.sampled_from(PLACES), SHOWN, max_size=40)
CONTENTS = st.builds(
    an_inventory,
    st.fixed_dictionaries({"places": TABLE}, optional={"offers": TABLE, "requests": TABLE}),
    st.sampled_from([(6, 6), (5, 6)]),
)


@settings(max_examples=50)
@given(CONTENTS)
def test_every_number_is_a_released_cell_and_no_hidden_box_is_called_empty(content):
    released = {
        (table["measure"], *cell["codes"]): (cell["value"], cell["status"])
        for table in content["tables"]
        for cell in table["cells"]
    }
    for place, box in boxes(made(content)).items():
        for measure, shown in box.figures.items():
            assert (shown.value, shown.status) == released[measure, *place, "2024"]
        supply = [shown for measure, shown in box.figures.items() if measure != "requests"]
        if box.status in DEFINITE | {BoxStatus.ELSEWHERE}:
            assert {(shown.value, shown.status) for shown in supply} == {(0, "A")}
        if box.status is BoxStatus.FILLED:
            assert any(shown.value for shown in supply)
        if box.status in {BoxStatus.WHITE_SPOT, BoxStatus.POSSIBLE_WHITE_SPOT}:
            assert box.figures["requests"].value


@settings(max_examples=50)
@given(CONTENTS, st.randoms(use_true_random=False))
def test_who_sees_less_is_told_less(content, chance):
    """Suppressing one more cell turns no box into a white spot or an empty one, and fills none."""
    before = boxes(made(content))
    less = copy.deepcopy(content)
    cell = chance.choice(chance.choice(less["tables"])["cells"])
    cell["value"], cell["status"] = None, "Q"
    unsure = {"possible-white-spot", "demand-unknown", "suppressed", "unknown"}
    for place, box in boxes(made(less)).items():
        allowed = {before[place].status, *unsure}
        if box.status == "possible-white-spot":
            # demand and no supply here were both known before
            assert before[place].status in {"white-spot", "possible-white-spot", "elsewhere"}
        if box.status == "demand-unknown" and before[place].status == "elsewhere":
            continue
        assert box.status in allowed
        if before[place].status in {"suppressed", "unknown"}:
            assert box.status == before[place].status


@settings(max_examples=50)
@given(CONTENTS)
def test_text_and_csv_say_the_same_as_the_boxes(content):
    model = made(json.loads(json.dumps(content)))
    found = boxes(model)
    rows = list(csv.DictReader(io.StringIO(working_model_csv(model).decode(), newline="")))
    assert {(row["region"], row["row"], row["column"]): row["STATUS"] for row in rows} == {
        place: box.status for place, box in found.items()
    }
    for row in rows:
        shown = found[row["region"], row["row"], row["column"]].figures["places"]
        assert (row["places"], row["places_OBS_STATUS"]) == (
            "" if shown.value is None else str(shown.value),
            shown.status,
        )
    text = working_model_text(model)
    sure = sum(box.status == "white-spot" for box in found.values())
    assert text.count("WITTE VLEK ") - 1 == sure  # once in the legend


@settings(max_examples=50)
@given(CONTENTS, st.sampled_from(["R1", "R2", "M1"]))
def test_a_part_of_the_table_says_no_more_than_the_whole(content, only):
    """Cut down to a region, or to what is below one: a white spot there is one in the whole too, and never elsewhere."""
    whole = boxes(made(content))
    cut = copy.deepcopy(content)
    (regions,) = [one for one in cut["dimensions"] if one["dimension"] == "region"]
    regions["codes"] = [one for one in regions["codes"] if only in {one["code"], one["parent"]}]
    kept = {one["code"] for one in regions["codes"]}
    for table in cut["tables"]:
        table["cells"] = [cell for cell in table["cells"] if cell["codes"][0] in kept]
    for place, box in boxes(made(cut)).items():
        known = whole[place].status
        assert box.status == known or (known, box.status) in {
            ("elsewhere", "possible-white-spot"),
            ("elsewhere", "no-demand"),
            ("elsewhere", "demand-unknown"),
            ("white-spot", "possible-white-spot"),
        }
