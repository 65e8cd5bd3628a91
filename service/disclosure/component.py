"""The attacker's linear program over one component: unknown figures that share equations."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from service.disclosure.certificates import UP
from service.disclosure.linear import Program
from service.disclosure.measures import Measures
from service.disclosure.rules import Assessment

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

TOLERANCE = 1e-5
"""Relative rounding of the solver that is forgiven."""


class Component:
    """The linear program of one component; columns follow `nodes`."""

    def __init__(self, matrix: sp.csr_matrix, nodes: Ints, measures: Measures, assessment: Assessment) -> None:
        self.nodes = nodes
        self._matrix = matrix
        self._measures = measures
        value = measures.value[nodes].astype(np.float64)
        reach = max(float(np.max(levels, initial=1.0)) for levels in (assessment.up, assessment.down))
        self._cap = 1e3 * reach + float(value.max(initial=0.0))
        self._lower, self._upper = -value, np.full(len(nodes), self._cap)
        self._program = Program(matrix, np.zeros(len(nodes)), self._lower, self._upper)
        self._short: Program | None = None
        self._now_lower, self._now_upper = self._lower, self._upper
        self._bound: Ints = np.zeros(0, dtype=np.int64)
        self._entry_column, self._entry_holder, self._entry_own = _figures(measures, nodes)

    @property
    def solves(self) -> int:
        """Linear programs solved so far."""
        return self._program.solves + (self._short.solves if self._short is not None else 0)

    def extreme(self, column: int, direction: int) -> Floats:
        """The deviation that takes one node as far up or down as it goes."""
        self._program.set_cost(column, -1.0 if direction == UP else 1.0)
        found = self._program.solve()
        self._program.set_cost(column, 0.0)
        return np.zeros(len(self.nodes)) if found is None else found

    def restrict(self, attackers: Ints) -> None:
        """Take the own figures of these contributors together as known; none lifts the restriction."""
        hit = np.isin(self._entry_holder, attackers)
        columns, own = self._entry_column[hit], self._entry_own[hit]
        lower, upper = self._lower.copy(), self._upper.copy()
        np.maximum.at(lower, columns, self._lower[columns] + own)
        alone = columns[self._measures.reporting[self.nodes[columns]] == 1]
        lower[alone] = upper[alone] = 0.0
        changed = np.union1d(columns, self._bound)
        if len(changed):
            self._program.set_bounds(changed, lower[changed], upper[changed])
        self._bound = np.unique(columns)
        self._now_lower, self._now_upper = lower, upper

    def short(self, column: int, direction: int, level: float) -> Floats | None:
        """The shortest deviation that takes one node as far as asked, within the present restriction.

        Short ones move few nodes: they are whole more often, and fewer contributors can exclude them.
        """
        count = len(self.nodes)
        if self._short is None:
            ones = np.ones(2 * count)
            both = sp.hstack([self._matrix, -self._matrix]).tocsr()
            self._short = Program(both, ones, np.zeros(2 * count), ones, simplex=1)
        upper = np.concatenate([self._now_upper, -self._now_lower])
        lower = np.zeros(2 * count)
        ahead, back = (column, column + count) if direction == UP else (column + count, column)
        lower[ahead] = upper[ahead] = level
        upper[back] = 0.0
        self._short.set_bounds(np.arange(2 * count), lower, upper)
        found = self._short.solve()
        return None if found is None else found[:count] - found[count:]

    def whole_solution(self, column: int, direction: int, level: float) -> Floats | None:
        """Whole figures in which one node deviates by at least `level`, or None when there are none.

        Tried first on the nodes that a short deviation moves: a small problem that nearly always does it.
        """
        short = self.short(column, direction, level)
        moved = np.flatnonzero(np.abs(short) > TOLERANCE) if short is not None else np.zeros(0, dtype=np.int64)
        if short is not None and np.all(np.abs(short - np.rint(short)) < TOLERANCE):
            return short
        for columns in (moved, np.arange(len(self.nodes))):
            if column not in columns:
                continue
            lower, upper = self._lower[columns].copy(), self._upper[columns].copy()
            target = int(np.searchsorted(columns, column))
            if direction == UP:
                lower[target] = np.ceil(level - TOLERANCE)
            else:
                upper[target] = -np.ceil(level - TOLERANCE)
            part = self._matrix[:, columns]
            program = Program(part[np.diff(part.indptr) > 0], np.zeros(len(columns)), lower, upper)
            program.make_whole()
            solution = program.solve()
            if solution is not None:
                found = np.zeros(len(self.nodes))
                found[columns] = np.rint(solution)
                return found
        return None


def _figures(measures: Measures, nodes: Ints) -> tuple[Ints, Ints, Floats]:
    """(column, contributor, own figure) for every figure behind these nodes."""
    if not measures.holders:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64), np.zeros(0)
    start, stop = measures.start[nodes], measures.start[nodes + 1]
    times = stop - start
    entry = np.repeat(start - (np.cumsum(times) - times), times) + np.arange(int(times.sum()))
    return np.repeat(np.arange(len(nodes)), times), measures.holder[entry], measures.own[entry].astype(np.float64)
