"""The attack audit: what can be computed from everything that was published, and is it too much?

It shares nothing with the protector but the definitions. It starts from the published values, the hierarchies of
the tables and the fact that figures are not negative, and it plays the attackers themselves:

1. Every published value is compared with the facts.
2. The equations are written down anew, straight from the hierarchies: in every table each code that others add
   up to, along every column, and each code that is finer in another table split into the common refinement.
3. What is published drops out. An equation with one unknown left gives that unknown away; so on until none does.
4. What remains falls apart into components without shared equations.
5. An outsider solves two linear programs per unsafe cell: how large, how small can it be? Where the figures are
   counts and the answer is too close to call, only whole numbers count.
6. Each contributor does the same with its own figures known. Solutions found before show most of that at once
   (see `certificates`); what they do not show is solved, contributor by contributor.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
from scipy.sparse.csgraph import connected_components

from service.disclosure.certificates import DOWN, SLACK, UP, Certificate, Ledger, Need
from service.disclosure.component import TOLERANCE, Component
from service.disclosure.facts import Facts
from service.disclosure.faults import BadInput, Fault
from service.disclosure.lattice import Lattice, build_lattice
from service.disclosure.measures import Measures, measure
from service.disclosure.rules import Assessment, Rules, assess
from service.disclosure.tables import ReleasedTable

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

WIDE = 3.0
"""An interval this many times as wide as needed holds whole numbers enough."""


@dataclass(frozen=True)
class Breach:
    """An unsafe cell about which some attacker learns too much.

    Attributes:
        codes: the cell, as (column, code) pairs.
        node: its node in the lattice of the attack.
        direction: `UP` when the interval does not reach high enough, `DOWN` when not low enough.
        attacker: None for an outsider, else the number of the contributor in the facts.
        exact: the attacker knows the value.
        needed: how far the interval had to reach from the value, in units of the facts.
        reached: how far it reaches.
    """

    codes: tuple[tuple[str, str], ...]
    node: int
    direction: int
    attacker: int | None
    exact: bool
    needed: float
    reached: float


@dataclass(frozen=True)
class AttackReport:
    """The outcome of an attack.

    Attributes:
        examined: unsafe cells attacked, those of the common refinement included.
        attackers: attackers tried: the outsider and every contributor with figures.
        programs: linear programs solved.
        breaches: every breach found; none means protected.
        nodes: the unsafe nodes.
        lower: per unsafe node, the least value that an outsider cannot exclude.
        upper: per unsafe node, the largest value that an outsider cannot exclude.
    """

    examined: int
    attackers: int
    programs: int
    breaches: tuple[Breach, ...]
    nodes: Ints
    lower: Floats
    upper: Floats

    @property
    def exact_disclosures(self) -> int:
        """Unsafe cells whose value some attacker can compute."""
        return len({breach.node for breach in self.breaches if breach.exact})

    @property
    def interval_breaches(self) -> int:
        """Unsafe cells that some attacker can estimate too closely."""
        return len({breach.node for breach in self.breaches if not breach.exact})

    @property
    def clean(self) -> bool:
        """Nobody learns too much."""
        return not self.breaches


def attack(facts: Facts, rules: Rules, tables: Sequence[ReleasedTable]) -> AttackReport:
    """Attack everything that is or would be published about the same facts, all tables together.

    Args:
        facts: what the tables were made of.
        rules: which cells are unsafe, and how uncertain they must stay.
        tables: earlier releases and the one about to go out.

    Raises:
        BadInput: a published value differs from the facts, so that the tables are not about these facts.
        CannotBeProtected: the common refinement is too large to examine.
    """
    lattice = build_lattice(facts, [released.table for released in tables])
    measures = measure(facts, lattice)
    return attack_nodes(lattice, measures, assess(lattice, measures, rules), tables)


def attack_nodes(
    lattice: Lattice,
    measures: Measures,
    assessment: Assessment,
    tables: Sequence[ReleasedTable],
    *,
    intervals: bool = True,
    claims: Sequence[Certificate] = (),
) -> AttackReport:
    """`attack`, on a lattice over the same tables that is at hand already.

    Without `intervals` the verdict is the same and takes fewer linear programs: a need that a solution for
    another cell shows is not solved for, and the bounds reported are those that were seen. `claims` are
    certificates of the protector. They are not believed: one counts only when the equations written down here
    hold for it and it moves nothing that is known.
    """
    system = System(equations(lattice), known_nodes(lattice, measures, tables), lattice.describe)
    return attack_system(system, measures, assessment, intervals=intervals, claims=claims)


@dataclass(frozen=True)
class System:
    """What an attacker has to go by.

    Attributes:
        equations: @ deviations of all nodes from the true figures = 0.
        known: per node, whether its figure is public.
        describe: (column, code) pairs of a node, for messages.
    """

    equations: sp.csr_matrix
    known: Flags
    describe: Callable[[int], tuple[tuple[str, str], ...]]


def attack_system(
    system: System,
    measures: Measures,
    assessment: Assessment,
    *,
    intervals: bool = True,
    claims: Sequence[Certificate] = (),
) -> AttackReport:
    """`attack_nodes`, on equations that were written down already; `measures` and `assessment` follow its nodes."""
    ledger = Ledger(assessment, measures)
    attacker = _Attacker(system, measures, assessment, ledger, intervals=intervals)
    attacker.verify(claims)
    attacker.run()
    return AttackReport(
        examined=len(assessment.nodes),
        attackers=1 + measures.holders,
        programs=attacker.programs,
        breaches=tuple(attacker.breaches),
        nodes=assessment.nodes,
        lower=attacker.lower,
        upper=attacker.upper,
    )


def known_nodes(lattice: Lattice, measures: Measures, tables: Sequence[ReleasedTable]) -> Flags:
    """Step 1: which nodes are published, after comparing their values with the facts."""
    known = np.zeros(lattice.size, dtype=np.bool_)
    faults = []
    for released, nodes in zip(tables, lattice.nodes, strict=True):
        wrong = np.flatnonzero(released.published & (released.values != measures.value[nodes]))
        for cell in wrong[:20]:
            codes = ", ".join(f"{name}={code}" for name, code in released.table.codes_of(int(cell)))
            faults.append(
                Fault(
                    f"{released.table.name}, {codes}",
                    "de uitgebrachte waarde is niet die van deze gegevens",
                    "the released value is not that of these data",
                )
            )
        known[nodes[released.published]] = True
    if faults:
        raise BadInput(faults)
    return known


def equations(lattice: Lattice) -> sp.csr_matrix:
    """Step 2: all additive equations between nodes, also the superfluous ones."""
    index = np.arange(lattice.size, dtype=np.int64).reshape(lattice.shape)
    rows, columns, signs, count = [], [], [], 0
    for place, axis in enumerate(lattice.axes if lattice.size else ()):
        of_set = {tuple(members): code for code, members in enumerate(axis.members)}
        for whole, parts in _axis_sums(lattice, place, of_set):
            for code, sign in ((whole, -1.0), *((part, 1.0) for part in parts)):
                nodes = index.take(code, axis=place).reshape(-1)
                rows.append(np.arange(count, count + len(nodes)))
                columns.append(nodes)
                signs.append(np.full(len(nodes), sign))
            count += index.size // len(axis)
    if not rows:
        return sp.csr_matrix((0, lattice.size))
    entries = (np.concatenate(signs), (np.concatenate(rows), np.concatenate(columns)))
    return sp.csr_matrix(entries, shape=(count, lattice.size))


def _axis_sums(lattice: Lattice, place: int, of_set: dict[tuple[int, ...], int]) -> list[tuple[int, tuple[int, ...]]]:
    """(code, parts) along one axis: from every table's own hierarchy, or else from the refinement."""
    axis = lattice.axes[place]
    found: dict[tuple[int, tuple[int, ...]], None] = {}
    split = set(range(axis.classes))
    for number, table in enumerate(lattice.tables):
        for dimension in table.dimensions:
            if dimension.column != axis.column:
                continue
            grid = lattice.nodes[number].reshape(table.shape)
            along = np.moveaxis(grid, table.dimensions.index(dimension), 0).reshape(len(dimension.codes), -1)[:, 0]
            code_of = dict(zip(dimension.codes, np.unravel_index(along, lattice.shape)[place].tolist(), strict=True))
            for whole, parts in dimension.sums:
                numbers = tuple(sorted({code_of[part] for part in parts}))
                members = [member for part in numbers for member in axis.members[part].tolist()]
                if code_of[whole] in numbers or sorted(members) != axis.members[code_of[whole]].tolist():
                    continue
                found[code_of[whole], numbers] = None
                split.add(code_of[whole])
    for refined, code in of_set.items():
        if code not in split:
            found[code, refined] = None
    return list(found)


