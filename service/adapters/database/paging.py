"""Pages by the key of the last item seen: as quick on page 1,000 as on page 1, and stable while rows are added."""

from __future__ import annotations

import base64
import binascii
import re
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Column, Select, literal, tuple_

from service.adapters.database.columns import PlainText, UtcDateTime, utc
from service.domain.errors import Invalid

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_CURSOR = re.compile(r"(-?\d{1,18}) ([^\0\ud800-\udfff]+)")


def newest_first(
    query: Select[Any], at: Column[Any], id_: Column[Any], after: tuple[datetime, str] | None, limit: int
) -> Select[Any]:
    """The rows older than `after`, newest first; `id_` decides between rows of the same moment."""
    if after is not None:
        moment, last = after
        query = query.where(tuple_(at, id_) < tuple_(literal(moment, UtcDateTime), literal(last, PlainText)))
    return query.order_by(at.desc(), id_.desc()).limit(limit)


def to_cursor(recorded: datetime, id_: str) -> str:
    """An opaque text for a place in a list that is ordered by time and id."""
    plain = f"{(utc(recorded) - _EPOCH) // _MICROSECOND} {id_}"
    return base64.urlsafe_b64encode(plain.encode()).decode().rstrip("=")


def from_cursor(cursor: str) -> tuple[datetime, str]:
    """The place that `to_cursor` wrote down.

    Raises:
        Invalid: `cursor`: the text is not one that `to_cursor` writes.
    """
    try:
        plain = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode()
        found = _CURSOR.fullmatch(plain)
        place = (_EPOCH + int(found[1]) * _MICROSECOND, found[2]) if found else None
    except (binascii.Error, ValueError, OverflowError) as error:
        raise Invalid("cursor") from error
    if place is None or to_cursor(*place) != cursor:
        raise Invalid("cursor")
    return place
