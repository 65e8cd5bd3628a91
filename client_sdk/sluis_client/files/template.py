"""A workbook to fill in: the data set's columns, drop-down lists of codes, help in Dutch, known rows ready.

Four sheets: what is filled in, the codes with their labels, what each column is, and what was delivered before. Columns
of codes are text, so that a spreadsheet makes no dates and no numbers of them.

A correction of a delivery starts with its figures. A new period starts with the rows of the last delivery and without
figures: figures that are there already are too easily handed in again. They stand beside, in the last sheet.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.comments import Comment
from openpyxl.styles import Font, PatternFill
from openpyxl.utils import get_column_letter, quote_sheetname
from openpyxl.worksheet.datavalidation import DataValidation

from sluis_client import wire
from sluis_client.files.history import Kept
from sluis_client.files.period import counterparts
from sluis_client.files.saving import require_xlsx, save_new
from sluis_client.rules import RoundRules

INPUT, CODES, HELP, BEFORE = "Invoer", "Codes", "Toelichting", "Eerder geleverd"

_MAX_ROW = 1 << 20
_PROMPT, _PROMPT_TITLE = 255, 32
_HEAD = PatternFill("solid", fgColor="DDE8F0")
_OPTIONAL = PatternFill("solid", fgColor="F2F2F2")
_WIDTH, _WIDE = 18, 60


def write_template(rules: RoundRules, same: Kept | None, earlier: Kept | None, output: Path) -> int:
    """Writes the workbook; a file that is there is never written over.

    Args:
        rules: of the round.
        same: what was delivered to this round from here.
        earlier: what was delivered before it.
        output: the new file.

    Returns:
        The number of rows that are ready.

    Raises:
        FileError: `output` is there, or does not end in .xlsx.
        OSError: it cannot be written.
    """
    require_xlsx(output)
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = INPUT
    codes, explained, before = (book.create_sheet(name) for name in (CODES, HELP, BEFORE))
    ready = _ready(rules, same, earlier)
    _head(sheet, rules)
    _fill(sheet, rules, ready)
    _lists(sheet, codes, rules)
    _explain(explained, rules)
    shown = same or earlier
    if shown is None:
        book.remove(before)
    else:
        _append(before, [[f"Aanlevering {shown.submission}, ronde {shown.round}"]])
        _append(before, [[f"eerder: {name}" for name in shown.rows.column_names]])
        _append(before, ([_plain(value) for value in row.values()] for row in shown.rows.to_pylist()))
    book.properties.creator = "sluis-client"
    save_new(book, output)
    return len(ready)


def _ready(rules: RoundRules, same: Kept | None, earlier: Kept | None) -> list[dict[str, Any]]:
    """The rows that are filled in: all of a delivery to this round, else the keys of the one before."""
    definition = rules.definition
    if same is not None:
        return [{name: row.get(name) for name in definition.names} for row in same.rows.to_pylist()]
    if earlier is None or not definition.key:
        return []
    periods = counterparts(rules, earlier.rows)
    rows = []
    for row in earlier.rows.to_pylist():
        ready = {name: row.get(name) for name in definition.key}
        if definition.period_column is not None:
            ready[definition.period_column] = periods.get(row[definition.period_column])
        known = ({code.code for code in rules.codes_of(name)} for name in ready)
        if all(not codes or value in codes for value, codes in zip(ready.values(), known, strict=True)):
            rows.append(ready)
    return rows


def _head(sheet: Any, rules: RoundRules) -> None:
    for place, column in enumerate(rules.definition.columns, start=1):
        cell = sheet.cell(1, place, column.name)
        cell.font, cell.fill = Font(bold=True), _HEAD if column.required else _OPTIONAL
        cell.comment = Comment(_help(column), "sluis-client", width=320, height=140)
        letter = get_column_letter(place)
        sheet.column_dimensions[letter].width = _WIDTH
        if not column.kind.is_number:
            sheet.column_dimensions[letter].number_format = "@"
    sheet.freeze_panes = "A2"


def _fill(sheet: Any, rules: RoundRules, ready: Sequence[dict[str, Any]]) -> None:
    for number, row in enumerate(ready, start=2):
        for place, column in enumerate(rules.definition.columns, start=1):
            value = row.get(column.name)
            if value is not None:
                _set(sheet.cell(number, place), _plain(value))
            if not column.kind.is_number:
                sheet.cell(number, place).number_format = "@"


def _lists(sheet: Any, codes: Any, rules: RoundRules) -> None:
    """The sheet of codes, and in each column what it may hold."""
    last = min(1 + rules.definition.max_rows, _MAX_ROW)
    for place, column in enumerate(rules.definition.columns, start=1):
        offered = rules.codes_of(column.name)
        first = 3 * place - 2
        if offered:
            _set(codes.cell(1, first), f"codes van {column.name}")
            codes.column_dimensions[get_column_letter(first)].number_format = "@"
            for number, code in enumerate(offered, start=2):
                _set(codes.cell(number, first), code.code)
                codes.cell(number, first).number_format = "@"
                _set(codes.cell(number, first + 1), code.label.nl)
        rule = _rule(column, len(offered), get_column_letter(first))
        rule.promptTitle = column.title.nl[:_PROMPT_TITLE]
        rule.prompt = _help(column)[:_PROMPT]
        rule.errorTitle = "Dit kan niet"
        rule.error = _help(column)[:_PROMPT]
        rule.showInputMessage = rule.showErrorMessage = True
        letter = get_column_letter(place)
        rule.add(f"{letter}2:{letter}{last}")
        sheet.add_data_validation(rule)


def _rule(column: wire.Column, offered: int, letter: str) -> DataValidation:
    empty = not column.required
    if offered:
        area = f"{quote_sheetname(CODES)}!${letter}$2:${letter}${offered + 1}"
        return DataValidation(type="list", formula1=area, allow_blank=empty)
    if not column.kind.is_number:
        return DataValidation(
            type="textLength", operator="lessThanOrEqual", formula1=str(column.max_length or 1000), allow_blank=empty
        )
    kind = "whole" if column.kind is wire.Kind.INTEGER else "decimal"
    low = column.minimum if column.minimum is not None else -(10**12)
    high = column.maximum if column.maximum is not None else 10**12
    return DataValidation(type=kind, operator="between", formula1=str(low), formula2=str(high), allow_blank=empty)


def _explain(sheet: Any, rules: RoundRules) -> None:
    definition = rules.definition
    _append(
        sheet,
        [
            [definition.title.nl],
            [definition.description.nl],
            [f"Ronde {rules.round.id}, versie {definition.version}. Vul het blad {INPUT}; laat de kopregel staan."],
            [],
            ["kolom", "wat"],
            *([column.name, _help(column)] for column in definition.columns),
        ],
    )
    sheet.column_dimensions["A"].width, sheet.column_dimensions["B"].width = _WIDTH, _WIDE


def _help(column: wire.Column) -> str:
    """What a column holds, in Dutch."""
    said = [f"{column.title.nl}."]
    if column.description is not None:
        said.append(column.description.nl)
    match column.kind:
        case wire.Kind.CODE:
            said.append(f"Kies een code uit de lijst (blad {CODES}).")
        case wire.Kind.INTEGER:
            said.append("Een geheel getal.")
        case wire.Kind.DECIMAL:
            said.append("Een getal, met decimalen.")
        case wire.Kind.TEXT:
            said.append("Tekst, zonder gegevens over personen.")
        case wire.Kind.PSEUDONYM:
            said.append("Een pseudoniem, gemaakt door sluis-client.")
    bounds = [
        f"{word} {limit}"
        for word, limit in (("minstens", column.minimum), ("hoogstens", column.maximum))
        if limit is not None
    ]
    if bounds:
        said.append(f"{' en '.join(bounds).capitalize()}.")
    if column.unit is not None:
        said.append(f"Eenheid: {column.unit}.")
    said.append("Verplicht." if column.required else "Mag leeg blijven.")
    return " ".join(said)


def _append(sheet: Any, rows: Iterable[Sequence[Any]]) -> None:
    start = sheet.max_row + 1 if sheet.max_row > 1 or sheet["A1"].value is not None else 1
    for number, row in enumerate(rows, start=start):
        for place, value in enumerate(row, start=1):
            _set(sheet.cell(number, place), value)


def _set(cell: Any, value: Any) -> None:
    """The value; a text stays a text, whatever it starts with."""
    cell.value = value
    if isinstance(value, str):
        cell.data_type = "s"


def _plain(value: Any) -> Any:
    return value if isinstance(value, str | int | float) or value is None else float(value)
