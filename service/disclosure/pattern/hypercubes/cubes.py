"""Certificates by sums of hypercubes: one need at a time, in a fraction of the time of a linear program."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from service.disclosure.pattern.certificates import Need
from service.disclosure.pattern.hypercubes import desk as on
from service.disclosure.pattern.hypercubes.deviation import clear, find
from service.disclosure.pattern.hypercubes.moves import moves_of
from service.disclosure.pattern.settling import UP
from service.disclosure.question.claims import Certificate
from service.disclosure.question.lattice import Lattice
from service.disclosure.question.measures import Measures

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

EFFORTS = ((20_000, (40, 100_000, 40, 5)), (100_000, (8, 3_000, 40, 1)), (np.inf, (4, 100, 40, 1)))
"""Up to how many nodes of a lattice, how much to do for each need (`Scratch.effort`)."""

HARDER = ((4, 100, 400, 1), (8, 1_000, 400, 1), (20, 20_000, 400, 1))
"""How much to do in a large lattice for what was not found so: half of it is found by no more than more hypercubes."""


class Cubes:
    """Finds deviations; what withholding costs and what may not deviate can change in between.

    Attributes:
        price: per node, what withholding it costs; 0 when it is withheld.
        closed: per node, whether it may not deviate.
    """

    def __init__(self, lattice: Lattice, measures: Measures, closed: Flags, price: Floats) -> None:
        beside = np.zeros((len(price), 4))  # what is looked at together lies together: memory is what takes the time
        self.price, self.closed = beside[:, 0], closed.copy()
        self.price[:] = price
        self._whole = measures.whole_numbers
        self._scratch = _scratch(lattice, measures, beside)
        self._desk = on.Desk(moves_of(lattice), _figures(measures), on.Board(self.price, self.closed), self._scratch)

    @property
    def work(self) -> int:
        """Corners of hypercubes and moves looked at so far; grows as time does, and is the same every time."""
        return int(self._scratch.state[on.WORK])

    def try_harder(self, times: int) -> None:
        """Do more for each need from now on, up to `len(HARDER)` times more; 0 is what fits the size of the lattice."""
        self._scratch.effort[:] = HARDER[times - 1] if times else _effort(len(self.price))

    def find(self, need: Need, attackers: Ints) -> Certificate | None:
        """A cheap certificate for a need, or None when none was found; there may be one all the same.

        Args:
            need: the node, the direction and how far.
            attackers: contributors for all of whom it must hold; nobody is an outsider.
        """
        scratch = self._scratch
        scratch.flag[:] = False
        scratch.flag[attackers] = True
        scratch.state[on.WATCH] = int(len(attackers) > 0)
        level = float(np.ceil(need.level - on.ROUNDING)) if self._whole else need.level
        found = find(need.node, 1.0 if need.direction == UP else -1.0, level, self._desk)
        touched = np.sort(scratch.touched[: scratch.state[on.TOUCHED]])
        nodes = touched[scratch.deviation[touched] != 0.0]
        deviation = scratch.deviation[nodes].copy()
        clear(self._desk)
        return (nodes, deviation) if found else None


def _effort(size: int) -> tuple[int, int, int, int]:
    return next(effort for most, effort in EFFORTS if size <= most)


def _figures(measures: Measures) -> on.Figures:
    return on.Figures(
        measures.value.astype(np.float64),
        measures.alone,
        measures.start,
        measures.holder,
        measures.own.astype(np.float64),
    )


def _scratch(lattice: Lattice, measures: Measures, beside: Floats) -> on.Scratch:
    size, corners = lattice.size, on.MOST_CORNERS
    state = np.zeros(5, dtype=np.int64)
    state[on.WHOLE] = int(measures.whole_numbers)
    return on.Scratch(
        state=state,
        effort=np.array(_effort(size), dtype=np.int64),
        deviation=beside[:, 1],
        seen=np.zeros(size, dtype=np.bool_),
        touched=np.empty(size, dtype=np.int64),
        log_node=np.empty(50 * corners, dtype=np.int64),
        log_deviation=np.empty(50 * corners),
        ints=np.empty((6, corners), dtype=np.int64),
        floats=np.empty((5, corners)),
        flag=np.zeros(max(measures.holders, 1), dtype=np.bool_),
        code=np.empty(max(len(lattice.axes), 1), dtype=np.int64),
        room=beside[:, 2],
        room_clock=beside[:, 3],
    )
