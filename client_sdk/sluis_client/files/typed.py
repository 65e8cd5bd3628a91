"""NDJSON and Parquet under a supplier's own names: values are what they are, only names and codes are replaced."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from sluis_client.errors import FileError
from sluis_client.files.source import Row, Value
from sluis_client.language import Text

_BATCH = 4096
_FLAT = (str, int, float, Decimal, bool, type(None))


@dataclass(frozen=True, slots=True)
class Typed:
    """A file whose values have types.

    Attributes:
        path: where it is.
        header: every name that some row has, in the order of appearance.
    """

    path: Path
    header: tuple[str, ...]

    @property
    def told(self) -> tuple[Text, ...]:
        """How it was read."""
        kind = "Parquet" if self.path.suffix.lower() == ".parquet" else "NDJSON"
        return (Text(f"Gelezen als {kind}.", f"Read as {kind}."),)

    @property
    def numbers_with_point(self) -> bool:
        """Numbers are no texts here."""
        return True

    @property
    def even(self) -> bool:
        """A row may leave a name out."""
        return False

    def rows(self) -> Iterator[Row]:
        """The rows.

        Raises:
            FileError: the file is broken, or a value is no plain value.
        """
        for number, record in _records(self.path):
            values = [record.get(name) for name in self.header]
            if any(not isinstance(value, _FLAT) for value in values):
                raise _broken(self.path, number)
            yield Row(number, values)

    def place(self, row: int, column: int | None) -> str:
        """The row and the name."""
        return f"rij {row}" if column is None else f"rij {row}, {self.header[column]}"


def open_typed(path: Path) -> Typed:
    """The file and all of its names.

    Raises:
        FileError: it is broken.
        OSError: it cannot be read.
    """
    if path.suffix.lower() == ".parquet":
        try:
            return Typed(path, tuple(pq.read_schema(path).names))
        except pa.ArrowException:
            raise _broken(path, 1) from None
    names: dict[str, None] = {}
    for _, record in _records(path):
        names.update(dict.fromkeys(record))
    return Typed(path, tuple(names))


def first_names(path: Path) -> tuple[str, ...]:
    """The names that a file has, or its first row; none when it cannot be read, which reading it will tell."""
    try:
        if path.suffix.lower() == ".parquet":
            return tuple(pq.read_schema(path).names)
        return tuple(next(_records(path), (0, {}))[1])
    except (FileError, OSError, pa.ArrowException):
        return ()


def _records(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    if path.suffix.lower() == ".parquet":
        yield from _of_parquet(path)
        return
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            try:
                record = json.loads(line, parse_float=Decimal, object_pairs_hook=_once)
            except (ValueError, RecursionError):
                raise _broken(path, number) from None
            if not isinstance(record, dict):
                raise _broken(path, number)
            yield number, record


def _of_parquet(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    number = 0
    try:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(_BATCH):
                for record in batch.to_pylist():
                    number += 1
                    yield number, record
    except pa.ArrowException:
        raise _broken(path, number + 1) from None


def _once(pairs: list[tuple[str, Value]]) -> dict[str, Value]:
    record = dict(pairs)
    if len(record) != len(pairs):
        raise ValueError("a name stands twice in one row")
    return record


def _broken(path: Path, number: int) -> FileError:
    return FileError(
        Text(
            f"Rij {number} van {path.name} is geen rij van gewone waarden.",
            f"Row {number} of {path.name} is no row of plain values.",
        ),
        Text("Maak de export opnieuw, met één waarde per veld.", "Export it again, with one value in each field."),
    )
