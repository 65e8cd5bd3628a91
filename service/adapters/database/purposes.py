"""Purposes that people made, and what was done to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from sqlalchemy import insert, select, update

from service.adapters.database.purpose_tables import purpose_verdicts, purposes
from service.adapters.database.transaction import Transaction
from service.domain.errors import NotFound
from service.domain.purpose import DECIDED, PurposeHead, PurposeVerdict, StatedPurpose

_KEPT = ("id", "version", "document", "digest", "proposer", "organisation", "proposed_at")
_HEADS = (
    select(purposes.c.id, purposes.c.version, purposes.c.state, purposes.c.digest, purposes.c.approvers)
    .where(purposes.c.state.in_(sorted(DECIDED)))
    .order_by(purposes.c.id, purposes.c.version)
)


class SqlPurposes:
    """Implements `service.ports.unit_of_work.Purposes`."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    def add(self, purpose: StatedPurpose) -> None:
        """Conflict `purpose-exists` when it has this version, `purpose-pending` when one is not decided yet."""
        self._transaction.write(insert(purposes).values(**asdict(purpose)))

    def save(self, purpose: StatedPurpose) -> None:
        """NotFound when it was never added."""
        changed = {name: value for name, value in asdict(purpose).items() if name not in _KEPT}
        which = (purposes.c.id == purpose.id, purposes.c.version == purpose.version)
        if not self._transaction.write(update(purposes).where(*which).values(**changed)):
            raise NotFound("purpose")

    def get(self, purpose: str, version: int | None = None, *, lock: bool = False) -> StatedPurpose:
        """NotFound when there is none."""
        query = select(purposes).where(purposes.c.id == purpose)
        if version is not None:
            query = query.where(purposes.c.version == version)
        found = self._transaction.row(query.order_by(purposes.c.version.desc()).limit(1), lock=lock)
        if found is None:
            raise NotFound("purpose")
        return StatedPurpose(**found)

    def all(self) -> Sequence[StatedPurpose]:
        """By id and version."""
        rows = self._transaction.rows(select(purposes).order_by(purposes.c.id, purposes.c.version))
        return [StatedPurpose(**row) for row in rows]

    def decided(self) -> Sequence[PurposeHead]:
        """By id; what a decision asks for each time, so without the documents."""
        newest = {row["id"]: PurposeHead(**row) for row in self._transaction.rows(_HEADS)}
        return list(newest.values())

    def add_verdict(self, verdict: PurposeVerdict) -> None:
        """A verdict is only ever added."""
        self._transaction.write(insert(purpose_verdicts).values(**asdict(verdict)))

    def verdicts(self, purpose: str, version: int) -> Sequence[PurposeVerdict]:
        """In order of time."""
        query = select(purpose_verdicts).where(
            purpose_verdicts.c.purpose == purpose, purpose_verdicts.c.version == version
        )
        rows = self._transaction.rows(query.order_by(purpose_verdicts.c.at, purpose_verdicts.c.id))
        return [PurposeVerdict(**row) for row in rows]
