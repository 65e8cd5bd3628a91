"""NDJSON and JSON: rows as objects with the definition's columns as members.

NDJSON: each object starts at the beginning of a line. JSON: one list, as records that are sent inline. A member that is
absent, null or the empty string is a missing value; numbers must be JSON numbers and texts JSON strings.

NDJSON is read in blocks, each at once by Arrow with an explicit schema, which refuses unknown, doubled and mistyped
members. It takes a null for an object with no members (and version 26 crashes when the first value is one), so a block
with a null anywhere goes the slower way, on which each object is read by itself and everything wrong with it is told.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json as arrow_json

from sluis_client.wire.content import sniff
from sluis_client.wire.content.numbers import any_outside, column_from_text, judge_json
from sluis_client.wire.content.rows import Block, Rows, UnreadableError, any_true, one_array, report_texts
from sluis_client.wire.content.source import BLOCK, ContentSource
from sluis_client.wire.definition import Column, Definition, Kind
from sluis_client.wire.fault_texts import FaultCode
from sluis_client.wire.faults import SHOWN_FAULTS, FaultList, fault, showable

_BLOCK = 1 << 22
_BATCH = 1 << 16
_NEXT_OBJECT = re.compile(rb"\n(?=\{)")
_NUMBER, _STRING, _OTHER, _BROKEN = "n", "s", "o", "u"
_MAX_NAMES = 1_000


class _Number(str):
    """A number of JSON, as it was written."""

    __slots__ = ()


class _Members(list[tuple[str, Any]]):
    """The members of an object in order, doubles included."""

    __slots__ = ()


_decode = json.JSONDecoder(
    object_pairs_hook=_Members, parse_int=_Number, parse_float=_Number, parse_constant=_Number
).decode


def read_ndjson(
    definition: Definition,
    content: ContentSource,
    faults: FaultList,
    *,
    at_once: bool = True,
    size: int = BLOCK,
) -> Iterator[Block]:
    """The rows, block by block; `at_once`, `size` and what is raised are as of `read_csv`."""
    objects = _Objects(definition)
    before, lines = 0, 0
    for taken in content.rows(_end_of_objects, size):
        here, by_line = faults.below(before), faults.below(lines)
        text = sniff.as_utf8(sniff.without_nul(taken, 1, by_line), 1, by_line)
        lines += taken.count(b"\n")
        if before == 0:
            text = text.removeprefix(sniff.BOM).lstrip()
            if not text:
                continue
        count = text.count(b"\n{") + 1
        if before + count > definition.max_rows:
            raise UnreadableError(fault(FaultCode.TOO_MANY_ROWS, limit=definition.max_rows))
        rows = _read_at_once(definition, text, count) if at_once else None
        if rows is None:
            rows = objects.read(_parsed((each.decode() for each in _pieces(text)), here), here)
        block = Block(rows, before, here)
        yield block
        objects.checked(block)
        before += rows.delivered
    if before == 0:
        raise UnreadableError(fault(FaultCode.NO_ROWS))
    objects.finish(faults)


def _end_of_objects(held: bytes) -> int:
    """Before the last object that begins a line."""
    return held.rfind(b"\n{") + 1


def read_records(definition: Definition, content: bytes, faults: FaultList) -> Iterator[Block]:
    """The rows of a JSON list.

    Raises:
        UnreadableError: it is none.
    """
    text = sniff.as_utf8(content, 1, faults).decode().removeprefix("\ufeff")
    value = _parse(text, None, faults)
    if value is _NOTHING:
        raise UnreadableError
    if not isinstance(value, list) or isinstance(value, _Members):
        raise UnreadableError(fault(FaultCode.NOT_A_LIST))
    if not value:
        raise UnreadableError(fault(FaultCode.NO_ROWS))
    if len(value) > definition.max_rows:
        raise UnreadableError(fault(FaultCode.TOO_MANY_ROWS, limit=definition.max_rows))
    objects = _Objects(definition)
    block = Block(objects.read(value, faults), 0, faults)
    yield block
    objects.checked(block)
    objects.finish(faults)


def _read_at_once(definition: Definition, content: bytes, count: int) -> Rows | None:
    """The rows, if one reading by Arrow proves that every object fits; else None."""
    if not content.startswith(b"{") or b"null" in content:
        return None
    schema = pa.schema([(c.name, c.arrow_type if c.kind.is_number else pa.string()) for c in definition.columns])
    try:
        table = arrow_json.read_json(
            pa.BufferReader(content),
            read_options=arrow_json.ReadOptions(use_threads=False, block_size=_BLOCK),
            parse_options=arrow_json.ParseOptions(
                explicit_schema=schema, unexpected_field_behavior="error", newlines_in_values=False
            ),
        )
    except pa.ArrowInvalid:
        return None
    columns = {name: one_array(table[name]) for name in definition.names}
    if table.num_rows != count or any(values.null_count == count for values in columns.values()):
        return None
    for column in definition.columns:
        if column.kind is Kind.CODE:
            columns[column.name] = columns[column.name].dictionary_encode()
        elif column.kind is Kind.DECIMAL and any_outside(columns[column.name]):
            return None
    return Rows(count, columns)


def _pieces(content: bytes) -> Iterator[bytes]:
    """The stretches that each begin with an object at the beginning of a line."""
    start = 0
    for found in _NEXT_OBJECT.finditer(content):
        yield content[start : found.end()]
        start = found.end()
    yield content[start:]


_NOTHING = object()


def _parse(text: str, row: int | None, faults: FaultList) -> Any:
    """The JSON value; `_NOTHING` when there is none, and the fault is told."""
    try:
        return _decode(text)
    except RecursionError:
        faults.add(fault(FaultCode.TOO_DEEP, row))
    except json.JSONDecodeError as error:
        faults.add(fault(FaultCode.BROKEN_JSON, row, position=error.pos + 1))
    return _NOTHING


def _parsed(texts: Iterable[str], faults: FaultList) -> Iterator[Any]:
    for row, text in enumerate(texts, 1):
        yield _parse(text, row, faults)


@dataclass
class _Absent:
    """Rows in which a column was not delivered, of blocks in which it was in no row."""

    rows: int = 0
    first: list[int] = field(default_factory=list)


class _Objects:
    """Takes rows one by one and makes columns of them, block after block.

    A column that is in no row of a block may be in other blocks: whether it is missing, or its values are, is known at
    the end.
    """

    def __init__(self, definition: Definition) -> None:
        self._definition = definition
        self._faults = FaultList()
        self._batch: dict[str, list[str | None]] = {name: [] for name in definition.names}
        self._cells: dict[str, list[pa.Array]] = {name: [] for name in definition.names}
        self._numbers: list[int] = []
        self._strange: Counter[str] = Counter()
        self._absent: dict[str, _Absent] = {}
        self._present: set[str] = set()

    def read(self, values: Iterable[Any], faults: FaultList) -> Rows:
        """The rows of all values of a block; everything that is wrong with them is told."""
        self._faults, self._numbers = faults, []
        self._cells = {name: [] for name in self._definition.names}
        delivered = 0
        for delivered, value in enumerate(values, 1):
            if isinstance(value, _Members):
                self._take(delivered, value)
            elif value is not _NOTHING:
                self._faults.add(fault(FaultCode.NOT_AN_OBJECT, delivered))
            if delivered % _BATCH == 0:
                self._flush()
        self._flush()
        rows = Rows(len(self._numbers), {}, pa.array(self._numbers, pa.int64()), delivered=delivered)
        for column in self._definition.columns:
            self._add(column, pa.chunked_array(self._cells[column.name], pa.string()).combine_chunks(), rows)
        return rows

    def checked(self, block: Block) -> None:
        """Keep, once its values were checked, in which rows of a block a column is absent that none of them has.

        A blank row is told as such.
        """
        numbers = block.rows.numbers
        if numbers is None:  # read at once: all columns are there
            self._present.update(self._definition.names)
            return
        if block.rows.blank is not None:
            numbers = numbers.filter(pc.invert(block.rows.blank))
        for name in self._definition.names:
            if name not in block.rows.columns:
                absent = self._absent.setdefault(name, _Absent())
                absent.rows += len(numbers)
                first = numbers.slice(0, SHOWN_FAULTS - len(absent.first))
                absent.first += [block.before + row for row in first.to_pylist()]

    def finish(self, faults: FaultList) -> None:
        """Tell the columns that were in no row of any block, and the rows of blocks without one that others have."""
        for name, absent in self._absent.items():
            if name in self._present:
                faults.extend((fault(FaultCode.MISSING, row, name) for row in absent.first), absent.rows)
            else:
                faults.add(fault(FaultCode.MISSING_COLUMN, column=name))

    def _flush(self) -> None:
        for name, cells in self._batch.items():
            self._cells[name].append(pa.array(cells, pa.string()))
            cells.clear()

    def _take(self, row: int, members: _Members) -> None:
        self._numbers.append(row)
        cells: dict[str, str | None] = {}
        for delivered, value in members:
            name = delivered if delivered in self._cells else self._tell_strange(delivered, row)
            if name is None:
                continue
            if name in cells:
                self._faults.add(fault(FaultCode.DOUBLE_MEMBER, row, name))
            cells[name] = _tagged(value)
        for name, column in self._batch.items():
            column.append(cells.get(name))

    def _tell_strange(self, delivered: str, row: int) -> str | None:
        """Tell a member that is no column, once for each name; the column that it seems to be."""
        name = self._definition.nearest(delivered)
        if delivered in self._strange or len(self._strange) >= _MAX_NAMES:
            return name
        self._strange[delivered] += 1
        if name is not None:
            self._faults.add(fault(FaultCode.MISSPELT_COLUMN, row, name, suggestion=name))
        else:
            self._faults.add(fault(FaultCode.UNKNOWN_COLUMN, row, showable(delivered)))
        return name

    def _add(self, column: Column, cells: pa.Array, rows: Rows) -> None:
        if cells.null_count < len(cells):
            self._present.add(column.name)
        elif column.required and len(cells):
            return
        wanted = pa.scalar(_NUMBER if column.kind.is_number else _STRING, pa.string())
        tags = pc.utf8_slice_codeunits(cells, 0, 1)
        texts = pc.utf8_slice_codeunits(cells, 1)
        fits = pc.equal(tags, wanted)
        right = texts
        if not pc.all(fits, min_count=0).as_py():
            self._tell_types(column, tags, texts, rows)
            right = pc.if_else(fits, texts, pa.scalar(None, pa.string()))
        if column.kind.is_number:
            rows.columns[column.name] = column_from_text(column, right, judge_json, rows, self._faults)
        else:
            rows.columns[column.name] = right.dictionary_encode() if column.kind is Kind.CODE else right

    def _tell_types(self, column: Column, tags: pa.Array, texts: pa.Array, rows: Rows) -> None:
        """Tell the cells that are no number where one must be, and no text where one must be."""
        expected = "number" if column.kind.is_number else "string"
        wrong: list[tuple[pa.Array, FaultCode, str]] = [
            (pc.and_(pc.equal(tags, _OTHER), pc.equal(texts, found)), FaultCode.WRONG_TYPE, found)
            for found in ("boolean", "array", "object")
        ]
        strings = pc.equal(tags, _STRING)
        if column.kind.is_number:
            empty = pc.and_(strings, pc.equal(texts, ""))
            numeric = pc.match_substring_regex(texts, r"^\s*[+-]?[0-9][0-9.,]*\s*$")
            wrong.append((pc.and_(strings, numeric), FaultCode.NUMBER_AS_TEXT, ""))
            wrong.append((pc.and_not(strings, pc.or_(numeric, empty)), FaultCode.WRONG_TYPE, "string"))
            wrong.append((pc.equal(tags, _BROKEN), FaultCode.WRONG_TYPE, "string"))
        else:
            wrong.append((pc.equal(tags, _NUMBER), FaultCode.WRONG_TYPE, "number"))
            wrong.append((pc.equal(tags, _BROKEN), FaultCode.CONTROL_CHARACTER, ""))
        for mask, code, found in wrong:
            known = pc.fill_null(mask, fill_value=False)
            if any_true(known):
                report_texts(self._faults, rows, known, code, column, texts=None, found=found, expected=expected)
                rows.tell(column.name, known)


def _tagged(value: Any) -> str | None:
    """The value as text with its kind before it, so that one column can hold what was delivered in all rows."""
    if value is None:
        return None
    if isinstance(value, _Number):
        return _NUMBER + value
    if isinstance(value, str):
        if not value.isascii() and any("\ud800" <= c <= "\udfff" for c in value):
            return _BROKEN
        return _STRING + value
    if isinstance(value, bool):
        return _OTHER + "boolean"
    return _OTHER + ("object" if isinstance(value, _Members) else "array")
