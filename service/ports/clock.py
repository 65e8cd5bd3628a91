"""Time and chance, passed in so that every test can set them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """The time."""

    def now(self) -> datetime:
        """The present moment, in UTC with time zone."""
        ...


@dataclass(frozen=True, slots=True)
class ClockState:
    """What the operating system says of its clock.

    `synchronised` is None when it cannot be asked. `maximum_error` is in seconds, None when it is not known.
    """

    synchronised: bool | None
    maximum_error: float | None


class ClockWatch(Protocol):
    """Whether the clock is right, as far as a process without privileges may know."""

    def state(self) -> ClockState:
        """As it is now."""
        ...


class Randomness(Protocol):
    """Unguessable values."""

    def new_id(self) -> str:
        """A UUID version 7: unique, and in the order of making."""
        ...

    def secret(self) -> str:
        """128 bits, for people to type: groups of letters and digits without look-alikes."""
        ...

    def key(self, size: int) -> bytes:
        """`size` random bytes from the operating system, for key material."""
        ...
