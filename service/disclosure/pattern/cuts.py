"""Small tables: what every safe pattern satisfies, and the cheapest choice of cells that satisfies it.

Let z be 1 for what is withheld and 0 for what is published. A need (an unsafe node p, a direction, an attacker; see
`certificates`) is met by z when the linear program

    maximise +-d_p   subject to   M d = 0,   -down z <= d <= up z

reaches its level. By linear programming duality, with its reduced costs r,

    sum_i min(level, |r_i| bound_i) z_i >= level        where `bound` is the end of its room at which r_i holds d_i,

is true of every z that meets the need, and untrue of the z at hand when that does not: a cut. There are finitely many,
and a whole z that violates none is safe (Fischetti & Salazar, Management Science 47, 2001). They are found in rounds:
take the cheapest z that the cuts so far allow, look for others that it violates, and again; first with cells withheld
in part, which is quick and finds most of the cuts, then with whole ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from service.disclosure.linear import Program, Selection, SolverFailed
from service.disclosure.pattern.certificates import Need, Room
from service.disclosure.pattern.settling import UP
from service.disclosure.question.lattice import Lattice
from service.disclosure.question.measures import Measures

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

Cut = tuple[Ints, Floats]
"""Nodes, and what withholding each of them adds to a sum that must be at least 1."""

VIOLATED = 1e-6
"""Share of a level that may be missing."""

NOTHING = 1e-9
"""Reduced costs below this are rounding of the solver."""

GAP = 0.02
"""Share of the least cost by which a whole z may cost more."""

BRANCHES = 10
"""After how many the search for a whole z is given up."""

DEAR = 0.005
"""What costs this share more to withhold, by the cuts of the first rounds, is not withheld in the later ones."""

MANY = 180
"""Nodes up to which all may be withheld in every round, which is quick there."""

ATTACKING = 5_000_000
"""Work of linear programs that look for cuts, in all."""

CHOOSING = 12_000_000
"""Work of choosing what is withheld, in all."""

LARGEST = 1e6
"""Deviations and costs are in units in which the largest is about this: beyond that a solver drowns in its rounding."""


@dataclass(frozen=True)
class _Attacker:
    """How far nodes may go down and up for one attacker, and what it must not learn: (column, direction, level)."""

    down: Floats
    up: Floats
    needs: tuple[tuple[int, int, float], ...]


class Separation:
    """Finds cuts that a z violates, attacker by attacker, with one warm linear program.

    Attributes:
        nodes: that may deviate, ascending; z follows them.
    """

    def __init__(self, lattice: Lattice, measures: Measures, movable: Flags, room: Room, needs: Iterable[Need]) -> None:
        """Set up the program.

        Args:
            lattice: all nodes.
            measures: their figures.
            movable: nodes that may deviate.
            room: how far each may at most.
            needs: what must be possible.
        """
        self.nodes = np.flatnonzero(movable)
        rows = lattice.relations().tocsc()[:, self.nodes].tocsr()
        self.relations = rows[np.diff(rows.indptr) > 0]
        nothing = np.zeros(len(self.nodes))
        self._attackers = _attackers(measures, self.nodes, room, needs)
        self._program = Program(self.relations, nothing, nothing, nothing)
        self._known: list[Floats] = []

    @property
    def tired(self) -> bool:
        """Whether no more is looked for."""
        return self._program.work > ATTACKING

    @property
    def solves(self) -> int:
        """Linear programs solved so far."""
        return self._program.solves

    def violated(self, z: Floats) -> list[Cut]:
        """Cuts that z violates; none when it meets every need, or when it is `tired`."""
        self._known = []
        return [cut for attacker in self._attackers for cut in self._of(attacker, z)]

    def _of(self, attacker: _Attacker, z: Floats) -> list[Cut]:
        down, up = attacker.down * z, attacker.up * z
        self._program.set_bounds(np.arange(len(z)), -down, up)
        rise, fall = self._shown(down, up)
        cuts = []
        for column, direction, level in attacker.needs:
            if self.tired or (rise if direction == UP else fall)[column] >= level * (1 - VIOLATED):
                continue
            moved, reduced = self._furthest(column, -1.0 if direction == UP else 1.0)
            np.maximum(rise, moved, out=rise)
            np.maximum(fall, -moved, out=fall)
            self._known.append(moved)
            if abs(moved[column]) < level * (1 - VIOLATED):
                adds = np.where(reduced < 0, -reduced * attacker.up, reduced * attacker.down) / level
                of = np.flatnonzero(np.where(np.abs(reduced) > NOTHING, adds, 0.0))
                cuts.append((of, np.minimum(adds[of], 1.0)))
        return cuts

    def _furthest(self, column: int, cost: float) -> tuple[Floats, Floats]:
        """The deviation that goes furthest, and the reduced costs."""
        self._program.set_cost(column, cost)
        moved = self._program.solve()
        self._program.set_cost(column, 0.0)
        if moved is None:
            raise SolverFailed("HiGHS: no deviation at all is none")
        return moved, self._program.reduced_costs

    def _shown(self, down: Floats, up: Floats) -> tuple[Floats, Floats]:
        """How far all rise and fall in deviations found for others, shrunk to what this attacker finds possible."""
        if not self._known:
            return np.zeros(len(down)), np.zeros(len(down))
        moved = np.array(self._known)
        with np.errstate(divide="ignore", invalid="ignore"):
            share = np.where(np.abs(moved) > NOTHING, np.where(moved < 0, down, up) / np.abs(moved), np.inf)
        moved *= np.minimum(share.min(axis=1), 1.0)[:, np.newaxis]
        return np.maximum(moved.max(axis=0), 0.0), np.maximum(-moved.min(axis=0), 0.0)


def cheapest(separation: Separation, cost: Floats, anyway: Flags, known: Flags) -> tuple[Flags | None, bool]:
    """A cheap z that is safe, or nearly: when the work is done before the last cuts are found.

    Args:
        separation: finds cuts.
        cost: of withholding, per node of it.
        anyway: what is withheld whatever it costs.
        known: a safe z.

    Returns:
        What it withholds, per node of the separation, None when the solver found nothing; and whether it is safe and
        within `GAP` of the least by all cuts, but for what is `DEAR`.
    """
    cost = cost * (LARGEST / max(float(cost.max(initial=0.0)), LARGEST))
    selection = Selection(cost, anyway)
    size = len(cost)
    selection.add(_matrix(_not_alone(separation.relations), size), 0.0)
    found = selection.in_shares()
    while found is not None and (cuts := separation.violated(found[0])):
        selection.add(_matrix(cuts, size), 1.0)
        found = selection.in_shares()
    if found is None:
        return None, False
    z, more = found
    if size > MANY:
        selection.without(np.flatnonzero((more > DEAR * float(cost @ z)) & ~known))
    best = None
    while selection.work <= CHOOSING and (whole := selection.whole(GAP, BRANCHES)) is not None:
        best = whole > 0
        cuts = separation.violated(whole)
        if not cuts:
            return best, not separation.tired
        selection.add(_matrix(cuts, size), 1.0)
    return best, False


def _not_alone(relations: sp.csr_matrix) -> list[Cut]:
    """What is withheld alone in a sum is known all the same: nothing rests on it. As sums that must be at least 0."""
    found = []
    for start, stop in zip(relations.indptr[:-1], relations.indptr[1:], strict=True):
        members = relations.indices[start:stop].astype(np.int64)
        found += [(members, np.where(members == one, -1.0, 1.0)) for one in members.tolist() if len(members) > 1]
    return found


def _matrix(rows: Sequence[Cut], size: int) -> sp.csr_matrix:
    starts = np.cumsum([0, *(len(nodes) for nodes, _ in rows)])
    nodes = np.concatenate([np.zeros(0, dtype=np.int64), *(nodes for nodes, _ in rows)])
    return sp.csr_matrix((np.concatenate([[], *(adds for _, adds in rows)]), nodes, starts), shape=(len(rows), size))


def _attackers(measures: Measures, nodes: Ints, room: Room, asked_for: Iterable[Need]) -> list[_Attacker]:
    """Outsiders, and every contributor with a need of its own; see `LARGEST`."""
    place = np.full(len(measures.value), -1, dtype=np.int64)
    place[nodes] = np.arange(len(nodes))
    asked: dict[int, list[tuple[int, int, float]]] = {}
    for need in asked_for:
        for one in [-1] if need.attackers is None else need.attackers.tolist():
            asked.setdefault(one, []).append((int(place[need.node]), need.direction, need.level))
    most = max((level for theirs in asked.values() for _, _, level in theirs), default=1.0)
    cap = 4.0 * max(float(measures.value[nodes].sum()), most)
    unit = max(1.0, cap / LARGEST)
    found = []
    for one, theirs in sorted(asked.items()):
        down, up = room.down[nodes].copy(), np.minimum(room.up[nodes], cap)
        if one >= 0:
            node, own, alone = measures.figures_of(one)
            among = place[node] >= 0
            column = place[node[among]]
            down[column] = np.minimum(down[column], measures.value[node[among]] - own[among])
            known = column[alone[among]]
            down[known] = up[known] = 0.0
        needs = tuple((column, direction, level / unit) for column, direction, level in theirs)
        found.append(_Attacker(down / unit, up / unit, needs))
    return found
