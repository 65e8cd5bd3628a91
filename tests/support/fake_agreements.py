"""Agreements in memory; the contract suite holds them to what the real ones do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime

from fake_repositories import present
from fake_tables import FakeTransaction

from service.adapters.database import RowRefused
from service.domain.agreement import AgreementState, InForce, RecordedAgreement
from service.domain.errors import NotFound

_OVER = {AgreementState.REJECTED, AgreementState.WITHDRAWN}


class FakeAgreements:
    def __init__(self, transaction: FakeTransaction) -> None:
        self._t = transaction

    def add(self, agreement: RecordedAgreement) -> None:
        tables = self._t.write(agreement)
        for party in agreement.parties:
            self._t.require(tables.organisations, party)
        tables.agreements[agreement.id] = replace(agreement, left=frozenset())

    def save(self, agreement: RecordedAgreement) -> None:
        stored = present(self._t.write(agreement).agreements, agreement.id, "agreement")
        if stored.state in _OVER:
            self._t.refuse(RowRefused("trigger"))
        self._t.write().agreements[agreement.id] = replace(
            stored,
            state=agreement.state,
            confirmer=agreement.confirmer,
            withdrawn_at=agreement.withdrawn_at,
            withdrawal_reason=agreement.withdrawal_reason,
        )

    def leave(self, agreement: str, party: str, at: datetime, reason: str) -> None:
        tables = self._t.write((agreement, party, at, reason))
        stored = tables.agreements.get(agreement)
        if stored is None or party not in stored.parties - stored.left:
            raise NotFound("agreement")
        tables.agreements[agreement] = replace(stored, left=stored.left | {party})

    def get(self, agreement: str, *, lock: bool = False) -> RecordedAgreement:
        tables = self._t.write(agreement) if lock else self._t.read(agreement)
        return present(tables.agreements, agreement, "agreement")

    def all(self, *, party: str | None = None) -> Sequence[RecordedAgreement]:
        found = sorted(self._t.read(party or "").agreements.items())
        return [one for _, one in found if party is None or party in one.parties]

    def in_force(self, data_set: str, day: date, *, party: str | None = None, lock: bool = False) -> Sequence[InForce]:
        if lock:
            self._t.write(data_set)
        on_day = [one.as_on(day, data_set) for one in self.all()]
        shown = [
            one if party is None else replace(one, parties=one.parties & {party}) for one in on_day if one is not None
        ]
        return [one for one in shown if one.parties]
