"""The proven optimum of the cell suppression problem on small tables, to hold the engine's loss against.

The exact model of Fischetti and Salazar (2001): a binary z per cell (withheld or not) and, for every unsafe cell p,
direction and attacker, the condition that some deviation d from the true figures a exists with

    M d = 0,   -(a - own) z <= d <= cap z,   d_p = +-level

where M are the additive relations of the table, `own` is what the attacker handed in itself (nothing, for an
outsider), and a cell that the attacker knows, being alone in it, does not move. By linear programming duality
(Farkas) the condition holds for z if and only if every cut

    sum_i min(level, cap u_i + (a_i - own_i) l_i) z_i >= level

does, over the reduced costs u, l >= 0 of the attacker's program. HiGHS takes no cuts while it branches, so they are
found in rounds: solve, attack the z that comes out, add what it violates, solve again; first on the relaxation,
then in whole numbers. When nothing is violated, z is optimal and safe.

Nothing is shared with the engine: figures, unsafe cells and levels come from `naive_disclosure`.

What is minimised is a choice, and no measure of loss is the one and only:

* `EVERY_CELL`: the value of all withheld cells, totals included, then their number. It is what the literature
  minimises: it keeps totals, which readers want most.
* `FINEST_CELLS`: the value of withheld finest cells, then the value of all of them, then their number. Its optimum
  withholds the grand total and most others to save finest cells, so that it is a bound rather than an example.

A safe zero protects nothing and is not withheld, unless nothing else can; a cell that breaks a rule whose level is met by any deviation
at all needs an interval of `least_spread` in either direction together (a sliding level).
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field

import highspy
import numpy as np
import scipy.sparse as sp
from naive_disclosure import NaiveRules, NaiveTable, Row, all_figures, needed, unsafe_cells

EVERY_CELL, FINEST_CELLS = "every cell", "finest cells"

VIOLATED = 1e-6
"""Relative violation of a cut that counts."""


@dataclass(frozen=True)
class Need:
    """What must stay possible: deviations `up` and `down` of a cell, and `spread` from end to end."""

    cell: int
    up: float
    down: float
    spread: float


@dataclass(frozen=True)
class Attacker:
    """Per cell how far down and up an attacker finds possible, and what it must not learn."""

    name: str | None
    down: np.ndarray
    up: np.ndarray
    needs: tuple[Need, ...]


@dataclass(frozen=True)
class Problem:
    """The cell suppression problem of one table."""

    cells: tuple[tuple[str, ...], ...]
    value: np.ndarray
    relations: sp.csr_matrix
    finest: np.ndarray
    unsafe: np.ndarray
    attackers: tuple[Attacker, ...]

    def loss(self, withheld: np.ndarray) -> tuple[float, float, int]:
        """(value of withheld finest cells, value of all withheld cells, number of withheld cells)."""
        return (
            float(self.value[withheld & self.finest].sum()),
            float(self.value[withheld].sum()),
            int(withheld.sum()),
        )

    def cost(self, objective: str) -> np.ndarray:
        """Per cell what withholding it costs; each measure decides only where those before it are equal."""
        count = len(self.value)
        each = self.value * 2.0 * count + 1.0
        if objective == EVERY_CELL:
            return each / (2.0 * count)
        total = float(self.value.sum())
        return (self.value * self.finest * 2.0 * max(total, 1.0) + each / (2.0 * count)) / (2.0 * max(total, 1.0))


@dataclass
class Optimum:
    """The best pattern found, and a bound that no pattern can be under; proven when they meet."""

    withheld: np.ndarray
    cost: float
    bound: float
    proven: bool
    cuts: int
    rounds: int
    seconds: float = field(default=0.0)


def build(rows: list[Row], table: NaiveTable, rules: NaiveRules, *, whole: bool, unit: int = 1) -> Problem:
    """The problem of protecting one table."""
    figures = all_figures(rows, table)
    cells = tuple(table.cells())
    number = {cell: place for place, cell in enumerate(cells)}
    value = np.array([float(figures[cell].value) for cell in cells])
    broken = unsafe_cells(figures, table, rules)
    cap = 4.0 * float(sum(row.value for row in rows)) + 100.0
    everyone = sorted({row.who for row in rows if row.who is not None})
    attackers = []
    for name in [None, *everyone]:
        needs = []
        down, up = value.copy(), np.full(len(cells), cap)
        for place, cell in enumerate(cells):
            figure = figures[cell]
            if name is not None:
                down[place] -= figure.own.get(name, 0)
                if figure.behind == {name}:
                    down[place] = up[place] = 0.0
            if cell not in broken or (name is not None and figure.behind <= {name}):
                continue
            high, low = needed(figure, rules, broken[cell], unit)
            high, low = high - figure.value, figure.value - low
            if whole:
                high, low = np.ceil(high - 1e-9), np.ceil(low - 1e-9)
            if name is not None and (down[place] == 0 or not figure.count_is_value):
                low = 0.0
            spread = 0.0 if high > 0 or low > 0 else (1.0 if whole else max(1.0, np.ceil(0.001 * figure.value)))
            needs.append(Need(place, max(high, 0.0), max(low, 0.0), spread))
            cap = max(cap, 4.0 * high)
        if needs:
            attackers.append(Attacker(name, down, np.minimum(up, cap), tuple(needs)))
    return Problem(
        cells,
        value,
        _relations(table, number),
        np.array([_is_finest(table, cell) for cell in cells]),
        np.array([cell in broken for cell in cells]),
        tuple(attackers),
    )


def _relations(table: NaiveTable, number: dict[tuple[str, ...], int]) -> sp.csr_matrix:
    """One row per code that others add up to, for every combination of the other dimensions' codes."""
    entries = []
    count = 0
    for place, name in enumerate(table.dimensions):
        for whole, parts in table.sums.get(name, ()):
            for cell, column in number.items():
                if cell[place] != whole:
                    continue
                entries.append((count, column, -1.0))
                entries += [(count, number[*cell[:place], part, *cell[place + 1 :]], 1.0) for part in parts]
                count += 1
    rows, columns, signs = zip(*entries, strict=True) if entries else ((), (), ())
    return sp.csr_matrix((signs, (rows, columns)), shape=(count, len(number)))


