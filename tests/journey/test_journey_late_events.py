"""An auditor who exports the log again and again misses nothing, whatever commits late."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from journey import AUDITOR, STEWARD, World

from service.domain.audit import Action, EventCode
from service.ports.unit_of_work import AuditFilter
from service.use_cases.read_audit_log import ExportForm, export_audit_log

CHANGE = EventCode("round.change", Action.UPDATE, "round")


def test_what_commits_late_is_in_the_next_export(postgres_world: World) -> None:
    """It began before the first export and ended after it: by time it would be in neither."""
    world = postgres_world

    def exported(**filters: Any) -> tuple[int, list[str | None]]:
        found = export_audit_log(world.call(AUDITOR), AuditFilter(code="round.change", **filters), ExportForm.NDJSON)
        return found.size, [stored.event.object_id for stored in found.events]

    with world.call(STEWARD).transact(CHANGE) as early:
        early.object_id = "early"
    world.sequence()
    with world.call(STEWARD).transact(CHANGE) as late:
        late.object_id = "late"
        world.clock.pass_by(seconds=5)
        size, first = exported()
    world.clock.pass_by(seconds=5)
    assert first == ["early"]
    assert exported(from_place=size)[1] == ["late"]  # it waits for its place
    world.sequence()
    assert exported(from_place=size)[1] == ["late"]
    with world.call(STEWARD).transact(CHANGE) as ahead:  # by an instance whose clock runs ahead
        ahead.object_id, ahead.now = "ahead", world.clock.now() + timedelta(seconds=30)
    world.sequence()
    size, second = exported()
    assert (second, exported(from_place=size)[1]) == (["ahead", "late", "early"], [])
