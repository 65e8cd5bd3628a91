"""A data set, and files of it as suppliers have them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import openpyxl

from sluis_client import RoundRules, wire
from sluis_client.answers import Round


def label(text: str) -> wire.Label:
    return wire.Label(text, f"{text} (en)")


def codes(*names: str) -> tuple[wire.Code, ...]:
    return tuple(wire.Code(name, label(f"Naam van {name}")) for name in names)


DEFINITION = wire.Definition(
    id="beds",
    version=1,
    title=label("Bedden"),
    description=label("Bedden per maand"),
    columns=(
        wire.Column("period", label("Maand"), wire.Kind.CODE, codes=codes("2019-01", "2019-02", "2020-01", "2020-02")),
        wire.Column("region", label("Regio"), wire.Kind.CODE, codes=codes("0034", "0363", "GM0014", "7")),
        wire.Column("beds", label("Bedden"), wire.Kind.INTEGER, minimum=0),
        wire.Column("share", label("Deel"), wire.Kind.DECIMAL, required=False),
        wire.Column("note", label("Toelichting"), wire.Kind.TEXT, required=False),
    ),
    key=("period", "region"),
    checks=(),
    max_rows=500,
    period_column="period",
)
NAMES = DEFINITION.names
ROWS: list[dict[str, Any]] = [
    {"period": "2019-01", "region": "0034", "beds": 1200, "share": "12.5", "note": "Cliënten én ‘plekken’; alles"},
    {"period": "2019-02", "region": "GM0014", "beds": 90, "share": "0.25", "note": "één | twee, drie"},
]


def rules_of(definition: wire.Definition = DEFINITION, period: str = "2019", round_id: str = "") -> RoundRules:
    allowed = tuple(code.code for code in definition.column("period").codes if code.code.startswith(period))
    described = Round(
        round_id or f"{definition.id}-{period}",
        definition.id,
        definition.version,
        period,
        "open",
        datetime(2030, 1, 1, tzinfo=UTC),
        None,
        None,
    )
    return RoundRules(described, definition, allowed)


RULES = rules_of()


def workbook(path: Path, rows: list[list[Any]], title: str = "Blad1") -> Path:
    book = openpyxl.Workbook()
    book.active.title = title
    for row in rows:
        book.active.append(row)
    book.save(path)
    return path
