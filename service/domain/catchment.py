"""Where people go for care: from each region or municipality of origin to each region of providers, from one release.

Everything here follows from the cells of the release. Shares and the number that goes elsewhere are only given of cells
that are published and exact; a difference of two published cells that is a small number is not written out, although
whoever has the release can subtract. A flow that is suppressed is never shown as nobody.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from service.domain.classification import TOTAL, Label
from service.domain.released import Released, ReleasedDimension, ReleasedFigure, ReleasedTable, require, slices

CLIENTS = "clients"
SMALLEST = 10
"""Persons: nothing below is written out, as Vektis and the Zorginstituut deliver nothing below it in a municipality."""

_ORIGIN, _DESTINATION = "client_region", "provider_region"
_OWN = (_ORIGIN, _DESTINATION)


class OriginStatus(StrEnum):
    """What the released figures say of where the inhabitants go."""

    NOBODY = "nobody"
    WHITE_SPOT = "white-spot"
    POSSIBLE_WHITE_SPOT = "possible-white-spot"
    PARTLY_ELSEWHERE = "partly-elsewhere"
    OWN_REGION = "own-region"
    UNKNOWN = "unknown"


ORIGIN_TEXTS: Mapping[OriginStatus, Label] = {
    OriginStatus.NOBODY: Label(
        "niemand kreeg deze zorg: een witte vlek als er vraag is",
        "nobody got this care: a white spot if there is demand",
    ),
    OriginStatus.WHITE_SPOT: Label(
        "witte vlek: wie zorg kreeg, kreeg die elders en niemand in de eigen regio",
        "white spot: whoever got care got it elsewhere and nobody in the own region",
    ),
    OriginStatus.POSSIBLE_WHITE_SPOT: Label(
        "mogelijke witte vlek: iedereen ging elders heen, maar niet iedereen leverde",
        "possible white spot: everybody went elsewhere, but not everybody delivered",
    ),
    OriginStatus.PARTLY_ELSEWHERE: Label("een deel gaat elders heen", "some go elsewhere"),
    OriginStatus.OWN_REGION: Label("iedereen bleef in de eigen regio", "everybody stayed in the own region"),
    OriginStatus.UNKNOWN: Label(
        "onbekend: afgeschermd, niet vrijgegeven of niet exact", "unknown: suppressed, not released or not exact"
    ),
}


@dataclass(frozen=True, slots=True)
class Flow:
    """The people of one origin who got care in one region; `share` is of all from there, None when that is unknown."""

    destination: str
    figure: ReleasedFigure
    share: float | None


@dataclass(frozen=True, slots=True)
class Origin:
    """Where the inhabitants of one region or municipality go.

    `own` is the code of the region of providers that it lies in, None when the release does not tell. `elsewhere` is
    the number of people who got care outside it, None when it is not known or small.
    """

    origin: str
    where: Mapping[str, str]
    total: ReleasedFigure
    own: str | None
    elsewhere: int | float | None
    status: OriginStatus
    flows: tuple[Flow, ...]


@dataclass(frozen=True, slots=True)
class Catchment:
    """All origins of a release, for each combination of its other dimensions."""

    released: Released
    origins: tuple[Origin, ...]

    def dimension(self, name: str) -> ReleasedDimension:
        """A dimension of the release, for labels."""
        return self.released.dimensions[self.released.place(name)]


def catchment(released: Released) -> Catchment:
    """The matrix of flows.

    Raises:
        Invalid: `picture-impossible`: the release has no regions of clients and providers, or no number of clients.
    """
    require(released, _OWN, (CLIENTS,))
    clients = next(table for table in released.tables if table.measure == CLIENTS)
    look = _Look(released, clients, tuple(code for code in released.codes(_DESTINATION) if code != TOTAL))
    origins = tuple(
        look.origin(where, origin)
        for where in slices(released, _OWN)
        for origin in released.codes(_ORIGIN)
        if origin != TOTAL
    )
    return Catchment(released, origins)


@dataclass(frozen=True, slots=True)
class _Look:
    released: Released
    table: ReleasedTable
    destinations: tuple[str, ...]

    def origin(self, where: Mapping[str, str], origin: str) -> Origin:
        total = self._figure(where, origin, TOTAL)
        own = self._own(origin)
        flows = tuple(
            Flow(destination, figure, _share(figure, total))
            for destination in self.destinations
            for figure in (self._figure(where, origin, destination),)
        )
        stayed = None if own is None else self._figure(where, origin, own).known
        away = None if stayed is None or total.known is None else total.known - stayed
        written = away if away is None or away == 0 or away >= SMALLEST else None
        return Origin(origin, where, total, own, written, self._status(total.known, stayed), flows)

    def _status(self, total: float | None, stayed: float | None) -> OriginStatus:
        if total is not None and not total:
            return OriginStatus.NOBODY
        if total is None or stayed is None:
            return OriginStatus.UNKNOWN
        if not stayed:
            return OriginStatus.WHITE_SPOT if self.released.complete else OriginStatus.POSSIBLE_WHITE_SPOT
        return OriginStatus.OWN_REGION if stayed == total else OriginStatus.PARTLY_ELSEWHERE

    def _figure(self, where: Mapping[str, str], origin: str, destination: str) -> ReleasedFigure:
        codes = {**where, _ORIGIN: origin, _DESTINATION: destination}
        return self.table.at(tuple(codes[dimension.name] for dimension in self.released.dimensions))

    def _own(self, origin: str) -> str | None:
        """The region of providers that an origin lies in, where both are of one classification."""
        origins = self.released.dimensions[self.released.place(_ORIGIN)]
        destinations = self.released.dimensions[self.released.place(_DESTINATION)]
        if origins.classification != destinations.classification:
            return None
        return next((code for code in (origin, *origins.above(origin)) if code in self.destinations), None)


def _share(part: ReleasedFigure, whole: ReleasedFigure) -> float | None:
    """As a fraction, of two cells that are published and exact."""
    if part.known is None or not whole.known:
        return None
    return part.known / whole.known
