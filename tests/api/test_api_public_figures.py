"""Public figures over the API and as the command shows them: with their source, and with what they lack."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from api_world import World
from database_samples import a_public_copy

from service.cli.public import figure_lines
from service.domain.audit import Action, EventCode
from service.domain.public_figures import Observation
from service.use_cases.public_content import content_of

KNOWN = {"GM0034": (1000, "0.100"), "GM0995": (3000, "-0.100"), "GM0171": (0, None)}
FLEVOLAND = ("GM0034", "GM0050", "GM0171", "GM0184", "GM0303", "GM0995")


@pytest.fixture(scope="module")
def told(cast: Any) -> Any:
    """The world, with households and scores of Flevoland: all of it in 2022, and one municipality less in 2021."""
    world: World = cast.world
    with world.operator().transact(EventCode("public-figures.fetch", Action.CREATE, "public-figures")) as step:
        for period, missing in (("2022", None), ("2021", "GM0184")):
            found = [
                Observation(code, (), measure, value, note)
                for code in (*FLEVOLAND, "GM9999")
                if code != missing
                for households, score in [KNOWN.get(code, (0, None))]
                for measure, value, note in (
                    ("households", Decimal(households), None),
                    ("average_score", None if score is None else Decimal(score), None if score else "Unknown"),
                )
            ]
            about = {"source": "ses-score", "period": period, "source_table": "86092NED"}
            step.data.public_figures.add(a_public_copy(f"copy-{period}", content=content_of(found), **about))
    return cast


def read(cast: Any, path: str, who: str | None = None) -> Any:
    return cast.world.call("GET", f"/v1/public-figures{path}", who or cast.owner)


def figures(answer: dict[str, Any], region: str) -> dict[str, dict[str, Any]]:
    return {one["measure"]: one for one in answer["figures"] if one["region"] == region}


def test_what_there_is_says_where_it_is_from(told: Any) -> None:
    (found,) = [one for one in read(told, "").json()["items"] if one["period"] == "2022"]
    assert (found["id"], found["dataSet"]) == ("ses-score", "ses-score")
    assert found["source"] == {
        "publisher": "Centraal Bureau voor de Statistiek (CBS)",
        "table": "86092NED",
        "tableTitle": "Bevolking",
        "tableVersion": "1",
        "modified": "2026-06-23",
        "status": "Definitief",
        "licence": "https://creativecommons.org/licenses/by/4.0/",
        "address": "https://cbs.example/03759ned",
        "retrievedAt": "2026-01-31T12:00:00.123456Z",
        "digest": "sha-256:" + "0" * 64,
    }


def test_a_region_has_the_sum_and_the_weighted_mean(told: Any) -> None:
    answer = read(told, "/ses-score/2022?classification=nl-province").json()
    assert (answer["classification"], answer["classificationVersion"], answer["level"]) == (
        "nl-province",
        "2025",
        "province",
    )
    assert figures(answer, "PV24") == {
        "households": {"region": "PV24", "codes": [], "measure": "households", "value": 4000},
        "average_score": {"region": "PV24", "codes": [], "measure": "average_score", "value": -0.05},
    }
    assert answer["measures"][1]["weight"] == "households"
    assert answer["unknown"] == ["GM9999"]


def test_a_region_that_lacks_a_municipality_has_no_value(told: Any) -> None:
    answer = read(told, "/ses-score/2021?classification=nl-province").json()
    found = figures(answer, "PV24")["households"]
    assert (found["value"], found["known"]) == (None, 4000)
    assert found["missing"] == [{"municipality": "GM0184", "why": "not-in-source"}]
    lines = list(figure_lines(answer))
    assert lines[0].startswith("Bron / source: Centraal Bureau voor de Statistiek (CBS), 86092NED")
    assert "PV24\t\thouseholds\t-\tGM0184: not-in-source" in lines
    assert lines[-1] == "GM9999: onbekende gemeente / unknown municipality"


def test_municipalities_one_by_one_and_a_classification_that_nobody_named(told: Any) -> None:
    answer = read(told, "/ses-score/2022?classification=nl-ggd&level=municipality").json()
    assert figures(answer, "GM0034")["average_score"]["value"] == 0.1
    assert figures(answer, "GM0363")["households"]["value"] is None
    assert read(told, "/ses-score/2022").json()["classification"] == "nl-ggd"


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/nothing/2022", 404, "not-found"),
        ("/ses-score/2019", 404, "not-found"),
        ("/ses-score/2022?classification=nothing", 404, "not-found"),
        ("/ses-score/2022?classification=scotland-boards", 400, "public-regions"),
        ("/ses-score/2022?classification=nl-ggd&level=planning-region", 400, "public-regions"),
        ("/ses-score/22", 404, "not-found"),
        ("/ses-score/2022?region=nl-ggd", 400, None),
    ],
)
def test_what_there_is_not(told: Any, path: str, status: int, code: str | None) -> None:
    found = read(told, path)
    assert found.status_code == status
    if code is not None:
        assert found.json()["type"].endswith(code)
    if code == "public-regions":
        assert "nl-zorgkantoor: zorgkantoor, municipality" in found.text


def test_everyone_who_is_known_reads_and_nobody_else(told: Any) -> None:
    for who in (told.supplier, told.owner, told.steward, told.privacy_officer, told.auditor):
        assert read(told, "/ses-score/2022", who).status_code == 200
    assert read(told, "/ses-score/2022", told.nobody).status_code == 403
    assert told.world.call("GET", "/v1/public-figures").status_code == 401
