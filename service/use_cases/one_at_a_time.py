"""What is done for one thing by one caller at a time, within this process."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock, RLock


class OneAtATime:
    """Lets the second caller with a name wait for the first; a caller does not wait for itself."""

    def __init__(self) -> None:
        self._own = Lock()
        self._locks: dict[str, RLock] = {}
        self._callers: Counter[str] = Counter()

    @contextmanager
    def __call__(self, name: str) -> Iterator[None]:
        """Wait for one's turn, and have it until the block ends."""
        with self._own:
            lock = self._locks.setdefault(name, RLock())
            self._callers[name] += 1
        try:
            with lock:
                yield
        finally:
            with self._own:
                self._callers[name] -= 1
                if not self._callers[name]:
                    del self._callers[name], self._locks[name]
