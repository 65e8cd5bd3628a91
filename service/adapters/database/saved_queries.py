"""The searches of the log that auditors keep."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from sqlalchemy import delete, insert, select

from service.adapters.database.audit_tables import saved_queries
from service.adapters.database.transaction import Transaction
from service.domain.audit import SavedQuery
from service.domain.errors import NotFound


class SqlSavedQueries:
    """Implements `service.ports.unit_of_work.SavedQueries`."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    def add(self, query: SavedQuery) -> None:
        """Conflict `saved-query-exists` when the owner has one of that name."""
        self._transaction.write(insert(saved_queries).values(**asdict(query)))

    def of(self, owner: str) -> Sequence[SavedQuery]:
        """By name."""
        query = select(saved_queries).where(saved_queries.c.owner == owner).order_by(saved_queries.c.name)
        return [SavedQuery(**row) for row in self._transaction.rows(query)]

    def remove(self, owner: str, query: str) -> None:
        """NotFound when the owner has none with this id."""
        change = delete(saved_queries).where(saved_queries.c.owner == owner, saved_queries.c.id == query)
        if not self._transaction.write(change):
            raise NotFound("saved-query")
