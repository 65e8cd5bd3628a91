"""A second opinion on corrected releases: the finest figures of all versions as unknowns, one linear program each.

Written from the definitions and sharing no code with the engine. The attacker knows what was published of each
version, that no figure is negative, in which cells nobody's figure changed, and who changed in the others; as a
contributor its own figures, and what nobody else reported or changed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, product

import numpy as np
from linear_program import LinearProgram
from naive_disclosure import Figures, NaiveRules, NaiveTable, Row, all_figures, broken_rules, needed

CLOSE = 1e-4


@dataclass(frozen=True)
class NaiveVersion:
    """Rows, and what was published of them."""

    rows: list[Row]
    published: dict[tuple[str, ...], int | None]


@dataclass(frozen=True)
class Leak:
    what: str
    cell: tuple[str, ...]
    attacker: str | None
    lower: float
    upper: float


@dataclass(frozen=True)
class _Target:
    """What no attacker may know too closely: parts @ figures, which truly is `value`."""

    what: str
    cell: tuple[str, ...]
    parts: np.ndarray
    value: float
    up: float
    down: float
    figure: Figures

    @property
    def owners(self) -> frozenset[str]:
        return self.figure.behind

    def owned_by(self, attacker: str | None) -> bool:
        """Whether all of it is the attacker's own, and so no secret downwards."""
        return attacker is not None and self.figure.own.get(attacker) == self.figure.value


def change(old: Figures, new: Figures) -> tuple[Figures, int, bool]:
    """The change table's cell, the signed change, and whether contributors changed in both directions."""
    names = set(old.own) | set(new.own)
    delta = {name: new.own.get(name, 0) - old.own.get(name, 0) for name in names}
    touched = {name for name in names if delta[name] or (name in old.own) != (name in new.own)}
    own = {name: abs(delta[name]) for name in touched}
    both = any(value > 0 for value in delta.values()) and any(value < 0 for value in delta.values())
    total = sum(own.values())
    return Figures(total, total, frozenset(touched), own), sum(delta.values()), both


def leaks(versions: Sequence[NaiveVersion], shape: NaiveTable, rules: NaiveRules) -> list[Leak]:
    """Everything that some attacker can work out from all versions together, and should not."""
    return _Attack(versions, shape, rules).leaks()


