"""How many requests one caller may make in a minute; over it the answer is 429 with the time to wait (RFC 6585).

The moments of the last minute are kept in the memory of this process: an exact moving window. Who has been silent for
two minutes is forgotten, so the memory is bounded by the requests of two minutes. The library `limits` was measured
and left out: its store in memory takes 60 us a request (it starts a thread every 10 ms) and never forgets a caller.
"""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from collections.abc import Callable
from enum import StrEnum

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from service.api.exchange import SCOPE_KEY
from service.api.problems import Refused, refused
from service.api.settings import Rates

_MINUTE = 60.0


class Counted(StrEnum):
    """What is counted apart."""

    ADDRESS = "address"
    PRINCIPAL = "principal"
    TOKENS = "tokens"
    FAILED_LOGIN = "failed-login"
    WRONG_CODE = "wrong-code"


class RateLimits:
    """The counts of this process; safe to use from many threads.

    Args:
        rates: how many of each kind in any 60 seconds.
        clock: seconds that never go back.
    """

    def __init__(self, rates: Rates, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = {
            Counted.ADDRESS: rates.per_address,
            Counted.PRINCIPAL: rates.per_principal,
            Counted.TOKENS: rates.tokens,
            Counted.FAILED_LOGIN: rates.failed_logins,
            Counted.WRONG_CODE: rates.wrong_codes,
        }
        self._clock = clock
        self._lock = threading.Lock()
        self._turned = clock()
        self._lately: dict[tuple[Counted, str], deque[float]] = {}
        self._before: dict[tuple[Counted, str], deque[float]] = {}

    def count(self, what: Counted, who: str) -> None:
        """Count one.

        Raises:
            Refused: `too-many-requests`, with the seconds to wait; it is not counted.
        """
        with self._lock:
            now = self._clock()
            self._moments(what, who, now).append(now)

    def require_room(self, what: Counted, who: str) -> None:
        """Look whether one more may be counted, without counting it.

        Raises:
            Refused: `too-many-requests`, with the seconds to wait.
        """
        with self._lock:
            self._moments(what, who, self._clock())

    def _moments(self, what: Counted, who: str, now: float) -> deque[float]:
        """The moments of the last minute, when there is room for one more."""
        if now - self._turned >= _MINUTE:
            idle = now - self._turned >= 2 * _MINUTE
            self._before, self._lately, self._turned = {} if idle else self._lately, {}, now
        key = (what, who)
        moments = self._lately.get(key)
        if moments is None:
            moments = self._before.pop(key) if key in self._before else deque()
            self._lately[key] = moments
        while moments and now - moments[0] >= _MINUTE:
            moments.popleft()
        if len(moments) >= self._most[what]:
            seconds = max(1, math.ceil(moments[0] + _MINUTE - now))
            raise Refused("too-many-requests", data={"seconds": seconds}, headers={"Retry-After": str(seconds)})
        return moments


class AddressLimit:
    """Turns a flood from one address away before anything is parsed. Pure ASGI, inside `Envelope`."""

    def __init__(self, app: ASGIApp, *, limits: RateLimits) -> None:
        self._app = app
        self._limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request through, or answer 429."""
        if scope["type"] == "http":
            try:
                self._limits.count(Counted.ADDRESS, scope[SCOPE_KEY].neighbourhood)
            except Refused as error:
                await refused(Request(scope), error)(scope, receive, send)
                return
        await self._app(scope, receive, send)
