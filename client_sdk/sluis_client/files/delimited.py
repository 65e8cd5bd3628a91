"""Text with a delimiter (CSV): encoding and delimiter found out or told, quoted fields over several lines too."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from sluis_client import wire
from sluis_client.errors import AmbiguousFileError, FileError
from sluis_client.files.dialect import DELIMITERS, ENCODINGS, Dialect
from sluis_client.files.encodings import encoding_of
from sluis_client.files.source import Row
from sluis_client.language import Text

_SAID = "sep="
_MAX_HEADER = 1 << 16
_SHOWN = {
    ",": Text("komma's", "commas"),
    ";": Text("puntkomma's", "semicolons"),
    "\t": Text("tabs", "tabs"),
    "|": Text("verticale strepen", "vertical bars"),
}


@dataclass(frozen=True, slots=True)
class Delimited:
    """A CSV file that was looked into.

    Attributes:
        path: where it is.
        encoding: a key of `ENCODINGS`.
        delimiter: the character between the fields.
        header: the names above the columns.
        skipped: lines before the header.
    """

    path: Path
    encoding: str
    delimiter: str
    header: tuple[str, ...]
    skipped: int

    @property
    def told(self) -> tuple[Text, ...]:
        """How it was read."""
        between = _SHOWN[self.delimiter]
        return (
            Text(
                f"Gelezen als {self.encoding}, met {between.nl} tussen de velden.",
                f"Read as {self.encoding}, with {between.en} between the fields.",
            ),
        )

    @property
    def numbers_with_point(self) -> bool:
        """Commas between fields go with points in numbers."""
        return self.delimiter == ","

    @property
    def even(self) -> bool:
        """A row has a field for each name."""
        return True

    def rows(self) -> Iterator[Row]:
        """The rows; after one whose quotes do not pair nothing can be told apart any more.

        Raises:
            OSError: it cannot be read.
        """
        with _opened(self.path, self.encoding) as file:
            for _ in islice(file, self.skipped):
                pass
            reader = csv.reader(file, delimiter=self.delimiter, strict=True)
            before = 0
            try:
                next(reader, None)
                before = reader.line_num
                for fields in reader:
                    number, before = self.skipped + before + 1, reader.line_num
                    if any(field.strip() for field in fields):
                        yield Row(number, fields)
            except csv.Error as failed:
                unclosed = "unexpected end" in str(failed) or "field larger" in str(failed)
                code = wire.FaultCode.UNCLOSED_QUOTE if unclosed else wire.FaultCode.STRAY_QUOTE
                yield Row(self.skipped + before + 1, (), code)

    def place(self, row: int, column: int | None) -> str:
        """The line, and the field in it."""
        return f"regel {row}" if column is None else f"regel {row}, veld {column + 1}"


def open_delimited(path: Path, dialect: Dialect, knows: Callable[[str], bool]) -> Delimited:
    """The file's encoding, delimiter and header.

    Args:
        path: the file.
        dialect: what the supplier said about it.
        knows: whether a name belongs to a column of the data set, by its own name or the supplier's.

    Raises:
        FileError: it cannot be read as text.
        AmbiguousFileError: encoding or delimiter may be two things.
        OSError: it cannot be read.
    """
    encoding = encoding_of(path, dialect.encoding)
    with _opened(path, encoding) as file:
        lines, skipped = list(islice(file, 100)), 0
    said = lines[0].strip() if lines else ""
    delimiter = DELIMITERS[dialect.delimiter] if dialect.delimiter is not None else None
    if said.casefold().startswith(_SAID) and len(said) == len(_SAID) + 1:  # as Excel writes and reads it
        delimiter, skipped = delimiter or said[-1], 1
    elif said.casefold() == _SAID and lines[0].startswith(f"{_SAID}\t"):
        delimiter, skipped = delimiter or "\t", 1
    while skipped < len(lines) and not lines[skipped].strip():
        skipped += 1
    text = "".join(lines[skipped:])
    if not text:
        raise FileError(
            Text(f"{path.name} bevat geen regels.", f"{path.name} holds no lines."),
            Text("Controleer of de export gelukt is.", "See whether the export succeeded."),
        )
    if delimiter is None:
        delimiter = _delimiter(path, text, knows)
    if delimiter not in DELIMITERS.values():
        raise FileError(
            Text(f"{path.name} zegt zelf een onbekend scheidingsteken.", f"{path.name} says an unknown delimiter."),
            Text("Kies er een met `--delimiter`.", "Choose one by `--delimiter`."),
        )
    header = tuple(" ".join(name.split()) for name in _first_record(text, delimiter))
    while header and not header[-1]:
        header = header[:-1]
    return Delimited(path, encoding, delimiter, header, skipped)


def _delimiter(path: Path, text: str, knows: Callable[[str], bool]) -> str:
    """The delimiter that makes the most known names of the header; without any, the one that makes even lines."""
    known = {each: sum(map(knows, _first_record(text, each))) for each in DELIMITERS.values()}
    best = [each for each, count in known.items() if count == max(known.values())]
    if len(best) > 1:
        parted = [each for each in best if len(_first_record(text, each)) > 1]
        if not parted:
            return ","
        best = parted if max(known.values()) else [each for each in parted if _even(text, each)] or parted
    if len(best) > 1:
        names = tuple(name for name, each in DELIMITERS.items() if each in best)
        raise AmbiguousFileError(
            Text(
                f"In {path.name} kan niet worden gezien wat er tussen de velden staat.",
                f"It cannot be seen in {path.name} what stands between the fields.",
            ),
            "delimiter",
            names,
        )
    return best[0]


def _even(text: str, delimiter: str) -> bool:
    try:
        counts = {len(fields) for fields in csv.reader(text.splitlines(keepends=True)[:50], delimiter=delimiter)}
    except csv.Error:
        return False
    return len(counts - {0}) == 1


def _first_record(text: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader(io.StringIO(text[:_MAX_HEADER]), delimiter=delimiter, strict=True), [])
    except csv.Error:
        return text.splitlines()[0].split(delimiter)


def _opened(path: Path, encoding: str) -> io.TextIOWrapper:
    return path.open(encoding=ENCODINGS[encoding], newline="")
