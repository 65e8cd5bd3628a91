"""Organisations in a CSV file, as `sluis organisation import` takes them in."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import date
from typing import TextIO

from service.domain.errors import Fault, Faulty, Invalid
from service.domain.organisation import Agreement, Organisation, OrganisationKind
from service.domain.texts import text_of_error
from service.domain.texts_rules import told_faults

COLUMNS = ("id", "name", "kinds", "holding", "agreement", "valid_from", "valid_until", "regions")
_KINDS = ", ".join(kind.value for kind in OrganisationKind)


def read_organisations(file: TextIO) -> list[Organisation]:
    """The organisations of a CSV file.

    Raises:
        Faulty: `organisation`, with every row and column that does not hold.
    """
    reader = csv.DictReader(file, strict=True)
    found: list[Organisation] = []
    faults: list[Fault] = []
    try:
        if tuple(reader.fieldnames or ()) != COLUMNS:
            named = ", ".join(COLUMNS)
            raise Faulty(
                "organisation",
                (
                    Fault(
                        "row 1", "columns", f"moet deze kolommen noemen: {named}", f"must name these columns: {named}"
                    ),
                ),
            )
        for number, row in enumerate(reader, start=2):
            wrong = list(_wrong(row)) or _made(row, found)
            faults += [
                Fault(f"row {number}{', ' if fault.where else ''}{fault.where}", fault.code, fault.nl, fault.en)
                for fault in wrong
            ]
    except (csv.Error, UnicodeDecodeError):
        line = f"row {reader.line_num + 1}"
        faults.append(Fault(line, "no-csv", "is geen CSV in UTF-8", "is no CSV in UTF-8"))
    if faults:
        raise Faulty("organisation", tuple(faults))
    return found


def _wrong(row: dict[str, str]) -> Iterator[Fault]:
    """What cannot be read as what its column holds."""
    if None in row or None in row.values():
        yield Fault("", "cells", "heeft meer of minder cellen dan rij 1", "has more or fewer cells than row 1")
        return
    kinds = {kind.value for kind in OrganisationKind}
    if not set(row["kinds"].split()) <= kinds:
        yield Fault("kinds", "unknown-choice", f"kan zijn: {_KINDS}", f"can be: {_KINDS}")
    for column in ("valid_from", "valid_until"):
        if row[column] or column == "valid_from":
            try:
                date.fromisoformat(row[column])
            except ValueError:
                yield Fault(column, "no-day", "moet een dag zijn als 2026-01-31", "must be a day as 2026-01-31")


def _made(row: dict[str, str], found: list[Organisation]) -> list[Fault]:
    until = row["valid_until"]
    try:
        found.append(
            Organisation(
                id=row["id"],
                name=row["name"],
                kinds=frozenset(OrganisationKind(kind) for kind in row["kinds"].split()),
                holding=row["holding"] or row["id"],
                agreement=Agreement(
                    row["agreement"],
                    date.fromisoformat(row["valid_from"]),
                    date.fromisoformat(until) if until else None,
                ),
                regions=frozenset(row["regions"].split()),
            )
        )
    except Invalid as error:
        text = text_of_error(error)
        return list(told_faults(error)) or [Fault("", error.code, text.nl, text.en)]
    return []
