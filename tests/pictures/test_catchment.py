"""Who goes where: shares and differences of published cells only, and a hidden flow is never nobody."""

from __future__ import annotations

import csv
import io
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from released_pictures import DESTINATIONS, ORIGINS, TOTAL, figure, flows

from service.domain.catchment import SMALLEST, Origin, catchment
from service.domain.errors import Invalid
from service.domain.picture_forms import catchment_csv, catchment_text
from service.domain.released import read_released


def origins(content: Any) -> dict[str, Origin]:
    return {found.origin: found for found in catchment(read_released(content)).origins}


def of_m1(own: int | None, other: int | None, total: int | None, **more: Any) -> Origin:
    cells = {("M1", "R1"): figure(own), ("M1", "R2"): figure(other), ("M1", TOTAL): figure(total)}
    return origins(flows(cells, **more))["M1"]


@pytest.mark.parametrize(
    ("own", "other", "total", "said", "elsewhere"),
    [
        (80, 20, 100, "partly-elsewhere", 20),
        (97, None, 100, "partly-elsewhere", None),
        (100, 0, 100, "own-region", 0),
        (0, 60, 60, "white-spot", 60),
        (0, 0, 0, "nobody", 0),
        (None, None, 60, "unknown", None),
        (40, None, None, "unknown", None),
        (0, None, None, "unknown", None),
    ],
)
def test_what_an_origin_says(own, other, total, said, elsewhere):
    found = of_m1(own, other, total)
    assert (found.status, found.own, found.elsewhere) == (said, "R1", elsewhere)


def test_shares_are_of_published_cells():
    found = of_m1(75, None, 100)
    assert {flow.destination: flow.share for flow in found.flows} == {"R1": 0.75, "R2": None}


def test_who_has_not_delivered_may_have_served_them():
    assert of_m1(0, 60, 60, coverage=(5, 6)).status == "possible-white-spot"


def test_two_classifications_have_no_region_of_ones_own():
    found = of_m1(0, 60, 60, elsewhere="nl-province")
    assert (found.own, found.status, found.elsewhere) == (None, "unknown", None)


def test_noise_and_rounding_give_no_shares():
    for method in ({"rounding": {"base": 5}}, {"noise": {}}):
        found = of_m1(0, 60, 60, method=method)
        assert (found.status, found.elsewhere) == ("unknown", None)
        assert {flow.share for flow in found.flows} == {None}


def test_what_is_not_there_is_told():
    content = flows({})
    content["dimensions"] = content["dimensions"][:1]
    with pytest.raises(Invalid) as refused:
        origins(content)
    assert refused.value.data == {"needs": "client_region, provider_region; clients"}


PLACES = list(product([*ORIGINS, TOTAL], [*DESTINATIONS, TOTAL]))
CONTENTS = st.builds(
    flows,
    st.dictionaries(
        st.sampled_from(PLACES),
        st.one_of(st.none(), st.just(0), st.integers(10, 200)).map(figure),
        max_size=len(PLACES),
    ),
    st.sampled_from([(6, 6), (5, 6)]),
)


@settings(max_examples=50)
@given(CONTENTS)
def test_everything_follows_from_published_cells(content):
    cells = {tuple(cell["codes"]): cell["value"] for cell in content["tables"][0]["cells"]}
    for found in origins(content).values():
        total = cells.get((found.origin, TOTAL))
        own = cells.get((found.origin, found.own))
        assert found.total.value == total
        for flow in found.flows:
            published = cells.get((found.origin, flow.destination))
            assert flow.figure.value == published
            if flow.share is not None:
                assert flow.share * total == pytest.approx(published)
        if found.elsewhere is not None:
            assert found.elsewhere == total - own
            assert found.elsewhere == 0 or found.elsewhere >= SMALLEST or total < own
        if found.status in {"white-spot", "possible-white-spot"}:
            assert (own, bool(total)) == (0, True)
        if found.status == "nobody":
            assert total == 0


@settings(max_examples=50)
@given(CONTENTS)
def test_text_and_csv_say_the_same(content):
    picture = catchment(read_released(content))
    rows = list(csv.DictReader(io.StringIO(catchment_csv(picture).decode(), newline="")))
    expected = {
        (found.origin, flow.destination): "" if flow.figure.value is None else str(flow.figure.value)
        for found in picture.origins
        for flow in found.flows
    } | {(o.origin, TOTAL): "" if o.total.value is None else str(o.total.value) for o in picture.origins}
    assert {(row["client_region"], row["provider_region"]): row["clients"] for row in rows} == expected
    text = catchment_text(picture)
    assert text.count(" totaal / total x;") == sum(o.total.status == "Q" for o in picture.origins)


@settings(max_examples=50)
@given(CONTENTS, st.randoms(use_true_random=False))
def test_who_sees_less_is_told_less(content, chance):
    before = origins(content)
    if cells := content["tables"][0]["cells"]:
        chance.choice(cells).update(value=None, status="Q")
    for name, found in origins(content).items():
        assert found.status in {before[name].status, "unknown"}
        assert found.elsewhere in {before[name].elsewhere, None}
