"""What must stay possible for each attacker, and the certificates that show it.

A certificate is a deviation d from the true figures over nodes that are not published, with M d = 0. When
x + d is non-negative, the attacker cannot exclude it. Because 0 is a certificate too and the set is convex,
every shrunken copy t d (0 <= t <= 1) is one as well. So a single d shows, for every node that it moves far
enough, that the required deviation is possible: for an outsider when t d >= -x, for contributor w when
t d >= -(x - own of w) and d is 0 wherever w is alone. Checking it is a handful of array operations.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from service.disclosure.measures import Measures
from service.disclosure.rules import Assessment

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

UP, DOWN = 0, 1
SLACK = 1e-7
"""Relative tolerance of a certificate, against rounding in the solver."""

NEGLIGIBLE = 1e-7
"""Deviations below this share of the largest one are rounding of the solver."""


@dataclass(frozen=True)
class Need:
    """A deviation that must be possible.

    Attributes:
        unsafe: place in the assessment.
        node: the unsafe node.
        direction: `UP` or `DOWN`.
        level: how far, in units of the facts.
        attackers: contributors for whom it is not yet shown, as numbers; None means an outsider.
    """

    unsafe: int
    node: int
    direction: int
    level: float
    attackers: Ints | None


class Ledger:
    """All needs of an assessment, and which of them are shown.

    A cell is no secret to who alone reported it, nor is an empty cell to who alone reported what surrounds it:
    that is known without any table. Contributors are attackers of cells that somebody else reported too.
    """

    def __init__(self, assessment: Assessment, measures: Measures) -> None:
        self._assessment = assessment
        self._measures = measures
        count = len(assessment.nodes)
        self.place = np.full(len(measures.value), -1, dtype=np.int64)
        self.place[assessment.nodes] = np.arange(count)
        self.levels = np.stack([assessment.up, assessment.down])
        self.insider_levels = np.stack([assessment.up, assessment.down_insider])
        self.outsider_open = self.levels > 0
        reported = measures.reporting[assessment.nodes] > 0
        self._untouched = (self.insider_levels > 0) & reported
        self._left: dict[tuple[int, int], Ints] = {}
        self.alone = measures.reporting == 1

    def is_open(self, direction: int, unsafe: int) -> bool:
        """Whether something about this need is not shown yet."""
        return bool(
            self.outsider_open[direction, unsafe]
            or self._untouched[direction, unsafe]
            or (direction, unsafe) in self._left
        )

    def open_needs(self) -> Iterator[Need]:
        """Every need that is open when its turn comes: outsiders first, unsafe nodes by descending value."""
        order = np.argsort(-self._measures.value[self._assessment.nodes], kind="stable")
        for direction in (UP, DOWN):
            for unsafe in order:
                need = self.need(direction, int(unsafe))
                if need is not None:
                    yield need

    def need(self, direction: int, unsafe: int) -> Need | None:
        """What is open about one node in one direction."""
        node = int(self._assessment.nodes[unsafe])
        if self.outsider_open[direction, unsafe]:
            return Need(unsafe, node, direction, float(self.levels[direction, unsafe]), None)
        if self._untouched[direction, unsafe]:
            left = self._without_owner(direction, unsafe, np.arange(self._measures.holders))
        else:
            left = self._left.get((direction, unsafe), np.zeros(0, dtype=np.int64))
        if not len(left):
            return None
        return Need(unsafe, node, direction, float(self.insider_levels[direction, unsafe]), left)

    def settle(self, nodes: Ints, deviation: Floats) -> None:
        """Tick off everything that the certificate, its shrunken copies and their opposites show."""
        for sign in (1.0, -1.0):
            self._settle_one(nodes, sign * deviation)

    def _settle_one(self, nodes: Ints, deviation: Floats) -> None:
        unsafe = self.place[nodes]
        direction = np.where(deviation > 0, UP, DOWN)
        pending = np.flatnonzero(unsafe >= 0)
        pending = pending[[self.is_open(int(direction[k]), int(unsafe[k])) for k in pending] if len(pending) else []]
        if not len(pending):
            return
        worst, holders, ratios = self._strain(nodes, deviation)
        for k in pending:
            one, way = int(unsafe[k]), int(direction[k])
            size = abs(float(deviation[k]))
            shrink = self.levels[way, one] / size
            if shrink <= 1 + SLACK and shrink * worst <= 1 + SLACK:
                self.outsider_open[way, one] = False
            shrink = self.insider_levels[way, one] / size
            if shrink <= 1 + SLACK and shrink * worst <= 1 + SLACK:
                self._narrow(way, one, holders[shrink * ratios > 1 + SLACK])

    def _strain(self, nodes: Ints, deviation: Floats) -> tuple[float, Ints, Floats]:
        """1 / the largest factor by which d may grow: for an outsider, and per contributor whose figures bind."""
        measures = self._measures
        falls = deviation < 0
        room = measures.value[nodes].astype(np.float64)
        with np.errstate(divide="ignore"):
            worst = float(np.max(-deviation[falls] / room[falls], initial=0.0))
        if not measures.holders:
            return worst, np.zeros(0, dtype=np.int64), np.zeros(0)
        start, stop = measures.start[nodes], measures.start[nodes + 1]
        times = stop - start
        entry = np.repeat(start - np.concatenate([[0], np.cumsum(times)[:-1]]), times) + np.arange(int(times.sum()))
        of = np.repeat(np.arange(len(nodes)), times)
        own = measures.own[entry]
        alone = self.alone[nodes][of]
        matters = alone | ((deviation[of] < 0) & (own > 0))
        of, own, alone, holder = of[matters], own[matters], alone[matters], measures.holder[entry[matters]]
        free = (measures.value[nodes][of] - own).astype(np.float64)
        with np.errstate(divide="ignore"):
            ratio = np.where(alone, np.inf, -deviation[of] / free)
        holders, group = np.unique(holder, return_inverse=True)
        ratios = np.zeros(len(holders))
        np.maximum.at(ratios, group, ratio)
        return worst, holders, ratios

    def _narrow(self, direction: int, unsafe: int, failing: Ints) -> None:
        key = (direction, unsafe)
        if self._untouched[direction, unsafe]:
            self._untouched[direction, unsafe] = False
            left = self._without_owner(direction, unsafe, failing)
        elif key in self._left:
            left = np.intersect1d(self._left[key], failing, assume_unique=True)
        else:
            return
        if len(left):
            self._left[key] = left
        else:
            self._left.pop(key, None)

    def _without_owner(self, direction: int, unsafe: int, holders: Ints) -> Ints:
        """Without those to whom the node is no secret: its sole reporter, or who holds all of it (downward)."""
        measures = self._measures
        node = int(self._assessment.nodes[unsafe])
        first = int(measures.start[node])
        if first == int(measures.start[node + 1]):
            return holders
        owns_all = measures.own[first] == measures.value[node]
        if self.alone[node] or (owns_all and direction == DOWN):
            return holders[holders != measures.holder[first]]
        return holders

    def give_up(self, need: Need, attacker: int | None) -> None:
        """Take a need off the list that was proven impossible to show; the caller keeps the breach."""
        if attacker is None:
            self.outsider_open[need.direction, need.unsafe] = False
            return
        key = (need.direction, need.unsafe)
        left = self._left.get(key)
        if left is None:
            left = self._without_owner(need.direction, need.unsafe, np.arange(self._measures.holders))
            self._untouched[need.direction, need.unsafe] = False
        left = left[left != attacker]
        if len(left):
            self._left[key] = left
        else:
            self._left.pop(key, None)
