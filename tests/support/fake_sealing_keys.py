"""The keys to seal content to, in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from fake_tables import FakeTransaction

from service.domain.errors import NotFound
from service.domain.sealing import SealingKey


class FakeSealingKeys:
    def __init__(self, transaction: FakeTransaction) -> None:
        self._t = transaction

    def add(self, key: SealingKey) -> None:
        self._t.write(key).sealing_keys[key.key_id] = key

    def save(self, key: SealingKey) -> None:
        keys = self._t.write(key).sealing_keys
        if key.key_id not in keys:
            raise NotFound("sealing-key")
        kept = keys[key.key_id]
        keys[key.key_id] = replace(kept, expires_at=key.expires_at, wrapped_key=key.wrapped_key)

    def find(self, key_id: str) -> SealingKey | None:
        return self._t.read(key_id).sealing_keys.get(key_id)

    def all(self, *, lock: bool = False) -> Sequence[SealingKey]:
        keys = (self._t.write() if lock else self._t.read()).sealing_keys
        return sorted(keys.values(), key=lambda key: (key.active_from, key.key_id))
