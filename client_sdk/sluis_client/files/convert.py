"""From a file as it is to the content that is sent: the data set's columns in their order, as CSV of the wire.

1. Names are matched: by the supplier's mapping, by the data set's own name, or by one that differs in case and signs.
2. All numbers that are texts are looked at, to tell how they are written; what could be two things is asked.
3. A column of BSNs becomes one of pseudonyms: all of them are made at once (`persons`).
4. Each row is written; what has no value that could be sent is told. A last row of totals is compared and left out.

What is written is a function of the file, the definition and the mapping alone: the same file is the same delivery.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable, Container, Iterator
from collections.abc import Mapping as MappingOf
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from functools import lru_cache

from sluis_client import wire
from sluis_client.content import MadeContent
from sluis_client.files.cells import code_cell, number_cell, text_cell
from sluis_client.files.dialect import Dialect, Notation
from sluis_client.files.faults import OwnFault, own_fault
from sluis_client.files.mapping import Mapping, folded
from sluis_client.files.notation import Evidence, shown
from sluis_client.files.persons import BsnReader, Reader, is_bsns, person_column
from sluis_client.files.runs import Runs
from sluis_client.files.source import Broken, Row, Source, Value
from sluis_client.language import Text
from sluis_client.pseudonyms import Makes, stand_ins
from sluis_client.wire.faults import FaultList, fault

_TOTALS = frozenset({"totaal", "totalen", "total", "totals", "som", "sum", "eindtotaal", "grand total"})
_KEPT_HOLES = 20_000
_KEPT_UNKNOWN = 1_000
_KEPT_TEXTS = 4_096


@dataclass
class Made:
    """What a file became.

    Attributes:
        content: CSV of the wire; None when no column was known. Large, it is in a file.
        faults: what could not be taken over.
        numbers: the row of the file for each row that was read.
        written: for each row of the content, which of the rows that were read it is, from 1.
        columns: the place in the file of each of our columns.
        holes: cells of the content that are empty because of a fault: row of the content and column.
        unknown: by column, the supplier's codes that are none of ours, and how often each.
        persons: of how many persons a column held BSNs; None where there is no such column.
        told: what was done, for the supplier.
    """

    content: MadeContent | None = None
    faults: wire.Faults = field(default_factory=lambda: FaultList().freeze())
    numbers: Runs = field(default_factory=Runs)
    written: Runs = field(default_factory=Runs)
    columns: dict[str, int] = field(default_factory=dict)
    holes: set[tuple[int, str]] = field(default_factory=set)
    hole_counts: Counter[str] = field(default_factory=Counter)
    unknown: dict[str, Counter[str]] = field(default_factory=dict)
    unknown_columns: list[str] = field(default_factory=list)
    persons: int | None = None
    told: list[Text] = field(default_factory=list)


def convert(
    source: Source,
    definition: wire.Definition,
    mapping: Mapping,
    dialect: Dialect,
    makes: Makes = stand_ins,
    *,
    name: str = "",
) -> Made:
    """What the file becomes, by the steps in the module's docstring.

    Args:
        source: the file.
        definition: of the data set.
        mapping: the supplier's own names and codes.
        dialect: how its numbers are written, when that was said.
        makes: pseudonyms of BSNs; for a check values that only look like them.
        name: of the file, for what is made of it.

    Raises:
        SluisClientError: as `makes`.
        AmbiguousFileError: its numbers could be read in two ways.
        FileError: it is broken, or there is no room for what is made of it.
        OSError: it cannot be read.
    """
    made, faults = Made(told=list(source.told)), FaultList(definition.names)
    places = _match(source, definition, mapping, made, faults)  # 1
    if not places:
        faults.add(fault(wire.FaultCode.NO_HEADER))
        made.faults = faults.freeze()
        return made
    made.columns = {name: place for place, name in reversed(places.items()) if name}
    notation = _notation(source, definition, made, dialect)  # 2
    readers = {
        name: _reader(definition.column(name), mapping, notation, made)
        for name in definition.names
        if name in made.columns
    }
    person = person_column(definition)  # 3
    if person is not None and person.domain is not None and person.name in made.columns:
        place = made.columns[person.name]
        if is_bsns(source.header[place], mapping, definition):
            readers[person.name] = bsns = BsnReader(source, place, person.domain, makes)
            made.persons = bsns.persons
    _Writer(
        source=source,
        definition=definition,
        mapping=mapping,
        made=made,
        faults=faults,
        readers=readers,
        mark="«,»" if notation == "comma" else "«.»",
        matched=set(places),
        name=name,
    ).write()  # 4
    made.faults = faults.freeze()
    return made


def knows(definition: wire.Definition, mapping: Mapping) -> Callable[[str], bool]:
    """Whether a name is that of a column, by the data set or by the supplier."""
    return lambda name: (
        bool(mapping.column(name))
        or (bool(name) and definition.nearest(name) is not None)
        or is_bsns(name, mapping, definition)
    )


def _match(
    source: Source, definition: wire.Definition, mapping: Mapping, made: Made, faults: FaultList
) -> dict[int, str]:
    """Our name for each place in the header that is known; empty for one that is left out."""
    places: dict[int, str] = {}
    person = person_column(definition)
    for place, name in enumerate(source.header):
        if not name:
            continue
        said = mapping.column(name)
        ours = definition.nearest(name) if said is None else said
        if person is not None and is_bsns(name, mapping, definition):
            ours = person.name
        if ours is None or (ours and ours not in definition.names):
            made.unknown_columns.append(name)
            continue
        if ours and ours in places.values():
            faults.add(fault(wire.FaultCode.DOUBLE_COLUMN, column=ours))
            continue
        places[place] = ours
    if any(places.values()):
        for name in made.unknown_columns:
            faults.add(fault(wire.FaultCode.UNKNOWN_COLUMN, column=name[:200]))
        left_out = [source.header[place] for place, ours in places.items() if not ours]
        if left_out:
            made.told.append(
                Text(f"Weggelaten: {', '.join(left_out)}.", f"Left out: {', '.join(left_out)}."),
            )
        return places
    return {}


def _notation(source: Source, definition: wire.Definition, made: Made, dialect: Dialect) -> Notation:
    if dialect.decimal is not None:
        return "comma" if dialect.decimal == "comma" else "point"
    evidence = Evidence()
    numbers = [place for name, place in made.columns.items() if definition.column(name).kind.is_number]
    for row in source.rows():
        for place in numbers:
            value = row.cells[place] if place < len(row.cells) else None
            if isinstance(value, str) and evidence.wants(value):
                evidence.look_at(value, source.place(row.number, place))
    notation = evidence.decide(point_unless_shown=source.numbers_with_point)
    if notation == "comma":
        made.told.append(Text("Getallen hebben een decimale komma.", "Numbers have a decimal comma."))
    return notation


class _Writer:
    """Writes the rows."""

    def __init__(
        self,
        *,
        source: Source,
        definition: wire.Definition,
        mapping: Mapping,
        made: Made,
        faults: FaultList,
        readers: MappingOf[str, Reader],
        mark: str,
        matched: set[int],
        name: str,
    ) -> None:
        self._name = name
        self._source, self._definition, self._made, self._faults = source, definition, made, faults
        self._mapping, self._matched = mapping, matched
        self._names = [name for name in definition.names if name in made.columns]
        self._readers = [readers[name] for name in self._names]
        self._codes = [
            (name, made.columns[name]) for name in self._names if definition.column(name).kind is wire.Kind.CODE
        ]
        self._sums = {name: Decimal(0) for name in self._names if definition.column(name).kind.is_number}
        self._nameless: set[int] = set()
        self._mark = mark

    def write(self) -> None:
        """All rows, up to the limits."""
        content = MadeContent(self._name, wire.Format.CSV)
        out = csv.writer(content, lineterminator="\n")
        out.writerow(self._names)
        for row, last in _with_last(self._source.rows()):
            self._made.numbers.append(row.number)
            if len(self._made.numbers) > self._definition.max_rows + 1:
                self._faults.add(fault(wire.FaultCode.TOO_MANY_ROWS, limit=self._definition.max_rows))
                break
            if last and self._is_total(row):
                self._made.numbers.pop()
                self._compare(row)
                continue
            cells = self._cells(row)
            if cells is not None:
                out.writerow(cells)
                self._made.written.append(len(self._made.numbers))
        self._made.content = content
        for place in sorted(self._nameless):
            self._faults.add(own_fault(OwnFault.HIDDEN_NAME, column=self._source.place(1, place).rstrip("1")))

    def _cells(self, row: Row) -> list[str] | None:
        """The texts to write; None for a row that is none, which is told."""
        number, header = len(self._made.numbers), len(self._source.header)
        if row.fault is not None:
            self._faults.add(fault(row.fault, number))
            return None
        filled = len(row.cells)
        while filled and row.cells[filled - 1] in {None, ""}:
            filled -= 1
        if self._source.even and (filled > header or len(row.cells) < header):
            self._faults.add(fault(wire.FaultCode.RAGGED, number, found=len(row.cells), expected=header))
            return None
        self._nameless.update(range(header, filled))
        for place in range(min(filled, header)):
            if place not in self._matched and not self._source.header[place] and row.cells[place] not in {None, ""}:
                self._nameless.add(place)
        return [self._cell(row, number, index, name) for index, name in enumerate(self._names)]

    def _cell(self, row: Row, number: int, index: int, name: str) -> str:
        place = self._made.columns[name]
        value = row.cells[place] if place < len(row.cells) else None
        read = self._readers[index](value)
        if isinstance(read, Broken):
            if isinstance(read.fault, OwnFault):
                self._faults.add(own_fault(read.fault, number, name, range=read.range, mark=self._mark))
            else:
                self._faults.add(fault(read.fault, number, name))
            self._made.hole_counts[name] += 1
            if len(self._made.holes) < _KEPT_HOLES:
                self._made.holes.add((len(self._made.written) + 1, name))
            return ""
        if name in self._sums:
            self._sums[name] += _amount(read) or 0
        return read

    def _is_total(self, row: Row) -> bool:
        """Whether it says so where a code belongs, and no code is called so."""
        said = [(name, row.cells[place]) for name, place in self._codes if place < len(row.cells)]
        return any(
            isinstance(text, str)
            and folded(text).strip(" :") in _TOTALS
            and folded(text) not in self._mapping.codes_of(name)
            and folded(text) not in {folded(code) for code in self._definition.column(name).by_code}
            for name, text in said
        )

    def _compare(self, row: Row) -> None:
        """Tell each total that is not the sum of the rows; what is no number is left."""
        for index, name in enumerate(self._names):
            if name not in self._sums:
                continue
            place = self._made.columns[name]
            read = self._readers[index](row.cells[place] if place < len(row.cells) else None)
            if isinstance(read, str) and _amount(read) not in {None, self._sums[name]}:
                self._faults.add(own_fault(OwnFault.TOTAL_OFF, column=name, given=read, found=shown(self._sums[name])))
        where = self._source.place(row.number, None)
        self._made.told.append(
            Text(f"De totaalrij ({where}) is nagerekend en weggelaten.", f"The row of totals ({where}) was left out.")
        )


def _reader(column: wire.Column, mapping: Mapping, notation: Notation, made: Made) -> Reader:
    if column.kind is wire.Kind.CODE:
        own, known = mapping.codes_of(column.name), column.by_code
        seen = made.unknown.setdefault(column.name, Counter())

        def read(value: Value) -> str | Broken:
            code = code_cell(value, known, own)
            if isinstance(code, str) and code and code not in known and (code in seen or len(seen) < _KEPT_UNKNOWN):
                seen[code] += 1
            return code

        return _remembering(read, known)
    if column.kind.is_number:
        whole = column.kind is wire.Kind.INTEGER
        return _remembering(lambda value: number_cell(value, notation, whole=whole), None)
    return text_cell


def _remembering(read: Reader, only: Container[str] | None) -> Reader:
    """The same reader, quicker for texts that were read before; of `only` these outcomes, where that is given."""
    known: dict[str, str] = {}

    def remembered(value: Value) -> str | Broken:
        if not isinstance(value, str):
            return read(value)
        before = known.get(value)
        if before is not None:
            return before
        found = read(value)
        if isinstance(found, str) and len(known) < _KEPT_TEXTS and (only is None or found in only):
            known[value] = found
        return found

    return remembered


def _with_last(rows: Iterator[Row]) -> Iterator[tuple[Row, bool]]:
    held = next(rows, None)
    if held is None:
        return
    for row in rows:
        yield held, False
        held = row
    yield held, True


@lru_cache(maxsize=_KEPT_TEXTS)
def _amount(text: str) -> Decimal | None:
    """The number, when it is one."""
    try:
        amount = Decimal(text)
    except InvalidOperation:
        return None
    return amount if amount.is_finite() else None
