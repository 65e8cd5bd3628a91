"""Log-ins as this process remembers them: which are in the log already, and how many failed beyond what is recorded."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from threading import Lock

from service.use_cases.authenticate import MoreFailures

_MOST = 10_000
"""A token that was forgotten is recorded once more, as continued."""
OTHERS = "others"
"""All addresses beyond those that are counted apart."""
_MOST_ADDRESSES = 1_000


class SeenTokens:
    """Remembers digests of the newest tokens. Safe to share among threads."""

    def __init__(self) -> None:
        self._seen: OrderedDict[bytes, None] = OrderedDict()
        self._lock = Lock()

    def knows(self, token: str) -> bool:
        """Whether it was remembered."""
        with self._lock:
            return _digest(token) in self._seen

    def remember(self, token: str) -> None:
        """Call it when the log-in is in the log, and not before."""
        with self._lock:
            self._seen[_digest(token)] = None
            if len(self._seen) > _MOST:
                self._seen.popitem(last=False)


class FailedLogins:
    """The counts of this process, by address; safe to use from many threads, and bounded however many addresses."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._found: dict[str, MoreFailures] = {}

    def add(self, address: str, now: datetime, count: int = 1) -> None:
        """Count failures of an address."""
        with self._lock:
            if address not in self._found and len(self._found) >= _MOST_ADDRESSES:
                address = OTHERS
            before = self._found.get(address, MoreFailures(address, 0, now, now))
            self._found[address] = replace(before, count=before.count + count, until=max(before.until, now))

    def take(self, begun_before: datetime) -> Sequence[MoreFailures]:
        """The counts that began at or before a moment; they are counted no more."""
        with self._lock:
            due = [one for one in self._found.values() if one.since <= begun_before]
            for one in due:
                del self._found[one.address]
        return due

    def give_back(self, one: MoreFailures) -> None:
        """Count again what could not be recorded."""
        self.add(one.address, one.since, one.count)


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
