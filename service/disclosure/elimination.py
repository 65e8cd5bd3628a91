"""Equations solved by hand: what is left to choose once every equation has given one unknown away.

Beside a long history of releases nearly everything is tied to everything, and little of it is free: 434 unknowns in
680 equations came down to 25 numbers that can be chosen. A linear program over these takes a twentieth of the time.

Nobody has to believe this. A deviation that comes out is held against the equations themselves by whoever uses it; a
fault here could only hide deviations, and what is not found counts against the table.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from math import gcd

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Row = dict[int, int]

FILLED = 12
"""How many times more entries than the equations had may be worked with; beyond that they are left as they are."""

MOST = 3_000
"""Unknowns up to which equations are solved by hand."""


@dataclass(frozen=True)
class Solutions:
    """Every x with matrix @ x = 0, as x = basis @ z for every z with equations @ z = 0.

    Each number of z is the x of one of the unknowns, and the basis is of whole numbers: x is whole when z is, and z
    when x is.

    Attributes:
        basis: unknowns by numbers of z.
        equations: what is left of the equations, over z.
        chosen: per number of z, the unknown that it is, ascending.
        given: the other unknowns, ascending.
    """

    basis: sp.csr_matrix
    equations: sp.csr_matrix
    chosen: Ints
    given: Ints

    @classmethod
    def of(cls, matrix: sp.csr_matrix, keep: Iterable[int] = ()) -> Solutions:
        """Solve equations as far as that makes them smaller; large ones not at all.

        Args:
            matrix: of whole numbers.
            keep: unknowns that stay numbers of z.
        """
        if matrix.shape[1] <= MOST and np.array_equal(matrix.data, np.rint(matrix.data)):
            solved = _Equations(matrix, frozenset(keep)).solve()
            if solved is not None:
                return _assembled(matrix.shape[1], *solved)
        return cls.none(matrix)

    @cached_property
    def weight(self) -> Floats:
        """Per number of z, how much all unknowns together move with it."""
        found: Floats = np.asarray(abs(self.basis).sum(axis=0)).reshape(-1)
        return found

    @classmethod
    def none(cls, matrix: sp.csr_matrix) -> Solutions:
        """The equations as they are: every unknown is a number of z."""
        count = matrix.shape[1]
        return cls(sp.identity(count, format="csr"), matrix, np.arange(count), np.zeros(0, dtype=np.int64))


class _Equations:
    """Gauss's method on rows of whole numbers: the shortest row gives away its unknown of the fewest other rows."""

    def __init__(self, matrix: sp.csr_matrix, keep: frozenset[int]) -> None:
        self._keep = keep
        self._most = FILLED * matrix.nnz
        self._rows: dict[int, Row] = {}
        self._columns: dict[int, set[int]] = {}
        self._entries = 0
        factors = matrix.data.astype(np.int64).tolist()
        for number, (first, last) in enumerate(
            zip(matrix.indptr[:-1].tolist(), matrix.indptr[1:].tolist(), strict=True)
        ):
            entries = zip(matrix.indices[first:last].tolist(), factors[first:last], strict=True)
            row = {one: factor for one, factor in entries if factor}
            if row:
                self._put(number, row)

    def solve(self) -> tuple[dict[int, Row], list[Row]] | None:
        """(per unknown given away, what it is in terms of the others; rows that are left); None when it fills up."""
        queue = [(len(row), number) for number, row in self._rows.items()]
        heapq.heapify(queue)
        given: list[tuple[int, Row]] = []
        while queue:
            length, number = heapq.heappop(queue)
            row = self._rows.get(number)
            if row is None or len(row) != length:
                continue
            pivot = min(
                (one for one, factor in row.items() if abs(factor) == 1 and one not in self._keep),
                key=lambda one: (len(self._columns[one]), one),
                default=None,
            )
            if pivot is None:
                continue
            sign = self._take(number)[pivot]
            for other in sorted(self._columns[pivot]):
                self._subtract(other, row, self._rows[other][pivot] * sign)
                if other in self._rows:
                    heapq.heappush(queue, (len(self._rows[other]), other))
            given.append((pivot, {one: -factor * sign for one, factor in row.items() if one != pivot}))
            if self._entries > self._most:
                return None
        return self._in_terms_of_the_rest(given)

    def _in_terms_of_the_rest(self, given: list[tuple[int, Row]]) -> tuple[dict[int, Row], list[Row]] | None:
        """Put into each what later ones turned out to be."""
        found: dict[int, Row] = {}
        entries = 0
        for unknown, terms in reversed(given):
            total: Row = {}
            for one, factor in terms.items():
                for what, times in found.get(one, {one: 1}).items():
                    total[what] = total.get(what, 0) + factor * times
            found[unknown] = {what: times for what, times in total.items() if times}
            entries += len(found[unknown])
            if entries > self._most:
                return None
        return found, list(self._rows.values())

    def _put(self, number: int, row: Row) -> None:
        self._rows[number] = row
        self._entries += len(row)
        for one in row:
            self._columns.setdefault(one, set()).add(number)

    def _take(self, number: int) -> Row:
        row = self._rows.pop(number)
        self._entries -= len(row)
        for one in row:
            self._columns[one].discard(number)
        return row

    def _subtract(self, number: int, row: Row, times: int) -> None:
        changed = self._rows[number]
        self._entries -= len(changed)
        for one, factor in row.items():
            after = changed.get(one, 0) - times * factor
            if after:
                if one not in changed:
                    self._columns[one].add(number)
                changed[one] = after
            else:
                del changed[one]
                self._columns[one].discard(number)
        self._entries += len(changed)
        shared = gcd(*changed.values())
        if shared > 1:
            for one, factor in changed.items():
                changed[one] = factor // shared
        if not changed:
            del self._rows[number]


def _assembled(count: int, given: dict[int, Row], left: list[Row]) -> Solutions:
    chosen = np.array([one for one in range(count) if one not in given], dtype=np.int64)
    place = np.full(count, -1, dtype=np.int64)
    place[chosen] = np.arange(len(chosen))
    basis = _sparse([given.get(one, {one: 1}) for one in range(count)], place, len(chosen))
    return Solutions(basis, _sparse(left, place, len(chosen)), chosen, np.array(sorted(given), dtype=np.int64))


def _sparse(rows: list[Row], place: Ints, columns: int) -> sp.csr_matrix:
    starts = np.concatenate([[0], np.cumsum([len(row) for row in rows], dtype=np.int64)])
    where = place[np.array([one for row in rows for one in row], dtype=np.int64)]
    factors = np.array([factor for row in rows for factor in row.values()], dtype=np.float64)
    return sp.csr_matrix((factors, where, starts), shape=(len(rows), columns))
