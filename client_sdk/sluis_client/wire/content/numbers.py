"""Numbers written as text: one accepted way to write each, and what to say of every other way.

A whole number is `0` or digits without a leading zero, with a minus before it if negative: `007` is refused, as it is
most often a code in the wrong column. A decimal is the same with at most twelve digits before and one to six after a
point. CSV takes nothing else; exponents are refused there, as Excel writes them where it has lost digits. JSON numbers
(RFC 8259) and floats of Parquet may have an exponent as long as the value fits exactly.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc

from sluis_client.wire.content.rows import Rows, report_texts
from sluis_client.wire.definition import DECIMAL_DIGITS, DECIMAL_PLACES, Column, Kind
from sluis_client.wire.fault_texts import FaultCode
from sluis_client.wire.faults import FaultList

Judge = Callable[[Kind, str], FaultCode | None]

INT64_MAX = 2**63 - 1
INT64_MIN = -(2**63)
WHOLE_DIGITS = DECIMAL_DIGITS - DECIMAL_PLACES

_INTEGER = r"^-?(?:0|[1-9][0-9]{0,17})$"
_DECIMAL = rf"^-?(?:0|[1-9][0-9]{{0,{WHOLE_DIGITS - 1}}})(?:\.[0-9]{{1,{DECIMAL_PLACES}}})?$"
_PLAIN = re.compile(r"-?(?:0|[1-9][0-9]*)(?P<fraction>\.[0-9]+)?")
_JSON = re.compile(r"(?P<significand>-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?)(?:[eE](?P<exponent>[+-]?[0-9]+))?")
_EXPONENT = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]+)?[eE][+-]?[0-9]+")
_GROUPED = re.compile(r"[+-]?[0-9]{1,3}(?:[.,' \u00a0\u202f\u2009’][0-9]{3})+(?:[.,][0-9]+)?")
_COMMA = re.compile(r"[+-]?[0-9]*,[0-9]+")
_ZEROS = re.compile(r"\+?-?[0-9]+(?:\.[0-9]+)?")
_NOT_FINITE = frozenset(
    {
        "nan",
        "inf",
        "infinity",
        "-nan",
        "-inf",
        "-infinity",
        "+inf",
        "+infinity",
        "#n/a",
        "#div/0!",
        "#num!",
        "#value!",
        "#ref!",
    }
)
_MAX_DIGITS = 400
_MAX_EXPONENT = 10


def judge_plain(kind: Kind, text: str) -> FaultCode | None:
    """What is wrong with a number in CSV; None when it is written as it should be."""
    form = _PLAIN.fullmatch(text)
    if form is not None:
        return _judge_size(kind, text, fraction=form["fraction"])
    if text != text.strip():
        return FaultCode.SPACES
    if text.casefold() in _NOT_FINITE:
        return FaultCode.NOT_FINITE
    if any(c.isdigit() and not c.isascii() for c in text):
        return FaultCode.FOREIGN_DIGITS
    if _EXPONENT.fullmatch(text):
        return FaultCode.EXPONENT
    return _judge_separators(kind, text)


def _judge_separators(kind: Kind, text: str) -> FaultCode:
    if _GROUPED.fullmatch(text) and not (kind is Kind.DECIMAL and _COMMA.fullmatch(text)):
        return FaultCode.THOUSANDS
    if _COMMA.fullmatch(text):
        return FaultCode.DECIMAL_COMMA
    if _ZEROS.fullmatch(text):
        return FaultCode.LEADING_ZERO
    return FaultCode.NOT_A_NUMBER


def _judge_size(kind: Kind, text: str, fraction: str | None) -> FaultCode | None:
    if kind is Kind.INTEGER:
        if fraction is not None:
            return FaultCode.THOUSANDS if _GROUPED.fullmatch(text) else FaultCode.NOT_WHOLE
        if len(text) > len(str(INT64_MIN)) or not INT64_MIN <= int(text) <= INT64_MAX:
            return FaultCode.TOO_BIG
        return None
    whole = len(text.lstrip("-").partition(".")[0])
    if whole > WHOLE_DIGITS:
        return FaultCode.TOO_BIG
    if fraction is not None and len(fraction.rstrip("0")) > DECIMAL_PLACES + 1:
        return FaultCode.TOO_FINE
    return None


def judge_json(kind: Kind, text: str) -> FaultCode | None:
    """What is wrong with a JSON number, or a float written as one; None when its value fits exactly."""
    form = _JSON.fullmatch(text)
    if form is None:
        return FaultCode.NOT_FINITE if text.casefold() in _NOT_FINITE else FaultCode.NOT_A_NUMBER
    if form["exponent"] is None:
        return judge_plain(kind, text)
    if kind is Kind.INTEGER:
        return FaultCode.EXPONENT
    return _judge_exponent(form["significand"], int(form["exponent"][: _MAX_EXPONENT + 1]))


def _judge_exponent(significand: str, exponent: int) -> FaultCode | None:
    if not significand.strip("-0."):
        return None
    if abs(exponent) > _MAX_DIGITS or len(significand) > _MAX_DIGITS:
        return FaultCode.TOO_FINE if exponent < 0 else FaultCode.TOO_BIG
    digits = Decimal(significand).normalize().as_tuple()
    least = exponent + int(digits.exponent)
    if least + len(digits.digits) > WHOLE_DIGITS:
        return FaultCode.TOO_BIG
    return FaultCode.TOO_FINE if least < -DECIMAL_PLACES else None


def column_from_text(column: Column, texts: pa.Array, judge: Judge, rows: Rows, faults: FaultList) -> pa.Array:
    """The column's numbers; null where there is no text, and where it is not right: those cells are told.

    When one expression proves the whole column right it is cast at once. Else every distinct text is judged.
    """
    pattern = _INTEGER if column.kind is Kind.INTEGER else _DECIMAL
    if pc.all(_matches(texts, pattern, column.kind), min_count=0).as_py():
        return pc.cast(texts, column.arrow_type)
    return _judged(column, texts, judge, rows, faults)


def _matches(texts: pa.Array, pattern: str, kind: Kind) -> pa.Array:
    """Where the texts match; for whole numbers without a minus by kernels four times as fast as an expression."""
    if kind is Kind.INTEGER:
        digits = pc.ascii_is_decimal(texts)
        length = pc.binary_length(texts)
        if pc.all(digits, min_count=0).as_py() and (pc.max(length).as_py() or 0) <= len(str(INT64_MAX)) - 1:
            return pc.or_(pc.equal(length, pa.scalar(1, length.type)), pc.invert(pc.starts_with(texts, "0")))
    return pc.match_substring_regex(texts, pattern)


def _judged(column: Column, texts: pa.Array, judge: Judge, rows: Rows, faults: FaultList) -> pa.Array:
    encoded = texts.dictionary_encode()
    distinct: list[str] = encoded.dictionary.to_pylist()
    verdicts = [judge(column.kind, text) for text in distinct]
    told = pc.is_valid(texts) if not distinct else None
    for code in sorted({verdict for verdict in verdicts if verdict is not None}):
        mask = encoded.indices
        positions = pa.array([i for i, verdict in enumerate(verdicts) if verdict is code], pa.int32())
        mask = pc.is_in(encoded.indices, positions)
        report_texts(faults, rows, mask, code, column, texts=texts, places=DECIMAL_PLACES)
        told = mask if told is None else pc.or_(told, mask)
    if told is not None:
        rows.tell(column.name, told)
    numbers = [None if verdict else _value(column.kind, text) for verdict, text in zip(verdicts, distinct, strict=True)]
    return pa.array(numbers, column.arrow_type).take(encoded.indices)


def _value(kind: Kind, text: str) -> int | Decimal:
    if kind is Kind.INTEGER:
        return int(text)
    zero = not re.split("[eE]", text)[0].strip("-0.")
    return Decimal(0) if zero else Decimal(text).quantize(Decimal(1).scaleb(-DECIMAL_PLACES))


def numbers_of_arrow(column: Column, values: pa.Array, rows: Rows, faults: FaultList) -> pa.Array:
    """The column's numbers from Arrow numbers (Parquet): exact as they are, or told.

    A float is taken for the shortest decimal text that gives it back, as it would stand in JSON; the cast of Arrow
    would take the nearest of six places and so change `0.1234567` without a word.
    """
    if not pa.types.is_floating(values.type):
        try:
            cast = pc.cast(values, column.arrow_type)
        except pa.ArrowInvalid:
            pass
        else:
            if column.kind is Kind.INTEGER or not any_outside(cast):
                return cast
    return column_from_text(column, pc.cast(values, pa.string()), judge_json, rows, faults)


def any_outside(values: pa.Array) -> bool:
    """Whether a decimal has more digits than its type says; Arrow's readers do not look."""
    bound = pa.scalar(Decimal(10) ** WHOLE_DIGITS, pa.decimal128(38, DECIMAL_PLACES))
    wide = pc.cast(values, pa.decimal128(38, DECIMAL_PLACES))
    return pc.any(pc.greater_equal(pc.abs(wide), bound), min_count=0).as_py() is True
