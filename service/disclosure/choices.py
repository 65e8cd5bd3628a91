"""One program over what is free to choose in some equations, asked again and again with other bounds and aims."""

from __future__ import annotations

from math import floor, log2

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from service.disclosure.elimination import Solutions
from service.disclosure.linear import Program

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


LARGEST = 1e8
"""Bounds beyond which a solver cannot tell what it is asked for from its own rounding, which is absolute."""

STEPS = 1e4
"""Whole steps in which what is asked for is looked for among whole numbers, where one by one is beyond that."""


class Choices:
    """Deviations of all unknowns, as far as the equations and their bounds allow.

    A column per unknown that is free to choose, or two when distances from no deviation have a price; a row per unknown
    that follows from these, for its bounds.
    """

    def __init__(
        self, solutions: Solutions, lower: Floats, upper: Floats, *, prices: Floats | None = None, simplex: int = 4
    ) -> None:
        """Load the program.

        Args:
            solutions: of the equations.
            lower: per unknown how far down it may deviate, finite and not above 0 but for what has to deviate.
            upper: per unknown how far up.
            prices: per unknown what its distance costs, of which the least is looked for; what follows from others is
                free. Without them nothing is looked for until `aim`.
            simplex: see `Program`.
        """
        self._solutions, self._short = solutions, prices is not None
        self._aimed: Ints = np.zeros(0, dtype=np.int64)
        self._left = solutions.equations.shape[0]
        self._place = np.full(solutions.basis.shape[0], -1, dtype=np.int64)
        self._place[solutions.chosen] = np.arange(len(solutions.chosen))
        rows = sp.vstack([solutions.equations, solutions.basis[solutions.given]]).tocsr()
        cost = np.zeros(rows.shape[1])
        if prices is not None:
            rows = sp.hstack([rows, -rows]).tocsr()
            cost = np.tile(prices[solutions.chosen], 2)
        self._unit, self._whole = 1.0, False
        lower, upper = np.maximum(lower, -LARGEST), np.minimum(upper, LARGEST)
        self._lower, self._upper = lower, upper
        least, most = (np.concatenate([np.zeros(self._left), bound[solutions.given]]) for bound in (lower, upper))
        columns = self._columns(lower[solutions.chosen], upper[solutions.chosen])
        self._program = Program(rows, cost, *columns, right=(least, most), simplex=simplex)

    @property
    def solves(self) -> int:
        """Programs solved so far."""
        return self._program.solves

    @property
    def work(self) -> int:
        """Work done so far, see `Program`."""
        return self._program.work

    def _columns(self, lower: Floats, upper: Floats) -> tuple[Floats, Floats]:
        """(least, most) per column, for these bounds of what is chosen."""
        if not self._short:
            return lower, upper
        nothing = np.zeros(len(lower))
        least = np.concatenate([np.maximum(nothing, lower), np.maximum(nothing, -upper)])
        return least, np.concatenate([np.maximum(nothing, upper), np.maximum(nothing, -lower)])

    def price(self, unknowns: Ints, prices: Floats) -> None:
        """From now on the distances of these cost something else."""
        places = self._place[unknowns]
        columns, prices = places[places >= 0], prices[places >= 0]
        self._program.set_costs(np.concatenate([columns, columns + len(self._solutions.chosen)]), np.tile(prices, 2))

    def bound(self, lower: Floats, upper: Floats, level: float | None = None) -> None:
        """From now on every unknown deviates within these bounds, and not beyond `LARGEST` times the level.

        Figures of euros and cents can be so large beside what has to deviate that it would drown in the rounding of
        the solver; they are counted in units of the level then. Of whole numbers only multiples of a unit are tried.

        Args:
            lower: see `__init__`.
            upper: see `__init__`.
            level: how far the unknown that matters must deviate; by default what the bounds demand.
        """
        lower, upper = self._in_units(lower, upper, level)
        changed = (lower != self._lower) | (upper != self._upper)
        chosen, given = self._solutions.chosen, self._solutions.given
        columns, rows = np.flatnonzero(changed[chosen]), np.flatnonzero(changed[given])
        if len(columns):
            least, most = self._columns(lower[chosen[columns]], upper[chosen[columns]])
            both = np.concatenate([columns, columns + len(chosen)]) if self._short else columns
            self._program.set_bounds(both, least, most)
        if len(rows):
            self._program.set_right(rows + self._left, lower[given[rows]], upper[given[rows]])
        self._lower, self._upper = lower, upper

    def _in_units(self, lower: Floats, upper: Floats, level: float | None) -> tuple[Floats, Floats]:
        """Bounds in units that suit a level, a power of two."""
        self._unit = 1.0
        if max(-float(lower.min(initial=0.0)), float(upper.max(initial=0.0))) <= LARGEST:
            return lower.copy(), upper.copy()
        if level is None:
            level = max(float(lower.max(initial=0.0)), -float(upper.min(initial=0.0)))
        self._unit = 2.0 ** floor(log2(max(level, 1.0)))
        if self._whole:
            self._unit = max(1.0, 2.0 ** floor(log2(max(level, 1.0) / STEPS)))
            lower, upper = np.ceil(lower / self._unit), np.floor(upper / self._unit)
        else:
            lower, upper = lower / self._unit, upper / self._unit
        return np.maximum(lower, -LARGEST), np.minimum(upper, LARGEST)

    def aim(self, unknown: int, cost: float) -> None:
        """From now on the least of `cost` times this unknown is looked for."""
        basis = self._solutions.basis
        entries = slice(basis.indptr[unknown], basis.indptr[unknown + 1])
        if len(self._aimed):
            self._program.set_costs(self._aimed, np.zeros(len(self._aimed)))
        self._aimed = basis.indices[entries]
        self._program.set_costs(self._aimed, cost * basis.data[entries])

    def restart(self) -> None:
        """Look from no deviation, not from the last one."""
        self._program.restart()

    def among_whole_numbers(self, branches: int) -> None:
        """From now on deviations are whole (see `Program.make_whole`)."""
        self._whole = True
        self._program.make_whole(branches)

    def give_up_after(self, seconds: float) -> None:
        """The next deviation that is not found by then is none (see `Program.give_up_after`)."""
        self._program.give_up_after(seconds)

    def forget(self) -> None:
        """Look from nothing."""
        self._program.forget()

    def find(self) -> Floats | None:
        """The deviation of every unknown; None when there is none."""
        if not len(self._solutions.chosen):
            nothing = np.zeros(len(self._lower))
            return nothing if bool(np.all((self._lower <= 0) & (self._upper >= 0))) else None
        found = self._program.solve()
        if found is None:
            return None
        if self._short:
            half = len(self._solutions.chosen)
            found = found[:half] - found[half:]
        deviation: Floats = self._unit * (self._solutions.basis @ found)
        return deviation
