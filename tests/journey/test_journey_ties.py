"""What one release does to others: it outdates, obstructs and answers those over the same facts, and no others."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from journey import OTHER_OWNER, OWNER, THIRD, WORKER, World, dimensions
from journey_figures import DUMFRIES, ROWS, SPEC, collect, rows_of
from journey_figures import correct as correct_one
from test_journey_corrections import correct, revisions
from test_journey_noise import CONTRIBUTORS, with_noise
from test_journey_offers import BY_BOARD, BY_REGION, WEST, row

from service.disclosure import CannotBeProtected, Obstacle
from service.domain.request import Evidence
from service.domain.round import RoundState
from service.ports.engine import AggregationEngine
from service.use_cases import corrections
from service.use_cases.prepare_request import prepare_request
from service.use_cases.read_requests import read_evidence, read_request
from service.use_cases.recent import Recent

ROUND = "staffed-beds-2024"
TOTALS = replace(SPEC, dimensions=dimensions(region="planning-region"))
BOTH_YEARS = replace(TOTALS, periods=("2023", "2024"))


@pytest.fixture
def two_years(world: World) -> World:
    collect(world)
    world.round("2023")
    for supplier in ROWS:
        world.deliver(world.parties[supplier], rows_of(supplier, "2023"), "staffed-beds-2023")
    world.turn("staffed-beds-2023", RoundState.CLOSED)
    return world


def evidence_of(world: World, request: str) -> Evidence:
    return read_evidence(world.call(THIRD), request)


# --- what outdates evidence


def test_a_release_of_other_facts_sends_nothing_back(two_years: World) -> None:
    """Both years are approved; either is released on what the stewards saw."""
    asked = [two_years.ask(replace(SPEC, periods=(year,))) for year in ("2024", "2023")]
    two_years.work()
    seen = [evidence_of(two_years, one.id).id for one in asked]
    for one in asked:
        two_years.approve(one.id)
    two_years.work()
    assert [two_years.request(one.id).state for one in asked] == ["released", "released"]
    assert [evidence_of(two_years, one.id).id for one in asked] == seen
    assert two_years.events(code="release.create", outcome="failed") == []


def test_a_release_that_ties_other_facts_sends_them_back(two_years: World) -> None:
    """A table over both years is released after 2024, and ties 2024 to 2023 by way of itself."""
    first = two_years.release(replace(TOTALS, periods=("2024",)))
    asked = two_years.ask(replace(TOTALS, periods=("2023",)))
    two_years.work()
    assert evidence_of(two_years, asked.id).history == ()
    two_years.approve(asked.id)
    both = two_years.ask(BOTH_YEARS)
    _only(two_years, both.id)
    second = two_years.request(both.id)
    two_years.work()
    assert two_years.request(asked.id).state in {"prepared", "unsafe"}
    assert set(evidence_of(two_years, asked.id).history) == {first.release, second.release}


def _only(world: World, request: str) -> None:
    """Carry one request to its release, and leave all others where they are."""
    prepare_request(world.call(WORKER), request)
    world.approve(request)
    assert world.release_at_once(request).state == "released"


def test_noise_that_hides_contributors_is_not_outdated_by_exact_figures(world: World, tmp_path: Path) -> None:
    with_noise(collect(world), tmp_path, CONTRIBUTORS)
    noisy = world.ask(replace(TOTALS, purpose="public-figures"))
    world.work()
    exact = world.ask(SPEC)
    _only(world, exact.id)
    world.approve(noisy.id)
    world.work()
    assert world.request(noisy.id).state == "released"


# --- what stands in the way


def refused_after_a_correction(world: World) -> tuple[str, str]:
    """A release by region of figures that north then signs anew, and a request by board that is refused beside it."""
    figures = {
        "vale": [row(DUMFRIES, 300)],
        "isle": [row(DUMFRIES, 300)],
        "north": [row(board, 60) for board in WEST if board != DUMFRIES],
    }
    world.round("2024")
    for supplier, rows in figures.items():
        world.deliver(world.parties[supplier], rows, ROUND)
    world.turn(ROUND, RoundState.CLOSED)
    first = world.release(BY_REGION)
    north = world.parties["north"]
    counts = world.counting(north, ROUND)
    assert counts is not None
    world.turn(ROUND, RoundState.OPEN, "north signs anew")
    world.deliver(north, list(reversed(figures["north"])), ROUND, corrects=counts.id)
    world.turn(ROUND, RoundState.CLOSED)
    refused = world.release(BY_BOARD)
    assert first.release is not None
    assert read_request(world.call(OWNER), refused.id).refusal == "cannot-be-protected"
    return first.release, refused.id


def test_what_stands_in_the_way_is_seen_through_a_correction(world: World) -> None:
    """The table by region was made of deliveries that do not count any more, and still says what it said."""
    first, refused = refused_after_a_correction(world)
    report = json.loads(evidence_of(world, refused).report)
    assert report["inTheWay"] == {"releases": [first], "minimal": True}
    view = read_request(world.call(OWNER), refused)
    assert view.offers is not None
    assert view.offers[0].dimensions == BY_REGION.dimensions
    assert world.release(BY_REGION).release is not None  # as it was told


def test_what_is_too_much_to_examine_is_refused_all_the_same(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The search for what is in the way may not turn a refusal into a breakdown."""

    def too_large(*_: Any) -> Any:
        raise CannotBeProtected([Obstacle((), "te groot", "too large")])

    monkeypatch.setattr(corrections, "Versions", SimpleNamespace(of=too_large))
    _, refused = refused_after_a_correction(world)
    assert json.loads(evidence_of(world, refused).report)["inTheWay"]["releases"] == []


