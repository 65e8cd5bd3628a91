"""Which cells to withhold: from an assessment to a pattern and the certificates that justify it.

1. Every need is shown by certificates, of hypercubes or linear programs (`complete`, `search`).
2. What can be published after all is, as far as the work allows (`relax`); not in tables where that would never end.
3. A small table is put to the exact model (`cuts`), as far as the work allows; where that does not come to an end, the
   table is tried in several ways, and cells are exchanged for cheaper ones. The cheapest pattern counts.

What a pattern costs is the value of the cells that it withholds, and then their number.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
from scipy.sparse.csgraph import connected_components

from service.disclosure.faults import CannotBeProtected, Obstacle
from service.disclosure.linear import SolverFailed
from service.disclosure.pattern.certificates import Ledger, Need, Room
from service.disclosure.pattern.cuts import Separation, cheapest
from service.disclosure.pattern.search import CROWDED, SMALL, Search
from service.disclosure.pattern.withholding import Exposure, complete, exchange, relax
from service.disclosure.progress import Progress, silent
from service.disclosure.question.doubt import doubt
from service.disclosure.question.insight import Insight, find_insight
from service.disclosure.question.lattice import Lattice
from service.disclosure.question.measures import Measures
from service.disclosure.question.rules import Assessment
from service.disclosure.question.tables import ReleasedTable

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

FAR_TRIALS = 600
"""Linear programs over all withheld nodes that publishing cells again may take; those nearby are not counted."""

RELAX_WORK = 40_000_000
"""Work of linear programs that publishing cells again may take in all; the most valuable cells come first."""

BRIEF_RELAX_WORK = 10_000_000
"""The same for counts, of which more takes as long as all before it and brings a third of a percent of the value."""

RELAX_WORK_BESIDE = 3_000_000
"""The same beside more than `FEW_RELEASES` earlier releases."""

FEW = 60
"""Up to so many unsafe nodes, the exact model is asked too, and else a small table is tried in every way of `WAYS`."""

FEW_RELEASES = 10
"""The same for earlier releases; most of a longer history is settled, and one more table beside it should be quick."""

MOST_PROGRAMS = 5_000
"""Linear programs after which no other pattern of a small table is begun."""

MOST_BEGINNINGS = 40
"""Patterns of a small table that are begun anew without one of the cells withheld."""

MOST_WORK, MOST_WORK_PER_NODE = 40_000_000_000, 80_000
"""Work after which what is not yet shown of a crowded table is left, and the table refused: the larger of both, some
six minutes for half a million nodes. The hardest table known of that size takes nearly half of it."""

AS_IT_WAS = (
    "met wat al is vrijgegeven valt deze cel niet te beschermen",
    "with what has been published already this cell cannot be protected",
)
"""Why it is of no use to withhold more, in Dutch and English."""

TOO_LONG = (
    "voor deze cel was in de toegestane rekentijd geen bescherming te vinden; vraag een grovere tabel",
    "no protection was found for this cell within the work allowed; ask for a coarser table",
)
"""Why a search was left before its end, in Dutch and English."""

Way = tuple[float, bool]

WAYS: tuple[Way, ...] = ((1.0, False), (0.5, False), (1.0, True), (0.75, True), (0.25, False), (0.0, True))
"""Exponent of the value in what withholding costs, and whether unsafe cells come first that need much (`_wide`)."""

LARGE_WAY: Way = (0.75, True)
"""For tables above `SMALL` nodes: many small cells rather than one large one, as far as that costs no more."""

CROWDED_WAY: Way = (1.0, True)
"""For crowded tables, where nothing is published again."""


@dataclass(frozen=True)
class Question:
    """What a pattern is wanted for.

    The lattice's first table is the one wanted, `fixed` is public already, and `kept` are nodes never to publish.
    """

    lattice: Lattice
    measures: Measures
    assessment: Assessment
    released: tuple[ReleasedTable, ...]
    fixed: Flags
    kept: Ints

    @property
    def why(self) -> Ints:
        """Per cell of the table, the `Why` flags of the rules that it breaks."""
        why = np.zeros(self.lattice.size, dtype=np.int64)
        why[self.assessment.nodes] = self.assessment.why
        return why[self.lattice.nodes[0]]

    @cached_property
    def insight(self) -> Insight:
        """To whom empty nodes are no secret."""
        return find_insight(self.lattice, self.measures, self.assessment.nodes)

    @cached_property
    def room(self) -> Room:
        """How far nodes may deviate, beside what was published rounded."""
        return Room.of(self.measures, doubt(self.measures, self.released, self.lattice.nodes[1:]))

    @cached_property
    def touched(self) -> Flags:
        """Nodes that what the table may publish can say something of, by way of equations between unknown figures.

        Of all others the table changes nothing, nor can it: whether they are safe beside the releases before it is up
        to the attack alone.
        """
        rows = self.lattice.relations()[:, ~self.fixed]
        count, size = rows.shape
        both = sp.bmat([[None, rows], [rows.T, None]]).tocsr() if count else sp.csr_matrix((size, size))
        _, label = connected_components(both, directed=False)
        mine = label[count:]
        flags = np.zeros(self.lattice.size, dtype=np.bool_)
        flags[~self.fixed] = np.isin(mine, mine[self.table[~self.fixed]])
        return flags

    @property
    def unsafe(self) -> Flags:
        """Unsafe nodes."""
        flags = np.zeros(self.lattice.size, dtype=np.bool_)
        flags[self.assessment.nodes] = True
        return flags

    @property
    def optional(self) -> Flags:
        """Nodes that may be published or not."""
        return self.offered & ~self.unsafe & ~self.fixed

    def cost(self, pattern: Pattern) -> tuple[float, float]:
        """The value of the cells withheld, and their number."""
        cells = pattern.withheld & self.offered
        return float(self.measures.value[cells].sum()), float(cells.sum())

    @property
    def small(self) -> bool:
        """Whether there is time to look for something better than the first pattern found."""
        few = len(self.assessment.nodes) <= FEW and len(self.released) <= FEW_RELEASES
        return few and self.lattice.size <= SMALL

    @property
    def table(self) -> Flags:
        """Nodes that are cells of the table."""
        flags = np.zeros(self.lattice.size, dtype=np.bool_)
        flags[self.lattice.nodes[0]] = True
        return flags

    @property
    def offered(self) -> Flags:
        """Nodes that the table would publish if it could."""
        flags = self.table
        flags[self.kept] = False
        return flags


@dataclass(frozen=True)
class Pattern:
    """What is withheld, the certificates for it, and the linear programs that took.

    `zeros` are certificates for what is hidden without need (see `zeros`).
    """

    withheld: Flags
    ledger: Ledger
    programs: int
    zeros: Ledger | None = None


def find_patterns(question: Question, progress: Progress = silent) -> list[Pattern]:
    """Patterns, the cheapest first; another only for when the attack finds that of counts it shows too little.

    Args:
        question: what they are wanted for.
        progress: told how far the first attempt is.

    Raises:
        CannotBeProtected: whatever is withheld, some need cannot be met, which linear programming proves; or it takes
            too much work to find out.
    """
    first = _pattern(question, _first_way(question.lattice.size), progress=progress)
    if not question.small or not first.programs:
        return [first]
    exact, near = _exactly(question, first)
    found = [first, *exact] if near else [*_otherwise(question, first), *exact]
    programs = sum(one.programs for one in found)
    best, *others = sorted(found, key=question.cost)
    return [replace(best, programs=programs), *others[:1]]


def _exactly(question: Question, first: Pattern) -> tuple[list[Pattern], bool]:
    """A pattern by the exact model, if that gives one, and whether it is one of the cheapest.

    Where the work ends before all of it is safe, what it lacks is found as in every other pattern. The model gives none
    where the solver gives up; then there are the other ways.
    """
    movable = question.touched & ((question.measures.value > 0) | first.withheld)
    separation = Separation(question.lattice, question.measures, movable, question.room, _ledger(question).needs())
    nodes = separation.nodes
    worth = question.measures.value[nodes] + 1.0 / (2.0 * question.lattice.size)
    cost = np.where(question.offered[nodes], worth, 0.0)
    anyway = ~question.offered[nodes] | question.unsafe[nodes]
    try:
        chosen, near = cheapest(separation, cost, anyway, first.withheld[nodes])
    except SolverFailed:
        return [], False
    if chosen is None:
        return [], False
    begin = np.zeros(question.lattice.size, dtype=np.bool_)
    begin[nodes] = chosen
    pattern = _pattern(question, WAYS[0], begin=begin)
    return [replace(pattern, programs=separation.solves + pattern.programs)], near


def _otherwise(question: Question, first: Pattern) -> list[Pattern]:
    """The same table in every other way, and the best of these without one of its cells: two patterns."""
    found = [first]
    for way in WAYS[1:]:
        if sum(one.programs for one in found) > MOST_PROGRAMS:
            break
        found.append(_pattern(question, way))
    costs = [question.cost(pattern) for pattern in found]
    best = costs.index(min(costs))
    programs = sum(one.programs for one in found)
    pattern, more = _without_one(question, WAYS[best], found[best], MOST_PROGRAMS - programs)
    return [replace(pattern, programs=programs - found[best].programs + more), found[best]]


def _first_way(size: int) -> Way:
    if size <= SMALL:
        return WAYS[0]
    return CROWDED_WAY if size >= CROWDED else LARGE_WAY


def _without_one(question: Question, way: Way, best: Pattern, most: int) -> tuple[Pattern, int]:
    """Begin anew without one of the cells withheld, each in turn, as long as that finds something cheaper.

    Returns:
        The best pattern, and the linear programs that took: not many more than `most`.
    """
    programs, begun = 0, 0
    tried: set[int] = set()
    while True:
        for node in _by_value(question.measures, best.withheld & question.optional).tolist():
            if node in tried or begun == MOST_BEGINNINGS or programs > most:
                continue
            tried.add(node)
            begun += 1
            try:
                other = _pattern(question, way, node)
            except CannotBeProtected:
                continue
            programs += other.programs
            if question.cost(other) < question.cost(best):
                best = other
                break
        else:
            return best, programs


def _pattern(
    question: Question,
    way: Way,
    without: int | None = None,
    *,
    begin: Flags | None = None,
    progress: Progress = silent,
) -> Pattern:
    """One pattern, found in one way; `without` is a node that may not be used, `begin` is withheld at first."""
    lattice, measures, fixed, room = question.lattice, question.measures, question.fixed, question.room
    exponent, descending = way
    withheld = (~question.offered & ~fixed) | question.unsafe
    if begin is not None:
        withheld |= begin
    weight = _weight(measures, exponent)
    ledger = _ledger(question)
    wide = _wide(question)
    order = np.argsort(-wide if descending else wide, kind="stable")
    programs = 0
    unmet: list[Need] = []
    movable = question.touched
    left = _most_work(lattice.size)
    for movable in _movable(question, withheld, begin):
        if without is not None:
            movable[without] = False
        search = Search(lattice, measures, movable, withheld, weight, room=room, offered=question.offered)
        unmet = complete(search, ledger, order, work=left, progress=progress)
        programs += search.solves
        left -= search.work
        if not unmet or left <= 0:
            break
    if unmet:
        why = AS_IT_WAS if left > 0 else TOO_LONG
        raise CannotBeProtected(Obstacle(lattice.describe(need.node), *why) for need in unmet[:20])
    if lattice.size >= CROWDED:
        return Pattern(withheld, ledger, programs)
    search = Search(
        lattice, measures, withheld.copy(), withheld, weight, room=room, offered=question.offered, far=FAR_TRIALS
    )
    exposure = Exposure(lattice, withheld, question.unsafe)
    work = BRIEF_RELAX_WORK if lattice.size > SMALL and measures.count_is_value else RELAX_WORK
    if len(question.released) > FEW_RELEASES:
        work = RELAX_WORK_BESIDE
    candidates = _by_value(measures, withheld & question.optional)
    withheld[relax(search, ledger, exposure, candidates, work=work, progress=progress)] = False
    programs += search.solves
    if question.small:
        search = Search(
            lattice, measures, movable, withheld, _weight(measures, 1.0), room=room, offered=question.offered
        )
        while exchange(search, ledger, _by_value(measures, withheld & question.optional), _weight(measures, 1.0)):
            pass
        programs += search.solves
    return Pattern(withheld, ledger, programs)


def _movable(question: Question, withheld: Flags, begin: Flags | None) -> Iterator[Flags]:
    """Nodes over which needs are shown: of what is withheld at first, if that may do; only in the end of empty ones."""
    if begin is not None:
        yield question.touched & withheld
    yield question.touched & ((question.measures.value > 0) | withheld)
    yield question.touched.copy()


def _ledger(question: Question) -> Ledger:
    """With everything open that the table has to do with."""
    size = question.lattice.size
    ledger = Ledger(
        question.assessment,
        question.measures,
        question.insight,
        question.room,
        brief=size >= CROWDED,
        quick=size > SMALL,
    )
    ledger.leave(np.flatnonzero(~question.touched[question.assessment.nodes]))
    return ledger


def _most_work(size: int) -> float:
    return max(MOST_WORK, MOST_WORK_PER_NODE * size) if size >= CROWDED else math.inf


def _wide(question: Question) -> Floats:
    """Per unsafe node how much room it needs: a count what it lacks of the minimum, another figure by its size."""
    if question.measures.count_is_value and question.lattice.size > SMALL:
        return question.assessment.up
    return question.measures.value[question.assessment.nodes].astype(np.float64)


def _weight(measures: Measures, exponent: float) -> Floats:
    """What withholding a node costs; something even when it is empty."""
    return np.asarray((measures.value + 1.0) ** exponent, dtype=np.float64)


def _by_value(measures: Measures, which: Flags) -> Ints:
    """These nodes, the most valuable first."""
    nodes = np.flatnonzero(which)
    return nodes[np.argsort(-measures.value[nodes], kind="stable")]
