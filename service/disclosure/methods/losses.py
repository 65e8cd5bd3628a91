"""What protection costs: cells and value withheld, by the rules alone and with what protects them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from service.disclosure.methods.suppression import Protected
from service.disclosure.question.dimensions import Dimension
from service.disclosure.question.tables import Table

Flags = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]
LevelsOf = Callable[[Dimension], Sequence[str]]


@dataclass(frozen=True)
class Loss:
    """Cells and value of a part of a table; values in units of the facts.

    Attributes:
        cells: cells there are.
        unsafe: withheld because they break a rule: the loss before anything is withheld for their sake.
        suppressed: withheld in all: the loss after.
        value: value of all cells.
        unsafe_value: value of the cells that break a rule.
        suppressed_value: value of all cells withheld.
    """

    cells: int
    unsafe: int
    suppressed: int
    value: int
    unsafe_value: int
    suppressed_value: int

    @property
    def share_of_cells(self) -> tuple[float, float]:
        """The share of cells lost, before and after."""
        return _share(self.unsafe, self.cells), _share(self.suppressed, self.cells)

    @property
    def share_of_value(self) -> tuple[float, float]:
        """The share of value lost, before and after."""
        return _share(self.unsafe_value, self.value), _share(self.suppressed_value, self.value)


@dataclass(frozen=True)
class LevelLoss:
    """The loss at one level of one dimension, where all other dimensions are at their finest."""

    dimension: str
    level: str
    loss: Loss


@dataclass(frozen=True)
class Losses:
    """What a table lost.

    Attributes:
        table: all its cells, of all levels; a value counts at every level where it appears.
        finest: the finest cells, in which every value counts once.
        levels: per dimension and level, from coarse to fine.
    """

    table: Loss
    finest: Loss
    levels: tuple[LevelLoss, ...]


def losses_of(outcome: Protected, levels_of: LevelsOf | None = None) -> Losses:
    """What protecting a table cost.

    Args:
        outcome: the protected table.
        levels_of: the names of the levels of a dimension's codes; how deep each lies below the top when absent.
    """
    table = outcome.released.table
    values, unsafe = outcome.released.values.copy(), np.zeros(table.cells, dtype=np.bool_)
    withheld = np.flatnonzero(~outcome.released.published)
    values[withheld] = [one.value for one in outcome.explanations]
    unsafe[withheld] = [one.primary for one in outcome.explanations]
    figures = _Figures(values, unsafe, ~outcome.released.published)
    finest = [_finest(dimension) for dimension in table.dimensions]
    return Losses(
        figures.loss(np.ones(table.cells, dtype=np.bool_)),
        figures.loss(_crossed(finest)),
        tuple(_levels(table, figures, finest, levels_of or _depths)),
    )


@dataclass(frozen=True)
class _Figures:
    """Per cell its value, whether it breaks a rule, and whether it is withheld."""

    value: Ints
    unsafe: Flags
    withheld: Flags

    def loss(self, cells: Flags) -> Loss:
        unsafe, withheld = cells & self.unsafe, cells & self.withheld
        return Loss(
            int(np.count_nonzero(cells)),
            int(np.count_nonzero(unsafe)),
            int(np.count_nonzero(withheld)),
            int(self.value[cells].sum()),
            int(self.value[unsafe].sum()),
            int(self.value[withheld].sum()),
        )


def _levels(table: Table, figures: _Figures, finest: list[Flags], levels_of: LevelsOf) -> Iterable[LevelLoss]:
    for place, dimension in enumerate(table.dimensions):
        levels = levels_of(dimension)
        for level in dict.fromkeys(levels):
            here = np.array([one == level for one in levels], dtype=np.bool_)
            cells = _crossed([*finest[:place], here, *finest[place + 1 :]])
            yield LevelLoss(dimension.name, level, figures.loss(cells))


def _depths(dimension: Dimension) -> Sequence[str]:
    """How deep each code lies below the codes that are part of nothing."""
    depth = dict.fromkeys(dimension.codes, 0)
    deeper = True
    while deeper:
        deeper = False
        for whole, parts in dimension.sums:
            for part in parts:
                if depth[part] <= depth[whole] and part != whole:
                    depth[part], deeper = depth[whole] + 1, True
    return [str(depth[code]) for code in dimension.codes]


def _finest(dimension: Dimension) -> Flags:
    """Which codes have no parts."""
    above = {code for code, parts in dimension.sums if parts}
    return np.array([code not in above for code in dimension.codes], dtype=np.bool_)


def _crossed(along: Iterable[Flags]) -> Flags:
    """The cells whose code is flagged in every dimension, in the order of `Table.codes`."""
    flags = np.ones((), dtype=np.bool_)
    for one in along:
        flags = np.logical_and.outer(flags, one)
    return np.asarray(flags).reshape(-1)


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0
