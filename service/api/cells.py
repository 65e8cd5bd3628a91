"""The figures of a release, one row each: as JSON items or as CSV (RFC 4180)."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass

from service.domain.spreadsheet import harmless

_ACCURACY = ("STANDARD_DEVIATION", "HALF_WIDTH_95")


@dataclass(frozen=True, slots=True)
class Cell:
    """One figure.

    `value` is None when it is suppressed, and then `status` is Q (SDMX OBS_STATUS), else A. With noise it is E, and
    `standard_deviation` and `half_width` (of a 95 % interval) say how far off the value may be.
    """

    measure: str
    unit: str
    codes: dict[str, str]
    value: int | float | None
    status: str
    standard_deviation: int | float | None = None
    half_width: int | None = None


@dataclass(frozen=True, slots=True)
class Figures:
    """All figures of a release."""

    dimensions: tuple[str, ...]
    cells: tuple[Cell, ...]

    @property
    def noisy(self) -> bool:
        """Whether some figure has noise."""
        return any(cell.half_width is not None for cell in self.cells)


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
            cell.get("standardDeviation"),
            cell.get("halfWidth"),
        )
        for table in document["tables"]
        for cell in table["cells"]
    )
    return Figures(dimensions, cells)


def csv_of(figures: Figures) -> bytes:
    """The figures as CSV in UTF-8; a suppressed value is empty, and its OBS_STATUS is Q.

    Figures with noise have two columns more, so that whoever reads others finds the columns as they always were.

    A text that a spreadsheet would take for a formula gets an apostrophe before it (OWASP, CSV injection).
    """
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    columns = ["MEASURE", "UNIT_MEASURE", "OBS_VALUE", "OBS_STATUS", *(_ACCURACY if figures.noisy else ())]
    writer.writerow([*map(harmless, figures.dimensions), *columns])
    writer.writerows(_rows(figures))
    return out.getvalue().encode()


def _rows(figures: Figures) -> Iterator[list[str]]:
    for cell in figures.cells:
        codes = [harmless(cell.codes[name]) for name in figures.dimensions]
        accuracy = [cell.standard_deviation, cell.half_width] if figures.noisy else []
        numbers = ["" if number is None else str(number) for number in (cell.value, *accuracy)]
        yield [*codes, harmless(cell.measure), harmless(cell.unit), numbers[0], cell.status, *numbers[1:]]
