"""Calendars as classifications: each period holds from its first to its last day."""

from __future__ import annotations

from datetime import date, timedelta

from service.domain.classification import Code, Label

_MONTHS = (
    ("januari", "January"),
    ("februari", "February"),
    ("maart", "March"),
    ("april", "April"),
    ("mei", "May"),
    ("juni", "June"),
    ("juli", "July"),
    ("augustus", "August"),
    ("september", "September"),
    ("oktober", "October"),
    ("november", "November"),
    ("december", "December"),
)


def calendar(first_year: int, last_year: int, levels: tuple[str, ...]) -> tuple[Code, ...]:
    """The periods of all years at the `levels`, coarse to fine: 2019, then 2019Q1 ..., then 2019-01 ..."""
    years = range(first_year, last_year + 1)
    codes = [_code(str(y), Label(str(y), str(y)), "year", None, (y, 1, 12)) for y in years]
    if "quarter" in levels:
        codes += [
            _code(f"{y}Q{q}", Label(f"{q}e kwartaal {y}", f"Q{q} {y}"), "quarter", str(y), (y, 3 * q - 2, 3 * q))
            for y in years
            for q in range(1, 5)
        ]
    if "month" in levels:
        codes += [
            _code(f"{y}-{m:02}", Label(f"{nl} {y}", f"{en} {y}"), "month", f"{y}Q{(m + 2) // 3}", (y, m, m))
            for y in years
            for m, (nl, en) in enumerate(_MONTHS, start=1)
        ]
    return tuple(codes)


def _code(code: str, label: Label, level: str, parent: str | None, span: tuple[int, int, int]) -> Code:
    year, first, last = span
    after = date(year + last // 12, last % 12 + 1, 1)
    return Code(code, label, level, parent, date(year, first, 1), after - timedelta(days=1))
