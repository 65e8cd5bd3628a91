"""Controlled rounding: every published value a multiple of a base, and every total still the sum of its parts.

Zero-restricted: a value becomes the multiple below or above it, and a multiple stays itself. Which of the two is drawn
from a seed, with the chance that leaves the expectation alone; a table that adds up as close to that draw as can be
found is published. To round to the nearest would tell too much: who knows that method would know a lone value to half
a base. The seed comes from the rows and a secret, so that the same question has the same answer and nobody can
repeat the draw.

1. Draw, keeping what was published to the same base before, and leaving every unsafe cell room on either side.
2. Solve per independent part of the table, in whole numbers. From three dimensions on such a table need not exist: then
   single cells may be one multiple further off, as few as can be found, and the report says how many.
3. The attack decides, with "less than the base from what is published" as what everybody knows of each cell.
4. When it breaks something in every draw, rounding alone does not protect. The cells that suppression would withhold
   are withheld, and what would be published is rounded. That tells no more than suppression does: it is worked out
   from what suppression publishes.
"""

from __future__ import annotations

import hmac
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from service.disclosure.attack.audit import AttackReport, attack_nodes
from service.disclosure.attack.system import components, equations
from service.disclosure.faults import BadInput, CannotBeProtected, Fault, Obstacle
from service.disclosure.linear import SolverFailed, solve_mixed
from service.disclosure.methods.suppression import Protected, Report, Rounding, finest_cells, protect
from service.disclosure.progress import Progress, silent
from service.disclosure.question.facts import Facts
from service.disclosure.question.hidden import NOTHING, Hidden
from service.disclosure.question.lattice import Lattice, build_lattice
from service.disclosure.question.measures import Measures, measure
from service.disclosure.question.rules import Assessment, Rules, assess
from service.disclosure.question.tables import ReleasedTable, Table

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

SMALLEST_BASE = 2
"""Rounding to one changes nothing."""

DRAWS = 3
"""Rounded tables that are attacked before cells are withheld."""

KEPT = 20.0
"""Weight of leaving a value as it was published before, next to 1 for leaving it as drawn."""

WIDENED = 100.0
"""Weight of a cell that is a further multiple away."""


def protect_rounded(
    facts: Facts,
    table: Table,
    rules: Rules,
    released: Sequence[ReleasedTable] = (),
    *,
    base: int,
    secret: bytes = b"",
    also: Hidden = NOTHING,
    progress: Progress = silent,
    clock: Callable[[], float] = time.perf_counter,
) -> Protected:
    """Round a table so that no attacker learns too much from all tables together; see above.

    Args:
        facts: the rows.
        table: the table wanted.
        rules: the profile.
        released: every earlier release of the same facts, exact or rounded.
        base: what to round to, in units of the facts.
        secret: what the draw depends on besides the rows.
        also: cells that have to stay hidden besides what the rules find.
        progress: told how far protecting it exactly is, when that has to come first.
        clock: seconds, for the report.

    Raises:
        BadInput: the base is below 2, the rules do not fit the facts, or an earlier release differs from the facts.
        CannotBeProtected: something published already gives an unsafe cell away, or no rounded table was found that
            adds up.
    """
    if base < SMALLEST_BASE:
        raise BadInput([Fault("method.rounding", "ten minste 2", "at least 2")])
    start = clock()
    task = _Task.of(facts, table, rules, released, base, also)
    key = secret or b"-"
    alone = _rounding_alone(task, key) if also is NOTHING else None
    if alone is not None:
        report = task.report(*alone, {"rounding": clock() - start})
        return Protected(alone[0], report, (), facts.decimals)
    tried = clock() - start
    exact = protect(facts, table, rules, released, also=also, progress=progress, clock=clock)
    start = clock() - tried
    outcome, attacked = _rounding_what_is_published(task, exact.released.published, key)
    report = replace(
        exact.report,
        attack=attacked,
        seconds=exact.report.seconds | {"rounding": clock() - start},
        rounding=task.rounding(outcome),
    )
    return replace(exact, released=outcome, report=report)


def _rounding_alone(task: _Task, key: bytes) -> tuple[ReleasedTable, AttackReport] | None:
    """Steps 1 to 3; None when every draw gives a cell away, or none adds up."""
    choice = task.choice()
    for draw in range(DRAWS if choice is not None else 0):
        outcome = task.released(np.ones(task.table.cells, dtype=np.bool_), choice, task.seed(key, draw))
        if outcome is None:
            return None
        attacked = task.attack(outcome)
        if attacked.clean:
            return outcome, attacked
    return None


def _rounding_what_is_published(task: _Task, published: Flags, key: bytes) -> tuple[ReleasedTable, AttackReport]:
    """Step 4.

    Raises:
        CannotBeProtected: no table that adds up was found, or the attack breaks it.
    """
    outcome = task.released(published, None, task.seed(key, DRAWS))
    if outcome is None:
        raise CannotBeProtected(
            [
                Obstacle(
                    (),
                    f"geen tabel in veelvouden van {task.base} gevonden die optelt; kies een grovere tabel",
                    f"no table in multiples of {task.base} was found that adds up; choose a coarser table",
                )
            ]
        )
    attacked = task.attack(outcome)
    if not attacked.clean:
        raise CannotBeProtected(_told(task, attacked))
    return outcome, attacked


