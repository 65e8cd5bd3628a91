"""Collection rounds with the suppliers that each expects."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import bindparam, delete, insert, select, update

from service.adapters.database.tables import expected_suppliers, rounds
from service.adapters.database.transaction import Row, Transaction
from service.domain.errors import NotFound
from service.domain.round import Round
from service.ports.unit_of_work import Page

_ROUND = select(rounds).where(rounds.c.id == bindparam("round"))
_WRAPPED_KEY = select(rounds.c.wrapped_key).where(rounds.c.id == bindparam("round"))
_EXPECTED = select(expected_suppliers).where(expected_suppliers.c.round.in_(bindparam("rounds", expanding=True)))
# Others may share the round, but nobody may change it.
_SHARED = select(rounds.c.id).where(rounds.c.id == bindparam("round")).with_for_update(read=True)
_PLACE = select(expected_suppliers).where(
    expected_suppliers.c.round == bindparam("round"), expected_suppliers.c.organisation == bindparam("supplier")
)


class SqlRounds:
    """Implements `service.ports.unit_of_work.Rounds`."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    def add(self, round_: Round, wrapped_key: str) -> None:
        """Conflict `round-exists` when the id, or the data set and period, are taken."""
        self._transaction.write(insert(rounds).values(**_row(round_), wrapped_key=wrapped_key))
        self._expect(round_.id, round_.expected)

    def save(self, round_: Round) -> None:
        """NotFound when it was never added. The wrapped key stays as it is."""
        if not self._transaction.write(update(rounds).where(rounds.c.id == round_.id).values(**_row(round_))):
            raise NotFound("round")
        known = self._expected([round_.id])[round_.id]
        gone = delete(expected_suppliers).where(
            expected_suppliers.c.round == round_.id, expected_suppliers.c.organisation.in_(known - round_.expected)
        )
        self._transaction.write(gone)
        self._expect(round_.id, round_.expected - known)

    def get(self, round_: str, *, lock: bool = False) -> Round:
        """NotFound when there is none."""
        found = self._transaction.row(_ROUND, {"round": round_}, lock=lock)
        if found is None:
            raise NotFound("round")
        return _round(found, self._expected([round_])[round_])

    def take_turn(self, round_: str, supplier: str) -> None:
        """Nothing happens when there is no such round, or the supplier is not expected in it."""
        self._transaction.require_writing()
        self._transaction.row(_SHARED, {"round": round_})
        self._transaction.row(_PLACE, {"round": round_, "supplier": supplier}, lock=True)

    def page(
        self, page: Page, *, expected: str | None = None, data_sets: Collection[str] | None = None
    ) -> Sequence[Round]:
        """By id; the cursor is the id of the last one seen."""
        query = select(rounds).order_by(rounds.c.id).limit(page.limit)
        if page.cursor is not None:
            query = query.where(rounds.c.id > page.cursor)
        if expected is not None:
            theirs = select(expected_suppliers.c.round).where(expected_suppliers.c.organisation == expected)
            query = query.where(rounds.c.id.in_(theirs))
        if data_sets is not None:
            query = query.where(rounds.c.data_set.in_(sorted(data_sets)))
        rows = self._transaction.rows(query)
        suppliers = self._expected([row["id"] for row in rows])
        return [_round(row, suppliers[row["id"]]) for row in rows]

    def wrapped_key(self, round_: str) -> str:
        """NotFound when there is no such round."""
        found = self._transaction.row(_WRAPPED_KEY, {"round": round_})
        if found is None:
            raise NotFound("round")
        return str(found["wrapped_key"])

    def _expect(self, round_: str, organisations: frozenset[str]) -> None:
        rows = [{"round": round_, "organisation": organisation} for organisation in sorted(organisations)]
        self._transaction.write(insert(expected_suppliers), rows)

    def _expected(self, ids: Sequence[str]) -> Mapping[str, frozenset[str]]:
        found: Mapping[str, set[str]] = {round_: set() for round_ in ids}
        for row in self._transaction.rows(_EXPECTED, {"rounds": ids}):
            found[row["round"]].add(row["organisation"])
        return {round_: frozenset(organisations) for round_, organisations in found.items()}


def _row(round_: Round) -> Row:
    return {
        "id": round_.id,
        "data_set": round_.data_set,
        "data_set_version": round_.data_set_version,
        "period": round_.period,
        "deadline": round_.deadline,
        "state": round_.state,
        "reason": round_.reason,
    }


def _round(row: Mapping[str, Any], expected: frozenset[str]) -> Round:
    return Round(
        id=row["id"],
        data_set=row["data_set"],
        data_set_version=row["data_set_version"],
        period=row["period"],
        expected=expected,
        deadline=row["deadline"],
        state=row["state"],
        reason=row["reason"],
    )
