"""Agreements, assessments and consents, with their parties."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Select, bindparam, insert, select, update

from service.adapters.database.basis_tables import agreement_parties, agreements
from service.adapters.database.transaction import Transaction
from service.domain.agreement import AgreementState, RecordedAgreement
from service.domain.errors import NotFound

_PARTIES = select(agreement_parties).order_by(agreement_parties.c.agreement, agreement_parties.c.organisation)
_ALL = select(agreements).order_by(agreements.c.id)
_CONFIRMED = _ALL.where(agreements.c.state == AgreementState.CONFIRMED)
_OF_PARTY = select(agreement_parties.c.agreement).where(agreement_parties.c.organisation == bindparam("party"))


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

    def get(self, agreement: str, *, lock: bool = False) -> RecordedAgreement:
        """NotFound when there is none."""
        found = self._transaction.row(select(agreements).where(agreements.c.id == agreement), lock=lock)
        if found is None:
            raise NotFound("agreement")
        of_this = _PARTIES.where(agreement_parties.c.agreement == agreement)
        return _agreement(found, [row["organisation"] for row in self._transaction.rows(of_this)])

    def all(self, *, party: str | None = None) -> Sequence[RecordedAgreement]:
        """By id; of one party when it is named."""
        return self._found(_ALL, party)

    def confirmed(self, *, party: str | None = None) -> Sequence[RecordedAgreement]:
        """By id; those that were confirmed and not withdrawn, whether they hold today or not."""
        return self._found(_CONFIRMED, party)

    def _found(self, query: Select[Any], party: str | None) -> Sequence[RecordedAgreement]:
        parties, values = _PARTIES, None
        if party is not None:
            values = {"party": party}
            query = query.where(agreements.c.id.in_(_OF_PARTY))
            parties = parties.where(agreement_parties.c.agreement.in_(_OF_PARTY))
        of: dict[str, list[str]] = {}
        for row in self._transaction.rows(parties, values):
            of.setdefault(row["agreement"], []).append(row["organisation"])
        return [_agreement(row, of[row["id"]]) for row in self._transaction.rows(query, values)]


def _standing(agreement: RecordedAgreement) -> dict[str, Any]:
    return {
        "state": agreement.state,
        "confirmer": agreement.confirmer,
        "withdrawn_at": agreement.withdrawn_at,
        "withdrawal_reason": agreement.withdrawal_reason,
    }


def _agreement(row: Mapping[str, Any], parties: Sequence[str]) -> RecordedAgreement:
    sets = {"data_sets": frozenset(row["data_sets"]), "purposes": frozenset(row["purposes"])}
    return RecordedAgreement(**{**row, **sets, "parties": frozenset(parties)})