class _Attack:
    def __init__(self, versions: Sequence[NaiveVersion], shape: NaiveTable, rules: NaiveRules) -> None:
        self.versions, self.shape, self.rules = versions, shape, rules
        finest = [sorted(set().union(*members.values())) for members in shape.dimensions.values()]
        self.atoms = list(product(*finest))
        self.figures = [all_figures(version.rows, shape) for version in versions]
        self.cells = list(shape.cells())

    def parts(self, version: int, cell: tuple[str, ...]) -> np.ndarray:
        found = np.zeros((len(self.versions), len(self.atoms)))
        names = list(self.shape.dimensions)
        found[version] = [self.shape.holds(cell, dict(zip(names, atom, strict=True))) for atom in self.atoms]
        return found.reshape(-1)

    def leaks(self) -> list[Leak]:
        equal, right = self._unchanged()
        said, told = self._published()
        everybody = sorted({row.who for version in self.versions for row in version.rows if row.who})
        targets = self._targets()
        found = []
        for attacker in (None, *everybody):
            rows, values, lower = self._knowledge(attacker)
            nowhere = np.full(len(lower), np.inf)
            alone = LinearProgram(np.array([*equal, *rows]), np.array([*right, *values]), lower, nowhere)
            everything = np.array([*said, *equal, *rows]), np.array([*told, *right, *values])
            together = LinearProgram(*everything, lower, nowhere)
            for target in targets:
                if attacker is not None and self._no_secret(target, attacker, alone):
                    continue
                low, high = self._interval(target.parts, together)
                if self._too_close(target, attacker, low, high):
                    found.append(Leak(target.what, target.cell, attacker, low, high))
        return found

    def _no_secret(self, target: _Target, attacker: str, alone: LinearProgram) -> bool:
        """Whether nobody else has to do with it, or it is empty and that is known before anything is published."""
        if target.figure.value or target.what.startswith("change"):
            return target.owners == {attacker}
        low, high = self._interval(target.parts, alone)
        return high - low < CLOSE

    def _published(self) -> tuple[list[np.ndarray], list[float]]:
        rows, values = [], []
        for number, version in enumerate(self.versions):
            for cell, value in version.published.items():
                if value is not None:
                    rows.append(self.parts(number, cell))
                    values.append(float(value))
        return rows, values

    def _unchanged(self) -> tuple[list[np.ndarray], list[float]]:
        rows, values = [np.zeros(len(self.versions) * len(self.atoms))], [0.0]
        for old, new in combinations(range(len(self.versions)), 2):
            for cell in self.cells:
                if not change(self.figures[old][cell], self.figures[new][cell])[0].reporting:
                    rows.append(self.parts(new, cell) - self.parts(old, cell))
                    values.append(0.0)
        return rows, values

    def _knowledge(self, attacker: str | None) -> tuple[list[np.ndarray], list[float], np.ndarray]:
        lower = np.zeros((len(self.versions), len(self.atoms)))
        rows: list[np.ndarray] = []
        values: list[float] = []
        if attacker is None:
            return rows, values, lower.reshape(-1)
        for number, version in enumerate(self.versions):
            for row in version.rows:
                if row.who == attacker:
                    lower[number, self.atoms.index(tuple(row.codes[name] for name in self.shape.dimensions))] += (
                        row.value
                    )
            for cell in self.cells:
                if self.figures[number][cell].behind == {attacker}:
                    rows.append(self.parts(number, cell))
                    values.append(float(self.figures[number][cell].value))
        for old, new in combinations(range(len(self.versions)), 2):
            for cell in self.cells:
                table, signed, _ = change(self.figures[old][cell], self.figures[new][cell])
                if table.behind == {attacker} and broken_rules(table, self.rules):
                    rows.append(self.parts(new, cell) - self.parts(old, cell))
                    values.append(float(signed))
        return rows, values, lower.reshape(-1)

    def _targets(self) -> list[_Target]:
        found = []
        for number in range(len(self.versions)):
            for cell in self.cells:
                figure = self.figures[number][cell]
                broken = broken_rules(figure, self.rules)
                if broken:
                    up, down = needed(figure, self.rules, broken)
                    parts = self.parts(number, cell)
                    found.append(_Target(f"version {number}", cell, parts, figure.value, up, down, figure))
        for old, new in combinations(range(len(self.versions)), 2):
            for cell in self.cells:
                table, signed, both = change(self.figures[old][cell], self.figures[new][cell])
                broken = broken_rules(table, self.rules) if table.reporting else set()
                if broken:
                    up, down = needed(table, self.rules, broken)
                    further, back = up - table.value, table.value - down
                    sign = -1 if signed < 0 else 1
                    parts = sign * (self.parts(new, cell) - self.parts(old, cell))
                    size = sign * signed
                    least = size - max(back, further if both else 0)
                    found.append(_Target(f"change {old}-{new}", cell, parts, size, size + further, least, table))
        return found

    @staticmethod
    def _interval(parts: np.ndarray, known: LinearProgram) -> tuple[float, float]:
        ends = []
        for sign in (1, -1):
            figures = known.at_least(sign * parts)
            ends.append(-sign * np.inf if figures is None else float(parts @ figures))
        return ends[0], ends[1]

    @staticmethod
    def _too_close(target: _Target, attacker: str | None, low: float, high: float) -> bool:
        slack = CLOSE * max(1.0, abs(target.up))
        if high - low < 1 - CLOSE:
            return True
        if high < target.up - slack:
            return True
        return not target.owned_by(attacker) and low > target.down + slack
