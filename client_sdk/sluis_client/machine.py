"""What the SDK takes from the machine it runs on: the time, waiting and randomness. Tests pass their own."""

import random
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Machine:
    """Clock, patience and randomness.

    Attributes:
        now: the wall clock, in UTC.
        monotonic: a clock that never goes back, in seconds.
        sleep: waits a number of seconds.
        fraction: a number in [0, 1) that spreads retries; not used for secrets.
        token: so many random bytes that nobody can guess.
    """

    now: Callable[[], datetime] = _now
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    fraction: Callable[[], float] = field(default_factory=lambda: random.SystemRandom().random)
    token: Callable[[int], bytes] = secrets.token_bytes
