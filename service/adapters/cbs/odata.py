"""CBS over HTTP: OData version 4, page by page, read with suspicion.

Only addresses below the configured one are asked, redirects are not followed, and an answer is bounded in size, number
of pages and time. What may pass is asked again after a while; what will not pass is an error at once.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Final
from urllib.parse import quote, urljoin, urlsplit

import httpx

from service.domain.errors import Unavailable
from service.ports.clock import Clock

MAX_PAGE: Final = 64 * 1024 * 1024
"""Bytes of one page, unpacked; a hundred thousand observations, the most that CBS gives at once, are a third of it."""
MAX_PAGES: Final = 500
TIMEOUT: Final = httpx.Timeout(60.0, connect=10.0)
TOTAL_TIME: Final = timedelta(minutes=20)
PAUSES: Final = (1.0, 2.0, 4.0, 8.0)
"""Seconds before each further try."""
LONGEST_PAUSE: Final = 60.0
_PASSING: Final = frozenset({429, 500, 502, 503, 504})
_HEADERS: Final = {"Accept": "application/json", "User-Agent": "sluis"}

Row = Mapping[str, object]


def unexpected(table: str, where: str) -> Unavailable:
    """The publisher answered what we do not understand; nobody should guess."""
    return Unavailable("public-source-unexpected", {"table": table, "where": where})


class OData:
    """One OData service, asked for one fetch: the time for all of its calls starts when it is made."""

    def __init__(self, base: str, http: httpx.Client, clock: Clock, pause: Callable[[float], None]) -> None:
        """Binds to an address; `pause` waits so many seconds."""
        self._base = base.rstrip("/") + "/"
        self._http = http
        self._clock = clock
        self._pause = pause
        self._ends = clock.now() + TOTAL_TIME

    def address(self, table: str) -> str:
        """Where a table is."""
        return self._base + quote(table, safe="")

    def one(self, table: str, name: str) -> Row:
        """A single object of a table.

        Raises:
            Unavailable: as for `rows`.
        """
        return self._get(table, name, f"{self.address(table)}/{name}")

    def rows(self, table: str, name: str, query: Mapping[str, str] | None = None) -> Iterator[Row]:
        """The objects of a collection, over all pages; one page at a time is in memory.

        `query` has system options without their dollar sign. They are put in the address with the sign as it is, for
        not every server takes an encoded one.

        Raises:
            Unavailable: `public-source-away` or `public-source-unexpected`.
        """
        options = "&".join(f"${key}={quote(value, safe='')}" for key, value in (query or {}).items())
        address: str | None = f"{self.address(table)}/{name}" + (f"?{options}" if options else "")
        seen: set[str] = set()
        while address is not None:
            if address in seen or len(seen) >= MAX_PAGES:
                raise unexpected(table, f"{name}: @odata.nextLink")
            seen.add(address)
            page = self._get(table, name, address)
            listed = page.get("value")
            if not isinstance(listed, list) or not all(isinstance(row, dict) for row in listed):
                raise unexpected(table, f"{name}: value")
            yield from listed
            address = self._next(table, name, address, page.get("@odata.nextLink"))

    @property
    def _host(self) -> str:
        return urlsplit(self._base).hostname or ""

    def _next(self, table: str, name: str, address: str, link: object) -> str | None:
        """The next page, if it is below our address: an answer does not send us elsewhere."""
        if link is None:
            return None
        following = urljoin(address, link) if isinstance(link, str) else ""
        if not following.startswith(self._base) or "/../" in urlsplit(following).path:
            raise unexpected(table, f"{name}: @odata.nextLink")
        return following

    def _get(self, table: str, name: str, address: str) -> Row:
        """One answer; tried again when what stood in the way may pass."""
        why = ""
        for pause in (*PAUSES, None):
            if self._clock.now() > self._ends:
                raise Unavailable("public-source-away", {"host": self._host, "why": why or "time"})
            try:
                with self._http.stream(
                    "GET", address, headers=_HEADERS, timeout=TIMEOUT, follow_redirects=False
                ) as response:
                    if response.status_code not in _PASSING:
                        return self._read(table, name, response)
                    why, asked = str(response.status_code), response.headers.get("retry-after", "")
            except (httpx.TransportError, httpx.DecodingError) as error:
                why, asked = type(error).__name__, ""
            if pause is not None:
                self._pause(min(max(pause, float(asked) if asked.isdecimal() else 0.0), LONGEST_PAUSE))
        raise Unavailable("public-source-away", {"host": self._host, "why": why})

    def _read(self, table: str, name: str, response: httpx.Response) -> Row:
        if response.status_code != httpx.codes.OK:
            raise unexpected(table, f"{name}: HTTP {response.status_code}")
        if response.headers.get("content-type", "").split(";")[0].strip() != "application/json":
            raise unexpected(table, f"{name}: content-type")
        content = bytearray()
        for piece in response.iter_bytes():
            content += piece
            if len(content) > MAX_PAGE:
                raise unexpected(table, f"{name}: > {MAX_PAGE} bytes")
        try:
            document = json.loads(content, parse_float=Decimal, parse_constant=_refuse)
        except (ValueError, RecursionError) as error:
            raise unexpected(table, f"{name}: JSON") from error
        if not isinstance(document, dict):
            raise unexpected(table, f"{name}: JSON")
        return document


def _refuse(_name: str) -> object:
    raise ValueError("not a JSON number")
