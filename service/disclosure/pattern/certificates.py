"""What must stay possible for each attacker, and the certificates that show it.

A certificate is a deviation d from the true figures over nodes that are not published, with M d = 0. When
x + d is non-negative, the attacker cannot exclude it; beside rounded releases x + d must be as near to their values as
rounding leaves it (`Room`). Because 0 is a certificate too and the set is convex, every shrunken copy t d (0 <= t <= 1)
is one as well. So a single d shows, for every node that it moves far enough, that the required deviation is possible:
for an outsider when t d >= -x, for contributor w when t d >= -(x - own of w) and d is 0 wherever w is alone. Checking
it is a handful of array operations.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from service.disclosure.question.claims import Certificate
from service.disclosure.question.insight import Insight
from service.disclosure.question.measures import Measures
from service.disclosure.question.rules import Assessment

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
UP, DOWN = 0, 1
SLACK = 1e-7
"""Relative tolerance of a certificate, against rounding in the solver."""

NEGLIGIBLE = 1e-7
"""Deviations below this share of the largest one are rounding of the solver."""

WHOLE = 1e-5
"""How far from a whole number rounding leaves one."""

BRIEFLY = 4
"""Certificates that a brief ledger notes per need; all of them would be gigabytes beside a large table."""


@dataclass(frozen=True)
class Room:
    """Per node, how far a certificate may go `down` and `up`, as everybody knows: not below 0, nor past a rounding."""

    down: Floats
    up: Floats
    rounded: bool

    @classmethod
    def of(cls, measures: Measures, doubt: tuple[Floats, Floats] | None = None) -> Room:
        """What there is beside the rounded values published (see `doubt`)."""
        value = measures.value.astype(np.float64)
        if doubt is None:
            return cls(value, np.full(len(value), np.inf), rounded=False)
        return cls(np.minimum(value, doubt[0]), doubt[1], rounded=True)

    def holds(self, certificates: Iterable[Certificate]) -> bool:
        """Whether no certificate goes further."""
        return not self.rounded or all(
            np.all(deviation <= self.up[nodes] * (1 + SLACK)) and np.all(-deviation <= self.down[nodes] * (1 + SLACK))
            for nodes, deviation in certificates
        )


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


@dataclass(frozen=True)
class _Entry:
    """The state of one need."""

    key: tuple[int, int]
    outsider_open: bool
    insider_open: bool
    untouched: bool
    left: Ints | None
    proof: list[int] | None


@dataclass(frozen=True)
class _Reach:
    """How much of a certificate is possible: for outsiders `limit` of it, for these holders 1 / `strain`."""

    limit: float
    holders: Ints
    strain: Floats


def _limit(worst: float) -> float:
    """The largest share of a deviation that is possible where all of it strains a node `worst` times too far."""
    return min(1.0, 1.0 / worst if worst else 1.0) * (1 + SLACK)


def _share(level: Floats, size: Floats, copies: int | None) -> Floats:
    """The least share of a deviation that moves nodes by `level` where all of it moves them by `size`."""
    share: Floats = level / size
    return share if copies is None else np.ceil(copies * share - WHOLE) / copies


class Ledger:
    """All needs of an assessment, and which of them are shown.

    A cell is no secret to who holds all of it, nor is an empty cell to who holds all of what surrounds it: that is
    known without any table (`insight`). To all other contributors it is one, empty or not.
    """

    def __init__(
        self,
        assessment: Assessment,
        measures: Measures,
        insight: Insight,
        room: Room | None = None,
        *,
        brief: bool = False,
    ) -> None:
        """Open every need.

        Args:
            assessment: the unsafe nodes and what must be possible.
            measures: figures of all nodes.
            insight: to whom empty nodes are no secret.
            room: how far a certificate may go.
            brief: for large tables: note the first few certificates of every need only, so that nothing can be
                reopened; of a deviation in whole numbers only whole copies count.
        """
        self._noted = BRIEFLY if brief else None
        self._assessment = assessment
        self._room = room or Room.of(measures)
        self._measures = measures
        self._insight = insight
        count = len(assessment.nodes)
        self.place = np.full(len(measures.value), -1, dtype=np.int64)
        self.place[assessment.nodes] = np.arange(count)
        self.levels = np.stack([assessment.up, assessment.down])
        self.insider_levels = np.stack([assessment.up, assessment.down_insider])
        self.outsider_open = self.levels > 0
        self._insider_open = (self.insider_levels > 0) & (measures.holders > 0)
        self._untouched = self._insider_open.copy()
        self._left: dict[tuple[int, int], Ints] = {}
        self.pool: list[Certificate] = []
        self.proofs: dict[tuple[int, int], list[int]] = {}
        self._moved_by: dict[int, list[int]] = {}
        self._reaches: dict[tuple[int, float], _Reach] = {}

    def limit(self, left: Mapping[tuple[int, int], Ints]) -> None:
        """Ask for nothing but this: per direction and place in the assessment, these contributors."""
        for flags in (self.outsider_open, self._insider_open, self._untouched):
            flags[:] = False
        self._left.clear()
        for key, attackers in left.items():
            if self.insider_levels[key] > 0:
                self._keep(*key, attackers)

    def node(self, unsafe: int) -> int:
        """The node of a place in the assessment."""
        return int(self._assessment.nodes[unsafe])

    def open_needs(self, order: Ints) -> Iterator[tuple[int, Need]]:
        """Every need that is open when its turn comes, with its place among all needs.

        Args:
            order: of the unsafe nodes, as places in the assessment.
        """
        for direction in (UP, DOWN):
            for place, unsafe in enumerate(order.tolist()):
                need = self.need(direction, unsafe)
                if need is not None:
                    yield direction * len(order) + place, need

    def need(self, direction: int, unsafe: int) -> Need | None:
        """What is open about one node in one direction."""
        node = int(self._assessment.nodes[unsafe])
        if self.outsider_open[direction, unsafe]:
            return Need(unsafe, node, direction, float(self.levels[direction, unsafe]), None)
        if not self._insider_open[direction, unsafe]:
            return None
        if self._untouched[direction, unsafe]:
            left = self._without_owner(direction, unsafe, np.arange(self._measures.holders))
        else:
            left = self._left[direction, unsafe]
        if not len(left):
            self._keep(direction, unsafe, left)
            return None
        return Need(unsafe, node, direction, float(self.insider_levels[direction, unsafe]), left)

    def is_open(self, key: tuple[int, int]) -> bool:
        """Whether something is open about a place in the assessment in a direction, as (direction, place)."""
        return bool(self.outsider_open[key] or self._insider_open[key])

    def settle(self, nodes: Ints, deviation: Floats) -> None:
        """Tick off everything that the certificate, its shrunken copies and their opposites show."""
        number = len(self.pool)
        self.pool.append((nodes, deviation))
        if self._noted is None:
            for unsafe in self.place[nodes][self.place[nodes] >= 0].tolist():
                self._moved_by.setdefault(unsafe, []).append(number)
        for sign in (1.0, -1.0):
            self._settle_one(nodes, sign * deviation)

    def in_use(self) -> list[Certificate]:
        """The certificates on which something that was shown rests."""
        if self._noted is not None:
            return list(self.pool)
        return [self.pool[number] for number in sorted({one for proof in self.proofs.values() for one in proof})]

    def served_by(self, nodes: set[int], most: int) -> dict[int, list[int]]:
        """Per node of these, up to `most` unsafe nodes whose proof uses it."""
        serves: dict[int, dict[int, None]] = {}
        for (_, unsafe), proof in sorted(self.proofs.items()):
            for number in proof:
                served = serves.setdefault(number, {})
                if len(served) < most:
                    served[self.node(unsafe)] = None
        found: dict[int, dict[int, None]] = {}
        for number, served in sorted(serves.items()):
            for node in nodes.intersection(self.pool[number][0].tolist()):
                found.setdefault(node, {}).update(served)
        return {node: list(served)[:most] for node, served in found.items()}

    def reopen(self, keys: Iterable[tuple[int, int]], dead: Container[int] | None = None) -> list[_Entry]:
        """Forget what was shown about some needs; `restore` takes the answer to undo that.

        With `dead`, the certificates that hold no longer, all others of the pool show again what they can.
        """
        entries = []
        for key in keys:
            entries.append(
                _Entry(
                    key,
                    bool(self.outsider_open[key]),
                    bool(self._insider_open[key]),
                    bool(self._untouched[key]),
                    self._left.get(key),
                    self.proofs.get(key),
                )
            )
            self._left.pop(key, None)
            self.proofs.pop(key, None)
            self.outsider_open[key] = self.levels[key] > 0
            self._insider_open[key] = self._untouched[key] = self.insider_levels[key] > 0
            if dead is not None:
                self._show_again(key, dead, entries[-1].proof or [])
        return entries

    def restore(self, entries: Iterable[_Entry]) -> None:
        """Put needs back as they were before `reopen`."""
        for entry in entries:
            self.outsider_open[entry.key] = entry.outsider_open
            self._insider_open[entry.key] = entry.insider_open
            self._untouched[entry.key] = entry.untouched
            self._left.pop(entry.key, None)
            self.proofs.pop(entry.key, None)
            if entry.left is not None:
                self._left[entry.key] = entry.left
            if entry.proof is not None:
                self.proofs[entry.key] = entry.proof

    def _show_again(self, key: tuple[int, int], dead: Container[int], before: list[int]) -> None:
        """Show one need by certificates found earlier: those that showed it before, then all that move its node."""
        direction, unsafe = key
        node = self.node(unsafe)
        tried: set[int] = set()
        for number in (*before, *self._moved_by.get(unsafe, ())):
            if not self.is_open(key):
                return
            if number in dead or number in tried:
                continue
            tried.add(number)
            nodes, deviation = self.pool[number]
            moves = float(deviation[np.searchsorted(nodes, node)])
            reach = self._reach(number, 1.0 if (moves > 0) == (direction == UP) else -1.0)
            size = abs(moves)
            shown = bool(self.outsider_open[key] and self.levels[key] <= reach.limit * size)
            if shown:
                self.outsider_open[key] = False
            if self._insider_open[key] and self.insider_levels[key] <= reach.limit * size:
                fails = np.zeros(self._measures.holders, dtype=np.bool_)
                fails[reach.holders[reach.strain * (self.insider_levels[key] / size) > 1 + SLACK]] = True
                shown |= self._narrow(direction, unsafe, fails)
            if shown:
                self._note(direction, unsafe, number)

    def _reach(self, number: int, sign: float) -> _Reach:
        """How far a certificate of the pool, or its opposite, may be stretched; kept, for it is asked often."""
        key = (number, sign)
        if key not in self._reaches:
            nodes, deviation = self.pool[number]
            worst, strain = self._strain(nodes, sign * deviation)
            holders = np.flatnonzero(strain)
            self._reaches[key] = _Reach(_limit(worst), holders, strain[holders])
        return self._reaches[key]

    def _settle_one(self, nodes: Ints, deviation: Floats) -> None:
        unsafe = self.place[nodes]
        way = np.where(deviation > 0, UP, DOWN)
        pending = np.flatnonzero((unsafe >= 0) & (self.outsider_open[way, unsafe] | self._insider_open[way, unsafe]))
        if not len(pending):
            return
        unsafe, way, size = unsafe[pending], way[pending], np.abs(deviation[pending])
        worst, strain = self._strain(nodes, deviation)
        limit, number = _limit(worst), len(self.pool) - 1
        copies = self._copies(deviation)
        shown = _share(self.levels[way, unsafe], size, copies) <= limit
        self.outsider_open[way[shown], unsafe[shown]] = False
        for key in zip(way[shown].tolist(), unsafe[shown].tolist(), strict=True):
            self._note(*key, number)
        shrink = _share(self.insider_levels[way, unsafe], size, copies)
        for k in np.flatnonzero((shrink <= limit) & self._insider_open[way, unsafe]).tolist():
            if self._narrow(int(way[k]), int(unsafe[k]), strain * shrink[k] > 1 + SLACK):
                self._note(int(way[k]), int(unsafe[k]), number)

    def _copies(self, deviation: Floats) -> int | None:
        """How many whole copies a deviation is a multiple of, when only whole ones count; None when any share does.

        The attack takes whole copies only. In a small table it finds others by itself; in a large one that takes long.
        """
        if self._noted is None or not self._measures.whole_numbers:
            return None
        near = np.rint(deviation)
        if np.any(np.abs(near - deviation) > WHOLE):
            return None
        return int(np.gcd.reduce(near.astype(np.int64)))

    def _strain(self, nodes: Ints, deviation: Floats) -> tuple[float, Floats]:
        """1 / the largest factor by which d may grow: for an outsider, and for every contributor."""
        measures = self._measures
        room = np.where(deviation < 0, self._room.down[nodes], self._room.up[nodes])
        strain = np.zeros(measures.holders)
        with np.errstate(divide="ignore"):
            worst = float(np.max(np.abs(deviation) / room, initial=0.0))
        if not measures.holders:
            return worst, strain
        start, times = measures.start[nodes], measures.start[nodes + 1] - measures.start[nodes]
        entry = np.repeat(start - (np.cumsum(times) - times), times) + np.arange(int(times.sum()))
        of = np.repeat(np.arange(len(nodes)), times)
        own = measures.own[entry]
        alone = measures.alone[entry]
        matters = alone | ((deviation[of] < 0) & (own > 0))
        of, own, alone, holder = of[matters], own[matters], alone[matters], measures.holder[entry[matters]]
        free = (measures.value[nodes][of] - own).astype(np.float64)
        with np.errstate(divide="ignore"):
            np.maximum.at(strain, holder, np.where(alone, np.inf, -deviation[of] / free))
        return worst, strain

    def _narrow(self, direction: int, unsafe: int, failing: npt.NDArray[np.bool_]) -> bool:
        """Keep the contributors for whom a certificate fails; whether those are fewer."""
        if self._untouched[direction, unsafe]:
            left = self._without_owner(direction, unsafe, np.flatnonzero(failing))
        else:
            left = self._left[direction, unsafe]
            before = len(left)
            left = left[failing[left]]
            if len(left) == before:
                return False
        self._keep(direction, unsafe, left)
        return True

    def _note(self, direction: int, unsafe: int, number: int) -> None:
        """A certificate shows some of this need."""
        proof = self.proofs.setdefault((direction, unsafe), [])
        if number not in proof and (self._noted is None or len(proof) < self._noted):
            proof.append(number)

    def _keep(self, direction: int, unsafe: int, left: Ints) -> None:
        self._untouched[direction, unsafe] = False
        self._insider_open[direction, unsafe] = len(left) > 0
        self._left[direction, unsafe] = left

    def _without_owner(self, direction: int, unsafe: int, holders: Ints) -> Ints:
        """Without those to whom the node is no secret.

        Who holds all of it; of an empty one, who knows what surrounds it.
        """
        node = self.node(unsafe)
        empty = self._measures.value[node] == 0
        told = self._insight.of(node) if empty else self._measures.knowing(node, down=direction == DOWN)
        strangers: Ints = holders[~np.isin(holders, told)]
        return strangers
