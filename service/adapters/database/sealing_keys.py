"""The keys to which suppliers seal content."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from sqlalchemy import insert, select, update

from service.adapters.database.sealing_tables import sealing_keys
from service.adapters.database.transaction import Transaction
from service.domain.errors import NotFound
from service.domain.sealing import SealingKey

_K = sealing_keys.c


class SqlSealingKeys:
    """Implements `service.ports.unit_of_work.SealingKeys`."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    def add(self, key: SealingKey) -> None:
        """It is new."""
        self._transaction.write(insert(sealing_keys).values(**asdict(key)))

    def save(self, key: SealingKey) -> None:
        """NotFound when it was never added; when it ends, and that its private half is gone, can change."""
        changed = {"expires_at": key.expires_at, "wrapped_key": key.wrapped_key}
        if not self._transaction.write(update(sealing_keys).where(_K.key_id == key.key_id).values(**changed)):
            raise NotFound("sealing-key")

    def find(self, key_id: str) -> SealingKey | None:
        """The key, or None."""
        found = self._transaction.row(select(sealing_keys).where(_K.key_id == key_id))
        return SealingKey(**found) if found else None

    def all(self, *, lock: bool = False) -> Sequence[SealingKey]:
        """The oldest first."""
        query = select(sealing_keys).order_by(_K.active_from, _K.key_id)
        return [SealingKey(**row) for row in self._transaction.rows(query, lock=lock)]