def _is_finest(table: NaiveTable, cell: tuple[str, ...]) -> bool:
    return all(
        code not in {whole for whole, parts in table.sums.get(name, ()) if parts}
        for name, code in zip(table.dimensions, cell, strict=True)
    )


class _Separation:
    """Finds the cuts that a z violates, attacker by attacker."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self._found: list[np.ndarray] = []
        columns = len(problem.value)
        self._program = _program(problem.relations, np.zeros(columns), np.zeros(columns), np.zeros(columns))
        for option, setting in (("presolve", "off"), ("solver", "simplex")):
            self._program.setOptionValue(option, setting)

    def violated(self, z: np.ndarray) -> list[tuple[np.ndarray, float]]:
        """(coefficients, right-hand side) of every cut found."""
        self._found = []
        return [cut for attacker in self.problem.attackers for cut in self._of(attacker, z)]

    def _reached(self, attacker: Attacker, z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """How far up and down every cell goes in what was found for others, shortened until it suits this attacker."""
        if not self._found:
            return np.zeros(len(z)), np.zeros(len(z))
        moved = np.array(self._found)
        room = np.where(moved < 0, attacker.down * z, attacker.up * z)
        with np.errstate(divide="ignore", invalid="ignore"):
            share = np.where(np.abs(moved) > 1e-9, room / np.abs(moved), np.inf).min(axis=1)
        moved *= np.minimum(share, 1.0)[:, np.newaxis]
        return np.maximum(moved.max(axis=0), 0.0), np.maximum(-moved.min(axis=0), 0.0)

    def _of(self, attacker: Attacker, z: np.ndarray) -> list[tuple[np.ndarray, float]]:
        columns = len(z)
        self._program.changeColsBounds(columns, np.arange(columns, dtype=np.int32), -attacker.down * z, attacker.up * z)
        highest, lowest = self._reached(attacker, z)
        cuts = []
        for need in attacker.needs:
            at = need.cell
            spread = None
            for sign, asked, seen in ((1.0, need.up, highest), (-1.0, need.down, lowest)):
                level = asked or need.spread
                if level <= 0 or seen[at] >= level * (1 - VIOLATED):
                    continue
                reached, coefficients, moved = self._furthest(attacker, at, sign)
                np.maximum(highest, moved, out=highest)
                np.maximum(lowest, -moved, out=lowest)
                if attacker.name is None:
                    self._found.append(moved)
                if need.spread:
                    spread = coefficients if spread is None else spread + coefficients
                elif reached < level * (1 - VIOLATED):
                    cuts.append((np.minimum(coefficients, level), level))
            if spread is not None and highest[at] + lowest[at] < need.spread * (1 - VIOLATED):
                cuts.append((np.minimum(spread, need.spread), need.spread))
        return cuts

    def _furthest(self, attacker: Attacker, cell: int, sign: float) -> tuple[float, np.ndarray, np.ndarray]:
        """How far a cell may go, the cut's coefficients, and the deviation."""
        self._program.changeColCost(cell, -sign)
        self._program.run()
        status = self._program.getModelStatus()
        if status != highspy.HighsModelStatus.kOptimal:
            raise AssertionError(self._program.modelStatusToString(status))
        solution = self._program.getSolution()
        moved, reduced = np.array(solution.col_value), np.array(solution.col_dual)
        self._program.changeColCost(cell, 0.0)
        reduced[np.abs(reduced) < 1e-9] = 0.0
        # a minimum: a negative reduced cost holds a column at its upper bound, a positive one at its lower
        coefficients = np.where(reduced < 0, -reduced * attacker.up, reduced * attacker.down)
        return sign * float(moved[cell]), coefficients, moved


