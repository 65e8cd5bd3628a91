"""A log in memory that can be rewritten, cut back and forked, for whoever has to notice."""

from __future__ import annotations

import base64
import json
import secrets
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sluis_client.wire import canonical_bytes
from sluis_client.wire.log import (
    Checkpoint,
    LogEntry,
    LogKey,
    LogProof,
    consistency_ranges,
    inclusion_ranges,
    root_of,
    sign_checkpoint,
    sign_succession,
)


@dataclass
class SomeLog:
    origin: str
    key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    entries: list[LogEntry] = field(default_factory=list)
    before: list[Ed25519PrivateKey] = field(default_factory=list)
    successions: list[str] = field(default_factory=list)

    @property
    def public(self) -> LogKey:
        return LogKey(self.origin, self.key.public_key())

    def add(self, **event: object) -> LogEntry:
        entry = LogEntry(len(self.entries), secrets.token_bytes(32), canonical_bytes(event).decode())
        self.entries.append(entry)
        return entry

    def renew(self, key: Ed25519PrivateKey | None = None) -> LogKey:
        """Another key signs from here on, and the one before still does as well."""
        after = key or Ed25519PrivateKey.generate()
        self.successions.append(sign_succession(self.origin, len(self.entries), self.key, after).note)
        self.before.insert(0, self.key)
        self.key = after
        self.fill(1)
        return self.public

    def retire(self) -> None:
        """Only the newest key signs."""
        self.before.clear()

    def fill(self, count: int) -> None:
        for _ in range(count):
            self.add(id=secrets.token_hex(8), code="other")

    def hashes(self, ranges: list[tuple[int, int]]) -> list[bytes]:
        leaves = [entry.leaf() for entry in self.entries]
        return [root_of(leaves[start:end]) for start, end in ranges]

    def checkpoint(self, size: int | None = None) -> Checkpoint:
        size = len(self.entries) if size is None else size
        return sign_checkpoint(self.origin, size, self.hashes([(0, size)])[0], self.key, *self.before)

    def proof(self, event_id: str) -> LogProof | None:
        for entry in self.entries:
            if json.loads(entry.payload)["id"] == event_id:
                hashes = self.hashes(inclusion_ranges(entry.index, len(self.entries)))
                return LogProof(entry, tuple(hashes), self.checkpoint().note, tuple(self.successions))
        return None

    def consistency(self, old: int, new: int) -> list[str]:
        return [base64.b64encode(hash_).decode() for hash_ in self.hashes(consistency_ranges(old, new))]

    def copy(self) -> SomeLog:
        return SomeLog(self.origin, self.key, list(self.entries), list(self.before), list(self.successions))