def _told(task: _Task, attacked: AttackReport) -> list[Obstacle]:
    enough = task.sufficient
    return [
        Obstacle(
            breach.codes,
            f"afgerond op {task.base} is deze cel te nauw te schatten; grondtal {enough} laat genoeg ruimte",
            f"rounded to {task.base} this cell can be estimated too closely; a base of {enough} leaves room enough",
        )
        for breach in attacked.breaches[:20]
    ]


@dataclass(frozen=True)
class _Task:
    """A table to round: the first of the lattice, before the earlier ones. Arrays about it are per cell."""

    lattice: Lattice
    measures: Measures
    assessment: Assessment
    earlier: tuple[ReleasedTable, ...]
    sums: Sums
    base: int
    rows: bytes

    @classmethod
    def of(  # noqa: PLR0917 - the arguments of `protect_rounded`, handed on
        cls, facts: Facts, table: Table, rules: Rules, released: Sequence[ReleasedTable], base: int, also: Hidden
    ) -> _Task:
        """Everything that is needed to round and to attack."""
        lattice = build_lattice(facts, [table, *(earlier.table for earlier in released)])
        measures = measure(facts, lattice)
        figures = (measures.value, measures.start, measures.holder, measures.own)
        rows = b"".join(np.ascontiguousarray(column).tobytes() for column in figures)
        assessment = also.added_to(assess(lattice, measures, rules), lattice.nodes[0])
        return cls(lattice, measures, assessment, tuple(released), Sums(facts, table), base, rows)

    def seed(self, key: bytes, draw: int) -> bytes:
        """What a draw starts from: the same figures, base and key give the same, in whatever order the rows come."""
        return hmac.digest(key, self.base.to_bytes(9, "big") + draw.to_bytes(1, "big") + self.rows, "sha256")

    @property
    def value(self) -> Ints:
        """The true figures."""
        return self.measures.value[self.lattice.nodes[0]]

    def choice(self) -> tuple[Flags, Flags] | None:
        """Step 1: which cells may go to the multiple below, and which to the one above, and leave room enough.

        None when neither leaves room for some cell.
        """
        level = np.zeros((2, self.lattice.size))
        level[0, self.assessment.nodes] = self.assessment.up
        level[1, self.assessment.nodes] = np.maximum(self.assessment.down, self.assessment.down_insider)
        up, down = level[:, self.lattice.nodes[0]]
        below = self.value - self.value % self.base
        fits: list[Flags] = []
        for rounded in (below, below + self.base):
            lowest = np.maximum(rounded - self.base + 1, 0)
            fits.append((rounded + self.base - 1 - self.value >= up) & (self.value - lowest >= down))
        fits[1] &= self.value > below
        return (fits[0], fits[1]) if (fits[0] | fits[1]).all() else None

    def released(self, published: Flags, choice: tuple[Flags, Flags] | None, seed: bytes) -> ReleasedTable | None:
        """Steps 1 and 2: the published cells rounded; None when no table that adds up was found.

        Args:
            published: which.
            choice: which may go down, and which up; None for all of them.
            seed: of the draw.
        """
        nodes, size = self.lattice.nodes[0], self.lattice.size
        rises = _draw(seed, self.value, self.base)
        weight = np.ones(self.table.cells)
        before = np.full(size, -1, dtype=np.int64)
        for earlier, places in zip(self.earlier, self.lattice.nodes[1:], strict=True):
            if earlier.base == self.base:
                before[places[earlier.published]] = earlier.values[earlier.published]
        kept = before[nodes] >= 0
        rises[kept], weight[kept] = before[nodes[kept]] > self.value[kept], KEPT
        either = np.ones(len(nodes), dtype=np.bool_)
        values = self.sums.round(self.base, published, choice or (either, either), np.where(rises, -weight, weight))
        if values is None:
            return None
        return ReleasedTable(self.table, published, np.where(published, values, 0), self.base)

    @property
    def table(self) -> Table:
        """The table."""
        return self.lattice.tables[0]

    def attack(self, outcome: ReleasedTable) -> AttackReport:
        """Step 3."""
        tables = [outcome, *self.earlier]
        return attack_nodes(self.lattice, self.measures, self.assessment, tables, intervals=False)

    def rounding(self, outcome: ReleasedTable) -> Rounding:
        """What was changed."""
        change = np.abs(outcome.values - self.value)[outcome.published]
        return Rounding(
            base=self.base,
            changed=int(np.count_nonzero(change)),
            largest_change=int(change.max(initial=0)),
            widened=int(np.count_nonzero(change >= self.base)),
            without_suppression=self.sufficient,
        )

    @property
    def sufficient(self) -> int:
        """A base from which on the rounding of each unsafe cell itself leaves enough room.

        A cell that must stay possible below its value is rounded down to 0, the others up.
        """
        unsafe = self.assessment.nodes
        down = np.maximum(self.assessment.down, self.assessment.down_insider)
        level = self.assessment.up + np.where(down > 0, self.measures.value[unsafe], 0)
        here = np.isin(unsafe, self.lattice.nodes[0])
        return max(SMALLEST_BASE, int(np.ceil(np.max(level[here], initial=0.0))) + 1)

    def report(self, outcome: ReleasedTable, attacked: AttackReport, seconds: dict[str, float]) -> Report:
        """Figures of a table in which nothing is withheld."""
        return Report(
            cells=self.table.cells,
            unsafe=int(np.count_nonzero(np.isin(self.lattice.nodes[0], self.assessment.nodes))),
            suppressed=0,
            suppressed_value=0,
            finest_value=int(self.value[finest_cells(self.table)].sum()),
            programs=0,
            seconds=seconds,
            attack=attacked,
            rounding=self.rounding(outcome),
        )


