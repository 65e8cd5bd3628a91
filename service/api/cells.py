"""The figures of a release, one row each: as JSON items or as CSV (RFC 4180)."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Cell:
    """One figure; `value` is None when it is suppressed, and then `status` is Q (SDMX OBS_STATUS), else A."""

    measure: str
    unit: str
    codes: dict[str, str]
    value: int | float | None
    status: str


@dataclass(frozen=True, slots=True)
class Figures:
    """All figures of a release."""

    dimensions: tuple[str, ...]
    cells: tuple[Cell, ...]


def figures_of(content: str) -> Figures:
    """The figures in the signed content of a release."""
    document = json.loads(content)
    dimensions = tuple(described["dimension"] for described in document["dimensions"])
    cells = tuple(
        Cell(
            table["measure"],
            table["unit"],
            dict(zip(dimensions, cell["codes"], strict=True)),
            cell["value"],
            cell["status"],
        )
        for table in document["tables"]
        for cell in table["cells"]
    )
    return Figures(dimensions, cells)


def csv_of(figures: Figures) -> bytes:
    """The figures as CSV in UTF-8; a suppressed value is empty, and its OBS_STATUS is Q.

    A text that a spreadsheet would take for a formula gets an apostrophe before it (OWASP, CSV injection).
    """
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([*map(_harmless, figures.dimensions), "MEASURE", "UNIT_MEASURE", "OBS_VALUE", "OBS_STATUS"])
    writer.writerows(_rows(figures))
    return out.getvalue().encode()


def _rows(figures: Figures) -> Iterator[list[str]]:
    for cell in figures.cells:
        codes = [_harmless(cell.codes[name]) for name in figures.dimensions]
        value = "" if cell.value is None else str(cell.value)
        yield [*codes, _harmless(cell.measure), _harmless(cell.unit), value, cell.status]


def _harmless(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text
