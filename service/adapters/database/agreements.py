"""Agreements, assessments and consents, with their parties."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import bindparam, insert, or_, select, update

from service.adapters.database.agreement_tables import agreement_parties, agreements
from service.adapters.database.transaction import Transaction
from service.domain.agreement import AgreementState, InForce, RecordedAgreement
from service.domain.errors import NotFound

_ALL = select(agreements).order_by(agreements.c.id)
_PARTIES = select(agreement_parties).order_by(agreement_parties.c.agreement, agreement_parties.c.organisation)
_OF_PARTY = select(agreement_parties.c.agreement).where(agreement_parties.c.organisation == bindparam("party"))
_DAY = bindparam("day", type_=agreements.c.valid_from.type)
_IN_FORCE = (
    select(
        agreements.c.id,
        agreements.c.kind,
        agreements.c.reference,
        agreements.c.purposes,
        agreements.c.data_sets,
        agreement_parties.c.organisation,
    )
    .join(agreement_parties, agreement_parties.c.agreement == agreements.c.id)
    .where(
        agreements.c.state == AgreementState.CONFIRMED,
        agreements.c.valid_from <= _DAY,
        or_(agreements.c.valid_until.is_(None), agreements.c.valid_until >= _DAY),
        agreement_parties.c.left_at.is_(None),
    )
    .order_by(agreements.c.id)
)
_IN_FORCE_FOR = _IN_FORCE.where(agreement_parties.c.organisation == bindparam("party"))


class SqlAgreements:
    """Implements `service.ports.unit_of_work.Agreements`."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    def add(self, agreement: RecordedAgreement) -> None:
        """The parties exist already."""
        self._transaction.write(
            insert(agreements).values(
                id=agreement.id,
                kind=agreement.kind,
                reference=agreement.reference,
                data_sets=tuple(sorted(agreement.data_sets)),
                purposes=tuple(sorted(agreement.purposes)),
                valid_from=agreement.valid_from,
                valid_until=agreement.valid_until,
                recorder=agreement.recorder,
                recorded_at=agreement.recorded_at,
                **_standing(agreement),
            )
        )
        parties = [{"agreement": agreement.id, "organisation": party} for party in sorted(agreement.parties)]
        self._transaction.write(insert(agreement_parties), parties)

    def save(self, agreement: RecordedAgreement) -> None:
        """NotFound when it was never added."""
        change = update(agreements).where(agreements.c.id == agreement.id).values(**_standing(agreement))
        if not self._transaction.write(change):
            raise NotFound("agreement")

    def leave(self, agreement: str, party: str, at: datetime, reason: str) -> None:
        """NotFound when it is no party, or left before."""
        change = update(agreement_parties).where(
            agreement_parties.c.agreement == agreement,
            agreement_parties.c.organisation == party,
            agreement_parties.c.left_at.is_(None),
        )
        if not self._transaction.write(change.values(left_at=at, reason=reason)):
            raise NotFound("agreement")

    def get(self, agreement: str, *, lock: bool = False) -> RecordedAgreement:
        """NotFound when there is none."""
        found = self._transaction.row(select(agreements).where(agreements.c.id == agreement), lock=lock)
        if found is None:
            raise NotFound("agreement")
        return _agreement(found, self._transaction.rows(_PARTIES.where(agreement_parties.c.agreement == agreement)))

    def all(self, *, party: str | None = None) -> Sequence[RecordedAgreement]:
        """By id; of one party when it is named."""
        query, parties, values = _ALL, _PARTIES, None
        if party is not None:
            values = {"party": party}
            query = query.where(agreements.c.id.in_(_OF_PARTY))
            parties = parties.where(agreement_parties.c.agreement.in_(_OF_PARTY))
        of: dict[str, list[Mapping[str, Any]]] = {}
        for row in self._transaction.rows(parties, values):
            of.setdefault(row["agreement"], []).append(row)
        return [_agreement(row, of[row["id"]]) for row in self._transaction.rows(query, values)]

    def in_force(self, data_set: str, day: date, *, party: str | None = None, lock: bool = False) -> Sequence[InForce]:
        """By id; with `lock` none of them ends before this transaction does."""
        values: dict[str, Any] = {"day": day} | ({} if party is None else {"party": party})
        found: dict[str, list[Mapping[str, Any]]] = {}
        for row in self._transaction.rows(
            _IN_FORCE if party is None else _IN_FORCE_FOR, values, lock=lock, shared=True
        ):
            if data_set in row["data_sets"]:
                found.setdefault(row["id"], []).append(row)
        return [
            InForce(
                rows[0]["kind"],
                rows[0]["reference"],
                frozenset(rows[0]["purposes"]),
                frozenset(row["organisation"] for row in rows),
                frozenset(rows[0]["data_sets"]),
            )
            for rows in found.values()
        ]


def _standing(agreement: RecordedAgreement) -> dict[str, Any]:
    return {
        "state": agreement.state,
        "confirmer": agreement.confirmer,
        "withdrawn_at": agreement.withdrawn_at,
        "withdrawal_reason": agreement.withdrawal_reason,
    }


def _agreement(row: Mapping[str, Any], parties: Sequence[Mapping[str, Any]]) -> RecordedAgreement:
    sets = {"data_sets": frozenset(row["data_sets"]), "purposes": frozenset(row["purposes"])}
    return RecordedAgreement(
        **{**row, **sets},
        parties=frozenset(one["organisation"] for one in parties),
        left=frozenset(one["organisation"] for one in parties if one["left_at"] is not None),
    )
