"""What is asked of every value: that it is there, that it is one of the codes, within bounds, and no identifier."""

from __future__ import annotations

import re
from collections.abc import Collection
from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc

from sluis_client.wire.content.rows import Rows, any_true, report
from sluis_client.wire.content.screening import screen
from sluis_client.wire.definition import MAX_TEXT, Column, Definition, Kind
from sluis_client.wire.fault_texts import FaultCode
from sluis_client.wire.faults import SHOWN_FAULTS, FaultList, fault
from sluis_client.wire.identifiers import passes_eleven_test
from sluis_client.wire.period import dates_of_period
from sluis_client.wire.pseudonym import BSN, KEPT, LABEL

_HIDDEN = r"[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}\x{FFFD}]"
_OUTER_SPACE = r"^[\s\p{Z}]|[\s\p{Z}]$"
_FORMULA = r"^[=+\-@\x{FF1D}\x{FF0B}\x{FF0D}\x{FF20}]"
_SUSPECT = f"{_HIDDEN}|{_OUTER_SPACE}|{_FORMULA}"
PSEUDONYM = f"^{LABEL}(?: {LABEL})?$"
_KEPT = f"(?:^| ){KEPT}"
_NOT_ONLY_DIGITS = r"[A-Za-z_-][0-9]*$"
_MAX_PSEUDONYM = 512
_EIGHT_OR_NINE = re.compile(r"(?<![0-9])[0-9](?:[ .-]?[0-9]){7,8}(?![0-9])")
_MAX_LISTED = 12


def check_values(
    definition: Definition, allowed_periods: Collection[str] | None, rows: Rows, faults: FaultList
) -> None:
    """Check every value of every column that was delivered; texts without characters become nulls."""
    for column in definition.columns:
        if column.name in rows.columns and not column.kind.is_number:
            rows.columns[column.name] = without_empty(rows.columns[column.name])
    _check_blank_rows(rows, faults)
    for column in definition.columns:
        if column.name not in rows.columns:
            continue
        values = rows.columns[column.name]
        if column.required and values.null_count:
            report(faults, rows, rows.untold(column.name, pc.is_null(values)), FaultCode.MISSING, column)
        if column.kind is Kind.CODE:
            allowed = allowed_periods if column.name == definition.period_column else None
            _check_codes(column, allowed, rows, faults)
        elif column.kind.is_number:
            _check_bounds(column, rows, faults)
        elif column.kind is Kind.PSEUDONYM:
            _check_pseudonyms(column, rows, faults)
        else:
            _check_texts(column, rows, faults)
    _check_validity(definition, rows, faults)


def without_empty(values: pa.Array) -> pa.Array:
    """The texts, with null for the empty one: a CSV cannot tell them apart, so no format may."""
    if pa.types.is_dictionary(values.type):
        empty = pc.index(values.dictionary, "").as_py()
        if empty < 0:
            return values
        indices = pc.if_else(pc.equal(values.indices, empty), pa.scalar(None, values.indices.type), values.indices)
        return pa.DictionaryArray.from_arrays(indices, values.dictionary)
    empty_cells = pc.equal(values, "")
    return pc.if_else(empty_cells, pa.scalar(None, values.type), values) if any_true(empty_cells) else values


def _check_blank_rows(rows: Rows, faults: FaultList) -> None:
    """A row of which nothing was delivered is one fault, not one for each column."""
    delivered = list(rows.columns.items())
    if not all(values.null_count for _, values in delivered):
        return
    blank = pa.repeat(pa.scalar(True), rows.count)
    for name, values in delivered:
        blank = pc.and_(blank, rows.untold(name, pc.is_null(values)))
    indices = pc.indices_nonzero(blank)
    if len(indices) == 0:
        return
    rows.blank = blank
    first = rows.numbers_of(indices.slice(0, SHOWN_FAULTS))
    faults.extend((fault(FaultCode.BLANK_ROW, row) for row in first), len(indices))
    for name, _ in delivered:
        rows.tell(name, blank)


def _check_codes(column: Column, allowed: Collection[str] | None, rows: Rows, faults: FaultList) -> None:
    values = rows.columns[column.name]
    groups: dict[tuple[FaultCode, str], list[int]] = {}
    listed = ", ".join(sorted(allowed)[:_MAX_LISTED]) if allowed is not None else ""
    folded: dict[str, str] = {}
    for position, text in enumerate(values.dictionary.to_pylist()):
        if text in column.by_code:
            if allowed is not None and text not in allowed:
                groups.setdefault((FaultCode.OTHER_PERIOD, listed), []).append(position)
            continue
        folded = folded or {code.casefold(): code for code in column.by_code}
        stripped = text.strip()
        if stripped != text and stripped in column.by_code:
            kind = (FaultCode.SPACES, "")
        elif (near := folded.get(stripped.casefold())) is not None:
            kind = (FaultCode.MISSPELT_CODE, near)
        else:
            kind = (FaultCode.UNKNOWN_CODE, "")
        groups.setdefault(kind, []).append(position)
    for (code, said), positions in groups.items():
        mask = pc.is_in(values.indices, pa.array(positions, values.indices.type))
        report(faults, rows, mask, code, column, suggestion=said, allowed=said)


