"""The inside of an .xlsx before a library opens it: bounded sizes, no document types, and what readers do not tell.

A workbook is a ZIP archive of XML. Its sizes are those that the archive declares, and never more is unpacked than that;
a document type could define entities that unfold without end (ECMA-376 has no use for one), so that it is refused.

Readers give a formula the value that was kept of its last calculation, and nothing where none was kept; they give
merged cells but one value. Both would be silent gaps, so one pass over the sheet's XML finds them.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO
from xml.parsers import expat

from sluis_client.errors import FileError
from sluis_client.language import Text

MAX_UNPACKED = 1 << 30
"""Bytes of all parts together."""

MAX_HELD = 256 << 20
"""Bytes of the parts that are held in memory: shared texts, styles, the list of sheets."""

_MAX_PARTS = 10_000
_BLOCK = 1 << 16
_MAX_ROW, _MAX_COLUMN = 1 << 20, 1 << 14
_MAX_FOUND = 100_000
_CELL = re.compile(r"\$?([A-Z]{1,3})\$?([0-9]{1,7})")
_BROKEN = Text("Sla het opnieuw op vanuit uw rekenblad, als .xlsx.", "Save it again from your spreadsheet, as .xlsx.")
_SMALLER = Text(
    "Lever alleen de gevraagde kolommen en periode, of sla het blad op als CSV.",
    "Deliver only the columns and period asked for, or save the sheet as CSV.",
)


class _FoundDoctypeError(Exception):
    """The part has a document type."""


class _BeginsError(Exception):
    """The root element begins: no document type can follow."""


@dataclass
class Gaps:
    """Cells without a value of their own, by row and column from 1; the first hundred thousand of each.

    Attributes:
        no_result: formulas without a value.
        merged: cells that are merged with others, and how their range is written.
    """

    no_result: set[tuple[int, int]] = field(default_factory=set)
    merged: dict[tuple[int, int], str] = field(default_factory=dict)


def require_safe(path: Path) -> None:
    """Refuse what is no workbook, or one that would take the machine down.

    Raises:
        FileError: with what to do about it.
        OSError: it cannot be read.
    """
    with _archive(path) as archive:
        parts = archive.infolist()
        if any(part.flag_bits & 1 for part in parts):
            raise FileError(
                Text(f"{path.name} is met een wachtwoord beveiligd.", f"{path.name} is protected by a password."),
                Text("Sla het op zonder wachtwoord.", "Save it without a password."),
            )
        held = sum(part.file_size for part in parts if not part.filename.startswith("xl/worksheets/"))
        total = sum(part.file_size for part in parts)
        if len(parts) > _MAX_PARTS or total > MAX_UNPACKED or held > MAX_HELD:
            raise FileError(
                Text(
                    f"{path.name} is uitgepakt te groot ({total // 2**20} MiB).",
                    f"{path.name} is too large when unpacked ({total // 2**20} MiB).",
                ),
                _SMALLER,
            )
        if "xl/workbook.xml" not in archive.namelist():
            raise FileError(Text(f"{path.name} is geen Excel-werkmap.", f"{path.name} is no Excel workbook."), _BROKEN)
        for part in parts:
            if part.filename.endswith((".xml", ".rels", ".vml")):
                with archive.open(part) as stream:
                    _refuse_doctype(path, stream)


def gaps_of(path: Path, part: str) -> Gaps:
    """What a sheet leaves empty that looks filled.

    Args:
        path: the workbook, found safe.
        part: the sheet's name inside the archive.

    Raises:
        FileError: it is broken.
    """
    found = Gaps()
    looker = _Looker(found)
    with _archive(path) as archive, archive.open(part) as stream:
        _parse(path, stream, looker.parser())
    return found


def unpacked_size(path: Path) -> int:
    """Bytes of all parts, as the archive declares them."""
    with _archive(path) as archive:
        return sum(part.file_size for part in archive.infolist())


def parts_of_sheets(path: Path) -> dict[str, str]:
    """The part of each sheet, by the sheet's name.

    Raises:
        FileError: it is broken.
    """
    by_id: dict[str, str] = {}
    ids: dict[str, str] = {}

    def relation(name: str, told: dict[str, str]) -> None:
        if name.rpartition(":")[2] == "Relationship":
            target = told.get("Target", "")
            by_id[told.get("Id", "")] = target[1:] if target.startswith("/") else f"xl/{target}"

    def sheet(name: str, told: dict[str, str]) -> None:
        if name.rpartition(":")[2] == "sheet":
            ids[told.get("name", "")] = next((v for k, v in told.items() if k.rpartition(":")[2] == "id"), "")

    with _archive(path) as archive:
        for part, handler in (("xl/_rels/workbook.xml.rels", relation), ("xl/workbook.xml", sheet)):
            if part not in archive.namelist():
                raise broken_workbook(path)
            parser = expat.ParserCreate()
            parser.StartElementHandler = handler
            with archive.open(part) as stream:
                _parse(path, stream, parser)
        names = set(archive.namelist())
    return {name: by_id[key] for name, key in ids.items() if by_id.get(key) in names}


class _Looker:
    """Reads a sheet's XML for formulas without a value and for merged cells."""

    def __init__(self, found: Gaps) -> None:
        self._found = found
        self._row = self._column = 0
        self._formula = self._value = self._text = False
        self._in_value = False

    def parser(self) -> expat.XMLParserType:
        """A parser that tells this."""
        parser = expat.ParserCreate()
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._data
        return parser

    def _start(self, name: str, told: dict[str, str]) -> None:
        match name.rpartition(":")[2]:
            case "row":
                self._row = _number(told.get("r"), self._row + 1, _MAX_ROW)
                self._column = 0
            case "c":
                place = _CELL.fullmatch(told.get("r", ""))
                self._column = self._column + 1 if place is None else column_number(place[1])
                self._formula = self._value = False
                self._text = told.get("t") in {"str", "inlineStr"}
            case "f":
                self._formula = True
            case "v" | "is":
                self._in_value = True
                self._value = self._value or self._text
            case "mergeCell":
                self._merged(told.get("ref", ""))
            case _:
                pass

    def _end(self, name: str) -> None:
        match name.rpartition(":")[2]:
            case "c" if self._formula and not self._value and len(self._found.no_result) < _MAX_FOUND:
                self._found.no_result.add((self._row, self._column))
            case "v" | "is":
                self._in_value = False
            case _:
                pass

    def _data(self, text: str) -> None:
        if self._in_value and text.strip():
            self._value = True

    def _merged(self, written: str) -> None:
        first, _, last = written.partition(":")
        begin, end = _CELL.fullmatch(first), _CELL.fullmatch(last or first)
        if begin is None or end is None:
            return
        for row in range(int(begin[2]), int(end[2]) + 1):
            for column in range(column_number(begin[1]), column_number(end[1]) + 1):
                if len(self._found.merged) >= _MAX_FOUND:
                    return
                self._found.merged[row, column] = written


