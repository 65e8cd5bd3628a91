"""`sluis policy explain`: the answer of the service, without the service."""

from __future__ import annotations

import json
import shutil

import pytest
from bundles import bundle_of, engine_of
from typer.testing import CliRunner

from service.adapters.bundle import bundle_directory
from service.composition import explaining
from service.composition.command import command, run

SLUIS = command()
WORDS = "Nobody knows the sum over all providers, and people wait."
REQUEST = {
    "dataSet": "capacity",
    "purpose": "places-in-the-region",
    "dimensions": [{"dimension": "period", "level": "month"}, {"dimension": "region", "level": "zorgkantoor"}],
    "periods": ["2026-06"],
    "measures": ["available_places"],
    "bottleneck": WORDS,
    "necessity": WORDS,
    "whyNothingLess": WORDS,
}


@pytest.fixture(autouse=True)
def _bundles_are_read_once(monkeypatch):
    """As they are by `bundles`: each content in its turn."""
    monkeypatch.setattr(explaining, "load_bundle", bundle_of)
    monkeypatch.setattr(explaining, "CedarEngine", engine_of)


@pytest.fixture
def explain(tmp_path):
    def run(request, *more, at="2026-11-28T12:00:00Z"):
        file = tmp_path / "request.json"
        file.write_text(request if isinstance(request, str) else json.dumps(request))
        return CliRunner().invoke(SLUIS, ["policy", "explain", str(file), *(["--at", at] if at else []), *more])

    return run


def reasons(outcome) -> set[str]:
    assert outcome.exit_code == 1, outcome.output
    answer = json.loads(outcome.stdout)
    assert answer["outcome"] == "deny"
    assert all(one[text] for one in answer["reasons"] for text in ("rule", "nl", "en"))
    assert all(one["mend"][tongue] for one in answer["reasons"] for tongue in ("nl", "en"))
    return {one["code"] for one in answer["reasons"]}


def test_permitted_with_what_it_obliges_to(explain):
    outcome = explain(REQUEST, "--json")
    assert outcome.exit_code == 0, outcome.output
    answer = json.loads(outcome.stdout)
    assert answer["outcome"] == "permit"
    (contributors,) = [one for one in answer["obligations"] if one["code"] == "minimum-contributors"]
    assert contributors == {
        "code": "minimum-contributors",
        "value": 3,
        "nl": "Een cel van minder dan 3 aanleverende partijen wordt niet getoond.",
        "en": "A cell of fewer than 3 contributing parties is not shown.",
    }
    assert answer["supposed"]["rounds"] == [{"period": "2026-06", "state": "closed", "dataSetVersion": 1}]
    told = explain(REQUEST).stdout
    assert told.startswith("toegestaan / permitted\n")
    assert "minimum-contributors: 3" in told
    assert "en: A cell of fewer than 3 contributing parties is not shown." in told
    assert '  organisation: "regional-owner"' in told


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"purpose": "no-purpose"}, "purpose-unknown"),
        ({"dataSet": "rejections"}, "data-set-not-covered"),
        ({"dataSet": "nothing"}, "data-set-unknown"),
        ({"measures": ["names"]}, "measure-not-covered"),
        ({"dimensions": [{"dimension": "region", "level": "municipality"}]}, "level-too-fine"),
        ({"periods": ["1926-06"]}, "round-unknown"),
        ({"periods": ["2026-11"]}, "data-too-young"),
        ({"bottleneck": "short"}, "bottleneck-missing"),
    ],
)
def test_denied_for_a_reason(explain, change, expected):
    assert expected in reasons(explain(REQUEST | change, "--json"))


@pytest.mark.parametrize(
    ("at", "expired"),
    [
        ("2030-12-31T22:59:59Z", False),
        ("2030-12-31T23:00:00Z", True),  # midnight in Amsterdam, in winter an hour before UTC
    ],
)
def test_the_last_day_of_a_purpose_ends_in_the_netherlands(explain, at, expired):
    found = reasons(explain(REQUEST, "--json", at=at))
    assert ("purpose-expired" in found) is expired


