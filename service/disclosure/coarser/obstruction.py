"""Which earlier releases stand in the way of a table that cannot be protected."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from service.disclosure.attack.audit import attack_nodes
from service.disclosure.coarser.candidates import Subject
from service.disclosure.coarser.coarsening import Budget, Limits
from service.disclosure.faults import CannotBeProtected
from service.disclosure.linear import SolverFailed
from service.disclosure.question.lattice import build_lattice
from service.disclosure.question.measures import measure
from service.disclosure.question.rules import assess
from service.disclosure.question.tables import ReleasedTable, Table


@dataclass(frozen=True)
class Obstruction:
    """What stands in the way.

    Attributes:
        releases: numbers of the earlier releases that together make the table unprotectable; none when it is so by
            itself.
        minimal: without any one of them it could be protected; False when a limit ended the search before that.
        tries: sets of releases looked at.
    """

    releases: tuple[int, ...]
    minimal: bool
    tries: int


def find_obstruction(
    subject: Subject, table: Table, limits: Limits | None = None, clock: Callable[[], float] = time.perf_counter
) -> Obstruction:
    """A smallest set of earlier releases next to which a table cannot be protected.

    More releases never make a table safer. So releases are left out by halves, quarters and so on down to one by one,
    as long as the table stays unprotectable without them (delta debugging, Zeller and Hildebrandt 2002). Whenever
    it ends, what is left stands in the way. A table is unprotectable when it is so with every cell withheld: that takes
    an attack, and no search for a pattern.

    Args:
        subject: the facts, rules and releases; `protect` has refused the table next to all of these.
        table: as asked.
        limits: how much may be tried.
        clock: seconds.
    """
    budget = Budget(limits or Limits(tries=12), clock)
    left = list(range(len(subject.released)))
    width = len(left)
    while width:
        start = 0
        while start < len(left):
            if budget.spent:
                return Obstruction(tuple(left), minimal=False, tries=budget.tries)
            without = left[:start] + left[start + width :]
            with budget.one_try():
                still = _unprotectable(subject, table, [subject.released[one] for one in without])
            if still:
                left = without
            else:
                start += width
        width //= 2
    return Obstruction(tuple(left), minimal=True, tries=budget.tries)


def _unprotectable(subject: Subject, table: Table, released: Sequence[ReleasedTable]) -> bool:
    """Whether somebody learns too much even when nothing of a table is published."""
    tables = [ReleasedTable.from_cells(table, {}), *released]
    try:
        lattice = build_lattice(subject.facts, [one.table for one in tables])
        measures = measure(subject.facts, lattice)
        assessment = assess(lattice, measures, subject.rules)
        return not attack_nodes(lattice, measures, assessment, tables, intervals=False).clean
    except CannotBeProtected:
        return True
    except SolverFailed:
        return False
