"""Purposes in memory; the contract suite holds them to what the real ones do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from fake_repositories import present
from fake_tables import FakeTransaction

from service.adapters.database import RowRefused
from service.domain.errors import Conflict, NotFound
from service.domain.purpose import DECIDED, PurposeHead, PurposeState, PurposeVerdict, StatedPurpose

_PENDING = {PurposeState.PROPOSED, PurposeState.REVIEWED, PurposeState.APPROVED_ONCE}
_ENDED = {PurposeState.REJECTED, PurposeState.SUPERSEDED, PurposeState.WITHDRAWN}


class FakePurposes:
    def __init__(self, transaction: FakeTransaction) -> None:
        self._t = transaction

    def add(self, purpose: StatedPurpose) -> None:
        tables = self._t.write(purpose)
        self._t.require(tables.organisations, purpose.organisation)
        if (purpose.id, purpose.version) in tables.purposes:
            self._t.refuse(RowRefused("trigger"))
        if any(one.id == purpose.id and one.state in _PENDING for one in tables.purposes.values()):
            self._t.refuse(Conflict("purpose-pending"))
        tables.purposes[purpose.id, purpose.version] = purpose

    def save(self, purpose: StatedPurpose) -> None:
        key = purpose.id, purpose.version
        stored = present(self._t.write(purpose).purposes, key, "purpose")
        if stored.state in _ENDED:
            self._t.refuse(RowRefused("trigger"))
        self._t.write().purposes[key] = replace(
            stored,
            state=purpose.state,
            reviewer=purpose.reviewer,
            approvers=purpose.approvers,
            suspended_by=purpose.suspended_by,
        )

    def get(self, purpose: str, version: int | None = None, *, lock: bool = False) -> StatedPurpose:
        tables = self._t.write(purpose) if lock else self._t.read(purpose)
        found = [one for one in tables.purposes.values() if one.id == purpose and version in {None, one.version}]
        if not found:
            raise NotFound("purpose")
        return max(found, key=lambda one: one.version)

    def all(self) -> Sequence[StatedPurpose]:
        return [found for _, found in sorted(self._t.read().purposes.items())]

    def decided(self) -> Sequence[PurposeHead]:
        newest = {one.id: one for one in self.all() if one.state in DECIDED}
        return [PurposeHead(one.id, one.version, one.state, one.digest, one.approvers) for one in newest.values()]

    def add_verdict(self, verdict: PurposeVerdict) -> None:
        tables = self._t.write(verdict)
        if (verdict.purpose, verdict.version) not in tables.purposes:
            self._t.refuse(RowRefused("foreign key"))
        tables.purpose_verdicts[verdict.id] = verdict

    def verdicts(self, purpose: str, version: int) -> Sequence[PurposeVerdict]:
        found = [
            v for v in self._t.read(purpose).purpose_verdicts.values() if (v.purpose, v.version) == (purpose, version)
        ]
        return sorted(found, key=lambda verdict: (verdict.at, verdict.id))
