"""From an assessment to withheld nodes and the certificates that justify them: the whole journey.

How hard it tries follows from the size of the question, in steps of work and never in seconds, so that the same table
always comes out the same.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from service.disclosure.pattern.certificates import DOWN, UP
from service.disclosure.pattern.hypercubes import desk as cubes
from service.disclosure.pattern.hypercubes.improving import copy, improve, index, live
from service.disclosure.pattern.hypercubes.moves import moves_of
from service.disclosure.pattern.hypercubes.proving import weave
from service.disclosure.progress import Progress, silent
from service.disclosure.question.claims import Certificate
from service.disclosure.question.insight import Insight
from service.disclosure.question.lattice import Lattice
from service.disclosure.question.measures import Measures
from service.disclosure.question.rules import Assessment

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

Key = tuple[int, int]
"""A direction and a place in the assessment."""

WORK = 400_000_000
"""What publishing cells again may look at, in corners of hypercubes, moves and entries of proofs; some 30 s of CPU."""

EFFORTS = ((4_000, (8, 3000, 12, 3)), (100_000, (5, 300, 12, 1)), (np.inf, (5, 300, 12, 0)))
"""Up to how many needs, how much to do for each (`Scratch.effort`)."""

PASSES = 4
STEPS = 20
"""Times that progress is told per pass, and at most the times that all proofs are indexed anew for it."""

SMALL_GAIN = 0.002
"""A pass that saves less than this share of the weight withheld is the last."""


class Weaver:
    """Proves every need of an assessment over as few and as small nodes as it finds."""

    def __init__(
        self,
        lattice: Lattice,
        measures: Measures,
        assessment: Assessment,
        insight: Insight,
        closed: Flags,
        withheld: Flags,
        *,
        progress: Progress = silent,
    ) -> None:
        """Prepare.

        Args:
            lattice: all nodes.
            measures: their figures.
            assessment: what must stay possible.
            insight: to whom an empty node is no secret.
            closed: nodes that may not deviate.
            withheld: nodes that are withheld; grows and shrinks in place.
            progress: told how far each pass is.
        """
        self._progress = progress
        self._moves = moves_of(lattice)
        self._figures = _figures(measures)
        self._needs, self._keys = _needs(measures, assessment, insight)
        weight = (measures.value + 1).astype(np.float64)
        self._board = cubes.Board(np.where(withheld, 0.0, weight), weight, closed.copy(), withheld)
        self._scratch = _scratch(lattice, measures)
        self._proofs = _proofs(len(self._keys), lattice.size, measures.holders)
        self._value = measures.value

    def weave(self) -> None:
        """Prove the needs, small nodes first: what they use is cheap and serves larger ones.

        What fails is tried once more, harder.
        """
        needs = self._needs
        order = np.lexsort((self._value[needs.node], -needs.sign))
        size = len(order)
        first = next(effort for most, effort in EFFORTS if size <= most)
        for effort in (first, (12, 3000, 40, 0)):
            self._effort(*effort)
            order = self._weave(order)

    def _weave(self, order: Ints) -> Ints:
        """One attempt at these needs; those that failed."""
        failed = np.empty(len(order), dtype=np.int64)
        every: list[Ints] = []
        begin, roomy = 0, False
        while begin < len(order):
            self._progress("weave", begin / len(order))
            until = begin + 1 + len(order) // STEPS
            begin, count = weave(order[:until], begin, roomy, failed, self._desk())
            every.append(failed[:count].copy())
            roomy = begin < min(until, len(order))
            if roomy:
                self._make_room()
        return np.concatenate(every) if every else order

    def improve(self, candidates: Ints) -> None:
        """Publish candidates again where the rest can do without them.

        Args:
            candidates: withheld nodes that could be published, in the order of trying.
        """
        proofs, scratch = self._proofs, self._scratch
        self._effort(8, 1000, 12, 0)
        scratch.state[cubes.WORK] = 0
        for _ in range(PASSES):
            total, before = 0.0, float(self._board.weight[self._board.withheld].sum())
            begin = 0
            while begin < len(candidates) and scratch.state[cubes.WORK] <= WORK:
                self._progress("improve", begin / len(candidates))
                self._make_room()
                proofs = self._proofs
                head = np.full(len(self._value), -1, dtype=np.int64)
                following = np.empty(len(proofs.nodes), dtype=np.int64)
                user = np.empty(len(proofs.nodes), dtype=np.int64)
                links = index(head, following, user, self._desk())
                until = begin + 1 + len(candidates) // STEPS
                stopped, _, saved = improve(
                    candidates[:until], begin, WORK, links, (head, following, user), self._desk()
                )
                total += saved
                begin = max(stopped, begin + 1)
            if total < SMALL_GAIN * before or scratch.state[cubes.WORK] > WORK:
                break
            candidates = candidates[self._board.withheld[candidates]]

    def proofs(self) -> dict[Key, list[Certificate]]:
        """Per need that was shown, the certificates that show it together."""
        found = {}
        proofs = self._proofs
        for need, key in enumerate(self._keys):
            numbers = proofs.numbers[need, : proofs.amount[need]].tolist()
            inside = [slice(int(proofs.start[number]), int(proofs.stop[number])) for number in numbers]
            if inside:
                found[key] = [(proofs.nodes[part].astype(np.int64), proofs.deviations[part].copy()) for part in inside]
        return found

    def _desk(self) -> cubes.Desk:
        return cubes.Desk(self._moves, self._figures, self._board, self._needs, self._proofs, self._scratch)

    def _effort(self, breadth: int, tries: int, most_cubes: int, rounds: int) -> None:
        self._scratch.effort[:] = (breadth, tries, most_cubes, rounds)

    def _make_room(self) -> None:
        """Leave out what is not in use any more, and make sure that there is room for as much again."""
        old = self._proofs
        new = _proofs(len(self._keys), len(self._value), self._scratch.lists.shape[1], old)
        copy(old, new)
        self._proofs = new


def _figures(measures: Measures) -> cubes.Figures:
    return cubes.Figures(
        measures.value.astype(np.float64),
        measures.reporting == 1,
        measures.start,
        measures.holder,
        measures.own.astype(np.float64),
    )


def _needs(measures: Measures, assessment: Assessment, insight: Insight) -> tuple[cubes.Needs, list[Key]]:
    """Every need with a level; levels of counts are whole.

    A cell is no secret to who holds all of it, nor an empty one to who knows what surrounds it (see
    `certificates.Ledger`).
    """
    count = len(assessment.nodes)
    node = np.concatenate([assessment.nodes, assessment.nodes])
    level = np.concatenate([assessment.up, assessment.down])
    inner = np.concatenate([assessment.up, assessment.down_insider])
    if not measures.holders:
        inner[:] = 0.0
    if measures.whole_numbers:
        level, inner = np.ceil(level - cubes.ROUNDING), np.ceil(inner - cubes.ROUNDING)
    sign = np.repeat([1.0, -1.0], count)
    owner = np.full(len(node), -1, dtype=np.int64)
    alone = (measures.reporting[node] == 1) & (measures.value[node] > 0)
    owner[alone] = measures.holder[measures.start[node[alone]]]
    wanted = np.flatnonzero((level > 0) | (inner > 0))
    who = [insight.of(node[one]) if owner[one] < 0 else owner[one : one + 1] for one in wanted.tolist()]
    start = np.concatenate([[0], np.cumsum([len(one) for one in who])]).astype(np.int64)
    informed = np.concatenate([*who, np.zeros(0, dtype=np.int64)])
    keys = [(UP, int(place)) if place < count else (DOWN, int(place) - count) for place in wanted]
    return cubes.Needs(node[wanted], sign[wanted], level[wanted], inner[wanted], start, informed), keys


def _scratch(lattice: Lattice, measures: Measures) -> cubes.Scratch:
    size, holders = lattice.size, max(measures.holders, 1)
    state = np.zeros(9, dtype=np.int64)
    state[cubes.CLOCK], state[cubes.WHOLE] = 1, int(measures.whole_numbers)
    corners = cubes.MOST_CORNERS
    return cubes.Scratch(
        state=state,
        effort=np.zeros(4, dtype=np.int64),
        deviation=np.zeros(size),
        seen=np.zeros(size, dtype=np.bool_),
        touched=np.empty(size, dtype=np.int64),
        log_node=np.empty(50 * corners, dtype=np.int64),
        log_deviation=np.empty(50 * corners),
        ints=np.empty((6, corners), dtype=np.int64),
        floats=np.empty((5, corners)),
        concerned=np.empty(cubes.MOST_CONCERNED, dtype=np.int64),
        flag=np.zeros(holders, dtype=np.bool_),
        informed=np.zeros(holders, dtype=np.bool_),
        code=np.empty(max(len(lattice.axes), 1), dtype=np.int64),
        lists=np.empty((3, holders), dtype=np.int64),
        room=np.empty(size),
        room_clock=np.zeros(size, dtype=np.int64),
        fresh=np.empty(size, dtype=np.int64),
    )


def _proofs(needs: int, size: int, holders: int, old: cubes.Proofs | None = None) -> cubes.Proofs:
    """Empty proofs with room to work, beside those in use of `old`."""
    count, entries, failing = live(old) if old is not None else (0, 0, 0)
    many = 2 * count + 4 * needs + 1000
    most = 2 * entries + 60 * needs + 4 * size + 100_000
    least = 2 * failing + 8 * needs + 2 * cubes.MOST_PROOFS * holders + 100_000
    return cubes.Proofs(
        np.zeros(needs, dtype=np.int64),
        np.zeros((needs, cubes.MOST_PROOFS + 1), dtype=np.int64),
        np.zeros(many, dtype=np.int64),
        np.zeros(many, dtype=np.int64),
        np.zeros(many, dtype=np.int64),
        np.zeros(many, dtype=np.int64),
        np.empty(most, dtype=np.int32),
        np.empty(most),
        np.empty(least, dtype=np.int32),
        np.zeros(3, dtype=np.int64),
    )
