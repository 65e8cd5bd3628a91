"""Noise that was drawn and what it cost: added once and kept; triggers hold this in the database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import insert, select

from service.adapters.database.tables import drawings
from service.adapters.database.transaction import Row, Transaction
from service.domain.method import SMALLEST_LOSS
from service.domain.noise_budget import Charge, Drawing

_CHARGE = tuple(column for column in drawings.columns if column.name != "figures")


class SqlDrawings:
    """Implements `service.ports.unit_of_work.Drawings`."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    def add(self, drawing: Drawing) -> None:
        """Once; whoever adds has locked the facts and looked for it."""
        self._transaction.write(insert(drawings).values(**_row(drawing)))

    def find(self, drawing: str) -> Drawing | None:
        """By its name."""
        found = self._transaction.row(select(drawings).where(drawings.c.id == drawing))
        return None if found is None else Drawing(_charge(found), found["figures"])

    def charges(self, data_set: str) -> Sequence[Charge]:
        """In the order of drawing."""
        query = select(*_CHARGE).where(drawings.c.data_set == data_set)
        return [_charge(row) for row in self._transaction.rows(query.order_by(drawings.c.drawn_at, drawings.c.id))]


def _row(drawing: Drawing) -> Row:
    charge = drawing.charge
    return {
        "id": charge.drawing,
        "data_set": charge.data_set,
        "rounds": charge.rounds,
        "mechanism": charge.mechanism,
        "loss": int(charge.loss / SMALLEST_LOSS),
        "budget": int(charge.budget / SMALLEST_LOSS),
        "drawn_at": charge.drawn_at,
        "figures": drawing.figures,
    }


def _charge(row: Mapping[str, Any]) -> Charge:
    return Charge(
        drawing=row["id"],
        data_set=row["data_set"],
        rounds=row["rounds"],
        mechanism=row["mechanism"],
        loss=Decimal(row["loss"]) * SMALLEST_LOSS,
        budget=Decimal(row["budget"]) * SMALLEST_LOSS,
        drawn_at=row["drawn_at"],
    )
