"""Copies of public figures: added and read, never changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from sqlalchemy import insert, literal, select

from service.adapters.database.public_tables import public_figures
from service.adapters.database.transaction import Transaction
from service.domain.public_figures import PublicCopy

_OLDEST_FIRST = (public_figures.c.retrieved_at, public_figures.c.id)
_HEAD = (
    *(column for column in public_figures.columns if column.name != "content"),
    literal("").label("content"),
)


class SqlPublicFigures:
    """Implements `service.ports.unit_of_work.PublicCopies`."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    def add(self, copy: PublicCopy) -> None:
        """Beside the copies that are there."""
        self._transaction.write(insert(public_figures).values(**asdict(copy)))

    def newest(self, source: str, period: str) -> PublicCopy | None:
        """The one that was fetched last."""
        query = select(public_figures).where(public_figures.c.source == source, public_figures.c.period == period)
        newest_first = query.order_by(*(column.desc() for column in _OLDEST_FIRST))
        found = self._transaction.row(newest_first.limit(1))
        return None if found is None else PublicCopy(**found)

    def heads(self) -> Sequence[PublicCopy]:
        """By source and period."""
        query = select(*_HEAD).order_by(public_figures.c.source, public_figures.c.period, *_OLDEST_FIRST)
        newest = {(row["source"], row["period"]): PublicCopy(**row) for row in self._transaction.rows(query)}
        return list(newest.values())
