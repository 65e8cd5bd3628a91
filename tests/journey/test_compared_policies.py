"""`sluis policy diff OLD NEW` on the requests in the database: what it finds, what it tells, what it leaves."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from typing import Any

import pytest
from journey import STEWARD, WORDS, World, a_spec
from purpose_documents import a_document
from typer.testing import CliRunner

from service.adapters.bundle import bundle_directory
from service.composition.command import command
from service.domain.request import RequestState
from service.domain.round import RoundState
from service.use_cases.judge_purpose import change_purpose

PURPOSE = "purposes/regional-capacity-planning.yaml"
Compare = Callable[..., Any]


@pytest.fixture
def compare(world: World, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Compare:
    monkeypatch.setenv("SLUIS_DATA_DIRECTORY", str(world.directory))
    bundles = tmp_path_factory.mktemp("bundles")

    def run(before: str, after: str, *more: str) -> Any:
        shutil.rmtree(bundles)
        shutil.copytree(bundle_directory(), bundles / "new")
        text = (bundles / "new" / PURPOSE).read_text()
        assert before in text
        (bundles / "new" / PURPOSE).write_text(text.replace(before, after))
        words = ["policy", "diff", str(bundle_directory()), str(bundles / "new"), *more]
        return CliRunner().invoke(command(), words)

    return run


def test_stored_requests_are_decided_again(world: World, compare: Compare) -> None:
    world.round("2025", RoundState.OPEN)
    early = world.ask(a_spec())
    assert early.state is RequestState.DENIED
    world.turn("staffed-beds-2025", RoundState.CLOSED)
    later = world.ask(a_spec())
    assert later.state is RequestState.PERMITTED
    before = world.dump("audit_events")
    outcome = compare("version: ", "version: ", "--json")
    assert outcome.exit_code == 0, outcome.output
    found = json.loads(outcome.stdout)
    # the round is closed now, so the first would be permitted: told, and no difference between the bundles
    assert (found["compared"], found["unlikeStored"]) == (2, 1)
    assert {one["code"] for one in found["assumed"]} >= {"rounds-as-they-are-now", "organisation-as-it-is-now"}
    stricter = compare("staffed_bed_days", "other_bed_days", "--json")
    assert stricter.exit_code == 2, stricter.output  # a bundle with faults decides nothing
    outcome = compare("minimum_age_months: 3", "minimum_age_months: 9", "--json")
    assert outcome.exit_code == 1, outcome.output
    found = json.loads(outcome.stdout)
    assert [(one["id"], one["change"]) for one in found["differing"]] == [
        (early.id, "denied-now"),
        (later.id, "denied-now"),
    ]
    stored = found["differing"][0]["stored"]
    assert (stored["outcome"], stored["atRelease"], stored["unlikeOld"]) == ("deny", False, True)
    assert WORDS not in outcome.output
    assert later.requester not in outcome.output
    assert world.dump("audit_events") == before
    events = world.events(code="policy.compare")
    assert [json.loads(event.query or "") for event in events] == [
        {"new": event.object_id, "old": world.services.policy.policy_hash} for event in events
    ]
    assert len(events) == 2
    assert all(event.user.startswith("os:") for event in events)


def test_purposes_that_people_made_count_under_both(world: World, compare: Compare) -> None:
    """As they stand now: one that was withdrawn since is withdrawn under both bundles."""
    stated = world.purpose(a_document())
    asked = world.ask(a_spec(purpose=stated.id))
    assert "purpose-unknown" not in asked.decision
    assert compare("version: ", "version: ").exit_code == 0
    change_purpose(world.call(STEWARD), stated.id, stated.version, "withdraw", WORDS)
    outcome = compare("version: ", "version: ")
    assert outcome.exit_code == 0, outcome.output
    assert "1 times OLD says something else than was stored" in outcome.output