def _program(matrix: sp.csr_matrix, cost: np.ndarray, lower: np.ndarray, upper: np.ndarray) -> highspy.Highs:
    rows, columns = matrix.shape
    model = highspy.HighsLp()
    model.num_row_, model.num_col_ = rows, columns
    model.col_cost_, model.col_lower_, model.col_upper_ = cost, lower, upper
    model.row_lower_ = model.row_upper_ = np.zeros(rows)
    model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    model.a_matrix_.start_ = matrix.indptr.astype(np.int32)
    model.a_matrix_.index_ = matrix.indices.astype(np.int32)
    model.a_matrix_.value_ = matrix.data.astype(float)
    highs = highspy.Highs()
    for option, setting in (("output_flag", False), ("threads", 1), ("random_seed", 0)):
        highs.setOptionValue(option, setting)
    highs.passModel(model)
    return highs


def solve(problem: Problem, objective: str = EVERY_CELL, *, seconds: float = 60.0) -> Optimum:
    """The optimum; not proven when time runs out, and then `bound` still holds."""
    search = _Search(problem, objective, seconds, zeros=False)
    search.relaxed()
    search.whole()
    if search.impossible:
        search = _Search(problem, objective, seconds, zeros=True)
        search.relaxed()
        search.whole()
    return search.answer()


class _Search:
    """Rounds of solving and separating: on the relaxation, then in whole numbers, ever more exactly."""

    def __init__(self, problem: Problem, objective: str, seconds: float, *, zeros: bool) -> None:
        self.impossible = False
        self._start, self._seconds = time.perf_counter(), seconds
        self._cost = problem.cost(objective)
        self._separation = _Separation(problem)
        columns = len(problem.value)
        lower = problem.unsafe.astype(float)
        upper = np.where((problem.value > 0) | problem.unsafe | zeros, 1.0, 0.0)
        self._master = _program(sp.csr_matrix((0, columns)), self._cost, lower, upper)
        self._z, self._bound, self._proven = lower, 0.0, False
        self._cuts = self._rounds = 0
        for row in problem.relations:
            for place in row.indices:
                self._not_alone(int(place), row.indices)

    def _not_alone(self, place: int, members: np.ndarray) -> None:
        """A withheld cell that is alone in a relation is known: it protects nothing, and is not safe either."""
        others = [int(one) for one in members if one != place]
        columns = np.array([*others, place], dtype=np.int32)
        values = np.array([*(1.0 for _ in others), -1.0])
        self._master.addRow(0.0, highspy.kHighsInf, len(columns), columns, values)

    def relaxed(self) -> None:
        """Cuts until the relaxation violates none."""
        while self._run() and self._separate():
            pass

    def whole(self) -> None:
        """Cuts until a pattern violates none and is proven optimal."""
        columns = len(self._z)
        self._master.changeColsIntegrality(
            columns, np.arange(columns, dtype=np.int32), np.ones(columns, dtype=np.uint8)
        )
        for gap in (0.02, 1e-6):
            self._master.setOptionValue("mip_rel_gap", gap)
            while True:
                if not self._run():
                    return
                self._bound = max(self._bound, self._master.getInfo().mip_dual_bound)
                self._z = np.rint(self._z)
                if not self._separate():
                    break
        self._proven = True

    def answer(self) -> Optimum:
        cost = float(self._cost @ self._z)
        bound = cost if self._proven else self._bound
        spent = time.perf_counter() - self._start
        return Optimum(self._z > 0.5, cost, bound, self._proven, self._cuts, self._rounds, spent)

    def _run(self) -> bool:
        """Solve what is known so far; False when time is up or nothing satisfies it."""
        left = self._seconds - (time.perf_counter() - self._start)
        if left <= 0:
            return False
        self._master.setOptionValue("time_limit", self._master.getRunTime() + left)
        self._master.run()
        status = self._master.getModelStatus()
        self.impossible = status == highspy.HighsModelStatus.kInfeasible
        if status != highspy.HighsModelStatus.kOptimal:
            return False
        self._rounds += 1
        self._z = np.clip(np.array(self._master.getSolution().col_value), 0.0, 1.0)
        return True

    def _separate(self) -> bool:
        found = self._separation.violated(self._z)
        self._cuts += len(found)
        for coefficients, level in found:
            places = np.flatnonzero(coefficients > 0).astype(np.int32)
            self._master.addRow(1.0, highspy.kHighsInf, len(places), places, coefficients[places] / level)
        return bool(found)
