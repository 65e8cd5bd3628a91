"""The pattern of suppressions: what must be withheld besides the unsafe cells.

1. `complete`: for every need (an unsafe node, a direction, an attacker; see `certificates`) a deviation must exist
   over withheld nodes only. `search` finds one of little weight; its support is withheld, and whatever else it
   shows is ticked off.
2. `relax`: what was withheld for an early need is often not needed in the end. From the most valuable down, a
   node is published again when every need whose proof used it can be proven without.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from service.disclosure.pattern.certificates import NEGLIGIBLE, Ledger, Need
from service.disclosure.pattern.search import Means, Search
from service.disclosure.pattern.settling import DOWN, UP
from service.disclosure.progress import Progress, silent
from service.disclosure.question.claims import Certificate
from service.disclosure.question.lattice import Lattice

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

STEPS = 20
"""Times that progress is told per stage."""

_STAGES = {
    Means.CUBES: "pattern",
    Means.LONGER_SUMS: "pattern again",
    Means.MORE_CUBES: "harder",
    Means.MOST_CUBES: "hardest",
    Means.PROGRAMS: "programs",
}


def complete(
    search: Search, ledger: Ledger, order: Ints, *, work: float = math.inf, progress: Progress = silent
) -> list[Need]:
    """Withhold until every need is shown.

    In a crowded table first with the quickest means: what these do not find is mostly shown by what others need. Then
    with ever harder ones what is left.

    Args:
        search: where to look; what it finds is added to its withheld nodes.
        ledger: the needs.
        order: of the unsafe nodes; see `Ledger.open_needs`.
        work: after how much work to leave the rest (see `linear.Program`).
        progress: told how far it is.

    Returns:
        The needs that cannot be shown, or were left.
    """
    unmet: list[Need] = []
    for means in Means if search.crowded else (Means.PROGRAMS,):
        search.use(means)
        unmet, told = [], 0.0
        for share, need in ledger.open_needs(order):
            if share >= told:
                progress(_STAGES[means] if search.crowded else "pattern", share)
                told = share + 1 / STEPS
            if search.work >= work or not _meet(search, ledger, need):
                unmet.append(need)
    return unmet


class Exposure:
    """Which nodes an equation with a single withheld node would give away; a quick reason not to publish."""

    def __init__(self, lattice: Lattice, withheld: Flags, unsafe: Flags) -> None:
        matrix = lattice.relations(superfluous=True)
        self._of_row = matrix
        self._of_node = matrix.tocsc()
        self._left = (abs(matrix) @ withheld.astype(np.float64)).astype(np.int64)
        self._withheld, self._unsafe = withheld.copy(), unsafe

    def neighbours(self, node: int) -> set[int]:
        """Nodes in an equation with this one."""
        return {other for row in self._rows(node) for other in self._members(row)}

    def publish(self, node: int) -> list[int] | None:
        """Take a node as known, and all that follows, which comes back; None when an unsafe node follows.

        Nothing comes back for a node that follows from what was published before.
        """
        done: list[int] = []
        queue = [node]
        while queue:
            one = queue.pop()
            if not self._withheld[one]:
                continue
            self._withheld[one] = False
            done.append(one)
            for row in self._rows(one):
                self._left[row] -= 1
                if self._left[row] == 1:
                    queue.extend(other for other in self._members(row) if self._withheld[other])
            if self._unsafe[one]:
                self.hide(done)
                return None
        return done

    def hide(self, nodes: Iterable[int]) -> None:
        """Undo: these nodes are withheld again."""
        for one in nodes:
            self._withheld[one] = True
            for row in self._rows(one):
                self._left[row] += 1

    def _rows(self, node: int) -> list[int]:
        start, stop = self._of_node.indptr[node : node + 2]
        return [int(row) for row in self._of_node.indices[start:stop]]

    def _members(self, row: int) -> list[int]:
        start, stop = self._of_row.indptr[row : row + 2]
        return [int(node) for node in self._of_row.indices[start:stop]]


class _Users:
    """Which certificates use which nodes, and which needs rest on them.

    Attributes:
        dead: certificates that use a node which is to be published.
    """

    def __init__(self, ledger: Ledger) -> None:
        self.dead: set[int] = set()
        self._ledger = ledger
        self._served: dict[int, set[tuple[int, int]]] = {}
        self.add(list(ledger.proofs))

    def add(self, keys: Iterable[tuple[int, int]]) -> None:
        """Take up the proofs of these needs, as they are now."""
        for key in keys:
            for number in self._ledger.proofs.get(key, ()):
                self._served.setdefault(number, set()).add(key)

    def kill(self, node: int) -> tuple[list[int], list[tuple[int, int]]]:
        """A node is to be published: the certificates that die of it, and the needs whose proofs use these."""
        proofs = self._ledger.proofs
        dying = [number for number, _ in self._ledger.using(node) if number not in self.dead]
        self.dead.update(dying)
        served = {key for one in dying for key in self._served.get(one, ()) if one in proofs.get(key, ())}
        return dying, sorted(served)

    def open(self, number: int) -> bool:
        """Whether a need that rested on a certificate is open now."""
        return any(self._ledger.is_open(key) for key in self._served.get(number, ()))

    def revive(self, numbers: Iterable[int]) -> None:
        """The node stays withheld after all."""
        self.dead.difference_update(numbers)


def relax(
    search: Search, ledger: Ledger, exposure: Exposure, candidates: Ints, *, work: int, progress: Progress = silent
) -> list[int]:
    """Publish withheld nodes again where every need can still be shown without them.

    A node is let go when all needs whose proof used it can be proven anew over what stays withheld: by certificates
    found before, also for nodes that had to stay, by those that used it led around it, and else by new ones.

    Args:
        search: over the withheld nodes alone.
        ledger: with nothing open.
        exposure: of the withheld nodes.
        candidates: nodes to try, in this order.
        work: after how much work to be content (see `linear.Program`).
        progress: told how far it is.

    Returns:
        The nodes let go.
    """
    users = _Users(ledger)
    freed = []
    for place, node in enumerate(candidates.tolist()):
        if search.work >= work:
            break
        if place % (1 + len(candidates) // STEPS) == 0:
            progress("relax", place / len(candidates))
        known = exposure.publish(node)
        if known is None:
            continue
        dying, affected = users.kill(node)
        search.ban(node)
        beside = exposure.neighbours(node)
        near = [key for key in affected if ledger.node(key[1]) in beside]
        before = ledger.reopen(near, users.dead)
        shown = all(_prove(search, ledger, key) for key in near)
        if shown:
            before += ledger.reopen((key for key in affected if key not in near), users.dead)
            _go_round(search, ledger, users, node, dying)
            shown = all(_prove(search, ledger, key) for key in affected)
        if shown:
            freed.append(node)
            users.add(affected)
        else:
            ledger.restore(before)
            users.revive(dying)
            search.allow(node)
            exposure.hide(known)
    return freed


def _go_round(search: Search, ledger: Ledger, users: _Users, node: int, dying: Iterable[int]) -> None:
    """Show needs by the certificates that used a node, led around it.

    A deviation over nodes that stay withheld which moves the node back by as much takes its place in all of them.
    """
    ways: dict[tuple[int, float], Certificate | None] = {}
    nobody = np.zeros(0, dtype=np.int64)
    for number in dying:
        nodes, deviation = ledger.pool[number]
        moves = float(deviation[np.searchsorted(nodes, node)])
        for direction in (DOWN, UP):
            if not users.open(number):
                break
            forward = (moves > 0) == (direction == DOWN)
            key = direction, abs(moves)
            if key not in ways:
                search.allow(node)
                ways[key] = search.find(Need(-1, node, *key, None), nobody)
                search.ban(node)
            way = ways[key]
            if way is None:
                continue
            both = np.union1d(nodes, way[0])
            total = np.zeros(len(both))
            total[np.searchsorted(both, nodes)] = deviation if forward else -deviation
            total[np.searchsorted(both, way[0])] += way[1]
            kept = np.abs(total) > NEGLIGIBLE * abs(moves)
            kept[np.searchsorted(both, node)] = False
            ledger.settle(both[kept], total[kept])


def exchange(search: Search, ledger: Ledger, candidates: Ints, weight: Floats) -> list[int]:
    """Publish withheld nodes again where withholding others in their stead costs less.

    Args:
        search: over all nodes that may deviate.
        ledger: with nothing open.
        candidates: nodes to try, in this order.
        weight: what withholding a node costs.

    Returns:
        The nodes let go.
    """
    freed = []
    for node in candidates.tolist():
        if not search.withheld[node]:
            continue
        using = {number for number, _ in ledger.using(node)}
        affected = [key for key, proof in sorted(ledger.proofs.items()) if not using.isdisjoint(proof)]
        beforehand = search.withheld.copy()
        search.ban(node)
        before = ledger.reopen(affected)
        search.publish(np.array([node]))
        shown = all(_prove(search, ledger, key) for key in affected)
        if shown and weight[search.withheld & ~beforehand].sum() < weight[node]:
            freed.append(node)
        else:
            ledger.restore(before)
            search.publish(np.flatnonzero(search.withheld & ~beforehand))
            search.withhold(np.array([node]))
        search.allow(node)
    return freed


def _prove(search: Search, ledger: Ledger, key: tuple[int, int]) -> bool:
    need = ledger.need(*key)
    return need is None or _meet(search, ledger, need)


def _meet(search: Search, ledger: Ledger, need: Need) -> bool:
    """Show one need for every attacker; False when that is impossible."""
    nobody = np.zeros(0, dtype=np.int64)
    left = ledger.need(need.direction, need.unsafe)
    if left is not None and left.attackers is None and not _apply(search, ledger, left, nobody):
        return False
    left = ledger.need(need.direction, need.unsafe)
    return left is None or left.attackers is None or _meet_for(search, ledger, left, left.attackers)


def _meet_for(search: Search, ledger: Ledger, need: Need, attackers: Ints) -> bool:
    """Show one need for some contributors: together when that is found, else half by half."""
    now = ledger.need(need.direction, need.unsafe)
    if now is None or now.attackers is None:
        return True
    attackers = ledger.left_of(now, attackers)
    if not len(attackers) or _apply(search, ledger, now, attackers):
        return True
    halves = np.array_split(attackers, 2) if len(attackers) > 1 else ()
    return bool(halves) and all(_meet_for(search, ledger, need, half) for half in halves)


def _apply(search: Search, ledger: Ledger, need: Need, attackers: Ints) -> bool:
    found = search.find(need, attackers)
    if found is None:
        return False
    nodes, deviation = found
    search.withhold(nodes)
    ledger.settle(nodes, deviation)
    return True
