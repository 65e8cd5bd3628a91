"""A second opinion on persons whom several suppliers deliver: person by person, sharing no code with the engine.

Everybody is written down whom each supplier delivered, and where that person counts. Each supplier attacks in two ways:

* it knows of everybody whom it delivered in which cell that person counts;
* it knows that only of those whom it delivered in that very cell; of the others it knows that they count somewhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from naive_disclosure import NaiveRules
from persons_once import Delivered, counted_in
from scipy.optimize import linprog

CLOSE = 1e-5

Cells = frozenset[tuple[str, ...]]
"""Finest cells that are added up."""


@dataclass(frozen=True)
class Attacker:
    """A supplier, and whether it knows where all of its persons count."""

    supplier: str
    all_places: bool


@dataclass(frozen=True)
class Leak:
    cells: Cells
    attacker: Attacker | None
    lower: float
    upper: float


class People:
    """Who delivered whom where, and where everybody counts."""

    def __init__(self, rows: Sequence[Delivered]) -> None:
        self.rows = rows
        self.place = {person: cell for (person, _), (cell, _) in counted_in(rows).items()}
        self.suppliers = sorted({row.holding for row in rows})
        self.by = {who: {row.person for row in rows if row.holding == who} for who in self.suppliers}
        self.at = {
            who: {(row.person, row.cell) for row in rows if row.holding == who and row.person is not None}
            for who in self.suppliers
        }

    def inside(self, cells: Cells) -> set[str]:
        return {person for person, cell in self.place.items() if cell in cells}

    def known(self, attacker: Attacker, cells: Cells) -> set[str]:
        """Those of whom it knows in which of these cells they count."""
        found = self.inside(cells) & self.by[attacker.supplier]
        if attacker.all_places:
            return found
        return {person for person in found if (person, self.place[person]) in self.at[attacker.supplier]}

    def strays(self, who: str, cells: Cells) -> set[str]:
        """Those whom it delivered here, and who count where it did not deliver them."""
        return {
            person
            for person, cell in self.at[who]
            if cell in cells and person in self.place and (person, self.place[person]) not in self.at[who]
        }

    def reporting(self, cells: Cells) -> set[str]:
        """Who delivered anything here, or somebody who counts here."""
        here = {row.holding for row in self.rows if row.cell in cells and row.counts}
        there = {who for who in self.suppliers if self.known(Attacker(who, True), cells)}
        return here | there | {who for who in self.suppliers if self.strays(who, cells)}

    def contributions(self, cells: Cells) -> list[int]:
        """x1 >= x2 >= ...: for everybody, whom it delivered."""
        return sorted((len(self.known(Attacker(who, True), cells)) for who in self.suppliers), reverse=True)

    def contributors(self, cells: Cells) -> int:
        """The least number of suppliers whose persons could be all of them."""
        total, most = len(self.inside(cells)), self.contributions(cells)
        if not total:
            return len(self.reporting(cells))
        return next(many for many in range(1, len(most) + 1) if sum(most[:many]) >= total)

    def holds_all(self, attacker: Attacker, cells: Cells) -> bool:
        inside = self.inside(cells)
        if not inside and self.reporting(cells) != {attacker.supplier}:
            return False
        sure = attacker.all_places or not self.strays(attacker.supplier, cells)
        return sure and self.known(attacker, cells) == inside


def broken(people: People, cells: Cells, rules: NaiveRules) -> tuple[float, float] | None:
    """(U must reach, L must reach) of an unsafe cell; None when it is safe."""
    total, figures = len(people.inside(cells)), [*people.contributions(cells), 0, 0]
    up, down, unsafe = float(total), float(total), False
    if rules.minimum_count is not None and 0 < total < rules.minimum_count:
        up, down, unsafe = float(rules.minimum_count), float(total - 1), True
    rest = total - figures[0] - figures[1]
    few = 0 < people.contributors(cells) < (rules.minimum_contributors or 0)
    close = rules.p_percent is not None and rest * 100 < rules.p_percent * figures[0]
    if few or close:
        up, unsafe = max(up, total + (rules.p_percent or 10) / 100 * figures[0] - rest), True
    for many, percent in rules.dominance:
        if sum(figures[:many]) * 100 > percent * total:
            up, unsafe = max(up, sum(figures[:many]) * 100 / percent), True
    return (float(np.ceil(up - 1e-9)), down) if unsafe else None


def leaks(
    people: People, codes: Mapping[str, Mapping[str, frozenset[str]]], published: Mapping[Cells, int], rules: NaiveRules
) -> list[Leak]:
    """What outsiders and suppliers find out from what is published, cell by cell, in one table over all dimensions.

    Args:
        people: the truth.
        codes: per dimension, the finest codes of each of its codes.
        published: figures.
        rules: what is unsafe.
    """
    finest = sorted(product(*(sorted(frozenset().union(*of.values())) for of in codes.values())))
    every = {frozenset(product(*chosen)) for chosen in product(*(set(of.values()) for of in codes.values()))}
    every |= {frozenset([cell]) for cell in finest}
    unsafe = {cells: asked for cells in every if (asked := broken(people, cells, rules)) is not None}
    attackers = [Attacker(who, everywhere) for who in people.suppliers for everywhere in (True, False)]
    found = []
    for attacker in (None, *attackers):
        equal = dict(published)
        alone: set[Cells] = set()
        least = np.zeros(len(finest))
        if attacker is not None:
            alone = {cells for cells in every if people.holds_all(attacker, cells)}
            equal |= {cells: len(people.inside(cells)) for cells in alone}
            least = np.array([len(people.known(attacker, frozenset([cell]))) for cell in finest], dtype=float)
        rows = np.array([_row(cells, finest) for cells in equal]).reshape(-1, len(finest))
        values = np.array(list(equal.values()), dtype=float)
        total = 0 if attacker is None else len(people.known(Attacker(attacker.supplier, True), frozenset(finest)))
        for cells, (up, down) in unsafe.items():
            inside = len(people.inside(cells))
            if cells in alone or (not inside and cells <= frozenset().union(*alone)):
                continue
            parts = _row(cells, finest)
            lower, upper = (_end(sign * parts, (rows, values), least, total) for sign in (1.0, -1.0))
            everybody = frozenset(finest) <= cells
            knows = (
                0
                if attacker is None
                else len(people.known(Attacker(attacker.supplier, everybody or attacker.all_places), cells))
            )
            low_enough = lower <= down + CLOSE or knows == inside
            if upper < up - CLOSE or not low_enough or upper - lower < 1 - CLOSE:
                found.append(Leak(cells, attacker, lower, upper))
    return found


def _row(cells: Iterable[tuple[str, ...]], finest: Sequence[tuple[str, ...]]) -> np.ndarray:
    inside = set(cells)
    return np.array([cell in inside for cell in finest], dtype=float)


def _end(cost: np.ndarray, equal: tuple[np.ndarray, np.ndarray], least: np.ndarray, total: float) -> float:
    """How small a sum can be (or how large, where the cost is negative)."""
    rows, values = equal
    solved = linprog(
        cost,
        A_ub=-np.ones((1, len(cost))),
        b_ub=[-total],
        A_eq=rows if len(rows) else None,
        b_eq=values if len(rows) else None,
        bounds=[(low, None) for low in least],
    )
    if solved.status == 3:
        return np.inf if cost.sum() < 0 else -np.inf
    if solved.status != 0:
        raise AssertionError(solved.message)
    return float(abs(cost) @ solved.x)
