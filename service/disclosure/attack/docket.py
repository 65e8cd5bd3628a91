"""What the attack has shown so far: for every unsafe node, direction and attacker, can the truth still be far off?

A deviation d with equations @ d = 0 that moves nothing known is something that an attacker cannot exclude, as long
as x + d stays within what he knows of each node: not negative, within the rounding, not below his own figures, and
unmoved where he is alone. With d every t d (0 <= t <= 1) is possible too, and -d where it fits. So one
deviation answers for every unsafe node that it moves, as far as it may be stretched.

Where the figures are counts, an answer counts only when it is in whole numbers; for a contributor also when it goes so
far that there are whole numbers enough on the way.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from service.disclosure.question.measures import Measures
from service.disclosure.question.rules import Assessment

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

UP, DOWN = 0, 1

SLACK = 1e-7
"""Relative rounding of the solver that is forgiven in a deviation."""

WHOLE = 1e-5
"""How far from a whole number the solver may leave one."""

BATCH = 2_000_000
"""Figures of contributors looked at together; bounds the memory."""


@dataclass(frozen=True)
class Question:
    """What is still open about one unsafe node in one direction.

    Attributes:
        unsafe: place in the assessment.
        direction: `UP` or `DOWN`.
        level: how far the outsider must be left in doubt; 0 when that is shown.
        attackers: contributors for whom it is not shown.
        insider_level: how far they must be.
    """

    unsafe: int
    direction: int
    level: float
    attackers: Ints
    insider_level: float


@dataclass(frozen=True)
class Deviations:
    """Deviations side by side: entry k moves `nodes[k]` by `values[k]` in deviation `owner[k]` (ascending)."""

    nodes: Ints
    values: Floats
    owner: Ints
    count: int

    @classmethod
    def single(cls, nodes: Ints, values: Floats) -> Deviations:
        """One deviation, without what is rounding of the solver."""
        support = np.flatnonzero(np.abs(values) > SLACK * np.abs(values).max(initial=0.0))
        return cls(nodes[support], values[support], np.zeros(len(support), dtype=np.int64), 1)

    def opposite(self) -> Deviations:
        """Every one turned round."""
        return Deviations(self.nodes, -self.values, self.owner, self.count)

    def between(self, first: int, last: int) -> Deviations:
        """Deviations first up to last."""
        part = slice(*np.searchsorted(self.owner, [first, last]).tolist())
        return Deviations(self.nodes[part], self.values[part], self.owner[part] - first, last - first)


def seen_through(equations: sp.csr_matrix, measures: Measures, unsafe: Ints) -> sp.csr_matrix:
    """Which empty nodes each contributor knows to be empty before anything is published: nodes by contributors.

    He knows a node of which he holds all, and one that he alone reported to be empty. From there on, until nothing
    more follows:

    1. of a node whose parts together are what he knows of it, he knows every part;
    2. in an equation of which he knows all nodes but one, he knows that one.

    Args:
        equations: @ figures = 0, with -1 for a node and 1 for its parts.
        measures: figures of all nodes.
        unsafe: the nodes that matter; when none of them is empty, nobody has to look.
    """
    size = len(measures.value), max(measures.holders, 1)
    alone, empty = np.flatnonzero(measures.alone), measures.value == 0
    if not len(alone) or not empty[unsafe].any():
        return sp.csr_matrix(size, dtype=np.int64)
    known = sp.csr_matrix((np.ones(len(alone), np.int64), (measures.node[alone], measures.holder[alone])), size)
    rows = equations[np.flatnonzero(abs(equations) @ empty.astype(np.float64))]
    every = abs(rows).astype(np.int64)
    length = np.diff(rows.indptr)
    sums = rows[np.flatnonzero(rows @ measures.value.astype(np.float64) == 0)]
    parts_of = (sums > 0).astype(np.int64).T @ (sums < 0).astype(np.int64)
    blank = sp.diags(empty.astype(np.int64), dtype=np.int64).tocsr()
    parts_of, back = (blank @ parts_of).tocsr(), (blank @ every.T).tocsr()
    while True:
        count = (every @ known).tocsr()
        count.data = (count.data == np.repeat(length - 1, np.diff(count.indptr))).astype(np.int64)
        after = (known + parts_of @ known + back @ count).tocsr()
        after.eliminate_zeros()
        after.data[:] = 1
        if after.nnz == known.nnz:
            return (blank @ after).tocsr()
        known = after


class Docket:
    """All questions, and which are answered.

    A node is no secret to who holds all of it, nor an empty one to who can tell from what he alone holds
    (`seen_through`): that is known without any table.

    Attributes:
        lower: per unsafe node the least value seen to be possible for an outsider.
        upper: per unsafe node the largest.
    """

    def __init__(
        self, assessment: Assessment, measures: Measures, seen: sp.csr_matrix, down: Floats, up: Floats
    ) -> None:
        """Start with everything open.

        Args:
            assessment: the unsafe nodes and what must be possible.
            measures: figures of all nodes.
            seen: who sees through which empty nodes, nodes by contributors.
            down: per node how far below the truth everybody knows it not to be beyond.
            up: the same above the truth.
        """
        self._assessment, self._measures, self._seen = assessment, measures, seen
        self._down, self._up = down, up
        nodes = assessment.nodes
        self.place = np.full(len(measures.value), -1, dtype=np.int64)
        self.place[nodes] = np.arange(len(nodes))
        self.lower = measures.value[nodes].astype(np.float64)
        self.upper = self.lower.copy()
        self.levels = np.stack([assessment.up, assessment.down])
        self._insider_levels = np.stack([assessment.up, assessment.down_insider])
        self.open = self.levels > 0
        self._insiders = (self._insider_levels > 0) & (measures.holders > 0)
        self._left: dict[tuple[int, int], Ints] = {}

    def questions(self) -> Iterator[Question]:
        """Every question that is open when its turn comes, small cells first: what answers them serves others."""
        order = np.argsort(self._measures.value[self._assessment.nodes], kind="stable").tolist()
        for direction in (UP, DOWN):
            for unsafe in order:
                question = self.question(direction, unsafe)
                if question is not None:
                    yield question

    def question(self, direction: int, unsafe: int) -> Question | None:
        """What is open about one node in one direction."""
        attackers = self._attackers(direction, unsafe)
        level = float(self.levels[direction, unsafe]) if self.open[direction, unsafe] else 0.0
        if not level and not len(attackers):
            return None
        return Question(unsafe, direction, level, attackers, float(self._insider_levels[direction, unsafe]))

    def strike(self, question: Question, attackers: Ints | None = None, *, outsider: bool = False) -> None:
        """Take off what was decided otherwise: by a solution for these very attackers, or by a breach."""
        if outsider:
            self.open[question.direction, question.unsafe] = False
        if attackers is not None and len(attackers):
            left = self._attackers(question.direction, question.unsafe)
            self._keep(question.direction, question.unsafe, left[~np.isin(left, attackers)])

    def settle(self, found: Deviations) -> None:
        """Answer everything that these deviations, their opposites and their shrunken copies answer."""
        times = self._measures.start[found.nodes + 1] - self._measures.start[found.nodes] + 1
        effort = np.cumsum(np.bincount(found.owner, times, found.count))
        first = 0
        while first < found.count:
            spent = effort[first - 1] if first else 0.0
            last = max(first + 1, int(np.searchsorted(effort, spent + BATCH)))
            batch = found.between(first, last)
            for one in (batch, batch.opposite()):
                self._settle(one)
            first = last

    def _settle(self, found: Deviations) -> None:
        size = np.abs(found.values)
        room = np.where(found.values < 0, self._down[found.nodes], self._up[found.nodes])
        worst = np.zeros(found.count)
        with np.errstate(divide="ignore"):
            np.maximum.at(worst, found.owner, size / room)
        stretch = np.minimum(1.0, 1.0 / np.maximum(worst, 1e-300))
        unsafe = self.place[found.nodes]
        at = np.flatnonzero(unsafe >= 0)
        unsafe, size, owner = unsafe[at], size[at], found.owner[at]
        way = np.where(found.values[at] > 0, UP, DOWN)
        reach = size * stretch[owner]
        centre = self._measures.value[self._assessment.nodes]
        rises = way == UP
        np.maximum.at(self.upper, unsafe[rises], (centre[unsafe] + reach)[rises])
        np.minimum.at(self.lower, unsafe[~rises], (centre[unsafe] - reach)[~rises])
        level, inner = self.levels[way, unsafe], self._insider_levels[way, unsafe]
        least, shrink = level / size, inner / size
        if self._assessment.whole:
            step, share, whole = self._whole(found, size, owner)
            least = np.where(whole, np.ceil((level - WHOLE) / step) * share, np.inf)
            shrink = np.where(whole, np.ceil((inner - WHOLE) / step) * share, np.inf)
        shown = least <= stretch[owner] * (1 + SLACK)
        self.open[way[shown], unsafe[shown]] = False
        may = np.flatnonzero((shrink <= stretch[owner] * (1 + SLACK)) & self._insiders[way, unsafe])
        if len(may):
            self._narrow(found, way[may] * len(self.lower) + unsafe[may], owner[may], shrink[may])

    @staticmethod
    def _whole(found: Deviations, size: Floats, owner: Ints) -> tuple[Floats, Floats, Flags]:
        """Per node moved, how far the smallest whole copy of the deviation takes it, and that copy's share of it.

        Only multiples of that copy are whole; none when the deviation is not whole itself, which is told as well.
        """
        near = np.rint(found.values)
        broken = np.zeros(found.count, dtype=np.bool_)
        broken[found.owner[np.abs(found.values - near) > WHOLE]] = True
        starts = np.flatnonzero(np.diff(found.owner, prepend=-1))
        divisor = np.ones(found.count)
        divisor[found.owner[starts]] = np.maximum(np.gcd.reduceat(np.abs(near).astype(np.int64), starts), 1)
        step = np.maximum(np.rint(size / divisor[owner]), 1.0)
        return step, 1.0 / divisor[owner], ~broken[owner]

    def _narrow(self, found: Deviations, key: Ints, owner: Ints, shrink: Floats) -> None:
        """Keep, per question served, the contributors whom every deviation that serves it fails."""
        holders = max(self._measures.holders, 1)
        strained, holder, strain = self._strain(found)
        first = np.searchsorted(strained, owner)
        times = np.searchsorted(strained, owner, side="right") - first
        entry = np.repeat(first - (np.cumsum(times) - times), times) + np.arange(int(times.sum()))
        fails = strain[entry] * np.repeat(shrink, times) > 1 + SLACK
        code, often = np.unique((np.repeat(key, times) * holders + holder[entry])[fails], return_counts=True)
        served, needed = np.unique(key, return_counts=True)
        stays = often == needed[np.searchsorted(served, code // holders)]
        code = code[stays]
        starts, ends = np.searchsorted(code, [served * holders, (served + 1) * holders])
        for number, start, stop in zip(served.tolist(), starts.tolist(), ends.tolist(), strict=True):
            direction, unsafe = divmod(number, len(self.lower))
            failing = code[start:stop] - number * holders
            left = self._left.get((direction, unsafe))
            if left is None:
                left = self._without_owner(direction, unsafe, failing)
            else:
                left = left[np.isin(left, failing)] if len(failing) else failing
            self._keep(direction, unsafe, left)

    def _strain(self, found: Deviations) -> tuple[Ints, Ints, Floats]:
        """(deviation, contributor, 1 / how far it may be stretched), ascending; where that is more than others know."""
        measures = self._measures
        start, times = measures.start[found.nodes], np.diff(measures.start)[found.nodes]
        entry = np.repeat(start - (np.cumsum(times) - times), times) + np.arange(int(times.sum()))
        of = np.repeat(np.arange(len(found.nodes)), times)
        alone = measures.alone[entry]
        matters = alone | ((found.values[of] < 0) & (measures.own[entry] > 0))
        of, entry, alone = of[matters], entry[matters], alone[matters]
        free = (measures.value[found.nodes[of]] - measures.own[entry]).astype(np.float64)
        with np.errstate(divide="ignore"):
            strain = np.where(alone, np.inf, np.abs(found.values[of]) / free)
        pair = found.owner[of] * max(measures.holders, 1) + measures.holder[entry]
        order = np.argsort(pair, kind="stable")
        pair, strain = pair[order], strain[order]
        starts = np.flatnonzero(np.diff(pair, prepend=-1))
        if not len(starts):
            return pair, pair, strain
        return (*np.divmod(pair[starts], max(measures.holders, 1)), np.maximum.reduceat(strain, starts))

    def _attackers(self, direction: int, unsafe: int) -> Ints:
        """Contributors for whom a question is open."""
        if not self._insiders[direction, unsafe]:
            return np.zeros(0, dtype=np.int64)
        left = self._left.get((direction, unsafe))
        if left is None:
            left = self._without_owner(direction, unsafe, np.arange(self._measures.holders))
            self._insiders[direction, unsafe] = len(left) > 0
        return left

    def _keep(self, direction: int, unsafe: int, left: Ints) -> None:
        self._insiders[direction, unsafe] = len(left) > 0
        self._left[direction, unsafe] = left

    def _without_owner(self, direction: int, unsafe: int, holders: Ints) -> Ints:
        node = int(self._assessment.nodes[unsafe])
        if self._measures.value[node] == 0:
            told = self._seen.indices[self._seen.indptr[node] : self._seen.indptr[node + 1]]
        else:
            told = self._measures.knowing(node, down=direction == DOWN)
        strangers: Ints = holders[~np.isin(holders, told)]
        return strangers
