"""A second opinion that shares no code with the engine: rows, loops, and linear programs over the finest cells.

Everything is written from the definitions: a cell is the set of rows under its codes; an attacker knows the
published values, that no figure is negative, and, as a contributor, what it handed in itself and which cells hold
nothing but its own: zeros that others handed in beside it do not keep it from knowing that. Whatever figures of the finest cells agree with that, the attacker cannot exclude.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from itertools import product

import numpy as np
from linear_program import LinearProgram
from scipy.linalg import qr
from scipy.optimize import Bounds, LinearConstraint, milp

CLOSE = 1e-5
"""Relative rounding of a solver that is forgiven."""


@dataclass(frozen=True)
class Row:
    codes: dict[str, str]
    value: int
    contributor: str | None = None
    person: str | None = None
    units: int | None = None
    holding: str | None = None

    @property
    def who(self) -> str | None:
        """Whose figure this is: the holding's, where there is one."""
        return f"holding {self.holding}" if self.holding else self.contributor


@dataclass(frozen=True)
class NaiveTable:
    """Per dimension: code -> set of finest codes; and what was published: codes -> value or None.

    `sums` has per dimension the (code, parts) of its hierarchies, for group disclosure.
    """

    dimensions: dict[str, dict[str, frozenset[str]]]
    published: dict[tuple[str, ...], int | None] = field(default_factory=dict)
    where: dict[str, frozenset[str]] = field(default_factory=dict)
    sums: dict[str, tuple[tuple[str, tuple[str, ...]], ...]] = field(default_factory=dict)

    def cells(self):
        return product(*self.dimensions.values())

    def holds(self, cell: tuple[str, ...], codes: dict[str, str]) -> bool:
        inside = all(codes[name] in allowed for name, allowed in self.where.items())
        return inside and all(
            codes[name] in members[code] for (name, members), code in zip(self.dimensions.items(), cell, strict=True)
        )

    def holding_cells(self, codes: dict[str, str]):
        """Every cell that a row with these codes belongs to."""
        if any(codes[name] not in allowed for name, allowed in self.where.items()):
            return iter(())
        return product(
            *(
                [code for code, members in of_dimension.items() if codes[name] in members]
                for name, of_dimension in self.dimensions.items()
            )
        )


@dataclass(frozen=True)
class NaiveRules:
    minimum_count: int | None = None
    minimum_contributors: int | None = None
    dominance: tuple[tuple[int, float], ...] = ()
    p_percent: float | None = None
    zero_is_safe: bool = True
    group_disclosure: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Figures:
    value: int
    count: int
    reporting: frozenset[str]
    own: dict[str, int]
    count_is_value: bool = True

    @property
    def largest(self) -> list[int]:
        return [*sorted(self.own.values(), reverse=True), 0, 0]

    @property
    def contributors(self) -> int:
        return sum(value > 0 for value in self.own.values())

    @property
    def behind(self) -> frozenset[str]:
        """Whose figure it is: who hold something of it; of nothing, who reported that."""
        return frozenset(who for who, value in self.own.items() if value > 0) or self.reporting

    def alone(self, attacker: str | None, *, by_reports: bool) -> bool:
        """Whether the attacker is behind all of it; or else whether nobody else handed in anything."""
        return (self.reporting if by_reports else self.behind) == {attacker}


def figures(rows: list[Row], table: NaiveTable, cell: tuple[str, ...]) -> Figures:
    return _add_up([row for row in rows if table.holds(cell, row.codes)], rows)


def all_figures(rows: list[Row], table: NaiveTable) -> dict[tuple[str, ...], Figures]:
    """`figures` of every cell, by handing each row to the cells that it belongs to."""
    inside: dict[tuple[str, ...], list[Row]] = {cell: [] for cell in table.cells()}
    for row in rows:
        for cell in table.holding_cells(row.codes):
            inside[cell].append(row)
    return {cell: _add_up(found, rows) for cell, found in inside.items()}


