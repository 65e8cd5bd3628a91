"""From a file on this machine to the content of a delivery and everything that is wrong with it.

1. A file that is as the wire wants it is checked and sent as it stands, byte for byte.
2. Any other file is read as it is, converted, and what was made of it is checked by the service's own code.
3. Faults are told at the place in the supplier's file, whatever was skipped above it or left out.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sluis_client import wire
from sluis_client.check import CheckReport, check
from sluis_client.content import Content, FileContent, of_wire
from sluis_client.errors import FileError
from sluis_client.files.convert import Made, convert, knows
from sluis_client.files.delimited import Delimited, open_delimited
from sluis_client.files.dialect import Dialect
from sluis_client.files.mapping import Mapping
from sluis_client.files.package import require_safe
from sluis_client.files.persons import is_bsns, person_column
from sluis_client.files.source import Source
from sluis_client.files.typed import first_names, open_typed
from sluis_client.files.workbook import open_workbook
from sluis_client.language import Text
from sluis_client.pseudonyms import Makes, stand_ins
from sluis_client.rules import RoundRules
from sluis_client.wire.faults import SHOWN_FAULTS

DELIMITED = frozenset({".csv", ".tsv", ".tab", ".txt"})
WORKBOOK = frozenset({".xlsx"})
TYPED = frozenset({".ndjson", ".jsonl", ".parquet"})
_OLD = frozenset({".xls", ".xlsb", ".xlsm", ".ods"})
_OTHER_BEGINNINGS = (b"PK\x03\x04", b"PAR1", b"\x1f\x8b", b"\xd0\xcf\x11\xe0", b"%PDF")
_LONGEST_BEGINNING = 4
_OTHER_ROW = re.compile(r"\b(rij|row) ([0-9]+)")
_NAMES_A_ROW = frozenset({str(wire.FaultCode.DOUBLE_ROW), str(wire.FaultCode.DOUBLE_KEY)})


@dataclass(frozen=True, slots=True)
class Prepared:
    """A file that was read and checked.

    Attributes:
        content: what would be sent.
        report: what is wrong with it, with the places in the file.
        made: how it was converted; None for a file that is sent as it stands.
        source: the file that was converted.
    """

    content: Content
    report: CheckReport
    made: Made | None = None
    source: Source | None = None

    @property
    def persons(self) -> int | None:
        """Of how many persons the file held BSNs; None where it held none."""
        return None if self.made is None else self.made.persons

    def with_warnings(self, found: Sequence[wire.Fault]) -> Prepared:
        """The same with warnings about rows of the content, told of the rows of the file."""
        if not found:
            return self
        report, made = self.report, self.made
        if made is not None:
            found = [each if each.row is None else replace(each, row=made.written[each.row - 1]) for each in found]
        shown = (*report.faults.shown, *found)[:SHOWN_FAULTS]
        counts = Counter(report.faults.by_code) + Counter(each.code for each in found)
        faults = wire.Faults(report.faults.total + len(found), shown, dict(counts), report.faults.fatal)
        places: tuple[str, ...] = ()
        if made is not None and self.source is not None:
            places = tuple(_place(each, made, self.source) for each in shown)
        return replace(self, report=replace(report, faults=faults, places=places))


def prepare(path: Path, rules: RoundRules, mapping: Mapping, dialect: Dialect, makes: Makes = stand_ins) -> Prepared:
    """The content and its faults, by the steps in the module's docstring.

    Args:
        path: the file: .csv, .tsv, .txt, .xlsx, .ndjson, .jsonl or .parquet.
        rules: what a delivery to the round must be.
        mapping: the supplier's own names and codes.
        dialect: what is said about the file now; it goes before what the mapping says.
        makes: pseudonyms of BSNs; by itself values that only look like them, which are not to be sent.

    Raises:
        AmbiguousFileError: it can be read in two ways.
        FileError: it cannot be read, or changed while it was.
    """
    before = require_file(path)
    said = dialect.over(mapping.dialect)
    try:
        prepared = _prepared(path, rules, mapping, said, makes)
        after = path.stat()
    except OSError as failed:
        raise _unreadable(path, failed) from None
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        raise FileError(
            Text(f"{path.name} veranderde tijdens het lezen.", f"{path.name} changed while it was read."),
            Text("Wacht tot het bestand klaar is.", "Wait until the file is ready."),
        )
    return prepared


def require_file(path: Path) -> os.stat_result:
    """Refuse at once what cannot be read, before anything is asked of the service.

    Raises:
        FileError: there is no such file, or it is of another kind.
    """
    suffix = path.suffix.lower()
    if suffix not in DELIMITED | WORKBOOK | TYPED:
        raise _other_kind(path, suffix)
    try:
        if suffix in WORKBOOK:
            require_safe(path)
        return path.stat()
    except OSError as failed:
        raise _unreadable(path, failed) from None


def open_source(path: Path, definition: wire.Definition, mapping: Mapping, dialect: Dialect) -> Source:
    """The file's rows, under the supplier's own names.

    Raises:
        AmbiguousFileError: it can be read in two ways.
        FileError: it cannot be read.
    """
    suffix = path.suffix.lower()
    known = knows(definition, mapping)
    if suffix in WORKBOOK:
        return open_workbook(path, dialect, known)
    if suffix in TYPED:
        return open_typed(path)
    return open_delimited(path, dialect, known)


def _prepared(path: Path, rules: RoundRules, mapping: Mapping, said: Dialect, makes: Makes) -> Prepared:
    suffix = path.suffix.lower()
    if suffix in TYPED and not mapping.renames and not _has_bsns(path, rules.definition, mapping):
        return _as_it_stands(path, rules)
    if suffix in DELIMITED and (path.stat().st_size == 0 or _begins_otherwise(path)):
        return _as_it_stands(path, rules)
    source = open_source(path, rules.definition, mapping, said)
    own = None
    if isinstance(source, Delimited) and _is_of_wire(source, rules.definition, mapping, said):
        own = _as_it_stands(path, rules)
        if own.report.accepted:
            return own
    made = convert(source, rules.definition, mapping, said, makes, name=path.name)
    if made.content is None:
        content = FileContent.of(path, wire.Format.CSV)
        return Prepared(content, _report(rules, content.digest, made, made.faults, source), made, source)
    checked = check(made.content, rules)
    faults = _joined(made, checked.faults)
    report = _report(rules, made.content.digest, made, faults, source)
    if own is not None and not report.accepted:
        return own  # nothing is gained by another reading: the faults are told of the file as it stands
    return Prepared(made.content, report, made, source)


def _has_bsns(path: Path, definition: wire.Definition, mapping: Mapping) -> bool:
    """Whether the data set asks for pseudonyms and this file has BSNs instead."""
    return person_column(definition) is not None and any(
        is_bsns(name, mapping, definition) for name in first_names(path)
    )


def _as_it_stands(path: Path, rules: RoundRules) -> Prepared:
    found = of_wire(path)
    content = FileContent.of(path, wire.Format.CSV if found is None else found)
    return Prepared(content, check(content, rules))


def _is_of_wire(source: Delimited, definition: wire.Definition, mapping: Mapping, said: Dialect) -> bool:
    plain = source.encoding == "utf-8" and source.delimiter == "," and source.skipped == 0
    return plain and set(source.header) == set(definition.names) and not mapping.renames and said.decimal != "comma"


def _joined(made: Made, checked: wire.Faults) -> wire.Faults:
    """The faults of the file and of what was made of it, told of the rows of the file; gaps that were told once."""
    missing = str(wire.FaultCode.MISSING)
    shown, hidden = [], 0
    for each in checked.shown:
        if each.code == missing and each.row is not None and (each.row, each.column) in made.holes:
            hidden += 1
            continue
        row = None if each.row is None else made.written[each.row - 1]
        shown.append(replace(each, row=row))
    by_code = {**checked.by_code}
    if hidden:
        by_code[missing] -= hidden
    for code, count in made.faults.by_code.items():
        by_code[code] = by_code.get(code, 0) + count
    together = sorted((*made.faults.shown, *shown), key=lambda each: (each.row or 0, each.code))[:SHOWN_FAULTS]
    return wire.Faults(
        sum(by_code.values()),
        tuple(together),
        {code: count for code, count in by_code.items() if count},
        checked.fatal - hidden + made.faults.fatal,
    )


def _report(rules: RoundRules, digest: str, made: Made, faults: wire.Faults, source: Source) -> CheckReport:
    shown = tuple(_with_places(each, made, source) for each in faults.shown)
    return CheckReport(
        rules.round.id,
        len(made.numbers),
        digest,
        replace(faults, shown=shown),
        accepted=faults.fatal == 0,
        told=tuple(made.told),
        places=tuple(_place(each, made, source) for each in shown),
    )


def _place(each: wire.Fault, made: Made, source: Source) -> str:
    column = None if each.column is None else made.columns.get(each.column)
    if each.row is None:
        return ""
    return source.place(made.numbers[each.row - 1], column)


def _with_places(each: wire.Fault, made: Made, source: Source) -> wire.Fault:
    """A fault that names another row names it as the supplier's program does."""
    if each.code not in _NAMES_A_ROW:
        return each

    def place(found: re.Match[str]) -> str:
        return source.place(made.numbers[made.written[int(found[2]) - 1] - 1], None)

    return replace(each, nl=_OTHER_ROW.sub(place, each.nl), en=_OTHER_ROW.sub(place, each.en))