def column_number(letters: str) -> int:
    """The number of a column, from 1: A, Z, AA are 1, 26, 27."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return min(number, _MAX_COLUMN)


def _number(text: str | None, otherwise: int, most: int) -> int:
    return min(int(text), most) if text is not None and text.isascii() and text.isdigit() else otherwise


def _refuse_doctype(path: Path, stream: IO[bytes]) -> None:
    def doctype(*_: object) -> None:
        raise _FoundDoctypeError

    def begins(*_: object) -> None:
        raise _BeginsError

    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = doctype
    parser.StartElementHandler = begins
    try:
        _parse(path, stream, parser)
    except _BeginsError:
        return
    except _FoundDoctypeError:
        raise FileError(
            Text(f"{path.name} bevat een documenttype in zijn XML.", f"{path.name} has a document type in its XML."),
            _BROKEN,
        ) from None


def _parse(path: Path, stream: IO[bytes], parser: expat.XMLParserType) -> None:
    try:
        while block := stream.read(_BLOCK):
            parser.Parse(block, False)
        parser.Parse(b"", True)
    except (expat.ExpatError, zipfile.BadZipFile, EOFError):
        raise broken_workbook(path) from None


@contextmanager
def _archive(path: Path) -> Iterator[zipfile.ZipFile]:
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, NotImplementedError):
        raise broken_workbook(path) from None
    with archive:
        yield archive


def broken_workbook(path: Path) -> FileError:
    """What is no workbook, or one no longer."""
    return FileError(
        Text(f"{path.name} is beschadigd of geen .xlsx.", f"{path.name} is damaged or no .xlsx."),
        _BROKEN,
    )
