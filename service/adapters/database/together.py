"""Small writes of the same moment are written together: a commit that is forced to the disk serves them all."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Generic, TypeVar

from service.domain.errors import Unavailable

_AT_ONCE = 100

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")


class Together(Generic[Asked, Answer]):
    """Whoever comes first writes; what comes in meanwhile waits and is the next batch, which one of those writes.

    Nobody is answered before what he asked is written, and what is wrong with one of a batch is told to that one only.
    """

    def __init__(self, write: Callable[[Sequence[Asked]], Sequence[Answer]]) -> None:
        """`write` writes all or nothing, and answers each."""
        self._write = write
        self._waiting: deque[tuple[Asked, Future[Answer]]] = deque()
        self._writing = threading.Lock()

    def __call__(self, asked: Asked) -> Answer:
        """What `write` answers to this one, or raises."""
        mine: Future[Answer] = Future()
        self._waiting.append((asked, mine))
        with self._writing:
            while not mine.done():
                self._next([self._waiting.popleft() for _ in range(min(len(self._waiting), _AT_ONCE))])
        return mine.result()

    def _next(self, batch: Sequence[tuple[Asked, Future[Answer]]]) -> None:
        try:
            answers = self._write([asked for asked, _ in batch])
        except BaseException as error:
            if len(batch) > 1 and isinstance(error, Exception) and not isinstance(error, Unavailable):
                for one in batch:
                    self._next([one])
                return
            for _, waits in batch:
                waits.set_exception(error)
            if not isinstance(error, Exception):
                raise
        else:
            for (_, waits), answer in zip(batch, answers, strict=True):
                waits.set_result(answer)
