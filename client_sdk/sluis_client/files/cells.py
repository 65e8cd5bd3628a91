"""One cell as the wire writes it, by the kind of its column."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from sluis_client import wire
from sluis_client.files.dialect import Notation
from sluis_client.files.faults import OwnFault
from sluis_client.files.mapping import folded
from sluis_client.files.notation import plain, says
from sluis_client.files.source import Broken, Value

_EXCEL_DIGITS = 15


def code_cell(value: Value, known: Mapping[str, wire.Code], own: Mapping[str, str]) -> str | Broken:
    """A code: ours, or the supplier's for it; else what stands there, for the check to tell.

    A number is the code of its digits, or of these behind the zeros that a spreadsheet took away, when only one code
    has them. A date is the code of its month or day when there is such a code.

    Args:
        value: the cell.
        known: our codes.
        own: the supplier's, folded, with ours.
    """
    if isinstance(value, Broken):
        return value
    if isinstance(value, date | time | timedelta):
        return _code_of_date(value, known)
    text = "" if value is None else _text(value)
    if text in known:
        return text
    replaced = own.get(folded(text))
    if replaced is not None:
        return replaced
    if isinstance(value, int | float | Decimal) and text.isdigit():
        padded = [code for code in known if code.lstrip("0") == text and code.isdigit()]
        if len(padded) == 1:
            return padded[0]
    return text


def number_cell(value: Value, notation: Notation, *, whole: bool) -> str | Broken:
    """A number without separators and with a point; a text that is none stays, for the check to tell."""
    if isinstance(value, Broken):
        return value
    if isinstance(value, date | time | timedelta):
        return Broken(OwnFault.DATE_CELL)
    if not isinstance(value, str):
        return "" if value is None else _text(value)
    text = value.strip()
    written = plain(text, notation, whole=whole)
    if written is not None:
        return written
    return Broken(OwnFault.OTHER_NOTATION) if says(text) is not None else text


def text_cell(value: Value) -> str | Broken:
    """Text on one line."""
    if isinstance(value, Broken):
        return value
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(sep=" ")
    if isinstance(value, date | time | timedelta):
        return str(value)
    return "" if value is None else _text(value)


def number_text(value: float) -> str:
    """A number as Excel knows it: fifteen digits, without an exponent; what lies behind is an artefact of binary."""
    text = f"{Decimal(f'{value:.{_EXCEL_DIGITS}g}'):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _text(value: str | float | Decimal | bool) -> str:
    match value:
        case str():
            return " ".join(value.split()) if "\n" in value or "\r" in value else value.strip()
        case bool():
            return "TRUE" if value else "FALSE"
        case int():
            return str(value)
        case Decimal():
            return f"{value:f}"
        case float():
            return number_text(value)


def _code_of_date(value: date | time | timedelta, known: Mapping[str, wire.Code]) -> str | Broken:
    if not isinstance(value, date):
        return Broken(OwnFault.DATE_CELL)
    day = value.date() if isinstance(value, datetime) else value
    names = [day.isoformat(), f"{day:%Y-%m}"] if day.day == 1 else [day.isoformat()]
    return next((name for name in names if name in known), Broken(OwnFault.DATE_CELL))
