"""From published figures of municipalities to figures of regions, with what is missing said.

Municipalities end and begin; a table has those of some day, a classification those of another. What cannot be given
to one region is given to none, and told of each region that it touches.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal
from enum import StrEnum
from itertools import product

from service.domain.classification import TOTAL, Classification
from service.domain.public_figures import CANNOT_BE, BorderChange, Observation, PublicKind, PublicMeasure, PublicSource

Cell = tuple[str, ...]


class Why(StrEnum):
    """Why a municipality's figure is not in a region's."""

    NO_FIGURE = "no-figure"
    DIVIDED = "divided"
    NOT_IN_SOURCE = "not-in-source"


@dataclass(frozen=True, slots=True, order=True)
class Missing:
    """A municipality that a figure lacks, with the publisher's word for it where there is one."""

    municipality: str
    why: Why
    note: str = ""


@dataclass(frozen=True, slots=True)
class RegionFigure:
    """A figure of a region.

    Attributes:
        region: the code.
        cell: a code of each dimension of the source, or TOTAL.
        measure: of the source.
        value: over the whole region; None when something is missing, or there is nothing to weigh with.
        known: over the municipalities whose figure is known; None when there is none.
        missing: what `value` would need.
    """

    region: str
    cell: Cell
    measure: str
    value: Decimal | None
    known: Decimal | None
    missing: tuple[Missing, ...]


@dataclass(frozen=True, slots=True)
class RegionFigures:
    """All figures of a level; `unknown` are codes with a figure that no municipality of the classification is."""

    figures: tuple[RegionFigure, ...]
    unknown: tuple[str, ...]


def touched(code: str, changes: Sequence[BorderChange], borders: date, as_of: date) -> frozenset[str]:
    """The municipalities of the day `as_of` that have a part of the area that `code` had on the day `borders`.

    Corrections of a border, by which both municipalities stay, are not followed.
    """
    found = {code}
    for steps in _days(changes, borders, as_of):
        moved = [change for change in steps if change.old in found]
        found = (found - {change.old for change in moved}) | {change.new for change in moved}
    for steps in reversed(_days(changes, as_of, borders)):
        moved = [change for change in steps if change.new in found]
        found = (found - {change.new for change in moved if change.begins}) | {change.old for change in moved}
    return frozenset(found)


def municipalities_on(day: date, atoms: Iterable[str], changes: Sequence[BorderChange], as_of: date) -> frozenset[str]:
    """The municipalities that were there on a day, given those of the day `as_of`."""
    there = set(atoms)
    for steps in reversed(_days(changes, day, as_of)):
        there = (there - {change.new for change in steps if change.begins}) | {change.old for change in steps}
    for steps in _days(changes, as_of, day):
        there = (there - {change.old for change in steps}) | {change.new for change in steps}
    return frozenset(there)


