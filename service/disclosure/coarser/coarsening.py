"""The finest coarser table that is safe: what to offer in place of a table that cannot be protected.

Every dimension has a ladder of rungs (`ladders`), a candidate takes one rung of each (`candidates`). When one is
safe, so is whatever is no finer. They are looked at from much information to little, and one counts only after
`protect` made it, next to everything released before. Few have to be made:

* A refusal names cells that nothing can protect. A candidate in which such a cell still arises is passed over: to
  withhold more cannot help it. That leaves candidates out, it never lets one through.
* What is no finer than an offer is no offer of its own.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from service.disclosure.coarser.candidates import Candidates, Ladder, Place, Refusals, Subject, ladders_of
from service.disclosure.coarser.ladders import Rung
from service.disclosure.faults import BadInput, CannotBeProtected, DisclosureError, Obstacle
from service.disclosure.linear import SolverFailed
from service.disclosure.methods.suppression import Protected
from service.disclosure.question.tables import Table

__all__ = ["Budget", "Figures", "Limits", "Offer", "Offers", "Subject", "find_gains", "find_offers", "ladders_of"]

MOST_LOOKED_AT = 20_000
"""Candidates that are looked at, most of them without a try."""


@dataclass(frozen=True)
class Limits:
    """How much may be tried.

    Attributes:
        tries: calls of `protect`.
        seconds: wall time; a try is begun only while one as long as the longest so far would end in time.
        offers: offers wanted.
    """

    tries: int = 24
    seconds: float = 60.0
    offers: int = 3


class Budget:
    """What is left of `Limits`."""

    def __init__(self, limits: Limits, clock: Callable[[], float], expected: float = 0.0) -> None:
        self._limits, self._clock = limits, clock
        self._start, self._longest = clock(), expected
        self.tries = 0

    @property
    def spent(self) -> str | None:
        """The limit that is reached, `tries` or `seconds`; None while there is room."""
        if self.tries >= self._limits.tries:
            return "tries"
        if self._clock() - self._start + self._longest > self._limits.seconds:
            return "seconds"
        return None

    @contextmanager
    def one_try(self) -> Iterator[None]:
        """Count a try, and how long it takes."""
        self.tries += 1
        start = self._clock()
        try:
            yield
        finally:
            self._longest = max(self._longest, self._clock() - start)


@dataclass(frozen=True)
class Figures:
    """What one measure of an offer comes to, for the steward only; values in units of the facts."""

    cells: int
    suppressed: int
    suppressed_value: int
    finest_value: int

    @classmethod
    def of(cls, outcome: Protected) -> Figures:
        """The figures of a protected table."""
        report = outcome.report
        return cls(report.cells, report.suppressed, report.suppressed_value, report.finest_value)

    @property
    def lost(self) -> float:
        """The share of the value that no finest cell of the table tells."""
        return self.suppressed_value / self.finest_value if self.finest_value else 0.0


@dataclass(frozen=True)
class Offer:
    """A coarser table that `protect` made.

    Attributes:
        changes: the rungs that differ from what was asked, in words and as dimensions.
        table: its shape.
        figures: per subject.
        place: per dimension of the table asked for, the number of the rung in its ladder.
    """

    changes: tuple[Rung, ...]
    table: Table
    figures: tuple[Figures, ...]
    place: Place

    @property
    def dutch(self) -> str:
        """What differs, in Dutch."""
        return "; ".join(change.dutch for change in self.changes)

    @property
    def english(self) -> str:
        """What differs, in English."""
        return "; ".join(change.english for change in self.changes)

    @property
    def lost(self) -> float:
        """The share of value lost, of the measure that loses most."""
        return max((one.lost for one in self.figures), default=0.0)


@dataclass(frozen=True)
class Offers:
    """What was found, most information first; none of it is no finer than another.

    Attributes:
        found: the offers.
        tries: calls of `protect`.
        stopped: the limit (`tries`, `seconds` or `candidates`) that ended the search; None when it was not cut short.
    """

    found: tuple[Offer, ...]
    tries: int
    stopped: str | None = None

    @property
    def dutch(self) -> str:
        """How far the search went, in Dutch."""
        end = "volledig gezocht" if self.stopped is None else f"gestopt bij de grens aan {_LIMITS[self.stopped]}"
        none = "" if self.found else "geen veilige grovere tabel gevonden; "
        return f"{none}{self.tries} keer geprobeerd, {end}"

    @property
    def english(self) -> str:
        """How far the search went, in English."""
        end = "searched in full" if self.stopped is None else f"stopped at the limit on {self.stopped}"
        none = "" if self.found else "no safe coarser table found; "
        return f"{none}{self.tries} {'try' if self.tries == 1 else 'tries'}, {end}"


_LIMITS: Mapping[str, str] = {"tries": "pogingen", "seconds": "tijd", "candidates": "mogelijkheden"}


def find_offers(
    subjects: Sequence[Subject],
    table: Table,
    refused: Mapping[int, Sequence[Obstacle]],
    *,
    ladders: Sequence[Ladder] | None = None,
    limits: Limits | None = None,
    clock: Callable[[], float] = time.perf_counter,
) -> Offers:
    """The finest coarser tables that are safe in place of one that was refused.

    Args:
        subjects: the measures of the table.
        table: as asked; `protect` has refused it.
        refused: per number of a subject, the obstacles of that refusal.
        ladders: per dimension of the table the rungs to choose from, as asked first and no rung finer than one
            before it; `ladders_of` when absent.
        limits: how much may be tried.
        clock: seconds.
    """
    bounds = limits or Limits()
    budget = Budget(bounds, clock)
    candidates = _candidates(subjects, table, ladders)
    refusals = Refusals(subjects, table, candidates.ladders)
    for number, obstacles in refused.items():
        refusals.learn(number, table, obstacles)
    found: list[Offer] = []
    for looked, place in enumerate(candidates.ordered()):
        if len(found) == bounds.offers:
            break
        if looked == MOST_LOOKED_AT:
            return Offers(tuple(found), budget.tries, "candidates")
        if refusals.rule_out(place) or any(candidates.no_finer(place, offer.place) for offer in found):
            continue
        if budget.spent:
            return Offers(tuple(found), budget.tries, budget.spent)
        offer = _tried(subjects, candidates, place, budget, refusals)
        if offer is not None:
            found.append(offer)
    return Offers(tuple(found), budget.tries)


def find_gains(
    subjects: Sequence[Subject],
    table: Table,
    lost: float,
    *,
    ladders: Sequence[Ladder] | None = None,
    limits: Limits | None = None,
    expected: float = 0.0,
    clock: Callable[[], float] = time.perf_counter,
) -> Offers:
    """What a coarser table would gain over a safe one: tables with one dimension coarser that lose less of the value.

    Each dimension is tried on its next rung first, then left out. Rest groups are passed over: they gain little.

    Args:
        subjects: the measures of the table.
        table: as asked; `protect` made it safe.
        lost: the share of the value that it lost, of the measure that lost most.
        ladders: as for `find_offers`.
        limits: how much may be tried.
        expected: seconds that protecting the table itself took: a try is begun only if that fits.
        clock: seconds.
    """
    budget = Budget(limits or Limits(tries=4), clock, expected)
    candidates = _candidates(subjects, table, ladders)
    found: list[Offer] = []
    for place in _one_coarser(candidates.ladders):
        if budget.spent:
            return Offers(tuple(found), budget.tries, budget.spent)
        offer = _tried(subjects, candidates, place, budget)
        if offer is not None and offer.lost < lost:
            found.append(offer)
    return Offers(tuple(found), budget.tries)


def _candidates(subjects: Sequence[Subject], table: Table, ladders: Sequence[Ladder] | None) -> Candidates:
    facts = subjects[0].facts
    return Candidates(table, ladders or ladders_of(table, facts), facts)


def _one_coarser(ladders: Sequence[Ladder]) -> list[Place]:
    """The next rung of each dimension, then its last one."""
    steps: dict[Place, None] = {}
    for which in (0, -1):
        for axis, ladder in enumerate(ladders):
            numbers = [number for number, rung in enumerate(ladder) if rung.changed and not rung.rest]
            if numbers:
                steps[tuple(numbers[which] if one == axis else 0 for one in range(len(ladders)))] = None
    return list(steps)


def _tried(
    subjects: Sequence[Subject], candidates: Candidates, place: Place, budget: Budget, refusals: Refusals | None = None
) -> Offer | None:
    """The offer that a candidate makes; None when it is not safe for every subject, or tells nothing."""
    table = candidates.table(place)
    if table is None:
        return None
    figures = []
    for number, subject in enumerate(subjects):
        try:
            with budget.one_try():
                outcome = subject.protect(table)
        except CannotBeProtected as error:
            if refusals is not None:
                refusals.learn(number, table, error.obstacles)
            return None
        except BadInput:
            raise
        except (DisclosureError, SolverFailed):
            return None
        if not outcome.released.published.any():
            return None
        figures.append(Figures.of(outcome))
    changes = tuple(rung for rung in candidates.rungs(place) if rung.changed)
    return Offer(changes, table, tuple(figures), place)
