"""The keys of the key holder: one per domain and version, made, replaced with an overlap, destroyed.

At most two are in force, so that during a replacement each person gets a pseudonym under both and nobody is counted
twice. Which of them counts is a matter of the day: figures about a period that ended before `since` keep the older.
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from service.domain.errors import Unavailable
from service.keyholder.refusals import Refusal
from service.keyholder.store import KeyRow, Store, Transaction
from service.ports.clock import Clock, Randomness
from service.ports.keys import KeyStore
from sluis_client.wire import oprf
from sluis_client.wire.pseudonym import CHECK_INPUT, DOMAIN, MOST_VERSIONS, digest_of
from sluis_client.wire.pseudonym_keys import PublishedKey, PublishedKeys

BEGINNING = date.min
"""From when a domain's first key holds."""


@dataclass(frozen=True, slots=True)
class ActiveKey:
    """A key in force, unwrapped."""

    version: int
    key: bytes = field(repr=False)


class Keys:
    """The keys in a store, wrapped by the key-encryption key of a key store (a file now, a token later)."""

    def __init__(self, store: Store, wrapping: KeyStore, clock: Clock, randomness: Randomness) -> None:
        self._store = store
        self._wrapping = wrapping
        self._clock = clock
        self._randomness = randomness

    def create(self, domain: str, account: str) -> int:
        """Make the first key of a domain; its version.

        Raises:
            Refusal: `key-exists`: the domain has or had keys, which are replaced and not made anew; `domain-malformed`.
        """
        if not DOMAIN.fullmatch(domain):
            raise Refusal("domain-malformed")
        with self._store.transact() as data:
            if data.keys(domain):
                raise Refusal("key-exists")
            return self._make(data, domain, 1, BEGINNING, code="key.create", account=account)

    def rotate(self, domain: str, since: date, account: str) -> int:
        """Make the key that follows; the older stays in force until it is destroyed. The new version.

        Args:
            domain: whose key is replaced.
            since: figures about periods that end on this day or later use the new key.
            account: who does it.

        Raises:
            Refusal: `domain-unknown`: it has no key; `key-overlaps`: two are in force already; `key-since`: not after
                the day of the older one.
        """
        with self._store.transact() as data:
            kept = data.keys(domain)
            if not kept:
                raise Refusal("domain-unknown")
            if sum(key.wrapped is not None for key in kept) >= MOST_VERSIONS:
                raise Refusal("key-overlaps")
            if since.isoformat() <= kept[-1].since:
                raise Refusal("key-since")
            return self._make(data, domain, kept[-1].version + 1, since, code="key.rotate", account=account)

    def destroy(self, domain: str, version: int, account: str) -> None:
        """Destroy a key: no pseudonym can be made under it ever again, and none traced back.

        Raises:
            Refusal: `key-unknown`: no such key in force; `key-newest`: no newer one is there to take over.
        """
        with self._store.transact() as data:
            active = [key for key in data.keys(domain) if key.wrapped is not None]
            if all(key.version != version for key in active):
                raise Refusal("key-unknown")
            if version == active[-1].version:
                raise Refusal("key-newest")
            data.destroy_key(domain, version, self._clock.now())
            data.add_event(self._clock.now(), "key.destroy", domain, version, account)
        self._store.settle()

    def active(self, data: Transaction, domain: str) -> Sequence[ActiveKey]:
        """The keys in force, the older first.

        Raises:
            Refusal: `domain-unknown`: it has none; `key-unreadable`: wrapped by another key, altered, or another
                domain's.
        """
        found = [key for key in data.keys(domain) if key.wrapped is not None]
        if not found:
            raise Refusal("domain-unknown")
        return [ActiveKey(row.version, self._unwrapped(row)) for row in found]

    def published(self, address: str) -> PublishedKeys:
        """What the service publishes of it: where it is, and per domain the keys in force with their check values."""
        with self._store.transact() as data:
            rows = [key for key in data.every_key() if key.wrapped is not None]
        domains: dict[str, tuple[PublishedKey, ...]] = {}
        for row in rows:
            key = PublishedKey(row.version, date.fromisoformat(row.since), row.check_value)
            domains[row.domain] = (*domains.get(row.domain, ()), key)
        return PublishedKeys(address, domains)

    def _make(self, data: Transaction, domain: str, version: int, since: date, *, code: str, account: str) -> int:
        key = oprf.derive_key(self._randomness.key(oprf.SEED_BYTES), f"{domain}.{version}".encode())
        now = self._clock.now()
        data.add_key(
            KeyRow(domain, version, since.isoformat(), check_value(key), self._wrapping.wrap(key), now.isoformat())
        )
        data.add_event(now, code, domain, version, account)
        return version

    def _unwrapped(self, row: KeyRow) -> bytes:
        """The key, when it is the one that it was: rows that changed places have another check value."""
        try:
            key = self._wrapping.unwrap(row.wrapped or "")
        except Unavailable:
            raise Refusal("key-unreadable") from None
        if not hmac.compare_digest(check_value(key), row.check_value):
            raise Refusal("key-unreadable")
        return key


def check_value(key: bytes) -> str:
    """The function's value of an input that is no person: published, so that another key is noticed."""
    scalar = oprf.new_blind()
    return digest_of(oprf.finalize(CHECK_INPUT, scalar, oprf.evaluate(key, oprf.blind(CHECK_INPUT, scalar))))
