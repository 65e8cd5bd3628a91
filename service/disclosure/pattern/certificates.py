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

from service.disclosure.pattern.bits import Bytes, bits_of, strangers
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
    left: Bytes
    proof: list[int] | None


@dataclass(frozen=True)
class _Reach:
    """How far a deviation can be stretched: for outsiders to `limit` of it, for these holders to 1 / `strain`."""

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

    The contributors for whom a need is open are bits, so that one array operation narrows the needs of all nodes that
    a certificate moves.
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
        count = len(assessment.nodes)
        self.place = np.full(len(measures.value), -1, dtype=np.int64)
        self.place[assessment.nodes] = np.arange(count)
        self.levels = np.stack([assessment.up, assessment.down])
        self.insider_levels = np.stack([assessment.up, assessment.down_insider])
        self.outsider_open = self.levels > 0
        self._strangers = strangers(assessment.nodes, measures, insight)
        self._left = self._strangers.copy()
        self._insider_open = (self.insider_levels > 0) & self._left.any(axis=2)
        free = np.repeat(measures.value, np.diff(measures.start)) - measures.own
        self._free = np.where(measures.alone, 0, free).astype(np.float64)
        self._counts = measures.alone | (measures.own > 0)
        self.pool: list[Certificate] = []
        self.proofs: dict[tuple[int, int], list[int]] = {}
        self._moved_by: dict[int, list[tuple[int, float]]] = {}
        self._reaches: list[tuple[_Reach, _Reach]] = []

    def limit(self, left: Mapping[tuple[int, int], Ints]) -> None:
        """Ask for nothing but this: per direction and place in the assessment, these contributors."""
        self.outsider_open[:] = self._insider_open[:] = False
        self._left[:] = 0
        for key, attackers in left.items():
            self._left[key] = bits_of(attackers, self._measures.holders)
            self._insider_open[key] = self.insider_levels[key] > 0 and len(attackers) > 0

    def leave(self, unsafe: Ints) -> None:
        """Ask for nothing about these places in the assessment."""
        self.outsider_open[:, unsafe] = self._insider_open[:, unsafe] = False

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
        left = np.flatnonzero(np.unpackbits(self._left[direction, unsafe], bitorder="little"))
        return Need(unsafe, node, direction, float(self.insider_levels[direction, unsafe]), left)

    def left_of(self, need: Need, attackers: Ints) -> Ints:
        """Those of the contributors for whom a need is open."""
        left = np.unpackbits(self._left[need.direction, need.unsafe], bitorder="little")
        found: Ints = attackers[left[attackers] > 0]
        return found

    def is_open(self, key: tuple[int, int]) -> bool:
        """Whether something is open about a place in the assessment in a direction, as (direction, place)."""
        return bool(self.outsider_open[key] or self._insider_open[key])

    def settle(self, nodes: Ints, deviation: Floats) -> None:
        """Tick off everything that the certificate, its shrunken copies and their opposites show."""
        number = len(self.pool)
        self.pool.append((nodes, deviation))
        place = self.place[nodes]
        moved = np.flatnonzero(place >= 0)
        unsafe, moves = place[moved], deviation[moved]
        reaches = self._stretch(nodes, deviation)
        if self._noted is None:
            for one, by in zip(unsafe.tolist(), moves.tolist(), strict=True):
                self._moved_by.setdefault(one, []).append((number, by))
            self._reaches.append(reaches)
        copies = self._copies(deviation)
        size, rises = np.abs(moves), moves > 0
        for reach, forward in zip(reaches, (True, False), strict=True):
            way = np.where(rises == forward, UP, DOWN)
            shown = self._settle_one((way, unsafe), size, reach, copies)
            for key in zip(way[shown].tolist(), unsafe[shown].tolist(), strict=True):
                self._note(key, number)

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
        wanting = np.zeros(len(self.place), dtype=np.bool_)
        wanting[list(nodes)] = True
        found: dict[int, dict[int, None]] = {}
        for number, served in sorted(serves.items()):
            used = self.pool[number][0]
            for node in used[wanting[used]].tolist():
                known = found.setdefault(node, {})
                known.update(served)
                wanting[node] = len(known) < most
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
                    self._left[key].copy(),
                    self.proofs.pop(key, None),
                )
            )
            self.outsider_open[key] = self.levels[key] > 0
            self._left[key] = self._strangers[key]
            self._insider_open[key] = self.insider_levels[key] > 0 and bool(self._left[key].any())
            if dead is not None:
                self._show_again(key, dead, entries[-1].proof or [])
        return entries

    def restore(self, entries: Iterable[_Entry]) -> None:
        """Put needs back as they were before `reopen`."""
        for entry in entries:
            self.outsider_open[entry.key] = entry.outsider_open
            self._insider_open[entry.key] = entry.insider_open
            self._left[entry.key] = entry.left
            self.proofs.pop(entry.key, None)
            if entry.proof is not None:
                self.proofs[entry.key] = entry.proof

    def _show_again(self, key: tuple[int, int], dead: Container[int], before: list[int]) -> None:
        """Show one need by certificates found earlier: those that showed it before, then all that move its node."""
        direction, unsafe = key
        moved_by = self._moved_by.get(unsafe, [])
        if before:
            first = set(before)
            moved_by = [one for one in moved_by if one[0] in first] + [one for one in moved_by if one[0] not in first]
        for number, moves in moved_by:
            if not self.is_open(key):
                return
            if number in dead:
                continue
            reach = self._reaches[number][0 if (moves > 0) == (direction == UP) else 1]
            size = abs(moves)
            shown = bool(self.outsider_open[key]) and self.levels[key] <= reach.limit * size
            if shown:
                self.outsider_open[key] = False
            if self._insider_open[key] and self.insider_levels[key] <= reach.limit * size:
                fails = reach.holders[reach.strain * (self.insider_levels[key] / size) > 1 + SLACK]
                left = self._left[key] & bits_of(fails, self._measures.holders)
                if not np.array_equal(left, self._left[key]):
                    self._left[key] = left
                    self._insider_open[key] = bool(left.any())
                    shown = True
            if shown:
                self._note(key, number)

    def _settle_one(self, keys: tuple[Ints, Ints], size: Floats, reach: _Reach, copies: int | None) -> Ints:
        """Tick off what a certificate, or its opposite, shows.

        Args:
            keys: directions and places in the assessment of the unsafe nodes that it moves.
            size: how far it moves each of them.
            reach: how far it may be stretched.
            copies: see `_copies`.

        Returns:
            For which of the keys it shows something.
        """
        outsiders, insiders = self.outsider_open[keys], self._insider_open[keys]
        pending = np.flatnonzero(outsiders | insiders)
        if not len(pending):
            return pending
        way, unsafe, size = keys[0][pending], keys[1][pending], size[pending]
        shown = outsiders[pending] & (_share(self.levels[way, unsafe], size, copies) <= reach.limit)
        self.outsider_open[way[shown], unsafe[shown]] = False
        shrink = _share(self.insider_levels[way, unsafe], size, copies)
        able = np.flatnonzero(insiders[pending] & (shrink <= reach.limit))
        if len(able):
            key = way[able], unsafe[able]
            fails = np.zeros((len(able), self._measures.holders), dtype=np.bool_)
            fails[:, reach.holders] = np.multiply.outer(shrink[able], reach.strain) > 1 + SLACK
            before = self._left[key]
            left = before & np.packbits(fails, axis=1, bitorder="little")
            self._left[key] = left
            self._insider_open[key] = left.any(axis=1)
            shown[able] |= (left != before).any(axis=1)
        served: Ints = pending[shown]
        return served

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

    def _stretch(self, nodes: Ints, deviation: Floats) -> tuple[_Reach, _Reach]:
        """How far a deviation and its opposite may be stretched: for an outsider, and for every contributor."""
        measures = self._measures
        size, falls = np.abs(deviation), deviation < 0
        down, up = self._room.down[nodes], self._room.up[nodes]
        start, times = measures.start[nodes], measures.start[nodes + 1] - measures.start[nodes]
        entry = np.repeat(start - (np.cumsum(times) - times), times) + np.arange(int(times.sum()))
        of = np.repeat(np.arange(len(nodes)), times)
        counts = self._counts[entry]
        if not counts.all():
            entry, of = entry[counts], of[counts]
        holder, free, falling, alone = measures.holder[entry], self._free[entry], falls[of], measures.alone[entry]
        found = []
        with np.errstate(divide="ignore"):
            used = size[of] / free
            for sinking, sinks in ((falls, falling), (~falls, ~falling)):
                worst = float(np.max(size / np.where(sinking, down, up), initial=0.0))
                matters = sinks | alone
                strain = np.zeros(measures.holders)
                np.maximum.at(strain, holder[matters], used[matters])
                holders = np.flatnonzero(strain)
                found.append(_Reach(_limit(worst), holders, strain[holders]))
        return found[0], found[1]

    def _note(self, key: tuple[int, int], number: int) -> None:
        """A certificate shows some of this need."""
        proof = self.proofs.setdefault(key, [])
        if number not in proof and (self._noted is None or len(proof) < self._noted):
            proof.append(number)