def _draw(seed: bytes, value: Ints, base: int) -> Flags:
    """Which cells should go up: with the chance that keeps the expected value."""
    numbers = np.random.Generator(np.random.PCG64(int.from_bytes(seed, "big"))).random(len(value))
    return numbers * base < value % base


class Sums:
    """A table and all that must add up in it, its common refinement included."""

    def __init__(self, facts: Facts, table: Table) -> None:
        """Write the sums down."""
        lattice = build_lattice(facts, [table])
        self._cells = lattice.nodes[0]
        self._value = measure(facts, lattice).value
        self._matrix = equations(lattice)

    def round(self, base: int, published: Flags, choice: tuple[Flags, Flags], cost: Floats) -> Ints | None:
        """Values in multiples of a base that add up; None when none were found.

        What is not published, and what only arises between classifications, may be anything that is not negative. A
        zero-restricted table against the choice goes before a choice that takes a cell a further multiple away.

        Args:
            base: in units of the facts.
            published: per cell, whether its value must be a multiple next to the true one.
            choice: per cell, whether that may be the one below, the one above.
            cost: per cell, of going up rather than down; negative where that is wanted.
        """
        fixed = np.zeros(len(self._value), dtype=np.bool_)
        low, high, price = np.zeros((3, len(self._value)))
        cells = self._cells[published]
        fixed[cells], price[cells], high[cells] = True, cost[published], 1.0
        free = _Shape(self._matrix, self._value, base, fixed, low.copy(), high.copy(), price)
        low[cells], high[cells] = ~choice[0][published], choice[1][published]
        chosen = replace(free, low=low, high=high)
        attempts = [(chosen, 0), (free, 0), (chosen, 1)]
        for shape, widened in attempts if low.any() or not choice[1][published].all() else attempts[1:]:
            try:
                found = shape.solve(widened)
            except SolverFailed:
                found = None
            if found is not None:
                return base * found[self._cells]
        return None


@dataclass(frozen=True)
class _Shape:
    """The problem in multiples of the base, per node: steps above the multiple below, for the nodes that are bound."""

    matrix: sp.csr_matrix
    value: Ints
    base: int
    bound: Flags
    low: Floats
    high: Floats
    price: Floats

    def solve(self, widened: int) -> Ints | None:
        """The multiples per node, where a bound node may be so many further off; None when there are none.

        Raises:
            SolverFailed: none were found, which does not mean that there are none.
        """
        floor = np.where(self.bound, self.value // self.base, 0)
        part = self.value / self.base - floor
        moves = ~self.bound | (part > 0) | ((self.value > 0) & (widened > 0))
        steps = np.zeros(len(self.value))
        for matrix, nodes in components(self.matrix, np.flatnonzero(moves)):
            found = self._component(matrix, nodes, np.rint(matrix @ part[nodes]), floor[nodes], widened)
            if found is None:
                return None
            steps[nodes] = found
        return floor + np.rint(steps).astype(np.int64)

    def _component(self, matrix: sp.csr_matrix, nodes: Ints, right: Floats, floor: Ints, widened: int) -> Floats | None:
        """Steps of the nodes of a component."""
        bound, multiple = self.bound[nodes], self.value[nodes] % self.base == 0
        low = np.where(bound & ~multiple, self.low[nodes], 0.0)
        high = np.where(bound, np.where(multiple, 0.0, self.high[nodes]), float(self.value.max(initial=0)) + 2)
        price = np.where(bound, self.price[nodes], 0.0)
        if not widened:
            return solve_mixed(matrix, right, price, (low, high), bound)
        count = len(nodes)
        further = np.where(bound, float(widened), 0.0)
        nearer = np.minimum(further, floor)
        found = solve_mixed(
            sp.hstack([matrix, matrix, -matrix]).tocsr(),
            right,
            np.concatenate([price, np.full(2 * count, WIDENED)]),
            (np.concatenate([low, np.zeros(2 * count)]), np.concatenate([high, further, nearer])),
            np.concatenate([bound, bound, bound]),
        )
        return None if found is None else found[:count] + found[count : 2 * count] - found[2 * count :]
