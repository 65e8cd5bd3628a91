"""The sequencer's thread: a turn every tenth of a second when something waits, and an alarm when the log falls behind.

Without a signer it only watches: in production another process has the turns (`sluis log sequence`), and whoever runs
the service wants to know when that one stands still.
"""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any, Protocol

from service.domain.errors import DomainError
from service.ports.clock import Clock
from service.ports.log import LogDatabase, LogSigner
from service.ports.unit_of_work import Database
from service.use_cases.sequence_log import BEHIND, lag, sequence_log

_LONGEST_WAIT = 30.0
_WATCH = timedelta(seconds=5)


class _Log(Protocol):
    def warning(self, event: str, **fields: object) -> None: ...
    def error(self, event: str, cause: BaseException | None = None, **fields: object) -> None: ...


class Store(LogDatabase, Database, Protocol):
    """The database: the log in it, and the transactions to look at it."""


class Sequencer:
    """Gives places to what waits, one turn after the other; a turn that fails is told and tried again."""

    def __init__(self, database: Store, clock: Clock, signer: LogSigner | None, *, interval: float, log: _Log) -> None:
        self._database = database
        self._clock = clock
        self._signer = signer
        self._interval = interval
        self._log = log
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._watched = clock.now() - _WATCH
        self._was_behind = False

    def start(self) -> None:
        """Begin to work in a thread of its own."""
        self._thread = threading.Thread(target=self.work, name="sluis-sequencer", daemon=True)
        self._thread.start()

    def tell_to_stop(self) -> None:
        """Let `work` end after the turn under way."""
        self._stop.set()

    def stop(self) -> None:
        """Give a place to what waits, and end."""
        self.tell_to_stop()
        if self._thread is not None:
            self._thread.join()

    def work(self) -> None:
        """Take turns until told to stop."""
        wait = self._interval
        while not self._stop.is_set():
            wait = self._interval if self.run_once() else min(wait * 2, _LONGEST_WAIT)
            self._stop.wait(wait)
        self.run_once()

    def run_once(self) -> bool:
        """Take in all that waits; False when it failed and has to be tried again."""
        try:
            if self._signer is not None:
                while (done := sequence_log(self._database, self._signer, self._clock)) is not None and done.more:
                    pass
            self.watch()
        except DomainError as error:
            self._log.error("log-stands-still", code=error.code)
            return False
        except Exception as error:  # noqa: BLE001 - the sequencer outlives a database that is away
            self._log.error("log-stands-still", error)
            return False
        return True

    def watch(self) -> None:
        """Tell when the log is behind, and when it no longer is."""
        now = self._clock.now()
        if now - self._watched < _WATCH:
            return
        self._watched = now
        with self._database.look() as data:
            behind, backlog, newest = lag(data.log, self._clock), data.log.backlog(), data.log.checkpoint()
        size = 0 if newest is None else newest.size
        told: dict[str, Any] = {
            "size": size,
            "waiting": backlog.events,
            "lag_seconds": round(behind.total_seconds(), 1),
        }
        if behind > BEHIND:
            self._log.error("log-behind", **told)
        elif self._was_behind:
            self._log.warning("log-caught-up", **told)
        self._was_behind = behind > BEHIND
