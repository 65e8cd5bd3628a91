"""A corrected release beside those before it: what it may publish, and when the correction waits.

A supplier corrects its figures, or delivers late, after they were released. The difference of the two releases is a
table of its own, to which only the suppliers that changed contribute (`versions`); it has to satisfy the primary
rules, or the correction waits (disclosure.md). What that comes to, cell by cell of the table wanted:

* a cell that nobody changed is what it was: published before, it is published; withheld before, it stays withheld;
* a cell whose change is safe is like any other;
* a cell whose change is unsafe, and that was published before, is withheld, with the room around it that the change
  needs: the interval of the new figure has to reach as far from it as that of the change.

Then the attack over all versions decides (`joined`); what it breaks is withheld more widely, twice. A correction that
a table can only hold by withholding what it adds up to at the top is not published at all: that is the case of one
supplier that corrects, whose change is in every total. Such a correction waits for more. So at the top the change
table must satisfy the rules as it stands, and below it the unsafe changes are suppressed like the unsafe cells of any
table.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from service.disclosure.attack.joined import attack_as_now, join
from service.disclosure.attack.versions import Change, Version, Versions
from service.disclosure.faults import CannotBeProtected, DisclosureError, Obstacle
from service.disclosure.methods.suppression import Protected, protect
from service.disclosure.question.facts import Facts
from service.disclosure.question.hidden import Hidden
from service.disclosure.question.rules import Assessment, Rules, assess
from service.disclosure.question.tables import ReleasedTable, Table

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


class CorrectionWaits(DisclosureError):
    """Beside earlier releases the change would show; `more` changed contributors are needed at the least."""

    def __init__(self, more: int, obstacles: Iterable[Obstacle]) -> None:
        self.more, self.obstacles = more, tuple(obstacles)
        super().__init__("\n".join(str(obstacle) for obstacle in self.obstacles))


def protect_correction(
    earlier: Sequence[Version],
    facts: Facts,
    table: Table,
    rules: Rules,
    released: Sequence[ReleasedTable] = (),
    *,
    clock: Callable[[], float] = time.perf_counter,
) -> Protected:
    """`protect`, when other tables were released of earlier versions of the facts.

    1. The change from every earlier version to this one, and its primary rules: at the top it must be safe.
    2. What was published stays so, with its figure of now; what has to be hidden for the change's sake is.
    3. Protect the table with both.
    4. Attack all versions together, and the last one as if nothing had changed (`joined`). When
       something breaks, hide more (`Breadth`) and do it again.
    5. Nothing at the top may be withheld but for its own figures.

    Args:
        earlier: oldest first, each with what was released of it.
        facts: the rows as they are now.
        table: the table wanted.
        rules: the profile.
        released: what was released of these very facts.
        clock: seconds, for the report.

    Raises:
        BadInput: the rules do not fit the facts, or a release differs from its facts.
        CannotBeProtected: what was published, and still holds, gives an unsafe cell away, whatever changed.
        CorrectionWaits: the changes would show.
    """
    versions = Versions.of([*earlier, Version(facts, tuple(released))], [table])  # 1
    correction = _Correction(versions, rules)
    if correction.obstacles():
        raise correction.waits()
    broken = np.zeros(0, dtype=np.int64)
    for breadth in Breadth:
        also = correction.hidden(breadth, broken)  # 2
        held = [*released, *correction.as_now(also)]
        try:
            outcome = protect(facts, table, rules, held, also=also, clock=clock)  # 3
        except CannotBeProtected:
            continue
        versions = correction.with_table(outcome.released)
        joined = join(versions, rules)
        report, as_now = joined.attack(), attack_as_now(versions, rules)  # 4
        if report.clean and as_now.clean and correction.shows_top(outcome.released):  # 5
            return outcome
        broken = joined.node_of[[breach.node for breach in report.breaches]]
        broken = np.union1d(broken, np.array([breach.node for breach in as_now.breaches], dtype=np.int64))
    protect(facts, table, rules, [*released, *correction.unchanged()], clock=clock)
    raise correction.waits()


class Breadth(IntEnum):
    """How much is hidden for the sake of the changes."""

    NARROW = 0
    """Unsafe changes of what was published, and what was withheld and did not change."""

    WIDE = 1
    """Every unsafe change, everything that was withheld, and what broke."""

    ALL = 2
    """Everything that changed, but for the top."""


@dataclass(frozen=True)
class _Correction:
    """All versions, the last of which is the present; the first table of the lattice is the one wanted."""

    versions: Versions
    rules: Rules

    @property
    def _nodes(self) -> Ints:
        return self.versions.lattice.nodes[0]

    @property
    def _earlier(self) -> list[tuple[int, Change]]:
        last = len(self.versions.measures) - 1
        return [(version, self.versions.changes[version, last]) for version in range(last)]

    def unchanged(self) -> list[ReleasedTable]:
        """The earlier tables with what they published that is still so."""
        found = []
        for version, change in self._earlier:
            for number, released in self.versions.tables[version]:
                still = released.published & ~change.touched[self.versions.lattice.nodes[number]]
                if still.any():
                    found.append(replace(released, published=still))
        return found

    def as_now(self, also: Hidden) -> list[ReleasedTable]:
        """The earlier tables with their figures of now, but for cells unsafe now or hidden for their change."""
        free = np.zeros(self.versions.lattice.size, dtype=np.bool_)
        free[assess(self.versions.lattice, self.versions.measures[-1], self.rules).nodes] = True
        for _, change in self._earlier:
            free[change.unsafe(self.versions.lattice, self.rules).nodes] = True
        free[self._nodes[also.kept]] = free[self._nodes[also.cells]] = True
        before = replace(self.versions, tables=(*self.versions.tables[:-1], ()))
        return [one for one in before.as_now(free)[1] if one.published.any()]

    def hidden(self, breadth: Breadth, broken: Ints) -> Hidden:
        """Step 2, with the cells among the nodes that broke."""
        nodes, count, wide = self._nodes, len(self._nodes), breadth is not Breadth.NARROW
        up, down = np.zeros((2, count))
        shows = np.zeros(count, dtype=np.bool_)
        keep = np.isin(nodes, broken)
        public = self.versions.known(len(self.versions.measures) - 1)
        for version, change in self._earlier:
            known, told = self.versions.known(version), np.zeros(self.versions.lattice.size, dtype=np.bool_)
            for number, released in self.versions.tables[version]:
                told[self.versions.lattice.nodes[number][~released.published]] = True
            public |= known & ~change.touched
            keep |= (told & ~known & (~change.touched | wide))[nodes]
            if breadth is Breadth.ALL:
                keep |= change.touched[nodes] & ~_tops(self.versions.lattice.tables[0])
            unsafe = change.unsafe(self.versions.lattice, self.rules)
            cells, places = _cells_of(unsafe, nodes)
            if not wide:
                before = known[nodes[cells]]
                cells, places = cells[before], places[before]
            shows[cells] = True
            if breadth is Breadth.ALL:
                continue  # as many as may be are hidden: whether that is room enough, the attack says
            falls = change.signed[nodes[cells]] < 0
            further, back = unsafe.up[places], unsafe.down[places]
            up[cells] = np.maximum(up[cells], np.where(falls, back, further))
            down[cells] = np.maximum(down[cells], np.where(falls, further, back))
        free = ~public[nodes]
        if breadth is Breadth.ALL:
            shows &= keep
        cells = np.flatnonzero(shows & free)
        return Hidden(np.flatnonzero(keep & free), cells, up[cells], down[cells])

    def with_table(self, released: ReleasedTable) -> Versions:
        """All versions, with the table wanted as it would be published."""
        *before, now = self.versions.tables
        return replace(self.versions, tables=(*before, (*now, (0, released))))

    def shows_top(self, released: ReleasedTable) -> bool:
        """Whether all cells at the top are published, but for those that are unsafe by themselves."""
        unsafe = np.zeros(self.versions.lattice.size, dtype=np.bool_)
        unsafe[assess(self.versions.lattice, self.versions.measures[-1], self.rules).nodes] = True
        return not np.any(_tops(released.table) & ~released.published & ~unsafe[self._nodes])

    def obstacles(self) -> list[tuple[int, Obstacle]]:
        """What changed unsafely at the top, where it was published before, and how many more must change for it."""
        nodes = self._nodes[_tops(self.versions.lattice.tables[0])]
        found = []
        for version, change in self._earlier:
            unsafe = change.unsafe(self.versions.lattice, self.rules).nodes
            known = self.versions.known(version)
            for node in np.intersect1d(nodes, unsafe[known[unsafe]]).tolist():
                there = int(change.measures.reporting[node]) if change.measures.value[node] else 0
                missing = max(1, (self.rules.minimum_contributors or 0) - there)
                told = Obstacle(
                    self.versions.lattice.describe(node),
                    f"van {there} aanleveraar(s) zijn de cijfers veranderd sinds een vrijgave; nog {missing} nodig",
                    f"the figures of {there} supplier(s) changed since a release; {missing} more needed",
                )
                found.append((missing, told))
        return found

    def waits(self) -> CorrectionWaits:
        """What is waited for: changes at the top, or, where these suffice, changes anywhere."""
        found = self.obstacles() or [
            (
                1,
                Obstacle(
                    (),
                    "naast een eerdere vrijgave zijn de wijzigingen niet te verbergen",
                    "beside an earlier release the changes cannot be hidden",
                ),
            )
        ]
        return CorrectionWaits(max(missing for missing, _ in found), [obstacle for _, obstacle in found])


def _cells_of(unsafe: Assessment, nodes: Ints) -> tuple[Ints, Ints]:
    """Which cells are unsafe nodes, and their places in the assessment."""
    places = np.searchsorted(unsafe.nodes, nodes)
    inside = places < len(unsafe.nodes)
    inside[inside] = unsafe.nodes[places[inside]] == nodes[inside]
    cells = np.flatnonzero(inside)
    return cells, places[cells]


def _tops(table: Table) -> Flags:
    """Which cells no other cell of the table includes."""
    flags = np.ones((), dtype=np.bool_)
    for dimension in table.dimensions:
        below = {part for _, parts in dimension.sums for part in parts}
        flags = np.logical_and.outer(flags, np.array([code not in below for code in dimension.codes], dtype=np.bool_))
    return np.asarray(flags).reshape(-1)
