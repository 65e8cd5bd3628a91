"""The real clock, and chance from the operating system."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime

import uuid_utils

_READABLE = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no I, L, O (look-alikes of 1 and 0) and no U. Five bits a character."""

_GROUPS = 7
_GROUP_SIZE = 4


class SystemClock:
    """The machine's clock; that it is right is checked outside (NTP), as NEN 7513 asks."""

    def now(self) -> datetime:
        """The present moment in UTC."""
        return datetime.now(UTC)


class SystemRandomness:
    """Values that nobody can guess, from the operating system's generator."""

    def new_id(self) -> str:
        """A UUID version 7 (RFC 9562) in its usual text form."""
        return str(uuid_utils.uuid7())

    def secret(self) -> str:
        """Seven groups of four characters: 140 bits, so no less than the 128 that a one-time code needs."""
        return "-".join("".join(secrets.choice(_READABLE) for _ in range(_GROUP_SIZE)) for _ in range(_GROUPS))

    def key(self, size: int) -> bytes:
        """`size` random bytes."""
        return secrets.token_bytes(size)
