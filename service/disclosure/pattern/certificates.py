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
from functools import partial

import numpy as np
import numpy.typing as npt

from service.disclosure.pattern.bits import Bytes, bits_of, strangers
from service.disclosure.pattern.settling import ANY, DOWN, SLACK, UP, WHOLE, Reach, State, settle
from service.disclosure.question.claims import Certificate
from service.disclosure.question.insight import Insight
from service.disclosure.question.measures import Measures
from service.disclosure.question.rules import Assessment

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

NEGLIGIBLE = 1e-7
"""Deviations below this share of the largest one are rounding of the solver."""

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


class _Uses:
    """What every certificate moves, side by side: looking through all of it takes less than keeping it per node."""

    def __init__(self) -> None:
        self._node, self._owner = np.empty(1024, dtype=np.int64), np.empty(1024, dtype=np.int64)
        self._moves = np.empty(1024)
        self._count = 0

    def add(self, number: int, nodes: Ints, deviation: Floats) -> None:
        """Take up one certificate."""
        first, last = self._count, self._count + len(nodes)
        if last > len(self._node):
            room = np.zeros(max(last, len(self._node)), dtype=np.int64)
            self._node, self._owner = np.concatenate([self._node, room]), np.concatenate([self._owner, room])
            self._moves = np.concatenate([self._moves, room.astype(np.float64)])
        self._node[first:last], self._owner[first:last], self._moves[first:last] = nodes, number, deviation
        self._count = last

    def of(self, node: int) -> list[tuple[int, float]]:
        """Which certificates move a node, and how far."""
        at = np.flatnonzero(self._node[: self._count] == node)
        return list(zip(self._owner[at].tolist(), self._moves[at].tolist(), strict=True))


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
        quick: bool = False,
    ) -> None:
        """Open every need.

        Args:
            assessment: the unsafe nodes and what must be possible.
            measures: figures of all nodes.
            insight: to whom empty nodes are no secret.
            room: how far a certificate may go.
            brief: for large tables: note the first few certificates of every need only, so that nothing can be
                reopened; of a deviation in whole numbers only whole copies count.
            quick: settle by compiled code.
        """
        self._noted, self._settle = BRIEFLY if brief else None, settle
        if quick:
            from service.disclosure.pattern.hypercubes import settling  # noqa: PLC0415 - small tables do without numba

            self._settle = partial(settling.settle, reaches=not brief)
        self._assessment, self._measures = assessment, measures
        count = len(assessment.nodes)
        self.place = np.full(len(measures.value), -1, dtype=np.int64)
        self.place[assessment.nodes] = np.arange(count)
        self._strangers = strangers(assessment.nodes, measures, insight)
        room = room or Room.of(measures)
        self._state = _opened(assessment, measures, room, self.place, self._strangers)
        self.levels, self.insider_levels = self._state.levels, self._state.insider_levels
        self.outsider_open, self._insider_open = self._state.outsider_open, self._state.insider_open
        self._left = self._state.left
        self.pool: list[Certificate] = []
        self.proofs: dict[tuple[int, int], list[int]] = {}
        self._uses = _Uses()
        self._reaches: list[tuple[Reach, Reach]] = []

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

    def open_needs(self, order: Ints) -> Iterator[tuple[float, Need]]:
        """Every need that is open when its turn comes, and which share of those open now has had its turn.

        Args:
            order: of the unsafe nodes, as places in the assessment.
        """
        either = self.outsider_open | self._insider_open
        turns = [(direction, order[either[direction, order]]) for direction in (UP, DOWN)]
        count, passed = sum(len(places) for _, places in turns), 0
        for direction, places in turns:
            for unsafe in places.tolist():
                need = self.need(direction, unsafe)
                if need is not None:
                    yield passed / count, need
                passed += 1

    def needs(self) -> Iterator[Need]:
        """Everything that is open, for outsiders and contributors apart."""
        for direction in (UP, DOWN):
            for unsafe, node in enumerate(self._assessment.nodes.tolist()):
                if self.outsider_open[direction, unsafe]:
                    yield Need(unsafe, node, direction, float(self.levels[direction, unsafe]), None)
                if self._insider_open[direction, unsafe]:
                    left = np.flatnonzero(np.unpackbits(self._left[direction, unsafe], bitorder="little"))
                    yield Need(unsafe, node, direction, float(self.insider_levels[direction, unsafe]), left)

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
        both = self._settle(self._state, nodes, deviation, self._copies(deviation))
        if self._noted is None:
            self._uses.add(number, nodes, deviation)
            self._reaches.append((both[0].reach, both[1].reach))
        for shown in both:
            for key in zip(shown.way.tolist(), shown.unsafe.tolist(), strict=True):
                self._note(key, number)

    def in_use(self) -> list[Certificate]:
        """The certificates on which something that was shown rests."""
        if self._noted is not None:
            return list(self.pool)
        return [self.pool[number] for number in sorted({one for proof in self.proofs.values() for one in proof})]

    def using(self, node: int) -> list[tuple[int, float]]:
        """Which certificates move a node, as places in the pool, and how far; nothing in a brief ledger."""
        return self._uses.of(node)

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
        moved_by = self.using(self.node(unsafe))
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

    def _copies(self, deviation: Floats) -> int:
        """How many whole copies a deviation is a multiple of, when only whole ones count; `ANY` when any share does.

        The attack takes whole copies only. In a small table it finds others by itself; in a large one that takes long.
        """
        if self._noted is None or not self._measures.whole_numbers:
            return ANY
        near = np.rint(deviation)
        if np.any(np.abs(near - deviation) > WHOLE):
            return ANY
        return int(np.gcd.reduce(near.astype(np.int64)))

    def _note(self, key: tuple[int, int], number: int) -> None:
        """A certificate shows some of this need."""
        proof = self.proofs.setdefault(key, [])
        if number not in proof and (self._noted is None or len(proof) < self._noted):
            proof.append(number)


def _opened(assessment: Assessment, measures: Measures, room: Room, place: Ints, strange: Bytes) -> State:
    """Every need open, and what everybody knows."""
    levels = np.stack([assessment.up, assessment.down])
    insider_levels = np.stack([assessment.up, assessment.down_insider])
    free = np.repeat(measures.value, np.diff(measures.start)) - measures.own
    return State(
        outsider_open=levels > 0,
        insider_open=(insider_levels > 0) & strange.any(axis=2),
        left=strange.copy(),
        levels=levels,
        insider_levels=insider_levels,
        place=place,
        down=room.down,
        up=room.up,
        start=measures.start,
        holder=measures.holder,
        free=np.where(measures.alone, 0, free).astype(np.float64),
        alone=measures.alone,
        counts=measures.alone | (measures.own > 0),
        strain=np.zeros(measures.holders),
    )
