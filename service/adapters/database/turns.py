"""Writers of one process wait for each other in a queue.

SQLite lets one write at a time, and has whoever comes in between sleep and try again, longer each time: the unlucky
wait for a second and more while others pass them by. Other processes are still waited for by SQLite itself.
"""

from __future__ import annotations

import threading
from collections import deque

from service.adapters.database.refusals import BUSY
from service.domain.errors import Unavailable


class Turns:
    """Whose turn it is to write, in the order in which they came."""

    def __init__(self, patience: float) -> None:
        """Nobody waits longer than `patience` seconds."""
        self._patience = patience
        self._guard = threading.Lock()
        self._waiting: deque[threading.Event] = deque()
        self._taken = False

    def take(self) -> Turn:
        """Wait for a turn.

        Raises:
            Unavailable: `database-busy`: it did not come in time.
        """
        mine = threading.Event()
        with self._guard:
            if not self._taken:
                self._taken = True
                return Turn(self)
            self._waiting.append(mine)
        if not mine.wait(self._patience):
            with self._guard:
                if not mine.is_set():
                    self._waiting.remove(mine)
                    raise Unavailable(BUSY)
        return Turn(self)

    def pass_on(self) -> None:
        """Whoever came first is next."""
        with self._guard:
            if self._waiting:
                self._waiting.popleft().set()
            else:
                self._taken = False


class Turn:
    """A turn under way."""

    def __init__(self, turns: Turns) -> None:
        self._turns: Turns | None = turns

    def end(self) -> None:
        """Let the next one go; the second time nothing happens."""
        turns, self._turns = self._turns, None
        if turns is not None:
            turns.pass_on()
