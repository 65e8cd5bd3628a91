"""Changes of the regions that organisations stand for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date
from typing import Any

from sqlalchemy import insert, select, update

from service.adapters.database.region_tables import region_changes
from service.adapters.database.transaction import Transaction
from service.domain.errors import NotFound
from service.domain.region_change import RegionChange

_ALL = select(region_changes).order_by(region_changes.c.proposed_at, region_changes.c.id)


class SqlRegionChanges:
    """Implements `service.ports.unit_of_work.RegionChanges`."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    def add(self, change: RegionChange) -> None:
        """The organisation exists already."""
        row = asdict(change) | {"regions": tuple(sorted(change.regions))}
        self._transaction.write(insert(region_changes).values(**row))

    def save(self, change: RegionChange) -> None:
        """NotFound when it was never added."""
        standing = {
            "state": change.state,
            "judge": change.judge,
            "judged_at": change.judged_at,
            "holds_from": change.holds_from,
            "settled_at": change.settled_at,
        }
        written = update(region_changes).where(region_changes.c.id == change.id).values(**standing)
        if not self._transaction.write(written):
            raise NotFound("region-change")

    def get(self, change: str, *, lock: bool = False) -> RegionChange:
        """NotFound when there is none."""
        found = self._transaction.row(select(region_changes).where(region_changes.c.id == change), lock=lock)
        if found is None:
            raise NotFound("region-change")
        return _change(found)

    def all(self) -> Sequence[RegionChange]:
        """In the order of proposing."""
        return [_change(row) for row in self._transaction.rows(_ALL)]

    def due(self, day: date) -> Sequence[RegionChange]:
        """Approved ones that hold by this day, of which requests under way were not all decided anew."""
        begun = (region_changes.c.holds_from <= day) & region_changes.c.settled_at.is_(None)
        return [_change(row) for row in self._transaction.rows(_ALL.where(begun))]


def _change(row: Mapping[str, Any]) -> RegionChange:
    return RegionChange(**{**row, "regions": frozenset(row["regions"])})
