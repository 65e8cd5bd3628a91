"""Persons that count once, as one would say it: row by row. The reference for the engine and for the attack."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Delivered:
    """A row of somebody, or of nobody; of one that does not count only who is in it matters."""

    holding: str
    cell: tuple[str, ...]
    person: str | None
    period: str = "2024"
    counts: bool = True


@dataclass(frozen=True)
class Figure:
    """What a holding has in a cell: what counts for it, what it knows of what counts, and rows."""

    value: int = 0
    known: int = 0
    there: int = 0
    elsewhere: int = 0
    rows: int = 0


def counted_in(rows: Iterable[Delivered]) -> dict[tuple[str, str], tuple[tuple[str, ...], str]]:
    """Per person and period the cell where it counts, and the holding for which it does."""
    found: dict[tuple[str, str], tuple[tuple[str, ...], str]] = {}
    for row in rows:
        if row.counts and row.person is not None:
            key, place = (row.person, row.period), (row.cell, row.holding)
            found[key] = min(found.get(key, place), place)
    return found


def figures_once(rows: Sequence[Delivered]) -> dict[tuple[tuple[str, ...], str], Figure]:
    """Per cell and holding what `AggregationEngine.contributions` says, of whatever it says something."""
    tally: dict[str, Counter[tuple[tuple[str, ...], str]]] = {
        name: Counter() for name in ("value", "known", "there", "elsewhere", "rows")
    }
    places = {(row.holding, row.person, row.period, row.cell) for row in rows if row.person is not None}
    for row in rows:
        if row.counts:
            tally["rows"][row.cell, row.holding] += 1
        if row.counts and row.person is None:
            for name in ("value", "known", "there"):
                tally[name][row.cell, row.holding] += 1
    counted = counted_in(rows)
    for (person, period), (cell, holding) in counted.items():
        tally["value"][cell, holding] += 1
        for other in sorted({who for who, *rest, _ in places if rest == [person, period]}):
            tally["known"][cell, other] += 1
            if (other, person, period, cell) in places:
                tally["there"][cell, other] += 1
            else:
                for who, *rest, place in places:
                    tally["elsewhere"][place, other] += who == other and rest == [person, period]
    keys = {key for found in tally.values() for key, number in found.items() if number}
    return {key: Figure(**{name: found[key] for name, found in tally.items()}) for key in sorted(keys)}