def _add_up(inside: list[Row], everything: list[Row]) -> Figures:
    own: dict[str, int] = {}
    for row in inside:
        if row.who is not None:
            own[row.who] = own.get(row.who, 0) + row.value
    value = count = sum(row.value for row in inside)
    by_persons = any(row.person is not None for row in everything)
    by_units = any(row.units is not None for row in everything)
    if by_persons:
        count = len({row.person for row in inside})
    elif by_units:
        count = sum(row.units for row in inside)
    return Figures(value, count, frozenset(own), own, not (by_persons or by_units))


def broken_rules(figure: Figures, rules: NaiveRules) -> set[str]:
    """The rules that a cell breaks by itself; for group disclosure see `whole_margins`."""
    found = set()
    x1, x2 = figure.largest[:2]
    if rules.minimum_count is not None:
        lowest = 0 if rules.zero_is_safe else -1
        if lowest < figure.count < rules.minimum_count:
            found.add("count")
    if rules.minimum_contributors is not None:
        c = rules.minimum_contributors
        if 0 < len(figure.reporting) < c or 0 < figure.contributors < c:
            found.add("contributors")
    for m, k in rules.dominance:
        if sum(figure.largest[:m]) * 100 > Fraction(str(k)) * figure.value:
            found.add("dominance")
    if rules.p_percent is not None and (figure.value - x1 - x2) * 100 < Fraction(str(rules.p_percent)) * x1:
        found.add("p")
    return found


def whole_margins(
    found: dict[tuple[str, ...], Figures], table: NaiveTable, sensitive: frozenset[str]
) -> set[tuple[str, ...]]:
    """Cells that hold all of a margin of two parts or more, and their empty sisters, which say the same.

    A code with a single code below it is that code by another name.
    """
    unsafe = set()
    for place, name in enumerate(table.dimensions):
        if name not in sensitive:
            continue
        for whole, parts in table.sums[name]:
            for cell, margin in found.items():
                if cell[place] != whole or len(parts) < 2:
                    continue
                sisters = [(*cell[:place], part, *cell[place + 1 :]) for part in parts]
                if margin.value > 0 and any(found[sister].value == margin.value for sister in sisters):
                    unsafe.update(_content(table, sister) for sister in sisters)
    return {cell for cell in found if _content(table, cell) in unsafe}


def _content(table: NaiveTable, cell: tuple[str, ...]) -> tuple[frozenset[str], ...]:
    return tuple(members[code] for members, code in zip(table.dimensions.values(), cell, strict=True))


def unsafe_cells(
    found: dict[tuple[str, ...], Figures], table: NaiveTable, rules: NaiveRules
) -> dict[tuple[str, ...], set[str]]:
    """Every unsafe cell with the rules that it breaks."""
    broken = {cell: broken_rules(figure, rules) for cell, figure in found.items()}
    for cell in whole_margins(found, table, rules.group_disclosure):
        broken[cell].add("group")
    return {cell: why for cell, why in broken.items() if why}


def needed(figure: Figures, rules: NaiveRules, broken: set[str], unit: int = 1) -> tuple[float, float]:
    """(U must reach, L must reach), straight from the definitions, in units of the rows' values."""
    x, (x1, x2) = figure.value, figure.largest[:2]
    up, down = float(x), float(x)
    p = rules.p_percent or 10
    if "count" in broken:
        up, down = max(up, rules.minimum_count * unit), min(down, max(0, figure.count - 1) * unit)
    if "p" in broken or "contributors" in broken:
        up = max(up, x + p / 100 * x1 - (x - x1 - x2))
    for m, k in rules.dominance:
        if "dominance" in broken and sum(figure.largest[:m]) * 100 > k * x:
            up = max(up, sum(figure.largest[:m]) * 100 / k)
    return up, down


@dataclass(frozen=True)
class Found:
    """A breach; `table` is None for a unit of the common refinement, named by its first finest cell."""

    table: int | None
    cell: tuple[str, ...]
    attacker: str | None
    lower: float
    upper: float
    what: str


@dataclass(frozen=True)
class _Target:
    """An unsafe cell: what an attacker's interval must hold, and which finest cells add up to it."""

    table: int | None
    cell: tuple[str, ...]
    figure: Figures
    up: float
    down: float
    parts: np.ndarray


