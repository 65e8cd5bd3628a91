"""The service's own keys: wrapping of data keys, and signatures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Signature:
    """A detached Ed25519 signature, base64url without padding, and the key that made it."""

    key_id: str
    value: str


class KeyStore(Protocol):
    """Holds the key-encryption key; a data key leaves the database only wrapped (AES key wrap, RFC 3394/5649)."""

    def wrap(self, data_key: bytes) -> str:
        """The data key, wrapped, as text."""
        ...

    def unwrap(self, wrapped: str) -> bytes:
        """The data key.

        Raises:
            service.domain.errors.Unavailable: it was wrapped by another key-encryption key.
        """
        ...

    def pseudonym_key(self, domain: str) -> bytes:
        """The key under which pseudonyms of a domain are made into those that are kept: 32 bytes, always the same."""
        ...


class Signer(Protocol):
    """Signs receipts and releases; each domain is separated by its prefix."""

    def sign(self, prefix: bytes, payload: bytes) -> Signature:
        """Ed25519 over prefix + payload."""
        ...

    def public_keys(self) -> Sequence[Mapping[str, str]]:
        """The public JWKs, for the JWKS document."""
        ...
