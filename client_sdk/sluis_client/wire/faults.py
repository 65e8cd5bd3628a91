"""Faults in delivered content: where, what, and how to mend it, in Dutch and English, under stable codes."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import islice
from typing import Any

from sluis_client.wire.fault_texts import TEXTS, FaultCode
from sluis_client.wire.strict import Fields

SHOWN_FAULTS = 1_000

_MAX_VALUE = 40
_MAX_KEPT = 20 * SHOWN_FAULTS
_MAX_ROW = 10**12
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
_SEPARATORS = re.compile(r"[\s.,'’/_-]+")
_SEVEN_DIGITS = re.compile(r"\d{7}")
_POSTCODE = re.compile(r"(?<!\d)[1-9]\d{3}\s?[A-Za-z]{2}(?![A-Za-z])")


class Severity(StrEnum):
    """A fatal fault refuses the delivery as a whole, a warning goes with it."""

    FATAL = "fatal"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault.

    Attributes:
        row: 1 for the first row of data (a CSV header is not counted), None when it is about the whole.
        column: the column's name in the definition (or as delivered, when it is not in the definition).
        nl: what is wrong and how to mend it, in Dutch.
        en: the same in English.
        value: the text that is wrong, only for columns that cannot hold identifiers, and only if it looks like none.
    """

    code: str
    severity: Severity
    row: int | None
    column: str | None
    nl: str
    en: str
    value: str | None = None

    @classmethod
    def from_json(cls, value: Any) -> Fault:
        """Read a fault.

        Raises:
            WireError: malformed; all is named.
        """
        fields = Fields(value, {"code", "severity", "row", "column", "nl", "en", "value"})
        code = fields.text("code", _CODE)
        severity = fields.choice("severity", [str(s) for s in Severity])
        nothing = {name for name in ("row", "column") if name in fields and value[name] is None}
        row = None if "row" in nothing else fields.integer("row", 1, _MAX_ROW)
        column = None if "column" in nothing else fields.text("column", empty=True)
        nl, en = fields.text("nl"), fields.text("en")
        shown = fields.text("value", empty=True) if "value" in fields else None
        fields.finish()
        return cls(code, Severity(severity), row, column, nl, en, shown)

    def to_json(self) -> dict[str, Any]:
        """As it stands in an answer; `value` only when there is one."""
        members: dict[str, Any] = {
            "code": self.code,
            "severity": str(self.severity),
            "row": self.row,
            "column": self.column,
            "nl": self.nl,
            "en": self.en,
        }
        return members if self.value is None else {**members, "value": self.value}


def fault(
    code: FaultCode, row: int | None = None, column: str | None = None, value: str | None = None, **named: object
) -> Fault:
    """A fatal fault with the texts of its code; `named` fills the places that the texts leave open."""
    nl, en = (sentence.format(**named) for sentence in TEXTS[code])
    return Fault(str(code), Severity.FATAL, row, column, nl, en, value)


def showable(text: str) -> str | None:
    """The text as a fault may show it: at most 40 characters, control characters escaped.

    Returns:
        None when it might identify a person: seven or more digits with nothing but separators between them (BSN,
        telephone number, date of birth), a Dutch postcode with letters, or an e-mail address.
    """
    if _SEVEN_DIGITS.search(_SEPARATORS.sub("", text)) or _POSTCODE.search(text) or "@" in text:
        return None
    shown = text if len(text) <= _MAX_VALUE else text[: _MAX_VALUE - 1] + "…"
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in shown)[:_MAX_VALUE]


@dataclass(frozen=True, slots=True)
class Faults:
    """All faults of one content: how many, how many of each code, and the first 1,000 by row and column.

    The counts are complete however many there are; only what is shown is bounded.
    """

    total: int
    shown: tuple[Fault, ...]
    by_code: Mapping[str, int]
    fatal: int

    @property
    def warnings(self) -> tuple[Fault, ...]:
        """The shown faults that do not refuse the delivery."""
        return tuple(f for f in self.shown if f.severity is Severity.WARNING)

    def without_values(self) -> Faults:
        """The same faults without what is wrong: places and texts only."""
        return replace(self, shown=tuple(replace(one, value=None) for one in self.shown))

    def to_json(self) -> dict[str, Any]:
        """As it stands in an answer."""
        return {
            "total": self.total,
            "shown": [f.to_json() for f in self.shown],
            "byCode": dict(sorted(self.by_code.items())),
        }

    @classmethod
    def from_json(cls, value: Any) -> Faults:
        """Read what `to_json` gives; the number of fatal ones is then known from what is shown only.

        Raises:
            WireError: malformed; all is named.
        """
        fields = Fields(value, {"total", "shown", "byCode"})
        total = fields.integer("total", 0, _MAX_ROW)
        shown = fields.each("shown", Fault.from_json)
        by_code = fields.nested("byCode", _read_counts)
        fields.finish()
        return cls(total, shown, by_code, sum(f.severity is Severity.FATAL for f in shown))


def _read_counts(value: Any) -> dict[str, int]:
    fields = Fields(value, value if isinstance(value, dict) else ())
    counts = {name: fields.integer(name, 1, _MAX_ROW) for name in (value if isinstance(value, dict) else ())}
    fields.finish()
    return counts


class FaultList:
    """Gathers faults in bounded memory: counts all, keeps those that come first by row and column.

    Args:
        column_order: the definition's column names, in which faults of one row are told.
    """

    def __init__(self, column_order: Iterable[str] = ()) -> None:
        self._places = {name: place for place, name in enumerate(column_order)}
        self._kept: list[Fault] = []
        self._counts: Counter[str] = Counter()
        self._fatal = 0

    @property
    def fatal(self) -> int:
        """Number of fatal faults so far."""
        return self._fatal

    def add(self, fault: Fault) -> None:
        """Tell one fault."""
        self.extend((fault,), 1)

    def extend(self, first: Iterable[Fault], count: int) -> None:
        """Tell `count` faults of one code and severity, of which the first 1,000 by row are given."""
        if count == 0:
            return
        kept = list(islice(first, SHOWN_FAULTS))
        self._kept.extend(kept)
        self._counts[kept[0].code] += count
        self._fatal += count if kept[0].severity is Severity.FATAL else 0
        if len(self._kept) > _MAX_KEPT:
            self._prune()

    def below(self, rows: int) -> FaultList:
        """The same list for whoever counts rows from 1 where so many went before."""
        return _Below(self, rows) if rows else self

    def freeze(self) -> Faults:
        """The faults in order: about the whole first, then by row, then by column as the definition has them."""
        self._prune()
        return Faults(self._counts.total(), tuple(self._kept), dict(self._counts), self._fatal)

    def _prune(self) -> None:
        self._kept.sort(key=self._order)
        del self._kept[SHOWN_FAULTS:]

    def _order(self, fault: Fault) -> tuple[int, int, str]:
        column = -1 if fault.column is None else self._places.get(fault.column, len(self._places))
        return fault.row or 0, column, fault.code


class _Below(FaultList):
    """Tells faults in another list, so many rows further down."""

    def __init__(self, whole: FaultList, rows: int) -> None:
        super().__init__()
        self._whole = whole
        self._rows = rows

    @property
    def fatal(self) -> int:
        return self._whole.fatal

    def extend(self, first: Iterable[Fault], count: int) -> None:
        moved = (one if one.row is None else replace(one, row=one.row + self._rows) for one in first)
        self._whole.extend(moved, count)

    def freeze(self) -> Faults:
        return self._whole.freeze()
