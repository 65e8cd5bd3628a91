"""A file with a column of BSNs becomes one with a column of pseudonyms; all else in it stays as it is.

What is no BSN is told by row, all at once, and no value is shown. The file that is written has other rights than those
of its owner for nobody, and no BSN in it.
"""

import csv
import io
import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from sluis_client import storage, wire
from sluis_client.errors import ContentRefusedError, FileError
from sluis_client.language import Text
from sluis_client.pseudonyms.making import Makes, Progress, values_of
from sluis_client.wire.faults import FaultList, fault
from sluis_client.wire.pseudonym import checked_bsn

BSN_COLUMN = "bsn"
"""How the column of BSNs is called unless it is said otherwise; capitals do not matter."""

_DELIMITERS = ",;\t|"


@dataclass(frozen=True, slots=True)
class Pseudonymised:
    """What was made: the number of rows, of persons in them, and where the file is."""

    rows: int
    persons: int
    path: Path


@dataclass(frozen=True, slots=True, repr=False)
class _Read:
    """The cells of the column of BSNs, and how to write the file with others in their place."""

    cells: Sequence[str]
    write: Callable[[Sequence[str]], bytes]


def has_bsn_column(path: Path, column: str = BSN_COLUMN) -> bool:
    """Whether a file has a column of that name; a file that cannot be read has none, and is told by who reads it."""
    try:
        match path.suffix.lower():
            case ".csv":
                with path.open(encoding="utf-8-sig", newline="") as file:
                    line = file.readline()
                return _place(next(csv.reader([line], delimiter=_delimiter(line)), []), column) is not None
            case ".ndjson" | ".jsonl":
                with path.open(encoding="utf-8-sig") as file:
                    first = json.loads(file.readline() or "{}")
                return isinstance(first, dict) and _place(list(first), column) is not None
            case ".parquet":
                return _place(pq.read_schema(path).names, column) is not None
            case _:
                return False
    except (OSError, ValueError, pa.ArrowException, csv.Error):
        return False


def pseudonymise_file(
    path: Path, output: Path, person: tuple[str, str], *, make: Makes, progress: Progress, column: str = BSN_COLUMN
) -> Pseudonymised:
    """Write the file with pseudonyms in place of its BSNs.

    1. Read the column.
    2. Look at every BSN (the eleven test), and stop with every fault by row.
    3. Have the pseudonyms made.
    4. Write the file, readable by its owner alone.

    Args:
        path: .csv, .ndjson or .parquet.
        output: the file to write, of the same kind; one that is there is replaced.
        person: how the column of pseudonyms is called, and the domain that they are for.
        make: makes the values.
        progress: is told how many persons were done, of how many.
        column: how the column of BSNs is called.

    Raises:
        FileError: it cannot be read or written, or has no such column.
        ContentRefusedError: with every cell that is no BSN.
        SluisClientError: as `make`.
    """
    name, domain = person
    read = _read(path, column, name)  # 1
    checked = [checked_bsn(cell) for cell in read.cells]  # 2
    faults = FaultList([column])
    for row, (cell, found) in enumerate(zip(read.cells, checked, strict=True), 1):
        if isinstance(found, wire.FaultCode):
            faults.add(fault(wire.FaultCode.MISSING if not cell.strip() else found, row, column))
    if faults.fatal:
        raise ContentRefusedError(faults.freeze())
    made = make(checked, domain, progress)  # 3
    try:
        storage.write_private(output, read.write([made[bsn] for bsn in checked]))  # 4
    except OSError as failed:
        raise _unusable(output, failed) from None
    return Pseudonymised(len(checked), len(made), output)