def test_another_organisation_than_the_purpose_names(explain, tmp_path):
    shutil.copytree(bundle_directory(), tmp_path / "policies")
    purpose = tmp_path / "policies" / "purposes" / "places-in-the-region.yaml"
    named = "recipients: {reach: one-organisation, organisations: [nhs-east]}"
    text = purpose.read_text().replace("recipients: {reach: all-regions, roles: [regional-owner]}", named)
    assert named in text
    purpose.write_text(text)
    other = ("--json", "--policies", str(tmp_path / "policies"))
    assert explain(REQUEST, *other).exit_code == 0
    assert reasons(explain(REQUEST, *other, "--organisation", "nhs-west")) == {"purpose-unknown"}


def test_the_own_region_only(explain):
    region = {"dimension": "region", "classification": "nl-province", "level": "province", "only": ["PV20"]}
    request = {
        **REQUEST,
        "dataSet": "care-intensity",
        "purpose": "severe-need-in-the-region",
        "dimensions": [region],
        "periods": ["2024"],
        "measures": ["clients"],
    }
    outcome = explain(request, "--json")
    assert outcome.exit_code == 0, outcome.output
    assert json.loads(outcome.stdout)["supposed"]["regions"] == ["nl-province/PV20"]
    assert '  regions: ["nl-province/PV20"]' in explain(request).stdout
    assert reasons(explain(request, "--json", "--region", "nl-province/PV21")) == {"own-region-only"}
    both = ("--region", "nl-province/PV21", "--region", "nl-province/PV20")
    assert explain(request, "--json", *both).exit_code == 0
    whole = {**request, "dimensions": [{name: region[name] for name in region if name != "only"}]}
    assert reasons(explain(whole, "--json", *both)) == {"own-region-only"}
    unknown = {**request, "dimensions": [{**region, "only": ["PV99"]}]}
    assert reasons(explain(unknown, "--json")) == {"code-unknown"}
    assert explain({**request, "dimensions": [{**region, "only": []}]}).exit_code == 2


@pytest.fixture
def suppose(explain, tmp_path):
    def run(facts, *more, at=None, request=REQUEST):
        file = tmp_path / "facts.json"
        file.write_text(facts if isinstance(facts, str) else json.dumps(facts))
        return explain(request, "--facts", str(file), *more, at=at)

    return run


NOW = {"at": "2026-11-28T12:00:00Z"}


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({}, set()),
        ({"role": "steward"}, {"role-not-allowed"}),
        ({"organisation": "board", "kinds": ["supplier"]}, {"purpose-unknown"}),
        ({"suspended": True}, {"organisation-suspended"}),
        ({"agreement": {"validFrom": "2026-01-01", "validUntil": "2026-11-27"}}, {"recipient-without-agreement"}),
        ({"agreement": {"validFrom": "2026-01-01", "validUntil": "2026-11-28"}}, set()),
        ({"notInForce": ["processor-agreement"]}, {"processor-agreement-not-in-force"}),
        ({"suppliersWithoutAgreement": 2}, {"suppliers-without-agreement"}),
        ({"suppliersWithoutConsent": 1}, {"suppliers-without-consent"}),
        ({"rounds": []}, {"round-unknown"}),
        ({"rounds": [{"period": "2026-06", "state": "open"}]}, {"round-not-closed"}),
        ({"given": [{"periods": ["2026-05"], "at": "2026-11-01T12:00:00Z"}]}, {"sooner-than-frequency"}),
        ({"given": [{"periods": ["2026-06"], "at": "2026-11-01T12:00:00Z"}]}, set()),
        ({"at": "2026-07-31T21:59:59Z"}, {"data-too-young"}),  # a month after June, in the Netherlands
        ({"at": "2026-07-31T22:00:00Z"}, set()),
    ],
)
def test_with_what_the_service_would_look_up(suppose, facts, expected):
    outcome = suppose({**NOW, **facts}, "--json")
    assert outcome.exit_code == (1 if expected else 0), outcome.output
    assert (reasons(outcome) if expected else set()) == expected
    supposed = json.loads(outcome.stdout)["supposed"]
    for name, value in facts.items():  # printed back, with what was left out filled in
        assert supposed[name] == value or name in {"rounds", "agreement"}
    again = suppose(supposed, "--json")
    assert again.stdout == outcome.stdout


