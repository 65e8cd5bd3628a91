"""Changes of regions in memory; the contract suite holds them to what the real ones do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from fake_repositories import present
from fake_tables import FakeTransaction

from service.adapters.database import RowRefused
from service.domain.region_change import RegionChange, RegionChangeState


class FakeRegionChanges:
    def __init__(self, transaction: FakeTransaction) -> None:
        self._t = transaction

    def add(self, change: RegionChange) -> None:
        tables = self._t.write(change)
        self._t.require(tables.organisations, change.organisation)
        tables.region_changes[change.id] = change

    def save(self, change: RegionChange) -> None:
        stored = present(self._t.write(change).region_changes, change.id, "region-change")
        judged = (stored.state, stored.judge, stored.judged_at, stored.holds_from)
        now = (change.state, change.judge, change.judged_at, change.holds_from)
        again = stored.state is not RegionChangeState.PROPOSED and judged != now
        if again or stored.settled_at is not None or change.judge == change.proposer:
            self._t.refuse(RowRefused("trigger"))
        self._t.write().region_changes[change.id] = replace(
            stored,
            state=change.state,
            judge=change.judge,
            judged_at=change.judged_at,
            holds_from=change.holds_from,
            settled_at=change.settled_at,
        )

    def get(self, change: str, *, lock: bool = False) -> RegionChange:
        opened = self._t.write(change) if lock else self._t.read(change)
        return present(opened.region_changes, change, "region-change")

    def all(self) -> Sequence[RegionChange]:
        return sorted(self._t.read().region_changes.values(), key=lambda c: (c.proposed_at, c.id))

    def due(self, day: date) -> Sequence[RegionChange]:
        return [c for c in self.all() if c.holds_from is not None and c.holds_from <= day and c.settled_at is None]
