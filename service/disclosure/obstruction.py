"""Which earlier releases stand in the way of a table that cannot be protected."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from service.disclosure.candidates import Subject
from service.disclosure.coarsening import Budget, Limits
from service.disclosure.faults import CannotBeProtected, DisclosureError
from service.disclosure.linear import SolverFailed
from service.disclosure.tables import Table


@dataclass(frozen=True)
class Obstruction:
    """What stands in the way.

    Attributes:
        releases: numbers of the earlier releases that together make the table unprotectable; none when it is so by
            itself.
        minimal: without any one of them it could be protected; False when a limit ended the search before that.
        tries: calls of `protect`.
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
    it ends, what is left stands in the way.

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
            if _refused(replace(subject, released=tuple(subject.released[one] for one in without)), table, budget):
                left = without
            else:
                start += width
        width //= 2
    return Obstruction(tuple(left), minimal=True, tries=budget.tries)


def _refused(subject: Subject, table: Table, budget: Budget) -> bool:
    try:
        budget.protect(subject, table)
    except CannotBeProtected:
        return True
    except (DisclosureError, SolverFailed):
        return False
    return False
