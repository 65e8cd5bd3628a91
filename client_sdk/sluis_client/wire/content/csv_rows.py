"""CSV: UTF-8 (with or without BOM), commas, one line for each row, a header with the definition's column names.

A field may stand between double quotes, a quote inside it doubled (RFC 4180); a quote anywhere else is refused, and so
is a line break inside a field, which makes a line the same as a row. Columns may come in any order. An empty field,
quoted or not, is a missing value.

Lines are read in blocks, each as if it were all there is. Arrow reads all columns of a block at once, codes as
dictionaries and numbers as text: its own reading of numbers would take spaces, leading zeros and hexadecimal. When a
line does not fit, the lines that do not are told and left out first.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as arrow_csv

from sluis_client.wire.content import sniff
from sluis_client.wire.content.header import match_columns
from sluis_client.wire.content.numbers import column_from_text, judge_plain
from sluis_client.wire.content.rows import Block, Rows, UnreadableError, any_true, one_array
from sluis_client.wire.content.source import BLOCK, ContentSource
from sluis_client.wire.definition import Definition, Kind
from sluis_client.wire.fault_texts import FaultCode
from sluis_client.wire.faults import SHOWN_FAULTS, FaultList, fault

_OTHER_DELIMITERS = {";": "«;»", "\t": "«tab»", "|": "«|»"}
_MAX_HEADER = 1 << 16
_BLOCK = 1 << 20
_QUOTED = '"(?:[^"]|"")*"'


@dataclass(frozen=True, slots=True)
class _Layout:
    """The columns as delivered, and where the lines below the header begin."""

    fields: tuple[str, ...]
    delimiter: str
    begin: int


def read_csv(
    definition: Definition,
    content: ContentSource,
    faults: FaultList,
    *,
    at_once: bool = True,
    size: int = BLOCK,
) -> Iterator[Block]:
    """The rows, block by block.

    Args:
        definition: says which columns there must be.
        content: the bytes.
        faults: where faults are told.
        at_once: try first whether all lines of a block fit; without, the result is the same but slower (for tests).
        size: bytes of a block; the rows and their faults are the same whatever it is (for tests).

    Raises:
        UnreadableError: nothing can be read, or nothing can be read on.
    """
    layout: _Layout | None = None
    names: Sequence[str | None] = ()
    before = 0
    for lines in content.rows(_end_of_lines, size):
        here, first = faults.below(before), int(layout is not None)
        text = sniff.with_line_feeds(lines, first, here)
        text = sniff.as_utf8(sniff.without_nul(text, first, here), first, here)
        if layout is None:
            layout, names = _columns(definition, text, faults)
            text = text[layout.begin :]
        if not text:
            continue
        rows = _read_lines(definition, names, text, layout.delimiter, here, at_once=at_once)
        if before + rows.delivered > definition.max_rows:
            raise UnreadableError(fault(FaultCode.TOO_MANY_ROWS, limit=definition.max_rows))
        yield Block(rows, before, here)
        before += rows.delivered
    if before == 0:
        raise UnreadableError(fault(FaultCode.NO_ROWS))


def _end_of_lines(held: bytes) -> int:
    """Behind the last line feed, or, where there is none, the last lone carriage return, which is read as one."""
    return held.rfind(b"\n") + 1 or held.rfind(b"\r", 0, -1) + 1


def _columns(definition: Definition, text: bytes, faults: FaultList) -> tuple[_Layout, Sequence[str | None]]:
    layout = _layout(definition, text, faults)
    names = () if layout is None else match_columns(definition, layout.fields, faults)
    if layout is None or not any(names):
        raise UnreadableError
    return layout, names


def _layout(definition: Definition, content: bytes, faults: FaultList) -> _Layout | None:
    """The first line, with the delimiter that makes the most known names of it."""
    start = len(sniff.BOM) if content.startswith(sniff.BOM) else 0
    end = content.find(b"\n", start)
    end = len(content) if end < 0 else end
    if end - start > _MAX_HEADER:
        faults.add(fault(FaultCode.NO_HEADER))
        return None
    line = content[start:end].decode().removesuffix("\r")
    begin = min(end + 1, len(content))
    best = _Layout(_split(line, ","), ",", begin)
    known = sum(definition.nearest(name) is not None for name in best.fields)
    for delimiter, shown in _OTHER_DELIMITERS.items():
        fields = _split(line, delimiter)
        if sum(definition.nearest(name) is not None for name in fields) > known:
            faults.add(fault(FaultCode.DELIMITER, found=shown))
            return _Layout(fields, delimiter, begin)
    return best


def _split(line: str, delimiter: str) -> tuple[str, ...]:
    try:
        return tuple(next(csv.reader([line], delimiter=delimiter, strict=True), ()))
    except csv.Error:
        return tuple(line.split(delimiter))


def _read_lines(
    definition: Definition,
    names: Sequence[str | None],
    content: bytes,
    delimiter: str,
    faults: FaultList,
    *,
    at_once: bool,
) -> Rows:
    body = pa.py_buffer(content)
    quoted = b'"' in content
    rows: Rows | None = None
    if at_once and (not quoted or not any_true(_improper(_lines(body), delimiter))):
        try:
            rows = _table(definition, names, body, delimiter, quoted=quoted, block=_BLOCK)
        except pa.ArrowInvalid:
            rows = None
    if rows is None:
        rows = _fitting(definition, names, _lines(body), delimiter, faults)
    for column in definition.columns:
        if column.kind.is_number and column.name in rows.columns:
            texts = rows.columns[column.name]
            rows.columns[column.name] = column_from_text(column, texts, judge_plain, rows, faults)
    return rows


def _lines(body: pa.Buffer) -> pa.Array:
    """The lines below the header, without their ends."""
    whole = pa.Array.from_buffers(pa.string(), 1, [None, pa.array([0, body.size], pa.int32()).buffers()[1], body])
    lines = pc.list_flatten(pc.split_pattern(whole, "\n"))
    if body.slice(body.size - 1).to_pybytes() == b"\n":
        lines = lines.slice(0, len(lines) - 1)
    return pc.utf8_rtrim(lines, "\r")


def _improper(lines: pa.Array, delimiter: str) -> pa.Array:
    """Where a quote stands that neither opens nor closes a whole field, nor is doubled inside one."""
    apart = re.escape(delimiter)
    field = f'(?:{_QUOTED}|[^"{apart}]*)'
    return pc.invert(pc.match_substring_regex(lines, f"^{field}(?:{apart}{field})*$"))


def _fitting(
    definition: Definition, names: Sequence[str | None], lines: pa.Array, delimiter: str, faults: FaultList
) -> Rows:
    """The rows of the lines that fit the header; the others told."""
    improper = _improper(lines, delimiter)
    odd = pc.equal(pc.bit_wise_and(pc.count_substring(lines, '"'), 1), 1)
    opens = pc.match_substring_regex(lines, f'(?:^|{re.escape(delimiter)})"')
    unclosed = pc.and_(improper, pc.and_(odd, opens))
    _tell_lines(unclosed, FaultCode.UNCLOSED_QUOTE, faults)
    _tell_lines(pc.and_not(improper, unclosed), FaultCode.STRAY_QUOTE, faults)
    plain = pc.replace_substring_regex(lines, _QUOTED, "")
    found = pc.add(pc.count_substring(plain, delimiter), 1)
    ragged = pc.and_not(pc.not_equal(found, len(names)), pc.or_(improper, pc.equal(lines, "")))
    _tell_ragged(ragged, found, len(names), faults)
    fits = pc.invert(pc.or_(improper, ragged))
    kept = lines.filter(fits)
    ended = pa.concat_arrays([kept, pa.array([""])])  # so that the last line has an end, even when it is blank
    numbers = pa.array(range(1, len(lines) + 1), pa.int64()).filter(fits)
    joined = pc.binary_join(pa.ListArray.from_arrays([0, len(ended)], ended), "\n")[0].as_buffer()
    longest = pc.max(pc.binary_length(kept)).as_py() or 0
    if len(kept) == 0:
        return Rows(0, {}, numbers, delivered=len(lines))
    rows = _table(
        definition,
        names,
        joined,
        delimiter,
        quoted=any_true(pc.match_substring(kept, '"')),
        block=max(_BLOCK, 2 * longest),
    )
    return Rows(rows.count, rows.columns, numbers, delivered=len(lines))


def _tell_lines(mask: pa.Array, code: FaultCode, faults: FaultList) -> None:
    indices = pc.indices_nonzero(mask)
    faults.extend((fault(code, i + 1) for i in indices.slice(0, SHOWN_FAULTS).to_pylist()), len(indices))


def _tell_ragged(mask: pa.Array, found: pa.Array, expected: int, faults: FaultList) -> None:
    indices = pc.indices_nonzero(mask)
    first = indices.slice(0, SHOWN_FAULTS)
    counted = zip(first.to_pylist(), found.take(first).to_pylist(), strict=True)
    faults.extend(
        (fault(FaultCode.RAGGED, i + 1, found=number, expected=expected) for i, number in counted), len(indices)
    )


def _table(
    definition: Definition,
    names: Sequence[str | None],
    body: pa.Buffer,
    delimiter: str,
    *,
    quoted: bool,
    block: int,
) -> Rows:
    """The lines as columns: codes as dictionaries, all else as text.

    Raises:
        pyarrow.ArrowInvalid: a line does not fit.
    """
    types = {
        column.name: column.arrow_type if column.kind is Kind.CODE else pa.string() for column in definition.columns
    }
    labels = [name if name is not None else f"?{place}" for place, name in enumerate(names)]
    table = arrow_csv.read_csv(
        pa.BufferReader(body),
        read_options=arrow_csv.ReadOptions(use_threads=False, block_size=block, column_names=labels),
        parse_options=arrow_csv.ParseOptions(
            delimiter=delimiter, quote_char='"' if quoted else False, ignore_empty_lines=False
        ),
        convert_options=arrow_csv.ConvertOptions(
            column_types=types,
            include_columns=[name for name in names if name is not None],
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=True,
            check_utf8=False,
        ),
    )
    return Rows(table.num_rows, {name: one_array(table[name]) for name in table.column_names})
