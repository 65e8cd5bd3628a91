"""A sheet of an .xlsx workbook, row by row in bounded memory, by openpyxl.

The sheet is the one visible sheet with the data set's columns; the header may stand below a title. Several such sheets,
or only a hidden one, are asked about. A formula gives the result that was kept; a date is a date; numbers are numbers.
"""

from __future__ import annotations

import warnings
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

import openpyxl
from openpyxl.utils import get_column_letter
from openpyxl.utils.exceptions import InvalidFileException

from sluis_client.errors import AmbiguousFileError, FileError
from sluis_client.files.dialect import Dialect
from sluis_client.files.faults import OwnFault
from sluis_client.files.package import Gaps, broken_workbook, gaps_of, parts_of_sheets, require_safe
from sluis_client.files.source import Broken, Row, Value
from sluis_client.language import Text

_HEADER_WITHIN = 50
_MAX_ROW = 1 << 20
_ROWS_AT_ONCE = 1_000
UNREADABLE = (zipfile.BadZipFile, EOFError, KeyError, ValueError, TypeError, AttributeError, SyntaxError)
"""What openpyxl raises for what is broken; SyntaxError is that of XML."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet that was looked into.

    Attributes:
        path: the workbook.
        name: the sheet.
        header: the names above the columns, from column A.
        header_row: where they stand, from 1.
        gaps: cells without a value of their own.
    """

    path: Path
    name: str
    header: tuple[str, ...]
    header_row: int
    gaps: Gaps

    @property
    def told(self) -> tuple[Text, ...]:
        """How it was read."""
        return (
            Text(
                f"Gelezen: blad «{self.name}», kolomnamen in rij {self.header_row}.",
                f"Read: sheet “{self.name}”, column names in row {self.header_row}.",
            ),
        )

    @property
    def numbers_with_point(self) -> bool:
        """Numbers that are texts can have either mark."""
        return False

    @property
    def even(self) -> bool:
        """A sheet has cells everywhere."""
        return False

    def rows(self) -> Iterator[Row]:
        """The rows below the header.

        Raises:
            FileError: it is broken.
        """
        with _opened(self.path) as book:
            for number, cells in _numbered(book[self.name]):
                if number <= self.header_row:
                    continue
                values = self._with_gaps(number, cells)
                if any(value is not None and value != "" for value in values):
                    yield Row(number, values)

    def place(self, row: int, column: int | None) -> str:
        """The cell, as a spreadsheet names it."""
        return f"rij {row}" if column is None else f"{get_column_letter(column + 1)}{row}"

    def _with_gaps(self, row: int, cells: Sequence[Value]) -> Sequence[Value]:
        if not self.gaps.no_result and not self.gaps.merged:
            return cells
        values = list(cells) + [None] * (len(self.header) - len(cells))
        for column, value in enumerate(values, start=1):
            if (row, column) in self.gaps.no_result:
                values[column - 1] = Broken(OwnFault.NO_RESULT)
            elif value is None and (row, column) in self.gaps.merged:
                values[column - 1] = Broken(OwnFault.MERGED, range=self.gaps.merged[row, column])
        return values


def open_workbook(path: Path, dialect: Dialect, knows: Callable[[str], bool]) -> Sheet:
    """The sheet to read.

    Args:
        path: the workbook.
        dialect: what the supplier said about it.
        knows: whether a name belongs to a column of the data set, by its own name or the supplier's.

    Raises:
        FileError: it cannot be read, or has no such sheet.
        AmbiguousFileError: more than one sheet could be meant, or only a hidden one.
        OSError: it cannot be read.
    """
    require_safe(path)
    with _opened(path) as book:
        headers = {sheet.title: _header(sheet, knows) for sheet in book.worksheets}
        hidden = {sheet.title for sheet in book.worksheets if sheet.sheet_state != "visible"}
    name = dialect.sheet if dialect.sheet is not None else _chosen(path, headers, hidden)
    if name not in headers:
        raise FileError(
            Text(f"{path.name} heeft geen blad «{name}».", f"{path.name} has no sheet “{name}”."),
            Text(f"Er zijn: {', '.join(headers)}.", f"There are: {', '.join(headers)}."),
        )
    row, header, _ = headers[name]
    part = parts_of_sheets(path).get(name)
    return Sheet(path, name, header, row, gaps_of(path, part) if part is not None else Gaps())


_Header = tuple[int, tuple[str, ...], int]


def _chosen(path: Path, headers: dict[str, _Header], hidden: set[str]) -> str:
    most = max((known for _, _, known in headers.values()), default=0)
    fitting = [name for name, (_, _, known) in headers.items() if known == most]
    seen = [name for name in fitting if name not in hidden]
    visible = [name for name in headers if name not in hidden]
    if most == 0 and len(visible) == 1:
        return visible[0]
    if most > 0 and len(seen) == 1 and not _rival(headers, seen[0], hidden):
        return seen[0]
    raise AmbiguousFileError(
        Text(
            f"In {path.name} is niet duidelijk welk blad bedoeld is"
            + (" (het passende blad is verborgen)." if most and not seen else "."),
            f"It is not clear which sheet of {path.name} is meant"
            + (" (the one that fits is hidden)." if most and not seen else "."),
        ),
        "sheet",
        tuple(f"'{name}'" for name in (seen or fitting if most else visible or headers)),
    )


def _rival(headers: dict[str, _Header], name: str, hidden: set[str]) -> bool:
    """Whether another visible sheet looks like data of the same kind: at least half as many known columns."""
    known = headers[name][2]
    return any(
        2 * other >= known + 1 and other > 1
        for rival, (_, _, other) in headers.items()
        if rival not in hidden and rival != name
    )


def _header(sheet: Any, knows: Callable[[str], bool]) -> _Header:
    """The row with the most known names within the first rows; the first row with any text when none is known."""
    best: _Header | None = None
    for number, cells in islice(_numbered(sheet), _HEADER_WITHIN):
        names = tuple("" if cell is None else " ".join(str(cell).split()) for cell in cells)
        while names and not names[-1]:
            names = names[:-1]
        if not names:
            continue
        known = sum(map(knows, names))
        if best is None or known > best[2]:
            best = (number, names, known)
    return best or (1, (), 0)


def _numbered(sheet: Any) -> Iterator[tuple[int, Sequence[Value]]]:
    """The rows of a sheet with their numbers, as the cells themselves say: a declared size may be wrong."""
    if not hasattr(sheet, "reset_dimensions"):
        return
    sheet.reset_dimensions()
    rows = islice(sheet.iter_rows(values_only=True), _MAX_ROW)
    number = 0
    while some := _without_warnings(lambda: list(islice(rows, _ROWS_AT_ONCE))):
        for cells in some:
            number += 1
            yield number, cells


def _without_warnings(read: Callable[[], T]) -> T:
    """What is read; openpyxl warns about what it leaves out of a copy, and nothing is copied here."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return read()


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    try:
        book = _without_warnings(lambda: openpyxl.load_workbook(path, read_only=True, data_only=True, keep_links=False))
    except (InvalidFileException, *UNREADABLE) as failed:
        raise broken_workbook(path) from failed
    try:
        yield book
    except UNREADABLE as failed:
        raise broken_workbook(path) from failed
    finally:
        book.close()