def positions(prepared: Prepared) -> Sequence[tuple[wire.Fault, int | None, int | None]]:
    """Each fault that is shown, with the row of the file and the place of the column in its header."""
    made = prepared.made
    if made is None:
        return [(each, None, None) for each in prepared.report.faults.shown]
    return [
        (
            each,
            None if each.row is None else made.numbers[each.row - 1],
            None if each.column is None else made.columns.get(each.column),
        )
        for each in prepared.report.faults.shown
    ]


def _begins_otherwise(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(_LONGEST_BEGINNING).startswith(_OTHER_BEGINNINGS)


def _unreadable(path: Path, failed: OSError) -> FileError:
    return FileError(
        Text(
            f"{path.name} kan niet worden gelezen: {failed.strerror}.",
            f"{path.name} cannot be read: {failed.strerror}.",
        ),
        Text("Controleer naam en rechten.", "Check the name and the permissions."),
    )


def _other_kind(path: Path, suffix: str) -> FileError:
    mend = (
        Text("Sla het bestand op als .xlsx.", "Save the file as .xlsx.")
        if suffix in _OLD
        else Text("Sla het bestand op als CSV (UTF-8).", "Save the file as CSV (UTF-8).")
    )
    return FileError(
        Text(
            f"{path.name} is geen .csv, .xlsx, .ndjson of .parquet.",
            f"{path.name} is no .csv, .xlsx, .ndjson or .parquet.",
        ),
        mend,
    )
