"""The keys to which suppliers seal content: announced before they are used, kept after, so that nobody is too late."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from sluis_client.wire.sealing import PublishedSealingKey, SealingState


@dataclass(frozen=True, slots=True)
class SealingKey:
    """An X25519 key.

    Attributes:
        key_id: RFC 7638 thumbprint.
        public_jwk: the public half, as JSON.
        wrapped_key: the private half under the key-encryption key; None once it is destroyed.
        active_from: when it may be used.
        expires_at: when it may not any more; None while no other is to follow.
    """

    key_id: str
    public_jwk: str
    wrapped_key: str | None = field(repr=False)
    active_from: datetime
    expires_at: datetime | None = None

    def state(self, now: datetime) -> SealingState:
        """What it is good for at this moment."""
        if self.expires_at is not None and self.expires_at <= now:
            return SealingState.EXPIRED
        return SealingState.PENDING if now < self.active_from else SealingState.ACTIVE

    def ending(self, at: datetime, now: datetime) -> SealingKey:
        """The key that ends then, or when it would have ended before; one that has ended loses its private half."""
        ends = at if self.expires_at is None else min(at, self.expires_at)
        return replace(self, expires_at=ends, wrapped_key=None if ends <= now else self.wrapped_key)

    def published(self, now: datetime) -> PublishedSealingKey:
        """The key as anybody may know it."""
        jwk: Mapping[str, str] = json.loads(self.public_jwk)
        return PublishedSealingKey(jwk, self.state(now), self.active_from, self.expires_at)