class System:
    """What was published as equations over the finest cells, those that nothing tells apart taken together."""

    def __init__(
        self, rows: list[Row], columns: dict[str, list[str]], tables: list[NaiveTable], *, by_reports: bool = False
    ) -> None:
        self.rows, self.tables, self.by_reports = rows, tables, by_reports
        codes = np.array(list(product(*columns.values())), dtype=object).reshape(-1, len(columns))
        names = list(columns)
        every = [_incidence(table, names, codes) for table in tables]
        distinct, of_atom = np.unique(np.vstack(every), axis=1, return_inverse=True)
        of_atom = of_atom.reshape(-1)
        self.place = {tuple(atom): int(where) for atom, where in zip(codes.tolist(), of_atom.tolist(), strict=True)}
        self.columns = names
        self._codes = [self._codes_along(name, finest) for name, finest in columns.items()]
        self.size = distinct.shape[1]
        ends = np.cumsum([len(one) for one in every])
        self.incidence = np.split(distinct, ends[:-1])
        self.number = [{cell: number for number, cell in enumerate(table.cells())} for table in tables]
        known = [
            (self.parts(number, cell), float(value))
            for number, table in enumerate(tables)
            for cell, value in table.published.items()
            if value is not None
        ]
        self.matrix, self.right = _independent(known, self.size)

    def parts(self, table: int, cell: tuple[str, ...]) -> np.ndarray:
        return self.incidence[table][self.number[table][cell]]

    def unit_of(self, row: Row) -> int:
        return self.place[tuple(row.codes[name] for name in self.columns)]

    def units(self):
        """The common refinement: (name, its rows, its parts) of whatever some table tells apart."""
        names = {where: atom for atom, where in reversed(self.place.items())}
        inside: dict[int, list[Row]] = {where: [] for where in names}
        for row in self.rows:
            inside[self.unit_of(row)].append(row)
        covered = np.vstack(self.incidence).any(axis=0)
        return [(names[where], inside[where], np.eye(self.size)[where]) for where in names if covered[where]]

    def known_without_tables(self, attacker: str | None) -> np.ndarray:
        """The units inside some combination of codes, of whichever tables, of which the attacker holds all there is."""
        alone: set[tuple[str, ...]] = set()

        def look(rows: list[Row], chosen: tuple[frozenset[str], ...]) -> None:
            if len(chosen) == len(self.columns) and _add_up(rows, rows).alone(attacker, by_reports=self.by_reports):
                alone.update(product(*chosen))
            elif len(chosen) < len(self.columns) and any(row.who == attacker for row in rows):
                for codes in self._codes[len(chosen)]:
                    look([row for row in rows if row.codes[self.columns[len(chosen)]] in codes], (*chosen, codes))

        if attacker is not None:
            look(self.rows, ())
        known = np.ones(self.size, dtype=bool)
        known[[where for atom, where in self.place.items() if atom not in alone]] = False
        return known

    def _codes_along(self, name: str, finest: list[str]) -> set[frozenset[str]]:
        """Every code of every table along a column, and the finest codes that none of them tells apart."""
        found = set()
        for table in self.tables:
            allowed = table.where.get(name, frozenset(finest)) & frozenset(finest)
            found |= {members & allowed for members in table.dimensions.get(name, {"": allowed}).values()}
        return found | {frozenset(o for o in finest if all((o in c) == (one in c) for c in found)) for one in finest}

    def add_up(self, rows: list[Row]) -> np.ndarray:
        """The rows' values per finest cell."""
        total = np.zeros(self.size)
        for row in rows:
            total[self.unit_of(row)] += row.value
        return total


def _incidence(table: NaiveTable, names: list[str], atoms: np.ndarray) -> np.ndarray:
    """Which finest cells each cell of a table adds up: cells by atoms, 0 or 1."""
    inside = np.ones(len(atoms), dtype=bool)
    for name, allowed in table.where.items():
        inside &= np.isin(atoms[:, names.index(name)].astype(str), sorted(allowed))
    found = inside[np.newaxis, :]
    for name, members in table.dimensions.items():
        codes = atoms[:, names.index(name)].astype(str)
        along = np.array([np.isin(codes, sorted(of_code)) for of_code in members.values()]).reshape(-1, len(atoms))
        found = (found[:, np.newaxis, :] & along[np.newaxis, :, :]).reshape(-1, len(atoms))
    return found.astype(float)


