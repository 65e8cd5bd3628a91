"""Which bearer tokens of people were seen before, so that a log-in is recorded once and not at each call."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from threading import Lock

_MOST = 10_000
"""A token that was forgotten is recorded once more, as continued."""


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


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
