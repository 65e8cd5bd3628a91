"""When to try again, and when not to.

Only what may succeed unchanged is tried again: a connection that failed and the statuses 429, 502, 503 and 504.
Any other 4xx is an answer. Every call that the SDK makes may be repeated: it is a read, a PUT with a digest, or
carries an idempotency key.

A library such as stamina is not used: it reports each retry through structlog when that happens to be installed, which
by default writes on stdout and would break `--json`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from sluis_client.errors import ConnectionFailedError
from sluis_client.language import Text
from sluis_client.machine import Machine

TRY_AGAIN_STATUS = frozenset({429, 502, 503, 504})

T = TypeVar("T")


class TryAgain(Exception):
    """This attempt failed in a way that may pass.

    Attributes:
        what: why it failed.
        wait: seconds that the service asks to wait, if it does.
    """

    def __init__(self, what: Text, wait: float | None = None) -> None:
        super().__init__(what.en)
        self.what = what
        self.wait = wait


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to keep trying one call: exponential backoff with jitter, never shorter than `Retry-After`.

    Attributes:
        total: seconds that one call may take including waiting; 0 means one attempt.
        first: the first wait in seconds; every next is twice as long.
        longest: the longest wait in seconds, unless the service asks for more.
    """

    total: float = 120.0
    first: float = 0.5
    longest: float = 20.0

    def pause(self, attempt: int, fraction: float, asked: float | None) -> float:
        """Seconds to wait after attempt `attempt` (from 0).

        Between half and the whole of the backoff, so that many suppliers cut off at once do not return at once.
        """
        backoff = min(self.longest, self.first * 2.0 ** min(attempt, 30)) * (0.5 + fraction / 2)
        return max(backoff, asked or 0.0)

    def call(self, attempt_once: Callable[[], T], machine: Machine) -> T:
        """The result of `attempt_once`, which raises `TryAgain` when another attempt makes sense.

        Raises:
            ConnectionFailedError: the next attempt would start after the patience has run out.
        """
        start = machine.monotonic()
        attempt = 0
        while True:
            try:
                return attempt_once()
            except TryAgain as failed:
                pause = self.pause(attempt, machine.fraction(), failed.wait)
                if machine.monotonic() - start + pause > self.total:
                    raise ConnectionFailedError(failed.what, failed.wait) from None
                machine.sleep(pause)
                attempt += 1