def gaps(
    source: PublicSource, year: int, codes: Iterable[str], *, changes: Sequence[BorderChange], atoms: Iterable[str]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The municipalities of that year that are not among the codes, and the codes that are no such municipality."""
    there = municipalities_on(source.table_of(year).borders_in(year), atoms, changes, source.as_of)
    given = frozenset(codes)
    return tuple(sorted(there - given)), tuple(sorted(given - there))


def _days(changes: Sequence[BorderChange], after: date, until: date) -> list[list[BorderChange]]:
    """The changes after one day and until another, day by day."""
    days = sorted({change.on for change in changes if after < change.on <= until})
    return [[change for change in changes if change.on == day] for day in days]


def figures_of(
    source: PublicSource,
    year: int,
    observations: Sequence[Observation],
    *,
    changes: Sequence[BorderChange],
    classification: Classification,
    level: str,
) -> RegionFigures:
    """The figures of every region of `level`, by region, cell and measure.

    1. A code that was no municipality on the day of the table is not counted, and told.
    2. Each municipality is given to the region that holds all that is left of it, or to none; one that the source says
       nothing of, or that is divided between regions, is missing in each region that has a part of it.
    3. Counts are added, over codes too; a mean is weighted with the count of the same municipality and cell.
    """
    borders = source.table_of(year).borders_in(year)
    atoms = [code.code for code in classification.at(classification.finest)]
    there = municipalities_on(borders, atoms, changes, source.as_of)
    told: dict[str, dict[tuple[Cell, str], Observation]] = defaultdict(dict)
    for one in observations:
        if one.value is not None or one.note != CANNOT_BE:
            told[one.region][one.cell, one.measure] = one
    cannot = {(one.region, one.cell, one.measure) for one in observations} - {
        (code, *key) for code, found in told.items() for key in found
    }
    # 1
    unknown = told.keys() - there
    # 2
    members: dict[str, list[_Said]] = defaultdict(list)
    lacking: dict[str, set[Missing]] = defaultdict(set)
    for code in sorted(there):
        homes = {classification.ancestor(part, level) for part in touched(code, changes, borders, source.as_of)}
        if code in told and len(homes) == 1:
            members[homes.pop()].append(_Said(code, told[code], cannot))
            continue
        for home in homes:
            lacking[home].add(Missing(code, Why.DIVIDED if code in told else Why.NOT_IN_SOURCE))
    # 3
    cells = list(_cells(source))
    made = [
        _figure(RegionFigure(region.code, cell, measure.name, None, None, ()), parts, measure, members, lacking)
        for region in classification.at(level)
        for cell, parts in cells
        for measure in source.measures
        if measure.kind is PublicKind.COUNT or TOTAL not in cell
    ]
    return RegionFigures(tuple(made), tuple(sorted(unknown)))


@dataclass(frozen=True, slots=True)
class _Said:
    """What a source says of one municipality."""

    code: str
    told: Mapping[tuple[Cell, str], Observation]
    cannot: AbstractSet[tuple[str, Cell, str]]

    def value(self, cell: Cell, measure: str) -> Decimal | Missing | None:
        """The figure; None where there can be none; else that it is missing."""
        if (self.code, cell, measure) in self.cannot:
            return None
        found = self.told.get((cell, measure))
        if found is None or found.value is None:
            return Missing(self.code, Why.NO_FIGURE, (found.note or "") if found else "")
        return found.value


def _cells(source: PublicSource) -> Iterator[tuple[Cell, list[Cell]]]:
    """Every cell with the published cells that it is made of, in the order of the source."""
    names = [list(dimension.codes) for dimension in source.dimensions]
    for cell in product(*([*codes, TOTAL] for codes in names)):
        parts = (codes if code == TOTAL else [code] for code, codes in zip(cell, names, strict=True))
        yield cell, list(product(*parts))


def _figure(
    empty: RegionFigure,
    parts: list[Cell],
    measure: PublicMeasure,
    all_members: Mapping[str, list[_Said]],
    lacking: Mapping[str, set[Missing]],
) -> RegionFigure:
    """The figure of the region, cell and measure that `empty` names."""
    members = all_members.get(empty.region, [])
    if measure.weight is None:
        values = [one.value(part, measure.name) for one in members for part in parts]
        counted = [value for value in values if isinstance(value, Decimal)]
        known = sum(counted, Decimal(0)) if counted else None
        without = {value for value in values if isinstance(value, Missing)}
    else:
        known, without = _weighted(empty.cell, measure, measure.weight, members)
    missing = tuple(sorted(without | lacking.get(empty.region, set())))
    return replace(empty, value=None if missing else known, known=known, missing=missing)


def _weighted(
    cell: Cell, measure: PublicMeasure, weight: str, members: list[_Said]
) -> tuple[Decimal | None, set[Missing]]:
    """The mean of the known figures weighted by theirs; who weighs nothing is not missed."""
    total, weights, missing = Decimal(0), Decimal(0), set[Missing]()
    for one in members:
        value, weighing = one.value(cell, measure.name), one.value(cell, weight)
        if weighing == 0:
            continue
        if isinstance(value, Decimal) and isinstance(weighing, Decimal):
            total += value * weighing
            weights += weighing
            continue
        said = next((found for found in (value, weighing) if isinstance(found, Missing)), None)
        missing.add(said or Missing(one.code, Why.NO_FIGURE))
    if not weights:
        return None, missing
    return (total / weights).quantize(Decimal(1).scaleb(-measure.decimals), ROUND_HALF_EVEN), missing