def _independent(known: list[tuple[np.ndarray, float]], size: int) -> tuple[np.ndarray, np.ndarray]:
    """As many of the equations as say something that the others do not."""
    distinct = {tuple(parts.tolist()): (parts, value) for parts, value in known if parts.any()}
    if not distinct:
        return np.zeros((0, size)), np.zeros(0)
    matrix = np.array([parts for parts, _ in distinct.values()])
    right = np.array([value for _, value in distinct.values()])
    empty = matrix[right == 0].any(axis=0)
    zeros = np.eye(size)[empty]
    matrix = np.vstack([np.where(empty, 0.0, matrix), zeros])
    right = np.concatenate([right, np.zeros(len(zeros))])
    _, triangle, order = qr(matrix.T, mode="economic", pivoting=True)
    rank = int((np.abs(np.diag(triangle)) > 1e-9).sum())
    return matrix[order[:rank]], right[order[:rank]]


class Knowledge:
    """One attacker's view: figures y with matrix @ y = right and y >= lower, and how far a sum of them may go."""

    def __init__(self, system: System, attacker: str | None, cap: float) -> None:
        known = []
        self.lower = np.zeros(system.size)
        if attacker is not None:
            self.lower = system.add_up([row for row in system.rows if row.who == attacker])
            known = [
                (system.parts(number, cell), float(figure.value))
                for number, table in enumerate(system.tables)
                for cell, figure in all_figures(system.rows, table).items()
                if figure.alone(attacker, by_reports=system.by_reports)
            ]
        self.upper = self.lower + cap
        self.matrix, self.right = system.matrix, system.right
        if known:
            self.matrix = np.vstack([self.matrix, [parts for parts, _ in known]])
            self.right = np.concatenate([self.right, [value for _, value in known]])
        self._program = LinearProgram(self.matrix, self.right, self.lower, self.upper)

    def furthest(self, parts: np.ndarray, sign: float) -> np.ndarray:
        """Figures that the attacker cannot exclude and that take a sum of parts as far up or down as it goes."""
        found = self._program.at_least(-sign * parts)
        if found is None:
            raise AssertionError("these figures have upper bounds")
        return found

    def furthest_whole(self, parts: np.ndarray, sign: float) -> np.ndarray:
        """The same in whole numbers."""
        equal = LinearConstraint(self.matrix, self.right, self.right) if len(self.matrix) else ()
        found = milp(
            -sign * parts, constraints=equal, bounds=Bounds(self.lower, self.upper), integrality=np.ones(len(parts))
        )
        if found.status != 0:
            raise AssertionError(found.message)
        return np.rint(found.x)


def attack_naively(
    rows: list[Row],
    columns: dict[str, list[str]],
    tables: list[NaiveTable],
    rules: NaiveRules,
    *,
    whole: bool,
    unit: int = 1,
    by_reports: bool = False,
) -> list[Found]:
    """Every unsafe cell of every table and of what arises as their difference, as an outsider and every contributor.

    Args:
        rows: the truth.
        columns: per column the finest codes there are.
        tables: with what was published of each.
        rules: which cells are unsafe.
        whole: the attacker knows that the figures are counts.
        unit: one, in units of the rows' values (100 when these are cents).
        by_reports: a zero that somebody else handed in keeps a contributor from knowing a cell of which it holds all,
            and is to be kept from it. Otherwise it knows the cell.

    Returns:
        Every breach.
    """
    system = System(rows, columns, tables, by_reports=by_reports)
    targets = []
    for number, table in enumerate(tables):
        found = all_figures(rows, table)
        for cell, broken in unsafe_cells(found, table, rules).items():
            up, down = needed(found[cell], rules, broken, unit)
            targets.append(_Target(number, cell, found[cell], up, down, system.parts(number, cell)))
    for name, inside, parts in system.units() if len(tables) > 1 else ():
        figure = _add_up(inside, rows)
        broken = broken_rules(figure, rules)
        if broken:
            targets.append(_Target(None, name, figure, *needed(figure, rules, broken, unit), parts))
    cap = 3.0 * sum(row.value for row in rows) + 10 * max((target.up for target in targets), default=0.0) + 1000
    breaches = []
    for attacker in [None, *sorted({row.who for row in rows if row.who is not None})]:
        mine = system.known_without_tables(attacker)
        secret = [one for one in targets if _is_secret(one, attacker, mine, by_reports=by_reports)]
        if secret:
            knowledge = Knowledge(system, attacker, cap)
            breaches += _Attack(knowledge, secret, attacker, whole=whole).run()
    return breaches


