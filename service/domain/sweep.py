"""What the part store holds too much, and what it misses."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Sweep:
    """Names to remove, and names that the database counts on but that are not there: an alarm."""

    remove: tuple[str, ...]
    missing: tuple[str, ...]


def find_orphans(
    stored: Iterable[tuple[str, float]], referred: AbstractSet[str], *, now: datetime, grace: timedelta
) -> Sweep:
    """Compare the store with the database.

    A part is durable before the transaction that refers to it commits, so a file that nothing refers to may belong to
    work under way: only one older than `grace` is an orphan. Read `referred` before `stored`: then every name in it was
    in the store at that moment, and one that is absent was removed since or is truly missing (ask again before the
    alarm).

    Args:
        stored: names with the time of writing, in seconds since 1970.
        referred: every name that the database refers to.
        now: the present moment, with time zone.
        grace: longer than any transaction can last; one made by a clock that runs ahead is kept.
    """
    if grace <= timedelta(0):
        raise ValueError("without a grace period, work under way would be swept")
    written = dict(stored)
    limit = now.timestamp() - grace.total_seconds()
    return Sweep(
        remove=tuple(sorted(name for name, at in written.items() if name not in referred and at < limit)),
        missing=tuple(sorted(referred - written.keys())),
    )
