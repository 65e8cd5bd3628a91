"""The working model of the Handreiking cruciale ggz (December 2022, annex A), filled in from one release.

Rows are forms of care in the terms of the zorgprestatiemodel; the columns say who offers them: (1) several equal
providers in the region, (2) one or a few in the region, (3) a few, supra-regionally or nationally. In which column its
supply belongs is what each provider reports. It does not follow from how many providers stand behind a box: that number
is in no release, for it would tell who is alone.

A white spot (witte vlek) is demand without supply. Everything here follows from the cells of the release, and a cell
that is suppressed supports no statement: what is not known is never nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from service.domain.classification import TOTAL, Label
from service.domain.released import NOT_RELEASED, Released, ReleasedDimension, ReleasedFigure, require, slices

SUPPLY = ("offers", "places")
DEMAND = "requests"
SUPRA_REGIONAL = "3"
"""The column whose supply serves other regions too."""

_OWN = ("region", "row", "column")


class BoxStatus(StrEnum):
    """What the released figures say of a box; the order is that of `STATUS_TEXTS`."""

    FILLED = "filled"
    ELSEWHERE = "elsewhere"
    WHITE_SPOT = "white-spot"
    POSSIBLE_WHITE_SPOT = "possible-white-spot"
    NO_DEMAND = "no-demand"
    DEMAND_UNKNOWN = "demand-unknown"
    SUPPRESSED = "suppressed"
    UNKNOWN = "unknown"


STATUS_TEXTS: Mapping[BoxStatus, Label] = {
    BoxStatus.FILLED: Label("gevuld", "filled"),
    BoxStatus.ELSEWHERE: Label("hier leeg, elders aanbod", "empty here, supply elsewhere"),
    BoxStatus.WHITE_SPOT: Label("witte vlek: vraag en geen aanbod", "white spot: demand and no supply"),
    BoxStatus.POSSIBLE_WHITE_SPOT: Label(
        "mogelijke witte vlek: niet iedereen leverde, of het aanbod elders is niet bekend",
        "possible white spot: not everybody delivered, or supply elsewhere is not known",
    ),
    BoxStatus.NO_DEMAND: Label("leeg, en geen vraag gemeld", "empty, and no demand reported"),
    BoxStatus.DEMAND_UNKNOWN: Label(
        "leeg; of er vraag is, is niet bekend", "empty; whether there is demand is not known"
    ),
    BoxStatus.SUPPRESSED: Label(
        "afgeschermd: niet leeg en niet gevuld te noemen", "suppressed: neither empty nor filled"
    ),
    BoxStatus.UNKNOWN: Label("onbekend: niet vrijgegeven, of niet exact", "unknown: not released, or not exact"),
}


@dataclass(frozen=True, slots=True)
class Box:
    """One box: its column, what the release says per measure, and what follows."""

    column: str
    figures: Mapping[str, ReleasedFigure]
    status: BoxStatus


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the working model in one region."""

    row: str
    boxes: tuple[Box, ...]


@dataclass(frozen=True, slots=True)
class Matrix:
    """The working model of one region; `where` holds the codes of other dimensions, such as the year."""

    region: str
    where: Mapping[str, str]
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class WorkingModel:
    """A matrix for each region and year of a release, with the release for labels and coverage."""

    released: Released
    measures: tuple[str, ...]
    matrices: tuple[Matrix, ...]

    def dimension(self, name: str) -> ReleasedDimension:
        """A dimension of the release, for labels."""
        return self.released.dimensions[self.released.place(name)]


def working_model(released: Released) -> WorkingModel:
    """Fill in the working model.

    Supply in reach of a region is its own, that of the larger regions which the release says it is part of, and for
    column 3 and all columns together what column 3 holds in the whole country.

    Raises:
        Invalid: `picture-impossible`: the release has no region, row and column, or no measure of supply.
    """
    require(released, _OWN, SUPPLY)
    measures = tuple(name for name in (*SUPPLY, DEMAND) if released.named(name))
    look = _Look(released, measures)
    rows = [row for row in _telling_rows(released) if row != TOTAL]
    columns = released.codes("column")
    matrices = tuple(
        Matrix(
            region,
            where,
            tuple(Row(row, tuple(look.box(where, region, row, column) for column in columns)) for row in rows),
        )
        for where in slices(released, _OWN)
        for region in released.codes("region")
    )
    return WorkingModel(released, measures, matrices)


@dataclass(frozen=True, slots=True)
class _Look:
    released: Released
    measures: tuple[str, ...]

    def box(self, where: Mapping[str, str], region: str, row: str, column: str) -> Box:
        own = self._figures(where, region, row, column)
        return Box(column, own, self._status(own, self._in_reach(where, region, row, column)))

    def _figures(self, where: Mapping[str, str], region: str, row: str, column: str) -> Mapping[str, ReleasedFigure]:
        codes = {**where, "region": region, "row": row, "column": column}
        at = tuple(codes[dimension.name] for dimension in self.released.dimensions)
        return {table.measure: table.at(at) for table in self.released.tables if table.measure in self.measures}

    def _in_reach(self, where: Mapping[str, str], region: str, row: str, column: str) -> list[bool | None]:
        """Whether there is supply in each place beyond the region that can serve it."""
        regions = self.released.dimensions[self.released.place("region")]
        places = [(larger, column) for larger in regions.above(region)]
        if column in {SUPRA_REGIONAL, TOTAL}:
            places.append((TOTAL, SUPRA_REGIONAL))
        return [has_supply(self._figures(where, there, row, one)) for there, one in places]

    def _status(self, own: Mapping[str, ReleasedFigure], beyond: Iterable[bool | None]) -> BoxStatus:
        supply = has_supply(own)
        if supply:
            return BoxStatus.FILLED
        if supply is None:
            hidden = any(own[measure].status == "Q" for measure in SUPPLY if measure in own)
            return BoxStatus.SUPPRESSED if hidden else BoxStatus.UNKNOWN
        found = set(beyond)
        if True in found:
            return BoxStatus.ELSEWHERE
        demand = own.get(DEMAND, NOT_RELEASED).known
        if demand is None:
            return BoxStatus.DEMAND_UNKNOWN
        if not demand:
            return BoxStatus.NO_DEMAND
        sure = self.released.complete and None not in found
        return BoxStatus.WHITE_SPOT if sure else BoxStatus.POSSIBLE_WHITE_SPOT


def has_supply(figures: Mapping[str, ReleasedFigure]) -> bool | None:
    """Whether there is supply: yes when a figure shows some, no when all show that there is none, else not known."""
    known = [figures[measure].known for measure in SUPPLY if measure in figures]
    if any(known):
        return True
    return None if None in known else False


def _telling_rows(released: Released) -> Iterable[str]:
    """The rows, but of a row and the only part that it has just the part: they are the same."""
    rows = released.dimensions[released.place("row")]
    shown = released.codes("row")
    parts = {row: sum(rows.parents.get(other) == row for other in shown) for row in shown}
    return [row for row in shown if parts[row] != 1]