def _is_secret(target: _Target, attacker: str | None, known: np.ndarray, *, by_reports: bool) -> bool:
    """A cell of which the attacker holds all is none; nor is an empty one inside such a cell of whatever table."""
    if target.figure.value or (by_reports and target.figure.reporting):
        return not target.figure.alone(attacker, by_reports=by_reports)
    return attacker is None or bool((target.parts.astype(bool) & ~known).any())


class _Attack:
    """One attacker against every target; figures found for one target show how far others may go as well."""

    def __init__(self, knowledge: Knowledge, targets: list[_Target], attacker: str | None, *, whole: bool) -> None:
        self.knowledge, self.targets, self.attacker, self.whole = knowledge, targets, attacker, whole
        self.parts = np.array([target.parts for target in targets])
        value = np.array([float(target.figure.value) for target in targets])
        self.up, self.down = np.array([target.up for target in targets]), np.array([target.down for target in targets])
        if attacker is not None:
            # whoever knows the whole value, or some of the persons, cannot be kept from knowing that
            mine = np.array([float(target.figure.own.get(attacker, 0)) for target in targets])
            by_persons = np.array([not target.figure.count_is_value for target in targets])
            self.down = np.where((mine == value) | by_persons, value, self.down)
        if whole:
            self.up, self.down = np.ceil(self.up - CLOSE), np.floor(self.down + CLOSE)
        self.width = np.full(len(targets), 1.0) if whole else 1e-6 * np.maximum(1.0, value)
        self.low, self.high = value.copy(), value.copy()
        self.whole_low, self.whole_high = value.copy(), value.copy()

    def run(self) -> list[Found]:
        breaches = []
        for place, target in enumerate(self.targets):
            for sign in (1.0, -1.0):
                if self._short(place):
                    self._learn(self.knowledge.furthest(target.parts, sign))
            what, least, most = self._short(place), self.low, self.high
            if self.whole and not what:
                for sign in (1.0, -1.0):
                    if self._short_in_whole_numbers(place):
                        self._learn(self.knowledge.furthest_whole(target.parts, sign))
                what, least, most = self._short_in_whole_numbers(place), self.whole_low, self.whole_high
            breaches += [
                Found(target.table, target.cell, self.attacker, float(least[place]), float(most[place]), one)
                for one in what
            ]
        return breaches

    def _learn(self, figures_found: np.ndarray) -> None:
        reached = self.parts @ figures_found
        np.minimum(self.low, reached, out=self.low)
        np.maximum(self.high, reached, out=self.high)
        if np.all(np.abs(figures_found - np.rint(figures_found)) < CLOSE):
            np.minimum(self.whole_low, np.rint(reached), out=self.whole_low)
            np.maximum(self.whole_high, np.rint(reached), out=self.whole_high)

    def _short(self, place: int) -> list[str]:
        slack = CLOSE * max(1.0, self.up[place])
        found = {
            "not high enough": self.high[place] < self.up[place] - slack,
            "not low enough": self.low[place] > self.down[place] + slack,
            "exact": self.high[place] - self.low[place] < self.width[place] * (1 - 1e-4),
        }
        return [what for what, true in found.items() if true]

    def _short_in_whole_numbers(self, place: int) -> list[str]:
        """The bounds are those of linear programs; counts are held to them in whole numbers too."""
        found = {
            "not high enough, whole": self.whole_high[place] < self.up[place],
            "not low enough, whole": self.whole_low[place] > self.down[place],
            "exact, whole": self.whole_high[place] == self.whole_low[place],
        }
        return [what for what, true in found.items() if true]
