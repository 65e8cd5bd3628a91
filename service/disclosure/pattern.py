"""The pattern of suppressions: what must be withheld besides the unsafe cells.

For every need (an unsafe node, a direction, an attacker; see `certificates`) a deviation d must exist over
withheld nodes only. It is found by a linear program over all nodes that may still be withheld, which minimises
the weight of the newly withheld ones; its support is withheld, and everything else that it shows is ticked off.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from service.disclosure.certificates import NEGLIGIBLE, UP, Ledger, Need
from service.disclosure.faults import CannotBeProtected, Obstacle
from service.disclosure.lattice import Lattice
from service.disclosure.linear import Program
from service.disclosure.measures import Measures

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

CONS=False
FREE = 1e-3
"""Weight of a node that is withheld already; not 0, so that deviations stay short."""


@dataclass(frozen=True)
class Playing:
    """What the protector may do.

    Attributes:
        fixed: nodes that are published already, and so can never deviate.
        open: nodes that the new table would publish, and so may be withheld at a price.
    """

    fixed: Flags
    open: Flags


class Searcher:
    """Finds certificates of least weight; one warm linear program over d = plus - minus."""

    def __init__(
        self, lattice: Lattice, measures: Measures, playing: Playing, withheld: Flags, *, use_empty: bool
    ) -> None:
        """Set up the program.

        Args:
            lattice: all nodes.
            measures: their figures.
            playing: which nodes are fixed.
            withheld: nodes that are withheld at the start; the array is kept and grows.
            use_empty: whether empty cells of the new table may be withheld too.
        """
        self._measures = measures
        self._banned: set[int] = set()
        self.withheld = withheld
        moving = ~playing.fixed & ((measures.value > 0) | withheld | use_empty)
        self._nodes = np.flatnonzero(moving)
        self._column = np.full(lattice.size, -1, dtype=np.int64)
        self._column[self._nodes] = np.arange(len(self._nodes))
        half = lattice.relations()[:, self._nodes]
        half = half[np.diff(half.indptr) > 0]
        value = measures.value[self._nodes].astype(np.float64)
        self._weight = value + 1.0
        price = np.where(withheld[self._nodes], FREE, self._weight)
        room = np.where(measures.reporting[self._nodes] > 1, value - measures.largest(1)[self._nodes], value)
        self._room, self._value = room, value
        self._cap = 4.0 * max(float(value.sum()), 1.0) + 1e4
        count = len(self._nodes)
        self._program = Program(
            sp.hstack([half, -half]).tocsr(),
            np.concatenate([price, price]),
            np.zeros(2 * count),
            np.concatenate([np.full(count, self._cap), room]),
            simplex=1,
        )

    @property
    def solves(self) -> int:
        """Linear programs solved so far."""
        return self._program.solves

    def find(self, need: Need, attackers: Ints, *, considerate: bool = True) -> tuple[Ints, Floats] | None:
        """The certificate of least weight for a need, as (nodes, deviations); None when there is none.

        Args:
            need: the node, the direction and how far.
            attackers: contributors for all of whom it must hold; nobody is an outsider.
            considerate: also leave every node the largest figure behind it, so that the certificate holds
                for nearly all contributors at once; may find nothing where there is something.
        """
        count = len(self._nodes)
        column = int(self._column[need.node])
        if column < 0:
            return None
        down = (self._room if considerate else self._value).copy()
        up = np.full(count, self._cap)
        self._know(attackers, up, down)
        if self._banned:
            banned = list(self._banned)
            up[banned] = down[banned] = 0.0
        forward, back = (up, down) if need.direction == UP else (down, up)
        forward[column], back[column] = need.level, 0.0
        lower = np.zeros(2 * count)
        lower[column if need.direction == UP else column + count] = need.level
        self._program.set_bounds(np.arange(2 * count), lower, np.concatenate([up, down]))
        solution = self._program.solve()
        if solution is None:
            return None
        deviation = solution[:count] - solution[count:]
        support = np.flatnonzero(np.abs(deviation) > NEGLIGIBLE * need.level)
        return self._nodes[support], deviation[support]

    def ban(self, node: int) -> None:
        """From now on a node may not deviate."""
        self._banned.add(int(self._column[node]))

    def allow(self, node: int) -> None:
        """Take a ban back."""
        self._banned.discard(int(self._column[node]))

    def withhold(self, nodes: Ints) -> Ints:
        """Withhold nodes; those that were not yet withheld come back."""
        fresh = nodes[~self.withheld[nodes]]
        self.withheld[fresh] = True
        columns = self._column[fresh]
        columns = columns[columns >= 0]
        if len(columns):
            count = len(self._nodes)
            self._program.set_costs(np.concatenate([columns, columns + count]), np.full(2 * len(columns), FREE))
        return fresh

    def _know(self, attackers: Ints, up: Floats, down: Floats) -> None:
        """Narrow the bounds to what these contributors together cannot exclude."""
        if not len(attackers):
            return
        measures = self._measures
        theirs = np.flatnonzero(np.isin(measures.holder, attackers))
        column = self._column[np.searchsorted(measures.start, theirs, side="right") - 1]
        theirs, column = theirs[column >= 0], column[column >= 0]
        np.minimum.at(down, column, self._value[column] - measures.own[theirs])
        alone = column[measures.reporting[self._nodes[column]] == 1]
        up[alone] = down[alone] = 0.0


def complete(searchers: list[Callable[[], Searcher]], ledger: Ledger, lattice: Lattice) -> tuple[Flags, int]:
    """Withhold until every need is shown.

    Args:
        searchers: makers of searchers, each free to withhold more than the one before.
        ledger: the needs.
        lattice: to name obstacles.

    Returns:
        The withheld nodes, and the number of linear programs.

    Raises:
        CannotBeProtected: some needs cannot be met whatever is withheld.
    """
    solves = 0
    searcher = searchers[0]()
    for number, make in enumerate(searchers):
        if number:
            withheld = searcher.withheld
            searcher = make()
            searcher.withhold(np.flatnonzero(withheld))
        unmet = [need for need in list(ledger.open_needs()) if not _meet(searcher, ledger, need)]
        solves += searcher.solves
        if not unmet:
            return searcher.withheld, solves
    raise CannotBeProtected(
        Obstacle(
            lattice.describe(need.node),
            "met wat al is uitgebracht valt deze cel niet te beschermen",
            "with what has been published already this cell cannot be protected",
        )
        for need in unmet[:20]
    )


def relax(
    make: Callable[[], Searcher], ledger: Ledger, candidates: Ints
) -> tuple[list[int], int]:
    """Publish withheld nodes again where every need can still be shown without them.

    A node is let go when all needs whose proof used it can be proven anew over what stays withheld.

    Args:
        make: maker of a searcher over the withheld nodes alone.
        ledger: with nothing open.
        candidates: nodes to try, in this order.

    Returns:
        The nodes let go, and the number of linear programs.
    """
    searcher = make()
    users: dict[int, set[tuple[int, int]]] = {}

    def index(keys: Iterable[tuple[int, int]]) -> None:
        for key in keys:
            for number in ledger.proofs.get(key, ()):
                for node in ledger.pool[number].tolist():
                    users.setdefault(node, set()).add(key)

    index(list(ledger.proofs))
    freed = []
    for node in candidates.tolist():
        affected = [
            key
            for key in sorted(users.get(node, ()))
            if any(node in ledger.pool[number] for number in ledger.proofs.get(key, ()))
        ]
        searcher.ban(node)
        before = ledger.reopen(affected)
        if all(_prove(searcher, ledger, key) for key in affected):
            freed.append(node)
            index(affected)
        else:
            ledger.restore(before)
            searcher.allow(node)
    return freed, searcher.solves


def _prove(searcher: Searcher, ledger: Ledger, key: tuple[int, int]) -> bool:
    need = ledger.need(*key)
    return need is None or _meet(searcher, ledger, need)


def _meet(searcher: Searcher, ledger: Ledger, need: Need) -> bool:
    """Show one need for every attacker; False when that is impossible."""
    nobody = np.zeros(0, dtype=np.int64)
    left = ledger.need(need.direction, need.unsafe)
    if left is not None and left.attackers is None and not _apply(searcher, ledger, left, nobody):
        return False
    left = ledger.need(need.direction, need.unsafe)
    while left is not None and left.attackers is not None:
        if not _apply(searcher, ledger, left, left.attackers):
            break
        after = ledger.need(need.direction, need.unsafe)
        if after is not None and after.attackers is not None and len(after.attackers) >= len(left.attackers):
            break
        left = after
    if left is None:
        return True
    for attacker in () if left.attackers is None else left.attackers.tolist():
        now = ledger.need(need.direction, need.unsafe)
        if now is None or now.attackers is None or attacker not in now.attackers:
            continue
        if not _apply(searcher, ledger, now, np.array([attacker])):
            return False
    return ledger.need(need.direction, need.unsafe) is None


def _apply(searcher: Searcher, ledger: Ledger, need: Need, attackers: Ints) -> bool:
    found = searcher.find(need, attackers, considerate=CONS)
    if CONS and found is None: found = searcher.find(need, attackers, considerate=False)
    if found is None:
        return False
    nodes, deviation = found
    searcher.withhold(nodes)
    ledger.settle(nodes, deviation)
    return True
