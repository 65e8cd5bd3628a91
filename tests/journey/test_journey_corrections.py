"""A correction after a release: it waits until more suppliers corrected, everybody sees so, and then it is a revision."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from journey import OTHER_OWNER, OWNER, STEWARD, THIRD, Row, World, dimensions
from journey_figures import FACTS, ROWS, SPEC, Delivered, cells_of, collect, delivered, require_sums, unsafe_margin

from service.domain.release import Revision
from service.domain.round import RoundState
from service.ports.unit_of_work import Page
from service.use_cases.read_releases import list_releases, read_release
from service.use_cases.read_requests import read_evidence, read_request
from service.use_cases.withdraw_release import withdraw_release

TOTALS = replace(SPEC, dimensions=dimensions(region="planning-region"))
"""Few figures, so that some corrections suffice."""

ROUND = "staffed-beds-2024"


def correct(world: World, *suppliers: str, by: int = 20) -> None:
    """These suppliers deliver anew, or for the first time, in one reopened round."""
    world.turn(ROUND, RoundState.OPEN, "faults were found")
    for supplier in suppliers:
        party = world.parties[supplier]
        counts = world.counting(party, ROUND)
        world.deliver(party, _raised(supplier, by), ROUND, corrects=counts.id if counts else None)
    world.turn(ROUND, RoundState.CLOSED)


def _raised(supplier: str, by: int) -> list[Row]:
    return [(*row[:3], row[3] + by, row[4]) for row in ROWS[supplier]]


def report_of(world: World, request: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(read_evidence(world.call(THIRD), request).report)
    return found


def revisions(world: World, owner: Any = OWNER) -> dict[str, tuple[str, str | None]]:
    found = list_releases(world.call(owner), Page())
    return {view.release.id: (view.revision.value, view.by) for view in found}


def require_no_supplier_in_the_difference(
    before: str, after: str, old: Sequence[Delivered], new: Sequence[Delivered]
) -> int:
    """Every cell that both releases show changed by what enough suppliers changed; the number of cells that did."""
    earlier = {cell.codes: cell.value for cell in cells_of(before)}
    changed = 0
    for cell in cells_of(after):
        if cell.value is None or earlier[cell.codes] is None:
            continue
        shares: dict[str, int] = {}
        for sign, facts in ((1, new), (-1, old)):
            for fact in facts:
                if cell.holds(fact.atom):
                    shares[fact.supplier] = shares.get(fact.supplier, 0) + sign * fact.value
        moved = {supplier: abs(value) for supplier, value in shares.items() if value}
        assert unsafe_margin(moved) is None, (cell, moved)
        changed += bool(moved)
    return changed


def test_a_correction_waits_until_enough_suppliers_corrected(any_world: World) -> None:
    """One supplier corrects: pending, for all to see. More correct: the request goes on by itself, as a revision."""
    world = collect(any_world)
    first = world.release(TOTALS)
    assert first.release is not None
    assert revisions(world) == {first.release: ("none", None)}

    correct(world, "north")
    assert revisions(world) == {first.release: ("pending", None)}
    waiting = world.release(TOTALS)
    assert waiting.state == "permitted"
    assert read_request(world.call(OWNER), waiting.id).refusal == "revision-pending"
    report = report_of(world, waiting.id)
    assert (report["refused"], report["moreSuppliers"]) == ("revision-pending", 2)
    assert "north" not in json.dumps(report)
    event = world.events(code="request.prepare")[0]
    assert (event.outcome, event.reasons) == ("failed", ("revision-pending",))

    looked_at = len(world.events())
    world.work()
    assert len(world.events()) == looked_at  # nothing was delivered, so nobody looks again

    correct(world, "south", "east", "west", "isle")
    facts = delivered({name: _raised(name, 20) if name != "vale" else rows for name, rows in ROWS.items()})
    world.work()
    assert world.request(waiting.id).state == "prepared"
    assert report_of(world, waiting.id)["versions"] == 1
    world.approve(waiting.id)
    world.work()
    second = world.request(waiting.id).release
    assert second is not None
    assert revisions(world) == {first.release: ("superseded", second), second: ("none", None)}
    old, new = (read_release(world.call(OWNER), one).release.content for one in (first.release, second))
    told = json.loads(new)
    assert (told["version"], told["revises"], json.loads(old)["revises"]) == (2, [first.release], [])
    assert require_sums(new, facts)
    assert require_no_supplier_in_the_difference(old, new, FACTS, facts)


def test_a_late_delivery_waits_too(world: World) -> None:
    """The difference of the two tables would be that supplier, alone."""
    world.round("2024")
    for supplier, rows in ROWS.items():
        if supplier != "north":
            world.deliver(world.parties[supplier], rows, ROUND)
    world.turn(ROUND, RoundState.CLOSED)
    first = world.release(SPEC)
    assert first.release is not None
    correct(world, "north", by=0)
    assert revisions(world) == {first.release: ("pending", None)}
    waiting = world.release(SPEC)
    assert report_of(world, waiting.id)["refused"] == "revision-pending"


def test_an_unchanged_correction_is_released_as_it_was(world: World) -> None:
    """Other bytes and the same figures: pending until the same table is released anew."""
    collect(world)
    first = world.release(SPEC)
    world.turn(ROUND, RoundState.OPEN, "north signs anew")
    party = world.parties["north"]
    rows = [*ROWS["north"][1:], ROWS["north"][0]]
    world.deliver(party, rows, ROUND, corrects=world.counting(party, ROUND).id)
    world.turn(ROUND, RoundState.CLOSED)
    assert revisions(world) == {first.release: ("pending", None)}
    second = world.release(SPEC)
    assert second.release is not None
    old, new = (read_release(world.call(OWNER), one).release.content for one in (first.release, second.release))
    assert cells_of(old) == cells_of(new)
    assert revisions(world)[first.release] == ("superseded", second.release)


def test_a_withdrawn_revision_is_none(world: World) -> None:
    collect(world)
    first = world.release(TOTALS, OTHER_OWNER)
    assert first.release is not None
    correct(world, "north", "south", "east", "west", "isle")
    second = world.release(TOTALS)
    assert second.release is not None
    assert revisions(world, OTHER_OWNER)[first.release] == ("superseded", second.release)
    withdraw_release(world.call(STEWARD), second.release, "not what was meant")
    assert read_release(world.call(STEWARD), first.release).revision is Revision.PENDING


def test_corrections_of_other_tables_are_seen_through_what_they_share(world: World) -> None:
    """Whatever is asked after a correction is held against all that was released before it."""
    collect(world)
    assert world.release(SPEC).release is not None
    correct(world, "north")
    assert world.release(TOTALS).state == "permitted"


@pytest.mark.parametrize("gone", ["file", "row"])
def test_a_release_whose_deliveries_are_gone_is_told(world: World, gone: str) -> None:
    """Nobody can say any more what changed, and waiting does not help."""
    collect(world)
    assert world.release(SPEC).release is not None
    old = world.counting(world.parties["north"], ROUND)
    correct(world, "north")
    assert old is not None
    assert old.part is not None
    if gone == "file":
        world.services.parts.remove(old.part)
    else:
        world.execute(f"UPDATE submissions SET part = NULL WHERE id = '{old.id}'")
    done = world.release(SPEC)
    assert (done.state, report_of(world, done.id)["refused"]) == ("unsafe", "history-differs")
