"""Finding certificates of little weight: by hypercubes, by linear programming, or both.

The linear program has two columns per node, d = plus - minus, and minimises the weight of what would newly be withheld.
Its costs are never negative, so d = 0 is dual feasible: asking for another deviation is a few steps of the dual
simplex away. (The primal simplex stalls: at d = 0 every row is degenerate.)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum, auto
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from service.disclosure.choices import Choices
from service.disclosure.elimination import Solutions
from service.disclosure.pattern.certificates import NEGLIGIBLE, Need, Room
from service.disclosure.pattern.settling import SLACK, UP
from service.disclosure.question.claims import Certificate
from service.disclosure.question.lattice import Axis, Lattice
from service.disclosure.question.measures import Measures

if TYPE_CHECKING:
    from service.disclosure.pattern.hypercubes import Cubes

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

FREE = 1e-3
"""Weight of a node that is withheld already; not 0, so that deviations stay short."""

DEAREST = 1e8
"""Weight in a linear program of the dearest node at most; beside a larger one `FREE` would drown in rounding."""

SMALLEST_GROUP = 2
"""A code alone has nothing to exchange figures with."""

SMALL = 1_000
"""Up to so many nodes that may deviate, linear programs alone are quick, and better, and need no compiler."""

CROWDED = 10_000
"""From so many nodes on, hypercubes alone are asked first, and the nearest neighbourhood is a few codes per axis."""

CORNER = 3
"""Work of a linear program that takes as long as looking at a corner of a hypercube."""

WIDE, NARROW = 40, 4
"""Codes side by side in a neighbourhood."""


class Means(Enum):
    """What a search may use; each finds more than the one before, and takes longer."""

    CUBES = auto()
    LONGER_SUMS = auto()
    MORE_CUBES = auto()
    MOST_CUBES = auto()
    PROGRAMS = auto()


_HARDER = {Means.LONGER_SUMS: 1, Means.MORE_CUBES: 2, Means.MOST_CUBES: 3, Means.PROGRAMS: 3}
"""How often hypercubes have been asked in vain (`Cubes.try_harder`)."""


class Searcher:
    """Finds certificates of least weight over some nodes, with one warm linear program."""

    def __init__(
        self,
        relations: sp.csc_matrix,
        measures: Measures,
        nodes: Ints,
        withheld: Flags,
        weight: Floats,
        *,
        room: Room,
        offered: Flags,
    ) -> None:
        """Set up the program.

        Args:
            relations: of the whole lattice.
            measures: figures of all nodes.
            nodes: which may deviate, ascending.
            withheld: nodes that are withheld; the array is shared, and may grow and shrink.
            weight: per node of the lattice, what withholding it costs.
            room: of all nodes.
            offered: which nodes may ever be published; the others cost nothing, so that equations may be solved for
                them by hand.
        """
        self._down, self._up = room.down[nodes], room.up[nodes]
        self._measures = measures
        self._withheld = withheld
        self._nodes = nodes
        half = relations[:, nodes].tocsr()
        half = half[np.diff(half.indptr) > 0]
        self._value = measures.value[nodes].astype(np.float64)
        self._weight = _within_reach(weight[nodes])
        self._cap = 4.0 * max(float(self._value.sum()), 1.0) + 1e4
        self._free = withheld[nodes].copy()
        self._theirs = _theirs(measures, nodes)
        self._watched = np.zeros(measures.holders, dtype=np.bool_)
        keep = np.flatnonzero(offered[nodes])
        solutions = Solutions.of(half, keep.tolist()) if len(keep) < len(nodes) else Solutions.none(half)
        self._least = np.full(len(nodes), FREE)
        self._least[solutions.chosen] *= solutions.weight
        price = np.where(self._free, self._least, self._weight)
        self._choices = Choices(solutions, -self._down, np.minimum(self._up, self._cap), prices=price, simplex=1)

    @property
    def solves(self) -> int:
        """Linear programs solved so far."""
        return self._choices.solves

    @property
    def work(self) -> int:
        """Work done so far, see `Program`."""
        return self._choices.work

    def find(self, need: Need, attackers: Ints, banned: Flags) -> Certificate | None:
        """The certificate of least weight for a need, as (nodes, deviations); None when there is none.

        Args:
            need: the node, the direction and how far.
            attackers: contributors for all of whom it must hold; nobody is an outsider.
            banned: per node of the lattice, whether it may not deviate.
        """
        count = len(self._nodes)
        column = int(np.searchsorted(self._nodes, need.node))
        if column == count or self._nodes[column] != need.node:
            return None
        if need.level > (self._up if need.direction == UP else self._down)[column] * (1 + SLACK):
            return None
        self._reprice()
        up, down = np.minimum(self._up, max(self._cap, 4.0 * need.level)), self._down.copy()
        self._know(attackers, up, down)
        out = banned[self._nodes]
        up[out] = down[out] = 0.0
        lower = -down
        lower[column] = up[column] = need.level if need.direction == UP else -need.level
        self._choices.bound(lower, up)
        deviation = self._choices.find()
        if deviation is None:
            return None
        support = np.flatnonzero(np.abs(deviation) > NEGLIGIBLE * need.level)
        return self._nodes[support], deviation[support]

    def _reprice(self) -> None:
        """Bring the weights in line with what is withheld by now."""
        free = self._withheld[self._nodes]
        changed = np.flatnonzero(free != self._free)
        if len(changed):
            self._choices.price(changed, np.where(free[changed], self._least[changed], self._weight[changed]))
            self._free = free

    def _know(self, attackers: Ints, up: Floats, down: Floats) -> None:
        """Narrow the bounds to what these contributors together cannot exclude."""
        if not len(attackers):
            return
        holder, column, free, alone = self._theirs
        self._watched[attackers] = True
        known = self._watched[holder]
        self._watched[attackers] = False
        np.minimum.at(down, column[known], free[known])
        theirs = column[known & alone]
        up[theirs] = down[theirs] = 0.0


def _within_reach(weight: Floats) -> Floats:
    """Weights that a solver can tell apart: none beyond `DEAREST`, and none as good as free beside that."""
    most = float(weight.max(initial=0.0))
    return weight if most <= DEAREST else np.maximum(weight * (DEAREST / most), 10 * FREE)


def _theirs(measures: Measures, nodes: Ints) -> tuple[Ints, Ints, Floats, Flags]:
    """What was handed in for these nodes: by whom, for which of them, what the others have, and if there are any."""
    start, times = measures.start[nodes], measures.start[nodes + 1] - measures.start[nodes]
    entry = np.repeat(start - (np.cumsum(times) - times), times) + np.arange(int(times.sum()))
    column = np.repeat(np.arange(len(nodes)), times)
    free = (measures.value[nodes][column] - measures.own[entry]).astype(np.float64)
    return measures.holder[entry], column, free, measures.alone[entry]


class Search:
    """Looks for certificates near the node first, and over everything when there is none near.

    Hypercubes find most at once. Where they cost something and the table is not crowded, a linear program is asked
    too, and the cheaper of both is taken. Near means: along every axis the codes beside the node's own code and those
    above them. There a linear program is a fraction of the size, and what it finds is as good a certificate.
    """

    def __init__(
        self,
        lattice: Lattice,
        measures: Measures,
        movable: Flags,
        withheld: Flags,
        weight: Floats,
        *,
        room: Room | None = None,
        offered: Flags | None = None,
        far: int | None = None,
    ) -> None:
        """Prepare a search.

        Args:
            lattice: all nodes.
            measures: their figures.
            movable: nodes that may deviate.
            withheld: shared, see `Searcher`; grows by `withhold` alone.
            weight: what withholding a node costs.
            room: how far each may deviate at most.
            offered: see `Searcher`; every node when absent.
            far: how many times to look further than the nearest neighbourhood at most; None is without limit.
        """
        self.withheld = withheld
        self._lattice = lattice
        self._measures = measures
        self._movable = movable
        self._weight = weight
        self._room = room or Room.of(measures)
        self._offered = np.ones(lattice.size, dtype=np.bool_) if offered is None else offered
        self._far = far
        self._relations = lattice.relations().tocsc()
        self.crowded = lattice.size >= CROWDED
        self._means = Means.PROGRAMS
        sizes = (NARROW, WIDE) if self.crowded else (WIDE,)
        self._tiers = [[_families(axis, most) for axis in lattice.axes] for most in sizes]
        self._searchers: dict[tuple[int, tuple[int, ...]], Searcher] = {}
        self._banned = np.zeros(lattice.size, dtype=np.bool_)
        self._cubes = self._ask_cubes() if np.count_nonzero(movable) > SMALL else None

    def _ask_cubes(self) -> Cubes:
        from service.disclosure.pattern.hypercubes import Cubes  # noqa: PLC0415 - small tables do without numba

        price = np.where(self.withheld, 0.0, self._weight)
        return Cubes(self._lattice, self._measures, ~self._movable, price)

    def use(self, means: Means) -> None:
        """From now on use no more than this."""
        self._means = means
        if self._cubes is not None and self.crowded:
            self._cubes.try_harder(_HARDER.get(means, 0))

    @property
    def solves(self) -> int:
        """Linear programs solved so far."""
        return sum(searcher.solves for searcher in self._searchers.values())

    @property
    def work(self) -> int:
        """Work done so far, see `Program`."""
        looked = 0 if self._cubes is None else CORNER * self._cubes.work
        return looked + sum(searcher.work for searcher in self._searchers.values())

    def find(self, need: Need, attackers: Ints) -> Certificate | None:
        """A certificate of little weight for a need; None when there is none.

        In a crowded table, one for several attackers together need not be found: one by one it will.
        """
        cube = None if self._cubes is None else self._cubes.find(need, attackers)
        if cube is not None and not self._room.holds([cube]):
            cube = None
        if cube is not None and (self.crowded or not self._cost(cube)):
            return cube
        if self._means is not Means.PROGRAMS or (self.crowded and len(attackers) > 1):
            return cube
        found = self._by_program(need, attackers)
        if cube is None or (found is not None and self._cost(found) <= self._cost(cube)):
            return found
        return cube

    def _cost(self, certificate: Certificate) -> float:
        """The weight of what it would newly withhold."""
        nodes = certificate[0]
        return float(self._weight[nodes[~self.withheld[nodes]]].sum())

    def _by_program(self, need: Need, attackers: Ints) -> Certificate | None:
        codes = np.unravel_index(need.node, self._lattice.shape)
        everywhere = (-1,) * len(codes)
        for tier, families in enumerate(self._tiers):
            near = tuple(family[int(code)] for (family, _), code in zip(families, codes, strict=True))
            if near == everywhere:
                break
            if tier and not self._may_look_further():
                return None
            for block in self._blocks(near):
                found = self._searcher(tier, block).find(need, attackers, self._banned)
                if found is not None:
                    return found
        if not self._may_look_further():
            return None
        return self._searcher(0, everywhere).find(need, attackers, self._banned)

    def _blocks(self, near: tuple[int, ...]) -> list[tuple[int, ...]]:
        """A neighbourhood, and the same with one axis whole at a time, which is still a fraction of everything."""
        if self.crowded:
            return [near]
        wider = [(*near[:place], -1, *near[place + 1 :]) for place, family in enumerate(near) if family >= 0]
        return [near, *(block for block in wider if max(block) >= 0)]

    def _may_look_further(self) -> bool:
        if self._far is None:
            return True
        self._far -= 1
        return self._far >= 0

    def withhold(self, nodes: Ints) -> None:
        """From now on these nodes cost nothing."""
        self.withheld[nodes] = True
        if self._cubes is not None:
            self._cubes.price[nodes] = 0.0

    def publish(self, nodes: Ints) -> None:
        """From now on withholding these nodes costs what it costs."""
        self.withheld[nodes] = False
        if self._cubes is not None:
            self._cubes.price[nodes] = self._weight[nodes]

    def ban(self, node: int) -> None:
        """From now on a node may not deviate."""
        self._banned[node] = True
        if self._cubes is not None:
            self._cubes.closed[node] = True

    def allow(self, node: int) -> None:
        """Take a ban back."""
        self._banned[node] = False
        if self._cubes is not None:
            self._cubes.closed[node] = not self._movable[node]

    def _searcher(self, tier: int, block: tuple[int, ...]) -> Searcher:
        """The program over one product of families; -1 stands for a whole axis."""
        if (tier, block) not in self._searchers:
            near = np.ones(self._lattice.shape, dtype=np.bool_)
            for place, (number, (_, members)) in enumerate(zip(block, self._tiers[tier], strict=True)):
                if number >= 0:
                    along = np.zeros(self._lattice.shape[place], dtype=np.bool_)
                    along[list(members[number])] = True
                    near &= along.reshape([-1 if k == place else 1 for k in range(near.ndim)])
            nodes = np.flatnonzero(self._movable & near.reshape(-1))
            self._searchers[tier, block] = Searcher(
                self._relations,
                self._measures,
                nodes,
                self.withheld,
                self._weight,
                room=self._room,
                offered=self._offered,
            )
        return self._searchers[tier, block]


def _families(axis: Axis, most: int) -> tuple[list[int], list[tuple[int, ...]]]:
    """Per code the number of its family (-1: the whole axis), and the codes of each family.

    Codes that add up to the same code are divided into groups of at most `most`. A family is a group with all
    that adds up to its codes, and everything above them.
    """
    above: dict[int, list[int]] = {}
    for whole, parts in enumerate(axis.parts):
        for part in parts:
            above.setdefault(part, []).append(whole)
    number_of = [-1] * len(axis)
    members: list[tuple[int, ...]] = []
    for parts in axis.parts:
        siblings = [part for part in parts if len(above[part]) == 1]
        groups = -(-len(siblings) // most)
        for group in np.array_split(np.array(siblings, dtype=np.int64), groups) if groups else ():
            family = _closure(group.tolist(), axis.parts) | _closure(group.tolist(), above)
            if len(group) < SMALLEST_GROUP or len(family) == len(axis):
                continue
            for part in group.tolist():
                number_of[part] = len(members)
            members.append(tuple(sorted(family)))
    return number_of, members


def _closure(codes: Sequence[int], steps: Mapping[int, Sequence[int]] | Sequence[Sequence[int]]) -> set[int]:
    """The codes and all that can be reached from them."""
    found, queue = set(codes), list(codes)
    while queue:
        here = queue.pop()
        following = steps.get(here, ()) if isinstance(steps, Mapping) else steps[here]
        fresh = [code for code in following if code not in found]
        found.update(fresh)
        queue.extend(fresh)
    return found
