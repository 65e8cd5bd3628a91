"""The connector to CBS against a real server on this machine: what it asks, what it makes of it, and what stops it."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest
from bundles import bundle_of
from cbs_double import Answer, CbsDouble, cbs_double, population, scores
from token_maker import SetClock

from service.adapters.cbs import CbsPublicFigures, OData
from service.adapters.cbs.odata import PAUSES, TOTAL_TIME
from service.domain.errors import Invalid, NotFound, Unavailable
from service.domain.public_figures import Fetched, Observation

CATALOGUE = bundle_of().catalogue
PEOPLE, SCORES = CATALOGUE.public_source("demography"), CATALOGUE.public_source("ses-score")
JSON = {"Content-Type": "application/json"}
FIGURES = {"GM0363": 900, "GM0599": 600, "GM0003": "Impossible"}
WELFARE = {"GM0363": (480, -0.05), "GM0599": (330, "Confidential"), "GM0344": (0, "Impossible")}


@pytest.fixture
def cbs() -> Iterator[CbsDouble]:
    with cbs_double(t03759ned=population(FIGURES), t86092NED=scores(WELFARE)) as double:
        yield double


class Fetching:
    """One fetch, with a clock of its own that pauses move on."""

    def __init__(self, cbs: CbsDouble) -> None:
        self.clock, self.paused, self._cbs = SetClock(), list[float](), cbs

    def pause(self, seconds: float) -> None:
        self.paused.append(seconds)
        self.clock.pass_by(seconds=seconds)

    def __call__(self, source: Any = PEOPLE, year: int = 2024) -> Fetched:
        with httpx.Client(trust_env=False) as http:
            return CbsPublicFigures(OData(self._cbs.url, http, self.clock, self.pause)).fetch(source, year)


@pytest.fixture
def fetching(cbs: CbsDouble) -> Fetching:
    return Fetching(cbs)


def values(found: Fetched) -> dict[tuple[str, ...], int]:
    return {(one.region, *one.cell): int(one.value) for one in found.observations if one.value}


def test_ages_become_classes_and_sexes_stay_apart(fetching: Fetching) -> None:
    found = fetching()
    assert values(found) == {
        ("GM0363", "0-17", "women"): 1,
        ("GM0363", "27-44", "women"): 898,
        ("GM0363", "65+", "men"): 1,
        ("GM0599", "0-17", "women"): 1,
        ("GM0599", "27-44", "women"): 598,
        ("GM0599", "65+", "men"): 1,
    }
    assert len(found.observations) == 2 * 5 * 2  # a municipality that is not there that year is left out
    assert (found.source_table, found.table_version, found.status) == ("03759ned", "202606230000", "Definitief")
    assert found.table_title.startswith("Bevolking op 1 januari")
    assert found.licence == "https://creativecommons.org/licenses/by/4.0/"
    assert found.address.endswith("/odata/v1/CBS/03759ned")


def test_a_measure_is_found_by_its_title_and_group(fetching: Fetching) -> None:
    found = fetching(SCORES, 2022)
    assert found.observations == (
        Observation("GM0344", (), "households", Decimal(0)),
        Observation("GM0344", (), "average_score", None, "Impossible"),
        Observation("GM0363", (), "households", Decimal(480)),
        Observation("GM0363", (), "average_score", Decimal("-0.05")),
        Observation("GM0599", (), "households", Decimal(330)),
        Observation("GM0599", (), "average_score", None, "Confidential"),
    )


@pytest.mark.parametrize("page", [1, 7, 50])
def test_pages_are_followed_to_the_end(cbs: CbsDouble, fetching: Fetching, page: int) -> None:
    whole = fetching(SCORES, 2022)
    cbs.page = page
    assert fetching(SCORES, 2022) == whole


def test_it_asks_for_no_more_than_it_needs(cbs: CbsDouble, fetching: Fetching) -> None:
    fetching()
    asked = [address for address in cbs.asked if "/Observations" in address]
    assert len(asked) == 5 * 2 + 1  # classes, sexes, and the whole
    for address in asked:
        assert "startswith%28RegioS%2C%27GM%27%29" in address
        assert "BurgerlijkeStaat%20eq%20%27T001019%27" in address
        assert "Perioden%20eq%20%272024JJ00%27" in address
        assert "$filter=" in address
        assert "$select=" in address


def test_packed_answers_are_read(cbs: CbsDouble, fetching: Fetching) -> None:
    cbs.packed = True
    assert values(fetching())


# --- when CBS is away ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "trouble", [Answer(429), Answer(500), Answer(502), Answer(503), Answer(504), Answer(200, b'{"va', JSON, cut=True)]
)
def test_what_passes_is_waited_for(cbs: CbsDouble, fetching: Fetching, trouble: Answer) -> None:
    whole = fetching()
    cbs.once(trouble, trouble, trouble, at="/Observations")
    assert fetching() == whole
    assert fetching.paused == [1, 2, 4]


@pytest.mark.parametrize(("asked", "waited"), [("7", 7), ("0", 1), ("9999999", 60), ("tomorrow", 1)])
def test_it_waits_as_long_as_it_is_asked_to_within_reason(
    cbs: CbsDouble, fetching: Fetching, asked: str, waited: float
) -> None:
    cbs.once(Answer(429, headers={"Retry-After": asked}), at="/Properties")
    fetching()
    assert fetching.paused == [waited]


def test_who_stays_away_is_given_up(cbs: CbsDouble, fetching: Fetching) -> None:
    cbs.always(Answer(503), at="/Observations")
    with pytest.raises(Unavailable) as gone:
        fetching()
    assert (gone.value.code, gone.value.data) == ("public-source-away", {"host": "127.0.0.1", "why": "503"})
    assert fetching.paused == list(PAUSES)


def test_nobody_there() -> None:
    with cbs_double() as gone:
        pass
    fetching = Fetching(gone)
    with pytest.raises(Unavailable) as refused:
        fetching()
    assert (refused.value.code, refused.value.data["why"]) == ("public-source-away", "ConnectError")


def test_it_ends_in_time_whatever_comes(cbs: CbsDouble, fetching: Fetching) -> None:
    def slowly(_: str) -> None:
        fetching.clock.pass_by(seconds=TOTAL_TIME.total_seconds() / 4)

    cbs.troubles.append(slowly)
    with pytest.raises(Unavailable) as late:
        fetching()
    assert late.value.code == "public-source-away"
    assert len(cbs.asked) < 8
    assert timedelta(minutes=30) > TOTAL_TIME


# --- when CBS answers something else ---------------------------------------------------------------------------------


def page(*rows: Any, **more: Any) -> Answer:
    return Answer(200, json.dumps({"value": list(rows), **more}).encode(), JSON)


def a_row(**changes: Any) -> dict[str, Any]:
    row = {"Measure": "M000002", "WijkenEnBuurten": "GM0363", "Perioden": "2022JJ00"}
    return {**row, "Value": 0.1, "ValueAttribute": "None", **changes}


ELSEWHERE = "http://127.0.0.1:1/odata/v1/CBS/86092NED/Observations"
WRONG = {
    "no table": Answer(404),
    "not allowed": Answer(403),
    "elsewhere": Answer(302, headers={"Location": ELSEWHERE}),
    "a page for people": Answer(200, b"<html>", {"Content-Type": "text/html"}),
    "no type": Answer(200, b'{"value": []}'),
    "no JSON": Answer(200, b"{", JSON),
    "not a number": Answer(200, b'{"value": [{"Value": NaN}]}', JSON),
    "deep": Answer(200, b"[" * 100_000, JSON),
    "a list": Answer(200, b"[]", JSON),
    "no value": Answer(200, b"{}", JSON),
    "rows that are none": page(1),
    "a bomb": Answer(200, gzip.compress(b" " * 70_000_000, 1), {**JSON, "Content-Encoding": "gzip"}),
    "nothing": page(),
    "another year": page(a_row(Perioden="2021JJ00")),
    "another measure": page(a_row(Measure="M000003")),
    "a district": page(a_row(WijkenEnBuurten="WK036300")),
    "no municipality": page(a_row(WijkenEnBuurten="GM0363'; x")),
    "twice": page(a_row(), a_row()),
    "text": page(a_row(Value="0.1")),
    "truth": page(a_row(Value=True)),
    "beyond all": Answer(200, json.dumps({"value": [a_row()]}).replace("0.1", "1e99999").encode(), JSON),
    "finer than all": Answer(200, json.dumps({"value": [a_row()]}).replace("0.1", "1e-99999").encode(), JSON),
    "a part of a household": page(a_row(Measure="M000001", Value=0.5)),
    "less than nobody": page(a_row(Measure="M000001", Value=-1)),
    "no attribute": page(a_row(ValueAttribute=None)),
    "a link elsewhere": page(a_row(), **{"@odata.nextLink": ELSEWHERE}),
    "a link to a file": page(a_row(), **{"@odata.nextLink": "file:///etc/passwd"}),
    "a link outside": page(a_row(), **{"@odata.nextLink": "/odata/v1/CBS/../../other"}),
    "no link": page(a_row(), **{"@odata.nextLink": 1}),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_what_is_not_understood_is_not_guessed(cbs: CbsDouble, fetching: Fetching, wrong: str) -> None:
    cbs.always(WRONG[wrong], at="/Observations")
    with pytest.raises(Unavailable) as refused:
        fetching(SCORES, 2022)
    assert refused.value.code == "public-source-unexpected"
    assert refused.value.data["table"] == "86092NED"
    assert fetching.paused == []  # asking again would not help
    assert len([address for address in cbs.asked if "/Observations" in address]) == 1


def test_a_page_that_leads_to_itself_ends(cbs: CbsDouble, fetching: Fetching) -> None:
    cbs.always(page(**{"@odata.nextLink": f"{cbs.url}/86092NED/Observations?again"}), at="/Observations")
    with pytest.raises(Unavailable, match="unexpected"):
        fetching(SCORES, 2022)
    assert len(cbs.asked) < 10


@pytest.mark.parametrize(
    ("collection", "change"),
    [
        ("MeasureCodes", lambda rows: rows.pop(1)),
        ("MeasureCodes", lambda rows: rows[1].update(Title="Mediane score")),
        ("MeasureCodes", lambda rows: rows[2].update(MeasureGroupId="G2")),
        ("MeasureCodes", lambda rows: rows[1].update(Identifier="M' or '1")),
        ("MeasureGroups", lambda rows: rows[1].update(Title="Spreiding")),
        ("MeasureGroups", lambda rows: rows[1].update(ParentId="G2", Title="-")),
    ],
)
def test_a_measure_that_means_something_else_is_noticed(
    cbs: CbsDouble, fetching: Fetching, collection: str, change: Any
) -> None:
    change(cbs.tables["86092NED"].collections[collection])
    with pytest.raises(Unavailable) as refused:
        fetching(SCORES, 2022)
    assert refused.value.data == {"table": "86092NED", "where": refused.value.data["where"]}
    assert str(refused.value.data["where"]).startswith("MeasureCodes: Gemiddelde score")
    assert not [address for address in cbs.asked if "/Observations" in address]


def test_another_table_under_this_name_is_noticed(cbs: CbsDouble, fetching: Fetching) -> None:
    cbs.tables["03759ned"].properties["Identifier"] = "37259ned"
    with pytest.raises(Unavailable, match="unexpected"):
        fetching()


@pytest.mark.parametrize("change", [lambda rows: rows.pop(), lambda rows: rows[-1].update(Value=7)])
def test_parts_that_do_not_add_up_are_noticed(cbs: CbsDouble, fetching: Fetching, change: Any) -> None:
    """A row that got lost, or an age that we do not know of."""
    rows = cbs.tables["03759ned"].collections["Observations"]
    rows[:] = [row for row in rows if row["RegioS"] == "GM0363"]
    rows.sort(key=lambda row: (row["Geslacht"] == "4000", row["Leeftijd"] == "14000"))
    change(rows)
    with pytest.raises(Unavailable) as refused:
        fetching()
    assert refused.value.data["where"] == "Observations: GM0363, total"


def test_an_age_that_is_not_known_makes_its_class_unknown(cbs: CbsDouble, fetching: Fetching) -> None:
    rows = cbs.tables["03759ned"].collections["Observations"]
    (row,) = (r for r in rows if (r["RegioS"], r["Geslacht"], r["Leeftijd"]) == ("GM0363", "4000", "14000"))
    row.update(Value=None, ValueAttribute="Unknown")
    found = {(one.region, *one.cell): one for one in fetching().observations}
    assert found["GM0363", "27-44", "women"].value is None
    assert found["GM0363", "27-44", "women"].note == "Unknown"
    assert found["GM0363", "0-17", "women"].value == 1


def test_a_year_that_the_table_does_not_have(cbs: CbsDouble, fetching: Fetching) -> None:
    with pytest.raises(Invalid) as refused:
        fetching(PEOPLE, 2029)
    assert (refused.value.code, refused.value.data["last"]) == ("public-period", "2026")
    with pytest.raises(NotFound):
        fetching(PEOPLE, 2031)
    assert not [address for address in cbs.asked if "/Observations" in address]
