"""A supplier withdraws a delivery: from that moment nothing is released with it, whatever was under way."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Event

import pytest
from journey import OWNER, SECOND, STEWARD, THIRD, VERDICT, WORKER, World, dimensions
from journey_figures import FACTS, ROWS, SPEC, collect, delivered, require_sums
from journey_pairs import Pair, at_once, workers
from journey_regions import beside
from test_journey_corrections import correct, report_of, require_no_supplier_in_the_difference, revisions
from test_journey_release_races import Meeting, Pausing

from service.domain.errors import Conflict, Denied
from service.domain.request import Verdict
from service.domain.round import RoundState
from service.domain.submission import Submission
from service.ports.unit_of_work import Page
from service.use_cases import counting, release_request
from service.use_cases import withdraw_submission as withdrawing
from service.use_cases.prepare_request import prepare_request
from service.use_cases.publish_release import publish_release
from service.use_cases.read_releases import read_release
from service.use_cases.read_requests import read_evidence, read_request
from service.use_cases.review_request import review_request
from service.use_cases.withdraw_submission import withdraw_submission
from sluis_client.wire import SignedReceipt, SignedWithdrawal, verify_withdrawal

ROUND = "staffed-beds-2024"
TOTALS = replace(SPEC, dimensions=dimensions(region="planning-region"))
WITHOUT_ISLE = {name: rows for name, rows in ROWS.items() if name != "isle"}


def withdraw(world: World, supplier: str, round_: str = ROUND) -> Submission:
    party = world.parties[supplier]
    counts = world.counting(party, round_)
    assert counts is not None
    return withdraw_submission(world.call(party.principal), counts.id)


def sealed(world: World) -> str:
    """A request that was approved, with its release sealed and not published."""
    asked = world.ask(SPEC)
    world.work()
    world.approve(asked.id)
    release_request.release_request(world.call(WORKER), asked.id)
    return asked.id


@pytest.mark.parametrize("stage", ["permitted", "prepared", "approved-once", "approved"])
def test_what_is_under_way_is_prepared_anew(world: World, stage: str) -> None:
    collect(world)
    asked = world.ask(SPEC)
    if stage != "permitted":
        world.work()
    seen = None if stage == "permitted" else read_evidence(world.call(THIRD), asked.id).id
    for steward, reached in ((STEWARD, "approved-once"), (SECOND, "approved")):
        if stage in {reached, "approved"}:
            world.review(asked.id, steward)
    assert world.request(asked.id).state == stage
    gone = withdraw(world, "isle")
    assert world.request(asked.id).state == "permitted"
    if seen is not None:
        with pytest.raises(Conflict, match="request-state"):
            review_request(world.call(THIRD), asked.id, seen, Verdict.APPROVE, VERDICT)
    with pytest.raises(Conflict, match="request-state"):
        release_request.release_request(world.call(WORKER), asked.id)
    world.work()
    evidence = read_evidence(world.call(THIRD), asked.id)
    assert gone.id not in evidence.inputs
    assert len(evidence.inputs) == 5
    world.approve(asked.id)
    world.work()
    release = world.request(asked.id).release
    assert release is not None
    assert require_sums(read_release(world.call(OWNER), release).release.content, delivered(WITHOUT_ISLE))


def test_it_is_acknowledged_and_logged_and_its_rows_are_erased(world: World) -> None:
    collect(world)
    before = world.counting(world.parties["isle"], ROUND)
    assert before is not None
    assert before.part in world.files()
    gone = withdraw(world, "isle")
    assert (gone.state, gone.part, before.part in world.files()) == ("withdrawn", None, False)
    assert world.stored() <= world.files()
    signed = SignedWithdrawal.from_json(json.loads(gone.withdrawal or ""))
    receipt = SignedReceipt.from_json(json.loads(gone.receipt or "")).receipt
    told = verify_withdrawal(signed, receipt, {"keys": world.application.public_keys()})
    (event,) = world.events(code="submission.withdraw")
    assert (event.id, event.commitment) == (told.audit_event_id, told.commitment())
    again = withdraw_submission(world.call(world.parties["isle"].principal), gone.id)
    assert again == gone
    assert world.events(code="submission.withdraw")[0].reasons == ("repeated",)


def test_only_what_counts_can_be_withdrawn_and_only_by_its_supplier(world: World) -> None:
    collect(world)
    correct(world, "north")
    with world.services.database.look() as data:
        first = next(one for one in data.submissions.page(Page(), organisation="north") if one.version == 1)
        second = data.submissions.counting("north", ROUND)
    assert second is not None
    with pytest.raises(Conflict, match="submission-state"):
        withdraw_submission(world.call(world.parties["north"].principal), first.id)
    for stranger in (world.parties["south"].principal, STEWARD, OWNER):
        with pytest.raises(Denied):
            withdraw_submission(world.call(stranger), second.id)


def test_what_was_withdrawn_can_be_delivered_again_while_the_round_is_open(world: World) -> None:
    collect(world)
    gone = withdraw(world, "isle")
    world.turn(ROUND, RoundState.OPEN, "isle delivers again")
    again = world.deliver(world.parties["isle"], ROWS["isle"], ROUND).submission
    assert (again.version, again.corrects, again.id == gone.id) == (2, None, False)
    assert world.verify_receipt(again).receipt.version == 2
    withdraw(world, "isle")
    assert world.deliver(world.parties["isle"], ROWS["isle"], ROUND).submission.version == 3


def test_after_a_release_the_next_waits_until_the_difference_shows_nobody(any_world: World) -> None:
    """What was released stays; what comes next is no difference of one supplier."""
    world = collect(any_world)
    first = world.release(TOTALS)
    assert first.release is not None
    gone = withdraw(world, "north")
    assert gone.part in world.files()  # the change has to be worked out from it
    assert revisions(world) == {first.release: ("pending", None)}
    assert read_release(world.call(OWNER), first.release).release.withdrawn_at is None
    waiting = world.release(TOTALS)
    assert (waiting.state, read_request(world.call(OWNER), waiting.id).refusal) == ("permitted", "revision-pending")
    assert report_of(world, waiting.id)["moreSuppliers"] == 2
    looked_at = len(world.events())
    world.work()
    assert len(world.events()) == looked_at
    correct(world, "south", "east", "west", "isle", by=500)
    world.work()
    assert world.request(waiting.id).state == "prepared"
    world.approve(waiting.id)
    world.work()
    second = world.request(waiting.id).release
    assert second is not None
    now = delivered(
        {
            name: [(*row[:3], row[3] + (500 if name != "vale" else 0), row[4]) for row in rows]
            for name, rows in ROWS.items()
            if name != "north"
        }
    )
    old, new = (read_release(world.call(OWNER), one).release.content for one in (first.release, second))
    assert require_sums(new, now)
    assert require_no_supplier_in_the_difference(old, new, FACTS, now)
    assert [one["delivered"] for one in json.loads(new)["coverage"]] == [5]


def test_what_was_sealed_and_not_published_is_read_by_nobody(any_world: World) -> None:
    world = collect(any_world)
    asked = sealed(world)
    withdraw(world, "isle")
    assert world.request(asked).state == "permitted"
    world.sequence()
    with pytest.raises(Conflict, match="request-state"):
        publish_release(world.call(WORKER), asked)
    world.work()
    with world.services.database.look() as data:
        (release,) = data.releases.over("staffed-beds")
        assert data.releases.certificate(release.id) is None
    assert release.withdrawal_reason == counting.NOT_PUBLISHED
    assert revisions(world) == {}
    assert world.request(asked).release is None


@pytest.mark.parametrize("kept", [False, True])
def test_a_table_that_is_being_made_of_it_is_not_kept(world: World, kept: bool) -> None:
    """Whether its rows are erased meanwhile, or kept since a release was made of them."""
    collect(world)
    if kept:
        assert world.release(SPEC).release is not None
    asked = world.ask(SPEC)
    with beside(world) as slow, ThreadPoolExecutor(1) as pool:
        engine = Pausing(slow.services.engine)
        slow.services = replace(slow.services, engine=engine)
        late = pool.submit(prepare_request, slow.call(WORKER), asked.id)
        assert engine.begun.wait(20)
        gone = withdraw(world, "isle")
        engine.go.set()
        with pytest.raises(Conflict, match="evidence-outdated"):
            late.result()
    event = world.events(code="request.prepare")[0]
    assert (event.outcome, event.reasons) == ("failed", ("evidence-outdated",))
    assert (gone.part is not None) == kept
    world.work()
    assert gone.id not in read_evidence(world.call(THIRD), asked.id).inputs


class Watched:
    """Publishes, and notes whether the withdrawal was over before that began."""

    def __init__(self, world: World, request: str) -> None:
        self.world, self.request, self.withdrawn, self.late = world, request, Event(), False

    def release(self) -> object:
        over = self.withdrawn.is_set()
        state = release_request.release_request(self.world.call(WORKER), self.request)
        if state.state != "approved":
            return state
        while True:
            self.world.sequence()
            over = self.withdrawn.is_set()
            try:
                done = publish_release(self.world.call(WORKER), self.request)
            except Conflict as refused:
                if refused.code == "release-not-in-log":
                    continue
                raise
            self.late = over
            return done


def race(pair: Pair, seed: int, *, meeting: bool) -> tuple[list[str], Watched]:
    with workers(pair.world, seed) as made:
        releasing, other = made
        if meeting:
            signer = Meeting(releasing.services.signer)
            for one in made:
                one.services = replace(one.services, signer=signer)
        watched = Watched(releasing, pair.first)

        def leave() -> object:
            withdraw(other, "north")
            watched.withdrawn.set()
            return other.request(pair.first)

        return at_once(watched.release, leave), watched


def test_at_the_same_moment_nothing_is_published_after_the_withdrawal(approved: Pair, tmp_path: Path) -> None:
    """However long each step takes: it was released before, or is prepared again without it."""
    for seed in range(6 if approved.postgres else 3):
        with approved.again(tmp_path / str(seed)) as pair:
            _, watched = race(pair, seed, meeting=seed % 3 == 0)
            assert not watched.late
            found = pair.world.request(pair.first)
            assert found.state in {"permitted", "released"}
            with pair.world.services.database.look() as data:
                published = [one for one in data.releases.over("staffed-beds") if data.releases.certificate(one.id)]
            assert len(published) == (found.state == "released")


def test_a_planted_hole_is_caught(approved: Pair, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without sending back what is under way, what was sealed a moment before is published a moment later."""
    monkeypatch.setattr(withdrawing, "send_back", lambda *_: None)
    with approved.again(tmp_path / "a") as pair:
        world = pair.world
        release_request.release_request(world.call(WORKER), pair.first)
        withdraw(world, "north")
        world.sequence()
        watched = Watched(world, pair.first)
        watched.withdrawn.set()
        monkeypatch.setattr(release_request, "release_request", lambda _, name: world.request(name))
        watched.release()
        assert watched.late
