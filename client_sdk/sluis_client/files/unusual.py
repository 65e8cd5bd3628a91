"""What changed since earlier deliveries of the same data set, and what of it is unusual.

A figure is held against the same row of earlier rounds, its period against the one that it follows. It is unusual when
it lies further from the median of the earlier figures than half of that median, than ten, and than three times their
usual spread (1.4826 times the median absolute deviation, Rousseeuw and Croux 1993): with one earlier delivery the first
two decide. Totals of a column are judged in the same way. Neither says that something is wrong; it says: look.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from statistics import median
from typing import Any

import pyarrow as pa

from sluis_client import wire
from sluis_client.files.faults import OwnFault, own_fault
from sluis_client.files.history import Kept
from sluis_client.files.notation import shown
from sluis_client.files.period import counterparts
from sluis_client.rules import RoundRules

LEAST = 10
SHARE = Decimal("0.5")

_SPREADS = Decimal("4.4478")  # 3 x 1.4826
_NEWEST = 12
_ENOUGH = 2

Key = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """A figure, or the total of a column, beside the earlier one.

    Attributes:
        row: of the content, from 1; None for a total, and for a row that is not there any more.
        key: what names the row; empty for a total.
        column: the figure's.
        earlier: the last figure; None for a row that was not there.
        now: the figure; None for a row that is gone.
        unusual: whether somebody should look.
    """

    row: int | None
    key: tuple[str, ...]
    column: str
    earlier: Decimal | None
    now: Decimal | None
    unusual: bool


@dataclass(frozen=True, slots=True)
class Comparison:
    """Everything that changed since the last delivery.

    Attributes:
        against: that delivery.
        changes: totals first, then rows; only what differs.
        rows: how many rows both have.
        same: whether all figures are what they were, and some are not zero.
    """

    against: Kept
    changes: tuple[Change, ...]
    rows: int
    same: bool

    def warnings(self) -> list[wire.Fault]:
        """What somebody confirms before the figures go."""
        found = [_warning(each) for each in self.changes if each.unusual and each.now is not None]
        if self.same:
            found.append(own_fault(OwnFault.UNCHANGED, round=self.against.round))
        return found


def compare(rules: RoundRules, rows: pa.Table, earlier: Sequence[Kept]) -> Comparison | None:
    """The comparison with the newest of the earlier deliveries, judged by all of them; None when there is none.

    Args:
        rules: of the round.
        rows: what is to be delivered, checked.
        earlier: deliveries of the same data set, newest first.
    """
    definition = rules.definition
    numbers = [column.name for column in definition.columns if column.kind.is_number]
    names = definition.key or tuple(name for name in definition.names if name not in numbers)
    if not earlier or not numbers:
        return None
    before = [_figures(_followed(rules, kept), names, numbers) for kept in earlier[:_NEWEST]]
    now = _figures(rows.to_pylist(), names, numbers)
    changes = [
        _judged(None, (), name, [_sum(each, place) for each in before], _sum(now, place))
        for place, name in enumerate(numbers)
    ]
    last = before[0]
    for number, (key, figures) in enumerate(now.items(), start=1):
        for place, name in enumerate(numbers):
            past = [each[key][place] for each in before if key in each]
            past = past if key in last else [None, *past]
            changes.append(_judged(number, key, name, past, figures[place]))
    for key, figures in last.items():
        if key not in now:
            changes += [_judged(None, key, name, [figures[place]], None) for place, name in enumerate(numbers)]
    both = now.keys() & last.keys()
    some = any(value for figures in now.values() for value in figures)
    same = now == last and len(now) >= _ENOUGH and some and rules.round.id != earlier[0].round
    return Comparison(earlier[0], tuple(each for each in changes if each.earlier != each.now), len(both), same)


def _followed(rules: RoundRules, kept: Kept) -> list[dict[str, Any]]:
    """The rows of an earlier delivery, in the periods of this round."""
    rows: list[dict[str, Any]] = kept.rows.to_pylist()
    name = rules.definition.period_column
    if name is None:
        return rows
    follows = counterparts(rules, kept.rows)
    return [{**row, name: follows.get(row.get(name, ""), row.get(name))} for row in rows]


def _figures(
    rows: Sequence[dict[str, Any]], names: Sequence[str], numbers: Sequence[str]
) -> dict[Key, tuple[Decimal | None, ...]]:
    return {
        tuple(str(row.get(name)) for name in names): tuple(
            None if row.get(name) is None else Decimal(row[name]) for name in numbers
        )
        for row in rows
    }


def _sum(figures: dict[Key, tuple[Decimal | None, ...]], place: int) -> Decimal:
    return sum((row[place] or Decimal(0) for row in figures.values()), Decimal(0))


def _judged(row: int | None, key: Key, column: str, past: Sequence[Decimal | None], now: Decimal | None) -> Change:
    known = [each for each in past if each is not None]
    earlier = past[0] if past else None
    return Change(row, key, column, earlier, now, unusual=bool(known) and now is not None and _far(known, now))


def _far(past: Sequence[Decimal], now: Decimal) -> bool:
    middle = median(past)
    spread = median(abs(each - middle) for each in past)
    return abs(now - middle) > max(Decimal(LEAST), SHARE * abs(middle), _SPREADS * spread)


def _warning(change: Change) -> wire.Fault:
    code = OwnFault.OUTLIER if change.row is not None else OwnFault.SUM_UNUSUAL
    return own_fault(code, change.row, change.column, earlier=text_of(change.earlier), now=text_of(change.now))


def text_of(figure: Decimal | None) -> str:
    """A figure for people; a dash for none."""
    return "-" if figure is None else shown(figure)