# --- equal questions


class Counted:
    """Counts how often somebody adds up."""

    def __init__(self, engine: AggregationEngine) -> None:
        self._engine, self.times = engine, 0

    def contributions(self, *arguments: Any) -> Any:
        self.times += 1
        return self._engine.contributions(*arguments)


def test_an_equal_question_is_worked_out_once(world: World) -> None:
    """Whoever asks it and why: each request has evidence of its own, which says the same."""
    collect(world)
    engine = Counted(world.services.engine)
    world.services = replace(world.services, engine=engine)
    words = "Een ander knelpunt, een andere noodzaak en een andere reden."
    asked = [world.ask(SPEC), world.ask(replace(SPEC, bottleneck=words, necessity=words), OTHER_OWNER)]
    world.work()
    one, two = (evidence_of(world, each.id) for each in asked)
    assert engine.times == 1
    assert one.id != two.id
    assert (one.tables, one.report, one.inputs, one.history) == (two.tables, two.report, two.inputs, two.history)


def test_a_question_of_other_facts_is_another(world: World) -> None:
    """After a release, a correction or under another bundle nothing that was worked out before is used."""
    collect(world)
    engine = Counted(world.services.engine)
    world.services = replace(world.services, engine=engine)

    def worked_out(spec: Any) -> int:
        before = engine.times
        world.ask(spec)
        world.work()
        return engine.times - before

    assert worked_out(SPEC) == 1
    assert worked_out(TOTALS) == 1
    assert worked_out(SPEC) == 0
    assert world.release(SPEC).release is not None
    assert worked_out(TOTALS) == 1  # beside the release
    correct_one(world)
    assert worked_out(TOTALS) >= 1
    limits = replace(world.services.limits, table_cells=world.services.limits.table_cells + 1)
    world.services = replace(world.services, limits=limits)
    assert worked_out(TOTALS) >= 1


def test_what_was_not_asked_for_longest_is_forgotten_first() -> None:
    recent: Recent[int] = Recent(most=2)
    for number in (1, 2):
        recent.keep(str(number), number)
    assert recent.find("1") == 1
    recent.keep("3", 3)
    assert [recent.find(name) for name in ("1", "2", "3")] == [1, None, 3]


# --- revisions


def test_a_revision_is_pending_once_a_correction_counts(world: World) -> None:
    """While the round is open nothing is made of what is delivered; a round that is reopened in vain changes nothing."""
    collect(world)
    first = world.release(TOTALS)
    assert first.release is not None
    world.turn(ROUND, RoundState.OPEN, "a supplier found a fault")
    assert revisions(world) == {first.release: ("none", None)}
    world.turn(ROUND, RoundState.CLOSED)
    assert revisions(world) == {first.release: ("none", None)}
    world.turn(ROUND, RoundState.OPEN, "a supplier found a fault")
    party = world.parties["north"]
    counts = world.counting(party, ROUND)
    assert counts is not None
    world.deliver(party, [(*line[:3], line[3] + 1, line[4]) for line in ROWS["north"]], ROUND, corrects=counts.id)
    assert revisions(world) == {first.release: ("none", None)}
    world.turn(ROUND, RoundState.CLOSED)
    assert revisions(world) == {first.release: ("pending", None)}


def test_a_round_that_was_cancelled_is_revised_no_more(world: World) -> None:
    collect(world)
    first = world.release(TOTALS)
    assert first.release is not None
    correct(world, "north")
    world.turn(ROUND, RoundState.OPEN, "everything has to be done again")
    world.turn(ROUND, RoundState.CANCELLED, "and nobody can")
    assert revisions(world) == {first.release: ("none", None)}
