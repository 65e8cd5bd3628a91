"""What a release says, read back from its signed content: the only thing that pictures of it are made from."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from service.domain.classification import TOTAL, Label
from service.domain.errors import Invalid

_STEERING = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_WHOLE = Label("totaal", "total")


@dataclass(frozen=True, slots=True)
class ReleasedFigure:
    """One published cell: `status` is SDMX OBS_STATUS, and `value` is None when it is suppressed (Q).

    `exact` says whether the value is the sum itself, and not one with noise or one that was rounded.
    """

    value: int | float | None
    status: str
    exact: bool

    @property
    def known(self) -> int | float | None:
        """The value when it is published and exact: nothing else can show that there is nothing."""
        return self.value if self.exact else None


NOT_RELEASED = ReleasedFigure(None, "M", exact=False)
"""A cell that is not in the release; M is SDMX for a value that is missing."""


@dataclass(frozen=True, slots=True)
class ReleasedDimension:
    """A dimension as the release describes it: the labels of its codes, and the code that each is part of.

    Of a table that was cut down that code may have been cut away: then it has no label and no figure.
    """

    name: str
    classification: str
    labels: Mapping[str, Label]
    parents: Mapping[str, str]

    def label(self, code: str) -> Label:
        """The label; that of the total when it is the total."""
        return self.labels.get(code, _WHOLE)

    def above(self, code: str) -> Iterator[str]:
        """What holds the code, nearest first, the total not included."""
        while (code := self.parents.get(code, TOTAL)) != TOTAL:
            yield code


@dataclass(frozen=True, slots=True)
class ReleasedTable:
    """One measure: its cells by the codes of all dimensions, in the order of the release."""

    measure: str
    title: Label
    unit: str
    cells: Mapping[tuple[str, ...], ReleasedFigure]

    def at(self, codes: tuple[str, ...]) -> ReleasedFigure:
        """The cell, or that it was not released."""
        return self.cells.get(codes, NOT_RELEASED)


@dataclass(frozen=True, slots=True)
class Released:
    """A release's figures, with how many of the expected suppliers are in them.

    `complete` says whether everybody who was expected delivered: else what nobody reported may still be there.
    """

    id: str
    version: int
    data_set: str
    title: Label
    expected: int
    delivered: int
    complete: bool
    dimensions: tuple[ReleasedDimension, ...]
    tables: tuple[ReleasedTable, ...]

    def place(self, dimension: str) -> int:
        """Where the codes of a dimension stand among the codes of a cell."""
        return next(at for at, found in enumerate(self.dimensions) if found.name == dimension)

    def codes(self, dimension: str) -> tuple[str, ...]:
        """The codes of a dimension that some cell has, in the order in which the release describes them, total last."""
        place = self.place(dimension)
        shown = {codes[place] for table in self.tables for codes in table.cells}
        described = (*self.dimensions[place].labels, TOTAL)
        return tuple(code for code in described if code in shown)

    def named(self, measure: str) -> ReleasedTable | None:
        """The table of a measure, if it was released."""
        return next((table for table in self.tables if table.measure == measure), None)


def read_released(content: Any) -> Released:
    """The figures in the content of a release.

    Args:
        content: the member `content` of a release, as parsed JSON.

    Raises:
        Invalid: `picture-impossible`: it is no such content.
    """
    try:
        return _read(content)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Invalid("picture-impossible", {"needs": "content (GET /v1/releases/{id})"}) from error


def require(released: Released, dimensions: tuple[str, ...], measures: tuple[str, ...]) -> None:
    """See that the release has all of these dimensions and at least one of these measures.

    Raises:
        Invalid: `picture-impossible`, with what is needed.
    """
    names = {dimension.name for dimension in released.dimensions}
    if set(dimensions) - names or not any(released.named(measure) for measure in measures):
        needs = f"{', '.join(dimensions)}; {' | '.join(measures)}"
        raise Invalid("picture-impossible", {"needs": needs})


def slices(released: Released, own: tuple[str, ...]) -> list[dict[str, str]]:
    """Every combination of codes of the other dimensions that cells have: a picture is drawn for each.

    Args:
        released: the release.
        own: the dimensions that the picture itself has.

    Returns:
        Dimension to code, in the order in which the release describes the codes.
    """
    found: list[dict[str, str]] = [{}]
    for dimension in released.dimensions:
        if dimension.name not in own:
            found = [{**one, dimension.name: code} for one in found for code in released.codes(dimension.name)]
    return found


def _read(content: Mapping[str, Any]) -> Released:
    dimensions = tuple(
        ReleasedDimension(
            name=_text(found["dimension"]),
            classification=_text(found["classification"]),
            labels={_text(code["code"]): _label(code["label"]) for code in found["codes"]},
            parents=_tree({_text(code["code"]): _text(code["parent"]) for code in found["codes"]}),
        )
        for found in content["dimensions"]
    )
    return Released(
        id=_text(content["id"]),
        version=int(content["version"]),
        data_set=_text(content["dataSet"]["id"]),
        title=_label(content["dataSet"]["title"]),
        expected=sum(int(one["expected"]) for one in content["coverage"]),
        delivered=sum(int(one["delivered"]) for one in content["coverage"]),
        complete=all(int(one["delivered"]) >= int(one["expected"]) for one in content["coverage"]),
        dimensions=dimensions,
        tables=tuple(_table(found, len(dimensions)) for found in content["tables"]),
    )


def _table(found: Mapping[str, Any], width: int) -> ReleasedTable:
    altered = "method" in found
    cells = {}
    for cell in found["cells"]:
        codes = tuple(_text(code) for code in cell["codes"])
        value = cell["value"]
        if len(codes) != width or isinstance(value, bool) or not isinstance(value, int | float | None):
            raise ValueError("a cell does not fit its dimensions")
        exact = cell["status"] == "A" and value is not None and not altered
        cells[codes] = ReleasedFigure(value, _text(cell["status"]), exact=exact)
    return ReleasedTable(_text(found["measure"]), _label(found["title"]), _text(found["unit"]), cells)


def _tree(parents: Mapping[str, str]) -> Mapping[str, str]:
    """The parents, when every way up ends."""
    ends = {TOTAL}
    for code in parents:
        passed: list[str] = []
        at = code
        while at in parents and at not in ends:
            if at in passed:
                raise ValueError("a code is part of itself")
            passed.append(at)
            at = parents[at]
        ends.update(passed)
    return parents


def _text(found: object) -> str:
    """A text of one line: what is printed of a file that somebody handed on must not steer a terminal."""
    if not isinstance(found, str) or _STEERING.search(found):
        raise ValueError("no text of one line")
    return found


def _label(found: Mapping[str, Any]) -> Label:
    return Label(_text(found["nl"]), _text(found["en"]))
