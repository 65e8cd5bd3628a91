"""Numbers of rows, of which most follow each other: what is kept grows with the gaps, not with the rows."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterator


class Runs:
    """Numbers in the order in which they were added, each larger than the one before it."""

    def __init__(self) -> None:
        self._places = array("Q")
        self._firsts = array("Q")
        self._length = 0

    def append(self, number: int) -> None:
        """Add a number at the end."""
        if not self._length or number != self[-1] + 1:
            self._places.append(self._length)
            self._firsts.append(number)
        self._length += 1

    def pop(self) -> None:
        """Take the last one away.

        Raises:
            IndexError: there is none.
        """
        if not self._length:
            raise IndexError("nothing to take away")
        self._length -= 1
        if self._places[-1] == self._length:
            self._places.pop()
            self._firsts.pop()

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, place: int) -> int:
        place = place + self._length if place < 0 else place
        if not 0 <= place < self._length:
            raise IndexError("no such place")
        run = bisect_right(self._places, place) - 1
        return self._firsts[run] + place - self._places[run]

    def __iter__(self) -> Iterator[int]:
        return (self[place] for place in range(self._length))
