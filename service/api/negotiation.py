"""Which of the forms on offer a caller wants (RFC 9110, section 12.5.1), and whether it has the newest already."""

from __future__ import annotations

import re
from collections.abc import Sequence

from starlette.requests import Request

from service.api.problems import Refused

_RANGE = re.compile(r"\s*([a-z0-9!#$&^_.+-]+|\*)/([a-z0-9!#$&^_.+-]+|\*)\s*((?:;[^;,]*)*)", re.IGNORECASE | re.ASCII)
_QUALITY = re.compile(r";\s*q\s*=\s*([01](?:\.[0-9]{0,3})?)\s*", re.IGNORECASE)
_LONGEST = 1_000


def choose(request: Request, offers: Sequence[str]) -> str:
    """The media type of the offers that the Accept header likes best; the first one when it says nothing.

    Raises:
        Refused: none of them is acceptable.
    """
    accept = ",".join(request.headers.getlist("accept"))[:_LONGEST]
    if not accept.strip():
        return offers[0]
    ranges = [_read(part) for part in accept.split(",")]
    liked = {offer: _liking(offer, [found for found in ranges if found is not None]) for offer in offers}
    best = max(offers, key=lambda offer: liked[offer])
    if not liked[best]:
        raise Refused("not-acceptable")
    return best


def has_already(request: Request, etag: str) -> bool:
    """Whether the caller says that it holds this very version (RFC 9110, section 13.1.2; weak comparison)."""
    held = ",".join(request.headers.getlist("if-none-match"))
    tags = [tag.strip().removeprefix("W/") for tag in held.split(",")]
    return "*" in tags or etag in tags


def _read(part: str) -> tuple[str, str, float] | None:
    found = _RANGE.fullmatch(part)
    if found is None:
        return None
    quality = _QUALITY.search(found[3])
    return found[1].lower(), found[2].lower(), min(1.0, float(quality[1])) if quality else 1.0


def _liking(offer: str, ranges: Sequence[tuple[str, str, float]]) -> float:
    """The quality of the most precise range that covers the offer."""
    kind, _, subtype = offer.partition("/")
    covering = [
        ((left != "*") + (right != "*"), quality)
        for left, right, quality in ranges
        if left in {kind, "*"} and right in {subtype, "*"}
    ]
    return max(covering)[1] if covering else 0.0
