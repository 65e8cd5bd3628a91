"""A copy of a workbook with each fault as a comment in its cell; the original stays as it is.

What openpyxl keeps is kept: values, formulas, formats, widths, validations. Drawings and charts are not in the copy,
and a formula has no result in it until a spreadsheet has opened and saved it.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.comments import Comment

from sluis_client.errors import FileError
from sluis_client.files.package import unpacked_size
from sluis_client.files.prepare import Prepared, positions
from sluis_client.files.saving import require_xlsx, save_new
from sluis_client.files.workbook import UNREADABLE, Sheet
from sluis_client.language import Language, Text

MAX_UNPACKED = 64 << 20
"""Bytes of a workbook that is taken up whole; some fifty times as much memory."""

_AUTHOR = "sluis-client"
_WIDTH, _HEIGHT, _LINE = 360, 60, 40  # points


def write_marked(prepared: Prepared, output: Path, language: Language) -> int:
    """Writes the copy; a file that is there is never written over.

    Args:
        prepared: the workbook that was checked.
        output: the new file.
        language: of the comments.

    Returns:
        The number of cells with a comment.

    Raises:
        FileError: it was no workbook, is too large to be copied, or `output` is there.
        OSError: it cannot be written.
    """
    source = prepared.source
    if not isinstance(source, Sheet):
        raise FileError(
            Text("Alleen van een .xlsx komt er een gemerkte kopie.", "Only an .xlsx gets a marked copy."),
            Text("Gebruik de lijst met fouten, of `--json`.", "Use the list of faults, or `--json`."),
        )
    require_xlsx(output)
    if unpacked_size(source.path) > MAX_UNPACKED:
        raise FileError(
            Text(f"{source.path.name} is te groot voor een kopie.", f"{source.path.name} is too large for a copy."),
            Text("Gebruik de lijst met fouten, of `--json`.", "Use the list of faults, or `--json`."),
        )
    texts: dict[tuple[int, int], list[str]] = {}
    for fault, row, column in positions(prepared):
        text = Text(fault.nl, fault.en).in_language(language)
        place = (row or source.header_row, (column or 0) + 1)
        named = "" if fault.column is None or column is not None else f"{fault.column}: "
        texts.setdefault(place, []).append(f"{fault.code} {named}{text}")
    _copy(source, texts, output)
    return len(texts)


def _copy(source: Sheet, texts: dict[tuple[int, int], list[str]], output: Path) -> None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what is left out of a copy stands in the docstring
            book = openpyxl.load_workbook(source.path)
            sheet = book[source.name]
            for (row, column), said in texts.items():
                inside = next((area for area in sheet.merged_cells.ranges if _inside(area, row, column)), None)
                cell = sheet.cell(row, column) if inside is None else sheet.cell(inside.min_row, inside.min_col)
                lines = [cell.comment.text, *said] if cell.comment is not None else said
                height = _HEIGHT + _LINE * len(lines)
                cell.comment = Comment("\n".join(lines), _AUTHOR, width=_WIDTH, height=height)
            book.active = book.index(sheet)
            save_new(book, output)
            book.close()
    except UNREADABLE as failed:
        raise FileError(
            Text(f"Van {source.path.name} lukt geen kopie.", f"{source.path.name} cannot be copied."),
            Text("Gebruik de lijst met fouten, of `--json`.", "Use the list of faults, or `--json`."),
        ) from failed


def _inside(area: Any, row: int, column: int) -> bool:
    return bool(area.min_row <= row <= area.max_row and area.min_col <= column <= area.max_col)
