"""Protect a table: from facts and rules to a table that nobody can take apart."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from service.disclosure.attack.audit import AttackReport, attack_nodes
from service.disclosure.faults import BadInput, CannotBeProtected, Fault, Obstacle
from service.disclosure.pattern.finding import AS_IT_WAS, Pattern, Question, find_patterns
from service.disclosure.pattern.zeros import hide_zeros
from service.disclosure.progress import Progress, silent
from service.disclosure.question.claims import Certificate
from service.disclosure.question.facts import Facts
from service.disclosure.question.hidden import NOTHING, Hidden
from service.disclosure.question.lattice import Lattice, build_lattice
from service.disclosure.question.measures import Measures, measure_reports, shown_empty
from service.disclosure.question.rules import Assessment, Reason, Rules, assess, reasons
from service.disclosure.question.tables import NORMAL, SUPPRESSED, ReleasedTable, Table

Flags = npt.NDArray[np.bool_]

SHOWN_NEIGHBOURS = 3
"""Unsafe cells named beside a cell that protects them."""


PUBLISHED = ("deze cel is onveilig en al eerder vrijgegeven", "this cell is unsafe and has been published before")
SHOWN_EMPTY = (
    "dat deze cel leeg is blijkt uit een tabel die alle voorkomende codes noemt, maar deze niet",
    "that this cell is empty shows from a table that lists every code that occurs, but not this one",
)
"""Why an unsafe cell is known already, in Dutch and English."""


@dataclass(frozen=True)
class Cell:
    """One cell as it may be published.

    Attributes:
        codes: a code per dimension, in the table's order.
        value: in units of the facts (10 ** -decimals); None when suppressed.
        status: SDMX OBS_STATUS, `A` or `Q`.
    """

    codes: tuple[str, ...]
    value: int | None
    status: str


@dataclass(frozen=True)
class Explanation:
    """Why a cell is suppressed, and what is lost with it. For the steward only: no reasons means secondary.

    Attributes:
        codes: the cell.
        reasons: the rules that it breaks.
        protects: up to three unsafe cells whose protection uses this one; they may be cells of an earlier release.
        value: the value that is withheld, in units of the facts.
    """

    codes: tuple[str, ...]
    reasons: tuple[Reason, ...]
    protects: tuple[tuple[str, ...], ...] = ()
    value: int = 0

    @property
    def primary(self) -> bool:
        """Whether the cell itself is unsafe; otherwise it protects others."""
        return bool(self.reasons)


@dataclass(frozen=True)
class Rounding:
    """What rounding came to; values in units of the facts.

    Attributes:
        base: every published value is a multiple of it.
        changed: cells whose published value is not the true one.
        largest_change: how far from it at most; below the base unless cells were widened.
        widened: cells that are a further multiple away, because the table does not add up otherwise.
        without_suppression: a base from which on no cell of this table would be told too closely by its own rounding.
    """

    base: int
    changed: int
    largest_change: int
    widened: int
    without_suppression: int


@dataclass(frozen=True)
class Report:
    """What protecting a table came to.

    Attributes:
        cells: cells of the table.
        unsafe: cells of the table that break a primary rule.
        suppressed: cells withheld.
        suppressed_value: value of the withheld finest cells, in units of the facts.
        finest_value: value of all finest cells.
        programs: linear programs solved to find the pattern.
        seconds: wall time per stage.
        attack: the final attack, over this table and every earlier one.
        rounding: when the values are rounded.
    """

    cells: int
    unsafe: int
    suppressed: int
    suppressed_value: int
    finest_value: int
    programs: int
    seconds: dict[str, float]
    attack: AttackReport
    rounding: Rounding | None = None


@dataclass(frozen=True)
class Protected:
    """A table that is safe to publish beside everything published before.

    Attributes:
        released: the table with its published cells.
        report: figures for the steward.
        explanations: per suppressed cell why, for the steward only.
        decimals: values are in units of 10 ** -decimals.
    """

    released: ReleasedTable
    report: Report
    explanations: tuple[Explanation, ...]
    decimals: int = 0

    @property
    def cells(self) -> Iterator[Cell]:
        """Every cell in the order of `Table.codes`."""
        pairs = zip(self.released.published.tolist(), self.released.values.tolist(), strict=True)
        for codes, (published, value) in zip(self.released.table.codes(), pairs, strict=True):
            yield Cell(codes, value if published else None, NORMAL if published else SUPPRESSED)


def protect(
    facts: Facts,
    table: Table,
    rules: Rules,
    released: Sequence[ReleasedTable] = (),
    *,
    also: Hidden = NOTHING,
    progress: Progress = silent,
    clock: Callable[[], float] = time.perf_counter,
) -> Protected:
    """Suppress what must be suppressed, so that no attacker learns too much from all tables together.

    1. The lattice: all tables brought to their common refinement.
    2. The measures of every node, and the primary rules on them.
    3. What is public stays public; an unsafe cell among it is an obstacle.
    4. The pattern: certificates for every unsafe node, direction and attacker; then as far as possible for zeros that
       others handed in beside a value.
    5. The attack on the outcome, which shares nothing with step 4. What it breaks is withheld more widely, until
       it breaks nothing.

    Args:
        facts: the rows.
        table: the table wanted.
        rules: the profile.
        released: every earlier release of the same facts.
        also: cells that have to stay hidden besides what the rules find.
        progress: told how far the work is.
        clock: seconds, for the report.

    Raises:
        BadInput: the rules do not fit the facts, or an earlier release differs from the facts.
        CannotBeProtected: whatever is withheld, something published already gives an unsafe cell away.
    """
    seconds: dict[str, float] = {}
    with _timed("lattice", seconds, clock):
        lattice = build_lattice(facts, [table, *(earlier.table for earlier in released)])
    progress("measures", 0.0)
    with _timed("measures", seconds, clock):
        reports = measure_reports(facts, lattice)
        measures = reports.without_idle()
        assessment = also.added_to(assess(lattice, measures, rules), lattice.nodes[0])
    fixed = _fixed(lattice, measures, assessment, released)
    question = Question(lattice, measures, assessment, tuple(released), fixed, lattice.nodes[0][also.kept])
    with _timed("pattern", seconds, clock):
        patterns = [hide_zeros(question, reports, found) for found in find_patterns(question, progress)]
    progress("attack", 0.0)
    with _timed("attack", seconds, clock):
        pattern, outcome, report = _least(question, patterns)
    progress("explanations", 0.0)
    return Protected(
        outcome,
        _report(question, outcome, report, pattern.programs, seconds),
        _explain(question, outcome, rules, pattern),
        facts.decimals,
    )


@contextmanager
def _timed(stage: str, seconds: dict[str, float], clock: Callable[[], float]) -> Iterator[None]:
    start = clock()
    yield
    seconds[stage] = seconds.get(stage, 0.0) + clock() - start


def _fixed(lattice: Lattice, measures: Measures, assessment: Assessment, released: Sequence[ReleasedTable]) -> Flags:
    """Step 3: nodes that are public already; what was rounded still leaves room (`Question.room`)."""
    shown = shown_empty(lattice, measures)
    fixed = shown.copy()
    faults = []
    for earlier, nodes in zip(released, lattice.nodes[1:], strict=True):
        different = earlier.differs(measures.value[nodes])
        faults += [
            Fault(
                f"{earlier.table.name}, "
                + ", ".join(f"{name}={code}" for name, code in earlier.table.codes_of(int(cell))),
                "de vrijgegeven waarde is niet die van deze gegevens",
                "the released value is not that of these data",
            )
            for cell in np.flatnonzero(different)[:20]
        ]
        if earlier.base is None:
            fixed[nodes[earlier.published]] = True
    if faults:
        raise BadInput(faults)
    given = assessment.nodes[fixed[assessment.nodes]]
    if len(given):
        raise CannotBeProtected(
            Obstacle(lattice.describe(int(node)), *(SHOWN_EMPTY if shown[node] else PUBLISHED)) for node in given[:20]
        )
    return fixed


def _least(question: Question, patterns: Sequence[Pattern]) -> tuple[Pattern, ReleasedTable, AttackReport]:
    """The first pattern that the attack leaves as it is; if there is none, the one that withholds least in the end.

    What deviations show by shares of a person they need not show in whole ones, and then much more has to be withheld.
    """
    found = []
    for pattern in patterns:
        outcome, report = _until_clean(question, pattern.withheld, pattern.ledger.in_use())
        found.append((pattern, outcome, report))
        if np.array_equal(outcome.published, ~pattern.withheld[question.lattice.nodes[0]]):
            return found[-1]
    value = question.measures.value[question.lattice.nodes[0]]
    return min(found, key=lambda one: (int(value[~one[1].published].sum()), int((~one[1].published).sum())))


def _until_clean(
    question: Question, withheld: Flags, certificates: Sequence[Certificate]
) -> tuple[ReleasedTable, AttackReport]:
    """Step 5: attack, withhold more around what broke, and again; in the end withhold all that may be."""
    lattice, measures = question.lattice, question.measures
    nodes = lattice.nodes[0]
    relations = abs(lattice.relations())
    report: AttackReport | None = None
    for attempt in range(6):
        if report is not None:
            broken = np.zeros(lattice.size)
            broken[[breach.node for breach in report.breaches]] = 1.0
            beside = relations.T @ (relations @ broken) > 0
            widen = beside & (measures.value > 0) if attempt < 4 else measures.value >= (5 - attempt)  # noqa: PLR2004
            withheld = withheld | (widen & ~question.fixed)
        outcome = ReleasedTable(
            lattice.tables[0], ~withheld[nodes], np.where(withheld[nodes], 0, measures.value[nodes])
        )
        tables = [outcome, *question.released]
        report = attack_nodes(lattice, measures, question.assessment, tables, intervals=False, claims=certificates)
        if report.clean:
            return outcome, report
        if beyond := [breach for breach in report.breaches if not question.touched[breach.node]]:
            raise CannotBeProtected(Obstacle(breach.codes, *AS_IT_WAS) for breach in beyond[:20])
    raise CannotBeProtected(
        Obstacle(
            breach.codes,
            "ook als alles wordt onderdrukt blijft deze cel te nauw te schatten",
            "even with everything suppressed this cell can be estimated too closely",
        )
        for breach in (report.breaches[:20] if report is not None else ())
    )


def _explain(question: Question, outcome: ReleasedTable, rules: Rules, pattern: Pattern) -> tuple[Explanation, ...]:
    """Per suppressed cell, the rules that it breaks or else the unsafe cells that it protects."""
    lattice, nodes, why, value = question.lattice, question.lattice.nodes[0], question.why, question.measures.value
    codes = list(outcome.table.codes())
    hidden = np.flatnonzero(~outcome.published).tolist()
    secondary = {int(nodes[cell]) for cell in hidden if not why[cell]}
    serves = pattern.ledger.served_by(secondary, SHOWN_NEIGHBOURS)
    if pattern.zeros is not None:
        serves = pattern.zeros.served_by(secondary - serves.keys(), SHOWN_NEIGHBOURS) | serves
    cell_at = {int(node): codes[cell] for cell, node in enumerate(nodes.tolist())}
    return tuple(
        Explanation(
            codes[cell],
            reasons(question.measures, rules, int(nodes[cell]), int(why[cell])),
            tuple(
                cell_at.get(node) or tuple(code for _, code in lattice.describe(node))
                for node in serves.get(int(nodes[cell]), ())
            ),
            value=int(value[nodes[cell]]),
        )
        for cell in hidden
    )


def _report(
    question: Question,
    outcome: ReleasedTable,
    attacked: AttackReport,
    programs: int,
    seconds: dict[str, float],
) -> Report:
    value = question.measures.value[question.lattice.nodes[0]]
    finest = finest_cells(outcome.table)
    return Report(
        cells=outcome.table.cells,
        unsafe=int(np.count_nonzero(question.why)),
        suppressed=int(np.count_nonzero(~outcome.published)),
        suppressed_value=int(value[finest & ~outcome.published].sum()),
        finest_value=int(value[finest].sum()),
        programs=programs,
        seconds=seconds,
        attack=attacked,
    )


def finest_cells(table: Table) -> Flags:
    """Which cells of a table have a code without parts in every dimension."""
    flags = np.ones((), dtype=np.bool_)
    for dimension in table.dimensions:
        above = {code for code, parts in dimension.sums if parts}
        flags = np.logical_and.outer(flags, np.array([code not in above for code in dimension.codes], dtype=np.bool_))
    return np.asarray(flags).reshape(-1)
