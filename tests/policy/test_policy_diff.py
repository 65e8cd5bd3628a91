"""`sluis policy diff OLD NEW`: requests of the past under another bundle, from a file."""

from __future__ import annotations

import json
import shutil

import pytest
from bundles import bundle_of, engine_of
from typer.testing import CliRunner

from service.adapters.bundle import bundle_directory
from service.composition import comparing
from service.composition.command import command

SLUIS = command()
WORDS = "Nobody knows the sum over all providers, and people wait."
REQUEST = {
    "id": "request-1",
    "organisation": "regio-noord",
    "createdAt": "2026-11-28T12:00:00Z",
    "dataSet": "capacity",
    "purpose": "places-in-the-region",
    "dimensions": [{"dimension": "period", "level": "month"}, {"dimension": "region", "level": "zorgkantoor"}],
    "periods": ["2026-06"],
    "measures": ["available_places"],
    "bottleneck": WORDS,
    "necessity": WORDS,
    "whyNothingLess": WORDS,
}
PURPOSE = "purposes/places-in-the-region.yaml"
PROFILE = "disclosure/operational.yaml"
OLDER = "minimum_age_months: 1\n", "minimum_age_months: 6\n"
MORE = "minimum_contributors: 3", "minimum_contributors: 4"


@pytest.fixture(autouse=True)
def _bundles_are_read_once(monkeypatch):
    """As they are by `bundles`: each content in its turn."""
    monkeypatch.setattr(comparing, "load_bundle", bundle_of)
    monkeypatch.setattr(comparing, "CedarEngine", engine_of)


@pytest.fixture
def diff(tmp_path):
    old, new = tmp_path / "old", tmp_path / "new"
    shutil.copytree(bundle_directory(), old)

    def run(requests, *changes, more=("--json",), turned=False):
        shutil.rmtree(new, ignore_errors=True)
        shutil.copytree(old, new)
        for file, (before, after) in changes:
            text = (new / file).read_text()
            assert before in text
            (new / file).write_text(text.replace(before, after))
        file = tmp_path / "requests.ndjson"
        file.write_text("\n".join(one if isinstance(one, str) else json.dumps(one) for one in requests))
        bundles = [str(one) for one in ((new, old) if turned else (old, new))]
        return CliRunner().invoke(SLUIS, ["policy", "diff", *bundles, "--requests", str(file), *more])

    return run


def changes(outcome) -> list[str]:
    assert outcome.exit_code == 1, outcome.output
    return [one["change"] for one in json.loads(outcome.stdout)["differing"]]


def test_the_same_bundle_decides_the_same(diff):
    outcome = diff([REQUEST, REQUEST | {"purpose": "none", "id": "request-2"}])
    assert outcome.exit_code == 0, outcome.output
    found = json.loads(outcome.stdout)
    assert (found["compared"], found["differing"], found["old"] == found["new"]) == (2, [], True)


def test_what_was_permitted_is_denied_and_the_other_way_round(diff):
    outcome = diff([REQUEST, REQUEST | {"id": "request-2", "periods": ["2026-04"]}], (PURPOSE, OLDER))
    assert changes(outcome) == ["denied-now", "other-obligations"]  # both permits say how old figures are at least
    found = json.loads(outcome.stdout)["differing"][0]
    assert (found["id"], found["old"]["outcome"], found["stored"]) == ("request-1", "permit", None)
    assert [reason["code"] for reason in found["new"]["reasons"]] == ["data-too-young"]
    assert changes(diff([REQUEST], (PURPOSE, OLDER), turned=True)) == ["permitted-now"]


def test_other_obligations_and_other_reasons_are_told(diff):
    assert changes(diff([REQUEST], (PROFILE, MORE))) == ["other-obligations"]
    both = diff([REQUEST | {"measures": ["names"]}], (PURPOSE, OLDER))
    assert changes(both) == ["other-reasons"]


def test_the_moment_is_that_of_the_request(diff):
    """The last day of validity is over at midnight in Amsterdam, whenever the comparison is made."""
    ends = "valid_until: 2030-12-31", "valid_until: 2029-12-31"
    moments = ("2029-12-31T22:59:59Z", "2029-12-31T23:00:00Z")
    asked = [REQUEST | {"createdAt": moment, "id": moment[:19].replace(":", "-")} for moment in moments]
    found = json.loads(diff(asked, (PURPOSE, ends)).stdout)["differing"]
    assert [one["id"] for one in found] == ["2029-12-31T23-00-00"]
    assert "purpose-expired" in {reason["code"] for reason in found[0]["new"]["reasons"]}


def test_what_was_stored_stands_beside_it(diff):
    listed = {
        "purposeVersion": 1,
        "state": "denied",
        "statusText": {"nl": "Geweigerd", "en": "Denied"},
        "decision": {"outcome": "deny", "policyHash": "sha-256:0", "reasons": [{"code": "round-not-closed"}]},
    }
    outcome = diff([REQUEST | listed], (PURPOSE, OLDER))
    stored = json.loads(outcome.stdout)["differing"][0]["stored"]
    assert stored == {
        "outcome": "deny",
        "reasons": ["round-not-closed"],
        "policyHash": "sha-256:0",
        "atRelease": None,
        "unlikeOld": True,
    }
    told = diff([REQUEST | listed], (PURPOSE, OLDER), more=()).stdout
    assert "werd toegestaan, wordt geweigerd / was permitted, is denied" in told
    assert "bewaard / stored: deny round-not-closed, sha-256:0" in told
    assert "1 times OLD says something else than was stored" in told
    assert "assumed: every period that a bundle knows has a closed round" in told
    assert "1 van de / of 1 anders / differ" in told


def test_the_reasons_that_a_person_gave_are_not_repeated(diff):
    for more in ((), ("--json",)):
        told = diff([REQUEST], (PURPOSE, OLDER), more=more).output
        assert "request-1" in told
        assert WORDS not in told


def test_every_fault_of_the_file_is_told_at_once(diff):
    outcome = diff([REQUEST | {"dataSet": 1, "more": 2}, "", "{", REQUEST | {"organisation": "Über"}], more=())
    assert outcome.exit_code == 2
    for place in ("ndjson:1 /dataSet: ", "ndjson:1 /more: ", "ndjson:3 /: ", "ndjson:4 /organisation: "):
        assert place in outcome.stderr
    answer = json.loads(diff([{"dataSet": 1}]).stdout)
    assert any(fault["place"].endswith("ndjson:1 /dataSet") and fault["nl"] for fault in answer["faults"])


def test_the_faults_of_both_bundles_are_told_at_once(diff, tmp_path):
    (tmp_path / "old" / PURPOSE).write_text("id: places\n")
    outcome = diff([REQUEST], more=())
    assert outcome.exit_code == 2
    assert f"{tmp_path}/old/{PURPOSE}: version" in outcome.stderr
    assert f"{tmp_path}/new/{PURPOSE}: version" in outcome.stderr


def test_without_a_database_there_is_nothing_to_compare(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    bundle = str(bundle_directory())
    outcome = CliRunner().invoke(SLUIS, ["policy", "diff", bundle, bundle])
    assert outcome.exit_code == 2
    assert "no database here; give a file" in outcome.stderr
    assert not list(tmp_path.iterdir())
