"""Data files of `sluis protect`: CSV and Parquet into exact facts, with every fault at its row and column."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from decimal import Decimal, DecimalException, InvalidOperation
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from service.disclosure.command.specification import Specification
from service.disclosure.faults import BadInput, Fault
from service.disclosure.question.dimensions import TOTAL, Dimension
from service.disclosure.question.facts import LARGEST_TOTAL, Facts
from service.disclosure.question.tables import NORMAL, SUPPRESSED, ReleasedTable, Table

MOST_FAULTS = 100
"""Faults named per column; the rest is counted."""

DIGITS = 18

WHOLE = r"^[0-9]{1,18}$"
NUMBER = r"^[0-9]{1,18}(\.[0-9]{1,18})?$"


class Source:
    """A data file as text columns, with faults collected along the way."""

    def __init__(self, path: Path) -> None:
        """Open a file; `columns` reads it.

        Raises:
            BadInput: the file is missing.
        """
        self.path = path
        self.faults: list[Fault] = []
        if not path.is_file():
            raise BadInput([Fault(str(path), "bestand bestaat niet", "no such file")])
        with path.open("rb") as file:
            self.parquet = file.read(4) == b"PAR1"
        self.first_row = 1 if self.parquet else 2

    def fault(self, row: int | None, column: str, dutch: str, english: str) -> None:
        """Note a fault; rows count from 0 below the header."""
        place = f"{self.path.name}" + ("" if row is None else f", row {row + self.first_row}")
        self.faults.append(Fault(f"{place}, column {column}" if column else place, dutch, english))

    def faults_where(self, mask: pa.Array, column: str, dutch: str, english: str) -> None:
        """Note a fault for every row of a mask, and say how many there are beyond the first hundred."""
        rows = np.flatnonzero(np.asarray(pc.fill_null(mask, False)))
        for row in rows[:MOST_FAULTS].tolist():
            self.fault(row, column, dutch, english)
        if len(rows) > MOST_FAULTS:
            more = len(rows) - MOST_FAULTS
            self.fault(None, column, f"en nog {more} rijen: {dutch}", f"and {more} more rows: {english}")

    def columns(self, names: Sequence[str]) -> dict[str, pa.Array]:
        """The named columns as strings; an empty or missing field is the empty string.

        Raises:
            BadInput: the file cannot be read, a row has too many or too few fields, or a column is missing.
        """
        try:
            table = self._parquet_table() if self.parquet else self._csv_table()
        except (pa.ArrowException, OSError, UnicodeDecodeError, csv.Error) as error:
            if not self.faults:
                self.fault(None, "", "niet te lezen", f"cannot be read: {error}")
            raise BadInput(self.faults) from error
        for name in dict.fromkeys(names):
            times = table.column_names.count(name)
            if times != 1:
                self.fault(
                    None,
                    name,
                    "kolom ontbreekt" if times == 0 else "kolom staat er meer keren",
                    "column is missing" if times == 0 else "column is there more than once",
                )
        if self.faults:
            raise BadInput(self.faults)
        found = {}
        for name in dict.fromkeys(names):
            try:
                found[name] = self._as_text(table[name])
            except pa.ArrowException:
                kind = table[name].type
                self.fault(None, name, f"geen tekst of getallen, maar {kind}", f"no text or numbers, but {kind}")
        if self.faults:
            raise BadInput(self.faults)
        return found

    def _parquet_table(self) -> pa.Table:
        return pq.read_table(self.path)

    def _csv_table(self) -> pa.Table:
        with self.path.open(encoding="utf-8-sig", newline="") as file:
            header = next(csv.reader(file, strict=True), [])
        if not header:
            self.fault(None, "", "het bestand heeft geen kop", "the file has no header")
            raise BadInput(self.faults)
        if len(set(header)) != len(header):
            doubles = ", ".join(sorted({name for name in header if header.count(name) > 1}))
            self.fault(None, doubles, "kolom staat er meer keren", "column is there more than once")
            raise BadInput(self.faults)

        def odd_row(row: Any) -> str:
            self.fault(
                row.number - 2,
                "",
                f"{row.actual_columns} velden in plaats van {row.expected_columns}",
                f"{row.actual_columns} fields, not {row.expected_columns}",
            )
            return "skip"

        table = pa_csv.read_csv(
            self.path,
            read_options=pa_csv.ReadOptions(use_threads=False),
            parse_options=pa_csv.ParseOptions(newlines_in_values=True, invalid_row_handler=odd_row),
            convert_options=pa_csv.ConvertOptions(
                column_types=dict.fromkeys(header, pa.string()), strings_can_be_null=False
            ),
        )
        if self.faults:
            raise BadInput(self.faults)
        return table

    def _as_text(self, column: pa.ChunkedArray) -> pa.Array:
        """Text of a column; floating point as the shortest decimal that means the same number."""
        array = column.combine_chunks()
        if pa.types.is_floating(array.type):
            return pa.array(["" if value is None else _decimal_text(value) for value in array.to_pylist()], pa.string())
        if pa.types.is_dictionary(array.type):
            array = array.dictionary_decode()
        return pc.fill_null(array.cast(pa.string()), "")


def _decimal_text(value: float) -> str:
    try:
        return f"{Decimal(repr(value)):f}"
    except InvalidOperation:
        return repr(value)


def exact_numbers(source: Source, name: str, text: pa.Array, *, whole: bool) -> tuple[np.ndarray, int]:
    """Non-negative decimals as whole numbers in units of 10 ** -decimals, exactly.

    Returns:
        The numbers and the decimals; zeros where a fault was noted.
    """
    good = pc.match_substring_regex(text, WHOLE)
    if pc.all(good).as_py() in {True, None}:
        return _bounded(source, name, np.asarray(text.cast(pa.int64()), dtype=np.int64)), 0
    number = pc.match_substring_regex(text, NUMBER)
    empty = pc.equal(text, "")
    negative = pc.match_substring_regex(text, r"^-[0-9.]+$")
    source.faults_where(empty, name, "de waarde ontbreekt", "the value is missing")
    source.faults_where(negative, name, "de waarde is negatief", "the value is negative")
    rest = pc.invert(pc.or_(pc.or_(number, empty), negative))
    source.faults_where(
        rest,
        name,
        f"geen getal van ten hoogste {DIGITS} cijfers",
        f"not a number of at most {DIGITS} digits",
    )
    texts = pc.if_else(number, text, "0").to_pylist()
    parts = [value.partition(".") for value in texts]
    tails = [tail.rstrip("0") for _, _, tail in parts]
    decimals = max((len(tail) for tail in tails), default=0)
    if whole and decimals:
        broken = pa.array([bool(tail) for tail in tails])
        source.faults_where(broken, name, "een telling is een geheel getal", "a count is a whole number")
        decimals = 0
    scaled = [int(head + tail[:decimals].ljust(decimals, "0")) for (head, _, _), tail in zip(parts, tails, strict=True)]
    if sum(scaled) >= LARGEST_TOTAL:
        source.fault(
            None,
            name,
            f"te groot om met {decimals} decimalen exact op te tellen; rond af of kies een grotere eenheid",
            f"too large to add up exactly with {decimals} decimals; round, or choose a larger unit",
        )
        return np.zeros(len(scaled), dtype=np.int64), 0
    return np.array(scaled, dtype=np.int64), decimals


def _bounded(source: Source, name: str, numbers: np.ndarray) -> np.ndarray:
    if float(numbers.sum(dtype=np.float64)) < LARGEST_TOTAL:
        return numbers
    source.fault(
        None,
        name,
        "te groot om exact op te tellen; kies een grotere eenheid",
        "too large to add up exactly; choose a larger unit",
    )
    return np.zeros_like(numbers)


def read_facts(
    specification: Specification, path: Path, others: Sequence[Specification] = ()
) -> tuple[Facts, Table, list[Table]]:
    """The facts behind a table and behind earlier tables, and the shape of each.

    Raises:
        BadInput: every fault, with its row and column.
    """
    source = Source(path)
    everyone = [specification, *others]
    keys = list(dict.fromkeys(dimension.column for one in everyone for dimension in one.dimensions))
    roles = (specification.value, specification.contributor, specification.holding, specification.person)
    columns = source.columns([*keys, *(name for name in (*roles, specification.units) if name)])
    for key in keys:
        source.faults_where(pc.equal(columns[key], ""), key, "de code ontbreekt", "the code is missing")
    tables = [_shape(one, columns, source) for one in everyone]
    for name in (specification.contributor, specification.person):
        if name:
            source.faults_where(pc.equal(columns[name], ""), name, "het veld is leeg", "the field is empty")
    value, decimals = None, 0
    if specification.value:
        value, decimals = exact_numbers(
            source, specification.value, columns[specification.value], whole=specification.count
        )
    units = None
    if specification.units:
        units, _ = exact_numbers(source, specification.units, columns[specification.units], whole=True)
    if source.faults:
        raise BadInput(source.faults)

    def role(name: str | None) -> pa.Array | None:
        return columns[name] if name else None

    facts = Facts.build(
        {key: columns[key] for key in keys},
        value=value,
        contributor=role(specification.contributor),
        holding=role(specification.holding),
        person=role(specification.person),
        units=units,
        whole_numbers=specification.count,
        decimals=decimals,
    )
    return facts, tables[0], tables[1:]


def _shape(specification: Specification, columns: dict[str, pa.Array], source: Source) -> Table:
    """The table of a specification over these columns; codes that it does not know are faults."""
    dimensions = []
    for wanted in specification.dimensions:
        text = columns[wanted.column]
        seen = pc.unique(text).to_pylist()
        dimension = wanted.build(seen)
        strange = sorted(set(seen) - dimension.finest - {""})
        if strange:
            _unknown_codes(source, wanted.column, text, strange, dimension)
        dimensions.append(dimension)
    return Table(tuple(dimensions), name=specification.path.stem)


def _unknown_codes(source: Source, column: str, text: pa.Array, strange: list[str], dimension: Dimension) -> None:
    known = set(dimension.codes)
    for code in strange:
        mask = pc.equal(text, code)
        if code == TOTAL and code in dimension.whole:
            source.faults_where(mask, column, "TOTAL is de code van het totaal", "TOTAL is the code of the total")
        elif code in known:
            source.faults_where(
                mask, column, f"{code!r} is geen fijnste code", f"{code!r} is not a code of the finest level"
            )
        else:
            source.faults_where(mask, column, f"onbekende code {code!r}", f"unknown code {code!r}")


MISSING_SHOWN = 20
"""Cells named that an earlier output lacks."""


def read_release(table: Table, path: Path, decimals: int, rounding: int | None = None) -> ReleasedTable:
    """An earlier output of `sluis protect`.

    Args:
        table: its shape.
        path: the file.
        decimals: of the facts.
        rounding: what it was rounded to, in units of the value; None when its values are exact.

    Raises:
        BadInput: every fault, with its row and column.
    """
    source = Source(path)
    names = [dimension.name for dimension in table.dimensions]
    columns = source.columns([*names, "value", "status"])
    rows = list(zip(*(columns[name].to_pylist() for name in names), strict=True)) if names else []
    values, statuses = columns["value"].to_pylist(), columns["status"].to_pylist()
    known = set(table.codes())
    cells: dict[tuple[str, ...], int | None] = {}
    for number, (codes, text, status) in enumerate(zip(rows, values, statuses, strict=True)):
        if codes not in known:
            source.fault(number, ", ".join(names), "onbekende cel", "unknown cell")
        elif codes in cells:
            source.fault(number, ", ".join(names), "deze cel staat er twee keer", "this cell is there twice")
        elif status == NORMAL:
            cells[codes] = _released_value(text, decimals)
            if cells[codes] is None:
                source.fault(number, "value", "geen waarde van deze gegevens", "not a value of these data")
        elif status == SUPPRESSED and not text:
            cells[codes] = None
        else:
            source.fault(number, "status", "A met een waarde, of Q zonder", "A with a value, or Q without")
    missing = [codes for codes in table.codes() if codes not in cells] if not source.faults else []
    for codes in missing[:MISSING_SHOWN]:
        source.fault(
            None, "/".join(codes), "deze cel ontbreekt in de vrijgave", "this cell is missing from the release"
        )
    if source.faults:
        raise BadInput(source.faults)
    return ReleasedTable.from_cells(table, cells, None if rounding is None else rounding * 10**decimals)


def _released_value(text: str, decimals: int) -> int | None:
    """A published value in units of the facts; None when it cannot be one."""
    try:
        scaled = Decimal(text).scaleb(decimals)
        possible = scaled.is_finite() and abs(scaled) < LARGEST_TOTAL and scaled == scaled.to_integral_value()
    except DecimalException:
        return None
    return int(scaled) if possible else None