def _check_bounds(column: Column, rows: Rows, faults: FaultList) -> None:
    values = rows.columns[column.name]
    least_and_most = pc.min_max(values)
    least, most = least_and_most["min"].as_py(), least_and_most["max"].as_py()
    if least is None:
        return
    if column.minimum is not None and least < Decimal(str(column.minimum)):
        outside = pc.less(values, pa.scalar(Decimal(str(column.minimum))))
        report(faults, rows, outside, FaultCode.BELOW_MINIMUM, column, limit=column.minimum)
    if column.maximum is not None and most > Decimal(str(column.maximum)):
        outside = pc.greater(values, pa.scalar(Decimal(str(column.maximum))))
        report(faults, rows, outside, FaultCode.ABOVE_MAXIMUM, column, limit=column.maximum)


def _check_texts(column: Column, rows: Rows, faults: FaultList) -> None:
    values = rows.columns[column.name]
    if any_true(pc.match_substring_regex(values, _SUSPECT)):
        for pattern, code in (
            (_HIDDEN, FaultCode.CONTROL_CHARACTER),
            (_OUTER_SPACE, FaultCode.SPACES),
            (_FORMULA, FaultCode.FORMULA),
        ):
            report(faults, rows, pc.match_substring_regex(values, pattern), code, column)
    screen(column, rows, faults)
    limit = column.max_length or MAX_TEXT
    report(faults, rows, pc.greater(pc.utf8_length(values), limit), FaultCode.TOO_LONG, column, limit=limit)
    _check_pattern(column, rows, faults)


def _check_pseudonyms(column: Column, rows: Rows, faults: FaultList) -> None:
    values = rows.columns[column.name]
    form = pc.and_(pc.match_substring_regex(values, PSEUDONYM), pc.match_substring_regex(values, _NOT_ONLY_DIGITS))
    right = pc.and_(form, pc.less_equal(pc.binary_length(values), _MAX_PSEUDONYM))
    right = pc.and_not(right, pc.match_substring_regex(values, _KEPT))
    if column.domain is not None:
        ours = rf"^{BSN}\.{column.domain}\.[^. ]+\.[^. ]+(?: {BSN}\.{column.domain}\.[^. ]+\.[^. ]+)?$"
        right = pc.and_(right, pc.match_substring_regex(values, ours))
    wrong = pc.invert(right)
    if any_true(wrong):
        identifiers = _identifiers(values, wrong)
        report(faults, rows, identifiers, FaultCode.IDENTIFIER, column)
        report(faults, rows, pc.and_not(wrong, identifiers), FaultCode.NOT_A_PSEUDONYM, column)
    _check_pattern(column, rows, faults)


def _check_pattern(column: Column, rows: Rows, faults: FaultList) -> None:
    if column.pattern is not None:
        right = pc.match_substring_regex(rows.columns[column.name], rf"\A(?:{column.pattern})\z")
        report(faults, rows, pc.invert(right), FaultCode.PATTERN, column, pattern=column.pattern)


def _identifiers(values: pa.Array, suspects: pa.Array) -> pa.Array:
    """Which of the suspects hold a number that passes the eleven test."""
    indices = pc.indices_nonzero(suspects)
    found = [
        index
        for index, text in zip(indices.to_pylist(), values.take(indices).to_pylist(), strict=True)
        if any(passes_eleven_test(re.sub(r"[ .-]", "", m.group())) for m in _EIGHT_OR_NINE.finditer(text))
    ]
    return pc.is_in(pa.array(range(len(values)), pa.int64()), pa.array(found, pa.int64()))


def _check_validity(definition: Definition, rows: Rows, faults: FaultList) -> None:
    """Tell codes that hold on no day of the period of their row."""
    period = definition.period_column
    if period is None or period not in rows.columns:
        return
    periods = rows.columns[period]
    spans = [dates_of_period(text) for text in periods.dictionary.to_pylist()]
    for column in definition.columns:
        if column.name not in rows.columns or not column.has_validity:
            continue
        values = rows.columns[column.name]
        codes = [column.by_code.get(text) for text in values.dictionary.to_pylist()]
        invalid = [
            place * len(spans) + when
            for place, code in enumerate(codes)
            for when, span in enumerate(spans)
            if code is not None and span is not None and not code.valid_in(*span)
        ]
        if invalid:
            pairs = pc.add(
                pc.multiply(pc.cast(values.indices, pa.int64()), len(spans)), pc.cast(periods.indices, pa.int64())
            )
            mask = pc.is_in(pairs, pa.array(invalid, pa.int64()))
            report(faults, rows, mask, FaultCode.CODE_NOT_VALID, column)
