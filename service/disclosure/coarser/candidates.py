"""The lattice of coarser tables: one rung of every dimension's ladder, and what refusals say about all of them."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from service.disclosure.coarser.ladders import Rung, information, ladder_of, no_finer
from service.disclosure.faults import CannotBeProtected, Obstacle
from service.disclosure.methods.suppression import Protected, protect
from service.disclosure.question.dimensions import Dimension
from service.disclosure.question.facts import Facts
from service.disclosure.question.lattice import Axis, build_lattice
from service.disclosure.question.rules import Rules
from service.disclosure.question.tables import ReleasedTable, Table

Ladder = tuple[Rung, ...]
Codes = frozenset[str]

Protector = Callable[[Facts, Table, Rules, Sequence[ReleasedTable]], Protected]
"""What makes a table safe to publish, or raises."""

Place = tuple[int, ...]
"""A candidate: per dimension the number of its rung, 0 for as asked."""


@dataclass(frozen=True)
class Subject:
    """One measure of a table; a table of several measures must be safe for each of them.

    Attributes:
        facts: the rows.
        rules: the profile.
        released: every earlier release of the same facts.
        protector: `protect`, or what takes its place.
    """

    facts: Facts
    rules: Rules
    released: tuple[ReleasedTable, ...] = ()
    protector: Protector = protect

    def protect(self, table: Table) -> Protected:
        """Protect a table of this measure.

        Raises:
            service.disclosure.DisclosureError: as the protector says.
        """
        return self.protector(self.facts, table, self.rules, self.released)


def ladders_of(table: Table, facts: Facts) -> tuple[Ladder, ...]:
    """Per dimension of a table all rungs: as asked first, then the one with most information, and so on."""
    ladders = []
    for dimension in table.dimensions:
        weight = weights(facts, table, dimension.column)
        asked, *others = ladder_of(dimension, weight)
        bits = {id(rung): information(rung, weight) for rung in others}
        ladders.append((asked, *sorted(others, key=lambda rung: -bits[id(rung)])))
    return tuple(ladders)


def weights(facts: Facts, table: Table, column: str) -> Mapping[str, int]:
    """The value per finest code of a column, over the rows that a table counts."""
    counts = np.ones(facts.rows, dtype=np.bool_)
    for restricted, allowed in table.where.items():
        coded = facts.columns[restricted]
        counts &= np.array([code in allowed for code in coded.codes], dtype=np.bool_)[coded.index]
    coded = facts.columns[column]
    totals = np.bincount(coded.index[counts], weights=facts.value[counts], minlength=len(coded.codes))
    return {code: int(total) for code, total in zip(coded.codes, totals, strict=True)}


class Candidates:
    """Every choice of rungs, and the table that it makes."""

    def __init__(self, table: Table, ladders: Sequence[Ladder], facts: Facts) -> None:
        self.ladders = tuple(ladders)
        self._asked = table
        self._bits = [
            [information(rung, weight) for rung in ladder]
            for ladder, weight in zip(
                self.ladders, (weights(facts, table, dimension.column) for dimension in table.dimensions), strict=True
            )
        ]
        self._no_finer = [
            np.array([[no_finer(one, other) for other in ladder] for one in ladder], dtype=np.bool_)
            for ladder in self.ladders
        ]

    def ordered(self) -> Iterator[Place]:
        """Every candidate but the table as asked, from much information to little; ties always fall the same way."""
        start = (0,) * len(self.ladders)
        heap, seen = [(0.0, start)], {start}
        while heap:
            _, place = heapq.heappop(heap)
            if place != start:
                yield place
            for axis, rung in enumerate(place):
                if rung + 1 < len(self.ladders[axis]):
                    following = (*place[:axis], rung + 1, *place[axis + 1 :])
                    if following not in seen:
                        seen.add(following)
                        bits = sum(told[number] for told, number in zip(self._bits, following, strict=True))
                        heapq.heappush(heap, (-bits, following))

    def rungs(self, place: Place) -> tuple[Rung, ...]:
        """The rung of each dimension."""
        return tuple(ladder[number] for ladder, number in zip(self.ladders, place, strict=True))

    def table(self, place: Place) -> Table | None:
        """The table of a candidate; None when no dimension would be left."""
        dimensions = tuple(rung.dimension for rung in self.rungs(place) if rung.dimension is not None)
        return Table(dimensions, self._asked.where, self._asked.name) if dimensions else None

    def no_finer(self, place: Place, other: Place) -> bool:
        """Whether every cell of the one is a sum of cells of the other."""
        return all(bool(below[one, two]) for below, one, two in zip(self._no_finer, place, other, strict=True))


class Refusals:
    """Cells that nothing can protect next to what was released, and the candidates in which they still arise.

    What attackers know of a cell, they know in every table in which the cell arises: it follows from what was
    released and from their own figures. So a cell that was unprotectable with everything else withheld stays so.
    """

    def __init__(self, subjects: Sequence[Subject], table: Table, ladders: Sequence[Ladder]) -> None:
        self._subjects, self._asked, self._ladders = tuple(subjects), table, tuple(ladders)
        self._arising: dict[tuple[int, int, int], frozenset[Codes]] = {}
        self._stays = [np.zeros((0, len(ladder)), dtype=np.bool_) for ladder in self._ladders]

    def learn(self, number: int, table: Table, obstacles: Sequence[Obstacle]) -> None:
        """Take in why `protect` refused a table for a subject."""
        subject = self._subjects[number]
        try:
            lattice = build_lattice(subject.facts, [table, *(earlier.table for earlier in subject.released)])
        except CannotBeProtected:
            return
        axes = {axis.column: axis for axis in lattice.axes}
        for obstacle in obstacles:
            if not obstacle.codes:
                continue
            labels = dict(obstacle.codes)
            for place, dimension in enumerate(self._asked.dimensions):
                axis, label = axes.get(dimension.column), labels.get(dimension.column)
                stays = np.ones((1, len(self._ladders[place])), dtype=np.bool_)
                if axis is not None and label is not None:
                    at_stake = _meanings(subject.facts, axis, label)
                    stays[0] = [at_stake <= self._sets(number, place, rung) for rung in range(stays.shape[1])]
                self._stays[place] = np.vstack([self._stays[place], stays])

    def rule_out(self, place: Place) -> bool:
        """Whether a cell that nothing can protect still arises."""
        still = [stays[:, rung] for stays, rung in zip(self._stays, place, strict=True)]
        return bool(np.logical_and.reduce(still).any())

    def _sets(self, number: int, place: int, rung: int) -> frozenset[Codes]:
        """What the codes along one column can mean when a dimension takes this rung."""
        if (number, place, rung) not in self._arising:
            subject, column = self._subjects[number], self._asked.dimensions[place].column
            chosen = self._ladders[place][rung].dimension
            tables = [_along(column, chosen, self._asked)]
            for earlier in subject.released:
                own = next((one for one in earlier.table.dimensions if one.column == column), None)
                tables.append(_along(column, own, earlier.table))
            lattice = build_lattice(subject.facts, tables)
            everything = frozenset([frozenset(subject.facts.columns[column].codes)])
            found = frozenset(_codes(subject.facts, axis, code) for axis in lattice.axes for code in range(len(axis)))
            self._arising[number, place, rung] = found or everything
        return self._arising[number, place, rung]


def _along(column: str, dimension: Dimension | None, table: Table) -> Table:
    """A table as far as one column goes."""
    where = {column: table.where[column]} if column in table.where else {}
    return Table((dimension,) if dimension is not None else (), where)


def _meanings(facts: Facts, axis: Axis, label: str) -> frozenset[Codes]:
    """The sets of codes that a label may stand for: two tables may use one for different things."""
    return frozenset(_codes(facts, axis, code) for code, name in enumerate(axis.labels) if name == label)


def _codes(facts: Facts, axis: Axis, code: int) -> Codes:
    """The codes of the facts that a code of an axis adds up."""
    inside = np.isin(axis.class_of, axis.members[code])
    names = facts.columns[axis.column].codes
    return frozenset(names[place] for place in np.flatnonzero(inside).tolist())
