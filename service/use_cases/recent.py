"""Answers that were worked out lately, so that an equal question is not worked out anew."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from threading import Lock
from typing import Generic, TypeVar

Answer = TypeVar("Answer")


class Recent(Generic[Answer]):
    """The last answers by their questions, in the memory of this process: another version of the program knows none.

    A question has to hold everything that its answer follows from.
    """

    def __init__(self, most: int = 8) -> None:
        self._most = most
        self._lock = Lock()
        self._answers: OrderedDict[Hashable, Answer] = OrderedDict()

    def find(self, question: Hashable) -> Answer | None:
        """The answer, if it is still there."""
        with self._lock:
            if question not in self._answers:
                return None
            self._answers.move_to_end(question)
            return self._answers[question]

    def keep(self, question: Hashable, answer: Answer) -> None:
        """Keep it in place of the one that was not asked for longest."""
        with self._lock:
            self._answers[question] = answer
            self._answers.move_to_end(question)
            while len(self._answers) > self._most:
                self._answers.popitem(last=False)
