"""The real figures: bed days and cancelled operations in Scotland, 2019 and 2020 (see data/README.md)."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

DATA = Path(__file__).parent / "data"
BOARDS = Path(__file__).parents[2] / "policies" / "classifications" / "scotland-boards.csv"
YEARS = ("2019", "2020")


@dataclass(frozen=True)
class Hospital:
    """A supplier."""

    id: str
    name: str
    board: str


@dataclass(frozen=True)
class Board:
    """A regional owner, and its code in the classification."""

    id: str
    code: str
    name: str


@cache
def hospitals() -> Sequence[Hospital]:
    """The hospitals with beds, in the order of their codes."""
    with_beds = {row["hospital"] for row in _rows("beds.csv")}
    return [
        Hospital(row["hospital"].lower(), row["name"], row["health_board"])
        for row in _rows("hospitals.csv")
        if row["hospital"] in with_beds
    ]


@cache
def boards() -> Sequence[Board]:
    """The health boards."""
    with BOARDS.open(newline="", encoding="utf-8") as lines:
        rows = [row for row in csv.DictReader(lines) if row["code"].startswith("S08")]
    return [Board(f"nhs-{_slug(row['label_en'])}", row["code"], f"NHS {row['label_en']}") for row in rows]


def staffed_beds(hospital: Hospital, year: str) -> Sequence[Mapping[str, str | int]]:
    """What the hospital delivers for the round `staffed-beds-<year>`."""
    codes = {row["label"]: row["code"] for row in _rows("care_forms.csv")}
    return [
        {
            "period": row["quarter"],
            "region": row["health_board"],
            "care_form": codes[row["specialty"]],
            "staffed_bed_days": int(row["staffed_bed_days"]),
            "occupied_bed_days": int(row["occupied_bed_days"]),
        }
        for row in _rows("beds.csv")
        if row["hospital"].lower() == hospital.id and row["quarter"].startswith(year)
    ]


def cancelled_operations(hospital: Hospital, year: str) -> Sequence[Mapping[str, str | int]]:
    """What the hospital delivers for the round `cancelled-operations-<year>`."""
    return [
        {
            "period": row["month"],
            "region": row["health_board"],
            "reason": row["reason"],
            "cancelled": int(row["cancelled"]),
        }
        for row in _rows("cancelled_operations.csv")
        if row["hospital"].lower() == hospital.id and row["month"].startswith(year)
    ]


@cache
def _rows(name: str) -> Sequence[Mapping[str, str]]:
    return list(_read(DATA / name))


def _read(path: Path) -> Iterator[Mapping[str, str]]:
    with path.open(newline="", encoding="utf-8") as lines:
        yield from csv.DictReader(lines)


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