def _read(path: Path, column: str, name: str) -> _Read:
    reader = {".csv": _csv, ".ndjson": _ndjson, ".jsonl": _ndjson, ".parquet": _parquet}.get(path.suffix.lower())
    if reader is None:
        raise FileError(
            Text(f"{path.name} is geen .csv, .ndjson of .parquet.", f"{path.name} is no .csv, .ndjson or .parquet."),
            Text("Sla het bestand op als CSV (UTF-8).", "Save the file as CSV (UTF-8)."),
        )
    try:
        found = reader(path, column, name)
    except OSError as failed:
        raise _unusable(path, failed) from None
    except (ValueError, csv.Error, pa.ArrowException):  # the message may quote a row
        raise FileError(
            Text(f"{path.name} is niet te lezen.", f"{path.name} cannot be read."),
            Text(
                "Controleer het formaat en de tekenset (UTF-8); `sluis-client check` wijst de plaats aan.",
                "Check the format and encoding (UTF-8); `sluis-client check` shows the place.",
            ),
        ) from None
    if found is None:
        raise FileError(
            Text(f"{path.name} heeft geen kolom {column}.", f"{path.name} has no column {column}."),
            Text("Noem de kolom met `--column`.", "Name the column by `--column`."),
        )
    return found


def _csv(path: Path, column: str, name: str) -> _Read | None:
    with path.open(encoding="utf-8-sig", newline="") as file:
        text = file.read()
    delimiter = _delimiter(text.partition("\n")[0])
    header, *rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    place = _place(header, column)
    if place is None:
        return None

    def write(values: Sequence[str]) -> bytes:
        written = io.StringIO(newline="")
        out = csv.writer(written, delimiter=delimiter, lineterminator="\r\n")
        out.writerow([*header[:place], name, *header[place + 1 :]])
        for row, value in zip(rows, values, strict=True):
            out.writerow([*row[:place], value, *row[place + 1 :]])
        return written.getvalue().encode()

    return _Read([row[place] if place < len(row) else "" for row in rows], write)


def _ndjson(path: Path, column: str, name: str) -> _Read | None:
    records: list[dict[str, Any]] = []
    for line in path.read_text(encoding="utf-8-sig").split("\n"):
        if line.strip():
            record = json.loads(line, parse_float=_exact, object_pairs_hook=_once)
            if not isinstance(record, dict):
                raise ValueError("no record")
            records.append(record)
    places = [_place(list(record), column) for record in records]
    if not records or all(place is None for place in places):
        return None
    keys = [None if place is None else list(record)[place] for record, place in zip(records, places, strict=True)]

    def write(values: Sequence[str]) -> bytes:
        lines = []
        for record, key, value in zip(records, keys, values, strict=True):
            renamed = {name if known == key else known: value if known == key else one for known, one in record.items()}
            lines.append(json.dumps(renamed, ensure_ascii=False, separators=(",", ":")))
        return ("\n".join(lines) + "\n").encode()

    cells = values_of(None if key is None else record[key] for record, key in zip(records, keys, strict=True))
    return _Read(cells, write)


def _exact(text: str) -> float:
    """The number, when it is written again as the same one."""
    value = float(text)
    if not math.isfinite(value) or Decimal(repr(value)) != Decimal(text):
        raise ValueError("more digits than can be kept")
    return value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The record, when no name stands in it twice."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name twice")
    return found


def _parquet(path: Path, column: str, name: str) -> _Read | None:
    table = pq.read_table(path)
    place = _place(table.column_names, column)
    if place is None:
        return None

    def write(values: Sequence[str]) -> bytes:
        sink = pa.BufferOutputStream()
        pq.write_table(table.set_column(place, name, pa.array(values, pa.string())), sink)
        return bytes(sink.getvalue())

    return _Read(values_of(table.column(place).to_pylist()), write)


def _place(header: Sequence[str], column: str) -> int | None:
    names = [one.strip().casefold() for one in header]
    return names.index(column.casefold()) if column.casefold() in names else None


def _delimiter(header: str) -> str:
    return max(_DELIMITERS, key=header.count)


def _unusable(path: Path, failed: OSError) -> FileError:
    return FileError(
        Text(f"{path.name}: {failed.strerror}.", f"{path.name}: {failed.strerror}."),
        Text("Controleer naam en rechten.", "Check the name and the permissions."),
    )


def person_column(definition: wire.Definition) -> tuple[str, str] | None:
    """The name and domain of the data set's column of pseudonyms, when it has one."""
    found = next((one for one in definition.columns if one.kind is wire.Kind.PSEUDONYM), None)
    return None if found is None or found.domain is None else (found.name, found.domain)