class _Attacker:
    """Steps 3 to 6, on deviations from the true figures: equations @ d = 0 and d >= -x."""

    def __init__(
        self,
        system: System,
        measures: Measures,
        assessment: Assessment,
        ledger: Ledger,
        *,
        intervals: bool,
    ) -> None:
        self._describe = system.describe
        self._measures = measures
        self._assessment = assessment
        self._ledger = ledger
        self.breaches: list[Breach] = []
        self.programs = 0
        self.lower = measures.value[assessment.nodes].astype(np.float64)
        self.upper = self.lower.copy()
        self._whole_lower, self._whole_upper = self.lower.copy(), self.lower.copy()
        self._intervals = intervals
        self._matrix, self._unknown = _eliminate(system.equations, ~system.known)

    def run(self) -> None:
        """Attack every component, then report whatever nothing speaks against."""
        unknown = np.flatnonzero(self._unknown)
        if len(unknown):
            inside = self._matrix[:, unknown].tocsr()
            inside = inside[np.diff(inside.indptr) > 0]
            _, label = connected_components(inside.T @ inside, directed=False)
            order = np.argsort(label, kind="stable")
            for columns in np.split(order, np.flatnonzero(np.diff(label[order])) + 1):
                if (self._ledger.place[unknown[columns]] >= 0).any():
                    part = inside[:, columns]
                    self._attack_component(part[np.diff(part.indptr) > 0], unknown[columns])
        for need in list(self._ledger.open_needs()):
            attackers = [None] if need.attackers is None else need.attackers.tolist()
            for one in attackers[:1]:
                self._report(need, one, 0.0)

    def verify(self, claims: Sequence[Certificate]) -> None:
        """Count the claimed certificates that are true, by one sparse multiplication."""
        if not claims:
            return
        nodes = np.concatenate([support for support, _ in claims])
        values = np.concatenate([deviation for _, deviation in claims])
        owner = np.repeat(np.arange(len(claims)), [len(support) for support, _ in claims])
        claimed = sp.csc_matrix((values, (nodes, owner)), shape=(self._matrix.shape[1], len(claims)))
        largest = _largest(claimed)
        wrong = _largest(self._matrix @ claimed) > SLACK * largest
        wrong[owner[~self._unknown[nodes]]] = True
        for number in np.flatnonzero(~wrong).tolist():
            self._settle(*claims[number])

    def _attack_component(self, matrix: sp.csr_matrix, nodes: Ints) -> None:
        component = Component(matrix, nodes, self._measures, self._assessment)
        unsafe = self._ledger.place[nodes]
        columns = np.flatnonzero(unsafe >= 0)
        for column in columns:
            for direction in (UP, DOWN):
                self._outsider(component, int(column), direction, int(unsafe[column]))
        if self._assessment.whole:
            self._whole_numbers(component, columns, unsafe)
        for column in columns:
            for direction in (UP, DOWN):
                self._insiders(component, int(column), direction, int(unsafe[column]))
        self.programs += component.solves

    def _outsider(self, component: Component, column: int, direction: int, unsafe: int) -> None:
        """Step 5 for one need; without intervals, only when no solution so far shows it."""
        need = self._ledger.need(direction, unsafe)
        if not self._intervals and (need is None or need.attackers is not None):
            return
        found = component.extreme(column, direction)
        self._settle(component.nodes, found)
        bound, better = (self.upper, np.maximum) if direction == UP else (self.lower, np.minimum)
        bound[unsafe] = better(bound[unsafe], self._measures.value[component.nodes[column]] + found[column])
        need = self._ledger.need(direction, unsafe)
        if need is not None and need.attackers is None:
            self._refuse(need, None, abs(float(found[column])))

    def _settle(self, nodes: Ints, found: Floats) -> None:
        support = np.flatnonzero(np.abs(found) > 1e-9 * np.abs(found).max(initial=0.0))
        nodes, found = nodes[support], found[support]
        self._ledger.settle(nodes, found)
        if np.any(found < -self._measures.value[nodes] * (1 + SLACK)):
            return
        unsafe = self._ledger.place[nodes]
        mine = np.flatnonzero(unsafe >= 0)
        at, reached = unsafe[mine], self._measures.value[nodes[mine]] + found[mine]
        self.upper[at] = np.maximum(self.upper[at], reached)
        self.lower[at] = np.minimum(self.lower[at], reached)
        if self._assessment.whole and np.all(np.abs(found - np.rint(found)) < TOLERANCE):
            self._whole_upper[at] = np.maximum(self._whole_upper[at], np.rint(reached))
            self._whole_lower[at] = np.minimum(self._whole_lower[at], np.rint(reached))

    def _insiders(self, component: Component, column: int, direction: int, unsafe: int) -> None:
        """Step 6 for one need: all contributors that are left at once, then one by one."""
        need = self._ledger.need(direction, unsafe)
        if need is None or need.attackers is None:
            return
        component.restrict(need.attackers)
        whole = self._assessment.whole
        found = component.short(column, direction, need.level) if whole else component.extreme(column, direction)
        if found is not None:
            self._settle(component.nodes, found)
        need = self._ledger.need(direction, unsafe)
        for attacker in () if need is None or need.attackers is None else need.attackers.tolist():
            component.restrict(np.array([attacker]))
            found = component.extreme(column, direction)
            self._settle(component.nodes, found)
            left = self._ledger.need(direction, unsafe)
            if left is not None and left.attackers is not None and attacker in left.attackers:
                self._refuse(left, attacker, abs(float(found[column])))
        component.restrict(np.zeros(0, dtype=np.int64))

    def _whole_numbers(self, component: Component, columns: Ints, unsafe: Ints) -> None:
        """Step 5 for counts: where no solution in whole numbers reaches far enough yet, look for one."""
        for column in columns.tolist():
            one = int(unsafe[column])
            value = float(self._measures.value[component.nodes[column]])
            for direction in (UP, DOWN):
                level = float((self._assessment.up, self._assessment.down)[direction][one])
                whole = abs((self._whole_upper if direction == UP else self._whole_lower)[one] - value)
                reach = abs((self.upper if direction == UP else self.lower)[one] - value)
                if level <= 0 or whole >= level - TOLERANCE or reach >= WIDE * level:
                    continue
                found = component.whole_solution(column, direction, level)
                if found is None:
                    self._report(Need(one, int(component.nodes[column]), direction, level, None), None, 0.0)
                else:
                    self._settle(component.nodes, found)

    def _refuse(self, need: Need, attacker: int | None, reached: float) -> None:
        """Tick the need off: as met when only rounding separates it from its level, else as a breach."""
        if reached < need.level * (1 - TOLERANCE):
            self._report(need, attacker, reached)
        self._ledger.give_up(need, attacker)

    def _report(self, need: Need, attacker: int | None, reached: float) -> None:
        unit = 1.0 if self._assessment.whole else 1e-9 * max(1.0, float(self._measures.value[need.node]))
        both = self.upper[need.unsafe] - self.lower[need.unsafe]
        exact = both < unit * (1 - TOLERANCE) if attacker is None else reached < unit * (1 - TOLERANCE)
        self.breaches.append(
            Breach(
                self._describe(need.node),
                need.node,
                need.direction,
                attacker,
                bool(exact),
                need.level,
                reached,
            )
        )


def _largest(columns: sp.spmatrix) -> Floats:
    """The largest absolute entry of each column."""
    rows, count = columns.shape
    return abs(columns).max(axis=0).toarray().reshape(-1) if rows else np.zeros(count)


def _eliminate(matrix: sp.csr_matrix, unknown: Flags) -> tuple[sp.csr_matrix, Flags]:
    """Step 3: strike out what is known and what an equation with a single unknown gives away."""
    unknown = unknown.copy()
    pattern = abs(matrix)
    while True:
        left = pattern @ unknown.astype(np.float64)
        single = np.flatnonzero(left == 1)
        if not len(single):
            return matrix[left > 0], unknown
        unknown[np.unique(matrix[single].indices)] = False
