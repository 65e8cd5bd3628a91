"""How many requests one caller may make in a minute; over it the answer is 429 with the time to wait (RFC 6585).

Counts are kept in the memory of this process, in a moving window. Callers are counted under a keyed hash in a fixed
number of places, so that nobody can fill the memory by coming from many addresses.
"""

from __future__ import annotations

import hashlib
import math
import secrets
import time
from enum import StrEnum

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from service.api.exchange import SCOPE_KEY
from service.api.problems import Refused, refused
from service.api.settings import Rates

_PLACES = 1 << 16


class Counted(StrEnum):
    """What is counted apart."""

    ADDRESS = "address"
    PRINCIPAL = "principal"
    TOKENS = "tokens"
    FAILED_LOGIN = "failed-login"
    WRONG_CODE = "wrong-code"


class RateLimits:
    """The counts of this process."""

    def __init__(self, rates: Rates) -> None:
        self._window = MovingWindowRateLimiter(MemoryStorage())
        self._key = secrets.token_bytes(16)
        self._items = {
            Counted.ADDRESS: RateLimitItemPerMinute(rates.per_address),
            Counted.PRINCIPAL: RateLimitItemPerMinute(rates.per_principal),
            Counted.TOKENS: RateLimitItemPerMinute(rates.tokens),
            Counted.FAILED_LOGIN: RateLimitItemPerMinute(rates.failed_logins),
            Counted.WRONG_CODE: RateLimitItemPerMinute(rates.wrong_codes),
        }

    def count(self, what: Counted, who: str) -> None:
        """Count one.

        Raises:
            Refused: `too-many-requests`, with the seconds to wait.
        """
        if not self._window.hit(self._items[what], what.value, self._place(who)):
            raise self._too_many(what, who)

    def require_room(self, what: Counted, who: str) -> None:
        """Look whether one more may be counted, without counting it.

        Raises:
            Refused: `too-many-requests`, with the seconds to wait.
        """
        if not self._window.test(self._items[what], what.value, self._place(who)):
            raise self._too_many(what, who)

    def _place(self, who: str) -> str:
        hashed = hashlib.blake2b(who.encode("utf-8", "replace"), digest_size=4, key=self._key).digest()
        return str(int.from_bytes(hashed, "big") % _PLACES)

    def _too_many(self, what: Counted, who: str) -> Refused:
        window = self._window.get_window_stats(self._items[what], what.value, self._place(who))
        seconds = max(1, math.ceil(window.reset_time - time.time()))
        return Refused("too-many-requests", data={"seconds": seconds}, headers={"Retry-After": str(seconds)})


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
