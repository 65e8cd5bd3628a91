"""The attacker's linear programs over one component: unknown figures that share equations."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from service.disclosure.attack.docket import UP, WHOLE
from service.disclosure.choices import Choices
from service.disclosure.elimination import Solutions
from service.disclosure.linear import SolverFailed
from service.disclosure.question.measures import Measures

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

TOLERANCE = 1e-5
"""Relative rounding of the solver that is forgiven."""

PASSES = 20
"""Rounds of tightening bounds; each is a few sparse sums, and bounds are valid after any number."""

BRANCHES = 1_000
"""Branches of one search among whole numbers."""

PATIENCE = 120.0
"""Seconds that all searches among whole numbers of one attack may take. Tables need one or two; it keeps one that was
made for it from holding up all others, and what is not decided by then counts as open."""

NEARBY = 1_200
"""Unknowns of a neighbourhood."""

FEW = 200
"""Choices up to which whole numbers are looked for among all of them at once."""

NOBODY: Ints = np.zeros(0, dtype=np.int64)


@dataclass(frozen=True)
class Room:
    """How far each node can be from the truth at most, as far as everybody knows, in units of the facts.

    Attributes:
        down: below it; the value itself, or less where it was published rounded.
        up: above it; `cap` stands for without limit.
        cap: more than any attacker has to be left in doubt.
    """

    down: Floats
    up: Floats
    cap: float

    def at(self, nodes: Ints) -> Room:
        """Of some nodes."""
        return Room(self.down[nodes], self.up[nodes], self.cap)


class Patience:
    """How long searches among whole numbers may still take, in seconds."""

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.left, self._clock = seconds, clock

    @contextmanager
    def tried(self) -> Iterator[None]:
        """Take off what this takes."""
        start = self._clock()
        yield
        self.left -= self._clock() - start


class Component:
    """The linear programs of one component; columns follow `nodes`, figures are deviations from the truth.

    Attributes:
        nodes: the unknowns.
        solves: linear programs solved so far.
    """

    def __init__(
        self,
        matrix: sp.csr_matrix,
        nodes: Ints,
        measures: Measures,
        room: Room,
        patience: Patience,
        *,
        brief: bool = False,
    ) -> None:
        """Take the equations of a component.

        Args:
            matrix: @ deviations = 0; a column per node.
            nodes: ascending.
            measures: figures of all nodes.
            room: of these nodes.
            patience: of the whole attack.
            brief: it is asked too little for its equations to be solved by hand.
        """
        self._patience = patience
        self.nodes = nodes
        self.solves = 0
        self._matrix, self._room, self._measures, self._brief = matrix, room, measures, brief
        self._by_column: sp.csc_matrix | None = None
        self._figures = _Figures(measures, nodes)
        self._far: Choices | None = None
        self._near: Choices | None = None
        self._whole: Choices | None = None
        self._implied: tuple[Floats, Floats] | None = None

    @cached_property
    def _solutions(self) -> Solutions:
        return Solutions.none(self._matrix) if self._brief else Solutions.of(self._matrix)

    @property
    def implied(self) -> tuple[Floats, Floats]:
        """(down, up): deviations that no solution exceeds, from one equation at a time.

        An interval that was seen to be as wide is exact without a linear program.
        """
        if self._implied is None:
            self._implied = _tighten(self._matrix, self._room)
        return self._implied

    def around(self, column: int) -> tuple[Component, int]:
        """The unknowns nearest to one, as a component of its own, and its column there.

        What is possible while everything else stays as it is, is possible.
        """
        if self._by_column is None:
            self._by_column = self._matrix.tocsc()
        inside = np.zeros(len(self.nodes), dtype=np.bool_)
        inside[column] = True
        fresh = np.array([column])
        while len(fresh) and np.count_nonzero(inside) < NEARBY:
            rows = np.unique(self._by_column[:, fresh].indices)
            rows = rows[np.argsort(np.diff(self._matrix.indptr)[rows], kind="stable")]
            reached = self._matrix[rows].indices
            _, first = np.unique(reached, return_index=True)
            reached = reached[np.sort(first)]
            fresh = reached[~inside[reached]][: NEARBY - int(np.count_nonzero(inside))]
            inside[fresh] = True
        columns = np.flatnonzero(inside)
        part = self._by_column[:, columns]
        rows, local = np.unique(part.indices, return_inverse=True)
        part = sp.csc_matrix((part.data, local, part.indptr), shape=(len(rows), len(columns))).tocsr()
        near = Component(part, self.nodes[columns], self._measures, self._room.at(columns), self._patience, brief=True)
        return near, int(np.searchsorted(columns, column))

    def extreme(self, column: int, direction: int, level: float, attackers: Ints = NOBODY) -> Floats:
        """The deviation that takes one node as far up or down as it goes, for these contributors together.

        So far that the level, how far it has to, does not matter any more: see `Choices.bound`.
        """
        down, up = self._figures.narrow(self._room, attackers)
        if self._far is None:
            self._far = Choices(self._solutions, -down, up, simplex=4)
        self._far.bound(-down, up, level)
        self._far.aim(column, -1.0 if direction == UP else 1.0)
        found = self._found(self._far)
        return np.zeros(len(self.nodes)) if found is None else found

    def short(self, column: int, direction: int, level: float, attackers: Ints | None = NOBODY) -> Floats | None:
        """The shortest deviation that takes one node as far as asked; None when there is none.

        Short ones move few nodes: they are whole more often, and fewer contributors can exclude them. From d = 0 they
        are a few steps of the dual simplex away, so every search starts there. What is short is what is chosen: the
        rest follows.

        Args:
            column: the node.
            direction: `UP` or `DOWN`.
            level: how far.
            attackers: for whom together it must be possible; None stands for every contributor to whom the node,
                which is not empty, is a secret.
        """
        if attackers is None:
            down, up = self._figures.everyone(self._room, column, direction)
        else:
            down, up = self._figures.narrow(self._room, attackers)
        if level > (up if direction == UP else down)[column] * (1 + TOLERANCE):
            return None
        lower, upper = -down, up.copy()
        lower[column] = upper[column] = level if direction == UP else -level
        if self._near is None:
            self._near = Choices(self._solutions, lower, upper, prices=self._prices(), simplex=1)
        self._near.bound(lower, upper)
        self._near.restart()
        return self._found(self._near)

    def _prices(self) -> Floats:
        """What moves much is long."""
        prices = np.ones(len(self.nodes))
        prices[self._solutions.chosen] = self._solutions.weight
        return prices

    def _found(self, choices: Choices) -> Floats | None:
        """What a program finds, held against the equations.

        Raises:
            SolverFailed: they do not hold for it.
        """
        self.solves += 1
        found = choices.find()
        if found is not None:
            largest = float(np.abs(found).max(initial=1.0))
            if float(np.abs(self._matrix @ found).max(initial=0.0)) > TOLERANCE * largest:
                raise SolverFailed("the deviation found breaks the equations")
        return found

    def whole(
        self,
        column: int,
        direction: int,
        level: float,
        near: Floats,
        attackers: Ints = NOBODY,
        *,
        nearby: bool = False,
    ) -> Floats | None:
        """Whole figures in which one node deviates by at least `level`, or None when none were found.

        Where there is much to choose it is tried first on the nodes that `near` moves: a small problem that nearly
        always does it. What is not decided after `BRANCHES`, or when `PATIENCE` is at its end, counts as impossible,
        and so the table as open: the error is on the safe side.

        Args:
            column: the node.
            direction: `UP` or `DOWN`.
            level: how far.
            near: a deviation that is not whole.
            attackers: contributors for all of whom it must be possible; nobody is an outsider.
            nearby: look no further than `near`, unless there is little to choose.
        """
        down, up = self._figures.narrow(self._room, attackers)
        lower, upper = -down, up.copy()
        if direction == UP:
            lower[column] = np.ceil(level - WHOLE)
        else:
            upper[column] = -np.ceil(level - WHOLE)
        if lower[column] > upper[column]:
            return None
        few = len(self._solutions.chosen) <= FEW
        found = None if few else self._whole_nearby(np.flatnonzero(np.abs(near) > TOLERANCE), column, lower, upper)
        if found is not None or (nearby and not few):
            return found
        if self._whole is None:
            self._whole = Choices(self._solutions, lower, upper, simplex=4)
            self._whole.among_whole_numbers(BRANCHES)
        self._whole.bound(lower, upper)
        self._whole.forget()
        if self._patience.left <= 0:
            return None
        self._whole.give_up_after(self._patience.left)
        with self._patience.tried():
            found = self._found(self._whole)
        return None if found is None else self._rounded(found)

    def _rounded(self, found: Floats) -> Floats | None:
        """What the solver takes for whole, made whole, if the equations still hold then."""
        whole = np.rint(found)
        return None if (self._matrix @ whole).any() else whole

    def _whole_nearby(self, columns: Ints, column: int, lower: Floats, upper: Floats) -> Floats | None:
        """Whole figures within bounds that deviate at these columns alone."""
        if column not in columns or self._patience.left <= 0:
            return None
        part = self._matrix[:, columns]
        rows = part[np.diff(part.indptr) > 0]
        choices = Choices(Solutions.none(rows), lower[columns], upper[columns])
        choices.among_whole_numbers(BRANCHES)
        choices.bound(lower[columns], upper[columns])
        choices.give_up_after(self._patience.left)
        self.solves += 1
        with self._patience.tried():
            solution = choices.find()
        if solution is None:
            return None
        found = np.zeros(len(self.nodes))
        found[columns] = solution
        return self._rounded(found)


class _Figures:
    """What contributors know of the nodes of a component: their own figures."""

    def __init__(self, measures: Measures, nodes: Ints) -> None:
        start, times = measures.start[nodes], measures.start[nodes + 1] - measures.start[nodes]
        entry = np.repeat(start - (np.cumsum(times) - times), times) + np.arange(int(times.sum()))
        self._column = np.repeat(np.arange(len(nodes)), times)
        self._holder, self._own = measures.holder[entry], measures.own[entry].astype(np.float64)
        self._value = measures.value[nodes].astype(np.float64)
        self._alone: Flags = measures.alone[entry]
        self._nodes, self._measures = nodes, measures

    def narrow(self, room: Room, attackers: Ints) -> tuple[Floats, Floats]:
        """(down, up) for these contributors together."""
        return self._without(room, np.isin(self._holder, attackers)) if len(attackers) else (room.down, room.up)

    def everyone(self, room: Room, column: int, direction: int) -> tuple[Floats, Floats]:
        """(down, up) for all contributors together to whom the node is a secret in a direction."""
        told = self._measures.knowing(int(self._nodes[column]), down=direction != UP)
        return self._without(room, ~np.isin(self._holder, told))

    def _without(self, room: Room, hit: Flags) -> tuple[Floats, Floats]:
        """(down, up) for those who know these figures."""
        columns, down, up = self._column[hit], room.down.copy(), room.up.copy()
        np.minimum.at(down, columns, self._value[columns] - self._own[hit])
        known = self._column[hit & self._alone]
        down[known] = up[known] = 0.0
        return down, up


def _tighten(matrix: sp.csr_matrix, room: Room) -> tuple[Floats, Floats]:
    """What each equation says about each of its nodes, given the bounds of the others; again and again."""
    down, up = room.down.copy(), room.up.copy()
    row = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    column, part, size = matrix.indices, matrix.data > 0, np.abs(matrix.data)
    for _ in range(PASSES):
        least = -size * np.where(part, down[column], up[column])
        most = size * np.where(part, up[column], down[column])
        others_least = (np.bincount(row, least, matrix.shape[0])[row] - least) / size
        others_most = (np.bincount(row, most, matrix.shape[0])[row] - most) / size
        new_up, new_down = up.copy(), down.copy()
        np.minimum.at(new_up, column, np.where(part, -others_least, others_most))
        np.minimum.at(new_down, column, np.where(part, others_most, -others_least))
        if np.array_equal(new_up, up) and np.array_equal(new_down, down):
            break
        down, up = new_down, new_up
    return down, up
