"""Pseudonyms as they arrive and as they are kept: each is made into another one under a key of the service per domain.

So pseudonyms of two domains cannot be linked here either, and who holds what suppliers delivered, or the key holder's
keys, recognises nobody in what the service keeps; nor the other way round.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sluis_client.wire import base64url
from sluis_client.wire.pseudonym import KEPT, Pseudonym

_DIGEST_BYTES = 16


@dataclass(frozen=True, slots=True)
class PseudonymKey:
    """A key of the key holder that is in force: figures about periods that end on `since` or later use it.

    `check` is its value of an input that is no person, by which whoever asks can tell another key from it.
    """

    version: int
    since: date
    check: str


@dataclass(frozen=True, slots=True)
class AnnouncedKeys:
    """What is known of the key holder: its address, and per domain the keys in force, the older first."""

    address: str
    domains: Mapping[str, tuple[PseudonymKey, ...]]

    def version_for(self, domain: str, last_day: date) -> int | None:
        """The key that figures about a period use; None when the domain has none (any more)."""
        found = [key.version for key in self.domains.get(domain, ()) if key.since <= last_day]
        return max(found, default=None)


def kept(text: str, key: bytes) -> str:
    """The pseudonym that is kept for one that was delivered: HMAC-SHA256 (RFC 2104) under the domain's key.

    One that is kept already stays as it is, so that the privacy officer can ask again for what was shown.

    Raises:
        ValueError: it is no pseudonym.
    """
    found = Pseudonym.read(text)
    if found is None:
        raise ValueError("not a pseudonym")
    if found.type.startswith(KEPT):
        return text
    digest = hmac.digest(key, text.encode(), "sha256")[:_DIGEST_BYTES]
    return str(Pseudonym(KEPT + found.type, found.domain, found.version, base64url(digest)))