def test_the_command_line_goes_before_the_facts(suppose):
    facts = {**NOW, "organisation": "board", "regions": ["nl-province/PV20"]}
    outcome = suppose(facts, "--json", "--organisation", "other", at="2026-12-01T00:00:00Z")
    supposed = json.loads(outcome.stdout)["supposed"]
    assert (supposed["organisation"], supposed["at"]) == ("other", "2026-12-01T00:00:00Z")
    assert supposed["regions"] == ["nl-province/PV20"]


def test_facts_that_are_none_are_told_at_once(suppose, tmp_path):
    outcome = suppose({"role": "king", "more": 1, "rounds": [{"state": "ajar"}]})
    assert (outcome.exit_code, outcome.stdout) == (2, "")
    told = outcome.stderr.splitlines()
    assert len(told) == 4
    assert all(line.startswith(f"{tmp_path / 'facts.json'} /") for line in told)
    as_json = suppose({"role": "king", "more": 1}, "--json")
    assert (as_json.exit_code, as_json.stderr) == (2, "")
    assert len(json.loads(as_json.stdout)["faults"]) == 2
    ends = {"agreement": {"validFrom": "2026-02-01", "validUntil": "2026-01-01"}}
    assert json.loads(suppose({**NOW, **ends}, "--json").stdout)["faults"] == [
        {
            "place": f"{tmp_path / 'facts.json'} /agreement/validUntil",
            "nl": "eindigt voor het begint",
            "en": "ends before it starts",
        }
    ]


@pytest.mark.parametrize("more", [["--facts", "nothing.json"], ["--policies", "nowhere"]])
def test_what_is_not_there_is_told_as_json(explain, more):
    outcome = explain(REQUEST, "--json", *more)
    assert (outcome.exit_code, outcome.stderr) == (2, "")
    faults = json.loads(outcome.stdout)["faults"]
    assert all(fault["place"].startswith(more[1]) for fault in faults)
    assert faults


def test_what_is_no_request_is_told_at_once(explain):
    outcome = explain({"dataSet": 1, "more": 2})
    assert outcome.exit_code == 2
    told = outcome.stderr.splitlines()
    assert len(told) == 9
    assert any("/dataSet: moet tekst zijn / must be a string" in line for line in told)
    assert any("/more: is een onbekend veld / is an unknown field" in line for line in told)
    as_json = explain({"dataSet": 1, "more": 2}, "--json")
    assert (as_json.exit_code, as_json.stderr) == (2, "")
    faults = json.loads(as_json.stdout)["faults"]
    assert len(faults) == 9
    assert {"place": "/dataSet", "nl": "moet tekst zijn", "en": "must be a string"} in faults
    assert explain('{"dataSet": "a", "dataSet": "b"}').exit_code == 2
    assert explain("[]").exit_code == 2


def test_a_bundle_with_faults_explains_nothing(tmp_path, capsys, monkeypatch):
    (tmp_path / "request.json").write_text(json.dumps(REQUEST))
    shutil.copytree(bundle_directory(), tmp_path / "policies")
    (tmp_path / "policies" / "purposes" / "places-in-the-region.yaml").write_text("id: places\n")
    words = ["policy", "explain", str(tmp_path / "request.json"), "--policies", str(tmp_path / "policies")]
    monkeypatch.setattr("sys.argv", ["sluis", *words])
    with pytest.raises(SystemExit) as ended:
        run()
    assert ended.value.code == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert "places-in-the-region.yaml: version" in told.err
