"""Figures to deliver, what they add up to, and an attacker of our own: nothing here is the service's code."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from csv import DictReader
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from journey import Row, World, a_spec
from linear_program import LinearProgram

from service.domain.round import RoundState

POLICIES = Path(__file__).parents[2] / "policies" / "classifications"

AYRSHIRE, DUMFRIES, GRAMPIAN = "S08000015", "S08000017", "S08000020"
LONE = 197
"""What one supplier delivers where it is alone."""

FIGURES: Mapping[str, Sequence[tuple[str, str, int]]] = {
    "north": [(AYRSHIRE, "cardiology", 410), (DUMFRIES, "cardiology", 390), (GRAMPIAN, "cardiology", 505)],
    "south": [(AYRSHIRE, "cardiology", 388), (AYRSHIRE, "dermatology", 222), (GRAMPIAN, "cardiology", 498)],
    "east": [(AYRSHIRE, "dermatology", 218), (DUMFRIES, "cardiology", 402), (GRAMPIAN, "dermatology", 311)],
    "west": [(AYRSHIRE, "cardiology", 395), (AYRSHIRE, "dermatology", 230), (GRAMPIAN, "dermatology", 290)],
    "isle": [(DUMFRIES, "cardiology", 411), (GRAMPIAN, "cardiology", 470), (GRAMPIAN, "dermatology", 305)],
    "vale": [(DUMFRIES, "dermatology", LONE), (DUMFRIES, "general-psychiatry", 5)],
}
"""Per supplier region, care form and bed days: `vale` is alone in two places."""


def rows_of(supplier: str, year: str = "2024") -> list[Row]:
    return [(f"{year}Q1", region, form, value, value) for region, form, value in FIGURES[supplier]]


def parents(file: str) -> dict[str, str]:
    with (POLICIES / file).open(encoding="utf-8") as lines:
        return {row["code"]: row["parent"] or "TOTAL" for row in DictReader(lines)}


BOARDS, FORMS = parents("scotland-boards.csv"), parents("scotland-specialties.csv")
Atom = tuple[str, str, str]
"""Board, care form, quarter."""


@dataclass(frozen=True)
class Delivered:
    """A figure of one supplier at one atom."""

    supplier: str
    atom: Atom
    value: int


def delivered(rows: Mapping[str, Iterable[Row]]) -> list[Delivered]:
    return [
        Delivered(supplier, (region, form, quarter), value)
        for supplier, theirs in rows.items()
        for quarter, region, form, value, _ in theirs
    ]


def within(code: str, atom: str, tree: Mapping[str, str]) -> bool:
    """Whether the atom lies below the code."""
    while atom != code:
        if atom not in tree:
            return False
        atom = tree[atom]
    return True


def covers(dimensions: Sequence[str], codes: Sequence[str], atom: Atom) -> bool:
    """Whether a cell holds the atom."""
    places = {"region": (atom[0], BOARDS), "care_form": (atom[1], FORMS)}
    for dimension, code in zip(dimensions, codes, strict=True):
        if dimension == "period":
            if code not in {atom[2], atom[2][:4], "TOTAL"}:
                return False
        elif not within(code, *places[dimension]):
            return False
    return True


@dataclass(frozen=True)
class Cell:
    """A published or suppressed cell of some release."""

    dimensions: tuple[str, ...]
    codes: tuple[str, ...]
    value: int | None

    def holds(self, atom: Atom) -> bool:
        return covers(self.dimensions, self.codes, atom)


def cells_of(content: str, measure: str = "staffed_bed_days") -> list[Cell]:
    """The cells of a release, from what its readers get."""
    read: dict[str, Any] = json.loads(content)
    dimensions = tuple(dimension["dimension"] for dimension in read["dimensions"])
    return [
        Cell(dimensions, tuple(cell["codes"]), cell["value"])
        for table in read["tables"]
        if table["measure"] == measure
        for cell in table["cells"]
    ]


def unsafe_margin(shares: Mapping[str, int]) -> int | None:
    """How far above its value an attacker must deem a cell possible, by `policies/disclosure/operational.yaml`.

    None when the cell is safe.
    """
    total, ranked = sum(shares.values()), [*sorted(shares.values(), reverse=True), 0, 0]
    first, second = ranked[:2]
    if total == 0:
        return None
    remainder = total - first - second
    broken = [
        total < 10,
        len(shares) < 3,
        first * 100 > 75 * total,
        (first + second) * 100 > 90 * total,
        remainder * 100 < 10 * first,
    ]
    if not any(broken):
        return None
    need = max(0, -(-(10 * first - 100 * remainder) // 100))
    return max(need, 10 - total) if total < 10 else need


def require_sums(content: str, facts: Sequence[Delivered]) -> int:
    """Every published value is the sum of what was delivered, and safe by itself; the number of them above zero."""
    published = 0
    for cell in cells_of(content):
        shares: defaultdict[str, int] = defaultdict(int)
        for fact in facts:
            if cell.holds(fact.atom):
                shares[fact.supplier] += fact.value
        if cell.value is not None:
            assert cell.value == sum(shares.values()), cell
            assert unsafe_margin(shares) is None, cell
            published += cell.value > 0
    return published


@dataclass(frozen=True)
class Breach:
    """An unsafe cell that an attacker knows too closely."""

    attacker: str
    codes: tuple[str, ...]
    lowest: float
    highest: float
    value: int


def attack(releases: Sequence[str], facts: Sequence[Delivered]) -> list[Breach]:
    """What an outsider and each supplier can compute from all releases together: the published cells, no more.

    The unknowns are the atoms of every board and care form; a published zero makes all of its atoms zero.
    """
    cells = [cell for content in releases for cell in cells_of(content)]
    quarters = sorted({fact.atom[2] for fact in facts})
    unknown = [(board, form, quarter) for board in _leaves(BOARDS) for form in _leaves(FORMS) for quarter in quarters]
    for cell in cells:
        if cell.value == 0:
            unknown = [atom for atom in unknown if not cell.holds(atom)]
    published = [cell for cell in cells if cell.value]
    matrix = np.array([[float(cell.holds(atom)) for atom in unknown] for cell in published])
    matrix = matrix.reshape(len(published), len(unknown))
    values = np.array([float(cell.value or 0) for cell in published])
    known = {}
    for attacker in ("outsider", *FIGURES):
        own = defaultdict(float, {fact.atom: float(fact.value) for fact in facts if fact.supplier == attacker})
        least = np.array([own[atom] for atom in unknown])
        known[attacker] = LinearProgram(matrix, values, least, np.full(len(unknown), np.inf))
    found = []
    for cell in _targets(cells):
        shares: defaultdict[str, int] = defaultdict(int)
        for fact in facts:
            if cell.holds(fact.atom):
                shares[fact.supplier] += fact.value
        margin, total = unsafe_margin(shares), sum(shares.values())
        if margin is None:
            continue
        target = np.array([float(cell.holds(atom)) for atom in unknown])
        for attacker, program in known.items():
            if shares.get(attacker) == total:
                continue  # its own figure is no secret to itself
            lowest, highest = (_extreme(sign * target, program) for sign in (1, -1))
            exact = -highest - lowest < 0.5
            close = attacker == "outsider" and -highest < total + margin - 1e-6
            if exact or close:
                found.append(Breach(attacker, cell.codes, lowest, -highest, total))
    return found


def _targets(cells: Sequence[Cell]) -> list[Cell]:
    """Every combination of codes that occur in any release: what arises only between releases too."""
    codes: defaultdict[str, set[str]] = defaultdict(set)
    for cell in cells:
        for dimension in ("region", "care_form", "period"):
            at = cell.dimensions.index(dimension) if dimension in cell.dimensions else None
            codes[dimension].add("TOTAL" if at is None else cell.codes[at])
    return [Cell(tuple(codes), found, None) for found in product(*(sorted(named) for named in codes.values()))]


def _extreme(target: np.ndarray, program: LinearProgram) -> float:
    """The least value of target; minus infinity when nothing bounds it."""
    found = program.at_least(target)
    return -np.inf if found is None else float(target @ found)


def _leaves(tree: Mapping[str, str]) -> list[str]:
    return [code for code in tree if code not in tree.values()]


SPEC = a_spec(periods=("2024",))
ROWS = {supplier: rows_of(supplier) for supplier in FIGURES}
FACTS = delivered(ROWS)


def collect(world: World) -> World:
    """All suppliers have delivered 2024, and the round is closed."""
    world.round("2024")
    for supplier, rows in ROWS.items():
        world.deliver(world.parties[supplier], rows, "staffed-beds-2024")
    world.turn("staffed-beds-2024", RoundState.CLOSED)
    return world


def correct(world: World, supplier: str = "north", by: int = 1) -> None:
    """Reopen the round, let one supplier correct its figures, and close it."""
    world.turn("staffed-beds-2024", RoundState.OPEN, "a supplier found a fault")
    party = world.parties[supplier]
    counts = world.counting(party, "staffed-beds-2024")
    rows = [(*row[:3], row[3] + by, row[4]) for row in ROWS[supplier]]
    world.deliver(party, rows, "staffed-beds-2024", corrects=counts.id if counts else None)
    world.turn("staffed-beds-2024", RoundState.CLOSED)
