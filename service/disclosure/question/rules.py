"""Primary rules: which cells are unsafe to publish, why, and how uncertain an attacker must stay about them.

Definitions (X the value of a cell, N its persons or units, C its contributors, x1 >= x2 >= .. their figures):

Where persons are shared, x1, x2, .. count each of them for everybody who delivered it and C is the least number of
contributors who together could hold all of X (`Measures`): so the rules see at least what attackers know.

* minimum count n: unsafe when 0 < N < n
* minimum contributors c: unsafe when 0 < C < c
* dominance (m, k): unsafe when x1 + .. + xm > k % of X
* p %: unsafe when X - x1 - x2 < p % of x1
* group disclosure: unsafe when the cell holds all of its margin on a sensitive dimension
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from enum import IntFlag
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from service.disclosure.faults import BadInput, Fault
from service.disclosure.question.lattice import Lattice
from service.disclosure.question.measures import Measures

Flags = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Percentage = int | float | Decimal

MINIMUM_COUNT_FLOOR = 10
"""No profile may publish a count below ten."""

DEFAULT_PERCENT = 10
"""The p of the interval around a cell with too few contributors when the profile has no p % rule."""

SMALLEST_SPREAD = 0.001
"""Width, as a share of X, below which an interval counts as an exact disclosure when no rule asks for more."""


class Why(IntFlag):
    """The rules that a cell breaks."""

    MINIMUM_COUNT = 1
    MINIMUM_CONTRIBUTORS = 2
    DOMINANCE = 4
    P_PERCENT = 8
    GROUP_DISCLOSURE = 16
    CHANGE = 32


@dataclass(frozen=True)
class BelowMinimumCount:
    """0 < N < n, or N = 0 where a zero is not safe."""

    count: int
    minimum: int


@dataclass(frozen=True)
class TooFewContributors:
    """0 < C < c."""

    contributors: int
    minimum: int


@dataclass(frozen=True)
class Dominated:
    """x1 + .. + xm > k % of X."""

    largest: int
    percent: Percentage


@dataclass(frozen=True)
class EstimatedTooClosely:
    """X - x1 - x2 < p % of x1: the second contributor can estimate the first too closely."""

    percent: Percentage


@dataclass(frozen=True)
class HoldsWholeMargin:
    """All of a margin sits in one cell of a sensitive dimension."""

    dimensions: tuple[str, ...]


@dataclass(frozen=True)
class ShowsChange:
    """Beside an earlier release, the cell would show what too few contributors changed."""


Reason = BelowMinimumCount | TooFewContributors | Dominated | EstimatedTooClosely | HoldsWholeMargin | ShowsChange


@dataclass(frozen=True)
class Rules:
    """A profile of primary rules; a rule that is absent is not applied.

    Attributes:
        minimum_count: n, at least `MINIMUM_COUNT_FLOOR`.
        minimum_contributors: c, at least 1.
        dominance: (m, k) pairs, m contributors and k percent.
        p_percent: p.
        zero_is_safe: a count of zero may be published.
        group_disclosure: sensitive columns.
    """

    minimum_count: int | None = None
    minimum_contributors: int | None = None
    dominance: tuple[tuple[int, Percentage], ...] = ()
    p_percent: Percentage | None = None
    zero_is_safe: bool = True
    group_disclosure: frozenset[str] = field(default_factory=frozenset)

    def __post_init__(self) -> None:
        faults = []
        if self.minimum_count is not None and self.minimum_count < MINIMUM_COUNT_FLOOR:
            faults.append(
                Fault(
                    "rules.minimum_count",
                    f"ten minste {MINIMUM_COUNT_FLOOR}, niet {self.minimum_count}",
                    f"at least {MINIMUM_COUNT_FLOOR}, not {self.minimum_count}",
                )
            )
        if self.minimum_contributors is not None and self.minimum_contributors < 1:
            faults.append(Fault("rules.minimum_contributors", "ten minste 1", "at least 1"))
        for place, (many, percent) in enumerate(self.dominance):
            if many < 1 or not 0 < percent < 100:  # noqa: PLR2004 - a percentage
                faults.append(
                    Fault(f"rules.dominance[{place}]", "m >= 1 en 0 < k < 100", "needs m >= 1 and 0 < k < 100")
                )
        if self.p_percent is not None and not 0 < self.p_percent <= 1000:  # noqa: PLR2004 - a percentage
            faults.append(Fault("rules.p_percent", "0 < p <= 1000", "needs 0 < p <= 1000"))
        if faults:
            raise BadInput(faults)

    @property
    def needs_contributors(self) -> bool:
        """Whether some rule looks at contributors."""
        return bool(self.minimum_contributors or self.dominance or self.p_percent)

    @property
    def empty(self) -> bool:
        """Whether there is no rule at all."""
        return not (self.minimum_count or self.needs_contributors or self.group_disclosure)


@dataclass(frozen=True)
class Assessment:
    """The unsafe nodes and what an attacker must not learn about them.

    An outsider must keep X + `up` possible and X - `down` too; a contributor X + `up` and X - `down_insider`.
    All three are in units of the facts, at least one of `up` and `down` is positive.

    Attributes:
        nodes: unsafe nodes, ascending; the other arrays follow it.
        why: `Why` flags.
        up: how far above X the attacker's interval must reach.
        down: how far below X an outsider's interval must reach.
        down_insider: how far below X a contributor's interval must reach.
        whole: the figures are counts: what must be possible must be possible in whole numbers.
    """

    nodes: npt.NDArray[np.int64]
    why: npt.NDArray[np.int64]
    up: Floats
    down: Floats
    down_insider: Floats
    whole: bool


def assess(lattice: Lattice, measures: Measures, rules: Rules) -> Assessment:
    """Apply the rules to every node.

    A contributor with a zero hides nobody: the minimum number of contributors must be met by positive figures.
    A zero that fewer than c contributors reported is those contributors' figure, and unsafe.

    Raises:
        BadInput: the rules ask for contributors or counts that the facts do not have.
    """
    _require(measures, rules)
    size = lattice.size
    why = np.zeros(size, dtype=np.int64)
    up = np.zeros(size)
    down = np.zeros(size)
    down_insider = np.zeros(size)
    value = measures.value.astype(np.float64)
    if rules.minimum_count is not None and measures.count is not None:
        small = _below_count(measures.count, rules)
        why[small] |= Why.MINIMUM_COUNT
        up[small], down[small], down_insider[small] = _count_levels(
            measures, measures.count, rules.minimum_count, small
        )
    first = measures.largest(1).astype(np.float64)
    second = measures.largest(2).astype(np.float64)
    rest = value - first - second
    if rules.minimum_contributors is not None:
        few = _few_contributors(measures, rules.minimum_contributors)
        why[few] |= Why.MINIMUM_CONTRIBUTORS
        level = float(rules.p_percent or DEFAULT_PERCENT) / 100 * first - rest
        up[few] = np.maximum(up[few], level[few])
    for many, percent in rules.dominance:
        ranks = range(1, min(many, measures.contributors) + 1)
        largest = sum((measures.largest(rank) for rank in ranks), np.zeros(size, dtype=np.int64))
        dominated = _more_than(largest, measures.value, percent)
        why[dominated] |= Why.DOMINANCE
        level = largest * (100 / float(percent)) - value
        up[dominated] = np.maximum(up[dominated], level[dominated])
    if rules.p_percent is not None:
        close = _within_percent(measures, rules.p_percent)
        why[close] |= Why.P_PERCENT
        level = float(rules.p_percent) / 100 * first - rest
        up[close] = np.maximum(up[close], level[close])
    for place, axis in enumerate(lattice.axes):
        if axis.column in rules.group_disclosure:
            whole = _whole_margins(lattice, measures, place)
            why[whole] |= Why.GROUP_DISCLOSURE
    if measures.whole_numbers:
        up = np.ceil(up - 1e-9)
    unsafe = np.flatnonzero(why)
    holds_all = unsafe[(why[unsafe] == Why.GROUP_DISCLOSURE) & (value[unsafe] > 0)]
    down[holds_all] = down_insider[holds_all] = np.maximum(1.0, np.ceil(SMALLEST_SPREAD * value[holds_all]))
    lame = unsafe[(up[unsafe] <= 0) & (down[unsafe] <= 0)]
    up[lame] = np.maximum(1.0, np.ceil(SMALLEST_SPREAD * value[lame]))
    return Assessment(unsafe, why[unsafe], up[unsafe], down[unsafe], down_insider[unsafe], measures.whole_numbers)


def reasons(measures: Measures, rules: Rules, node: int, why: int) -> tuple[Reason, ...]:
    """The typed reasons behind the flags of one node, for the steward."""
    flags = Why(why)
    found: list[Reason] = []
    if Why.MINIMUM_COUNT in flags and measures.count is not None and rules.minimum_count is not None:
        found.append(BelowMinimumCount(int(measures.count[node]), rules.minimum_count))
    if Why.MINIMUM_CONTRIBUTORS in flags and rules.minimum_contributors is not None:
        found.append(TooFewContributors(int(measures.reporting[node]), rules.minimum_contributors))
    if Why.DOMINANCE in flags:
        own, total = measures.contributions(node), int(measures.value[node])
        for many, percent in rules.dominance:
            if int(own[:many].sum()) * 100 > Fraction(str(percent)) * total:
                found.append(Dominated(many, percent))
    if Why.P_PERCENT in flags and rules.p_percent is not None:
        found.append(EstimatedTooClosely(rules.p_percent))
    if Why.GROUP_DISCLOSURE in flags:
        found.append(HoldsWholeMargin(tuple(sorted(rules.group_disclosure))))
    if Why.CHANGE in flags:
        found.append(ShowsChange())
    return tuple(found)


def _require(measures: Measures, rules: Rules) -> None:
    faults = []
    if rules.needs_contributors and not measures.holders and len(measures.own) == 0 and measures.value.any():
        faults.append(
            Fault(
                "contributor",
                "de regels tellen bijdragers, maar de gegevens noemen er geen",
                "the rules look at contributors, but the data name none",
            )
        )
    if rules.minimum_count is not None and measures.count is None:
        faults.append(
            Fault(
                "rules.minimum_count",
                "een minimumaantal vraagt om een telling, `person` of `units`",
                "a minimum count needs a count, `person` or `units`",
            )
        )
    if faults:
        raise BadInput(faults)


def _below_count(count: npt.NDArray[np.int64], rules: Rules) -> Flags:
    minimum = rules.minimum_count or 0
    small = count < minimum
    return small & (count > 0) if rules.zero_is_safe else small


def _few_contributors(measures: Measures, minimum: int) -> Flags:
    few: Flags = (measures.reporting > 0) & (measures.reporting < minimum)
    return few


def _within_percent(measures: Measures, percent: Percentage) -> Flags:
    first, second = measures.largest(1), measures.largest(2)
    rest = measures.value - first - second
    return _more_than(first, rest, 10_000 / Fraction(str(percent)))


def _more_than(left: npt.NDArray[np.int64], right: npt.NDArray[np.int64], percent: Percentage | Fraction) -> Flags:
    """Whether left > percent % of right, decided exactly where floating point is too close to call."""
    exact = percent if isinstance(percent, Fraction) else Fraction(str(percent))
    gap = left.astype(np.float64) * 100 - float(exact) * right.astype(np.float64)
    result = gap > 0
    unsure = np.flatnonzero(np.abs(gap) <= 1e-9 * (left.astype(np.float64) * 100 + 1))
    for place in unsure[left[unsure] != 0]:
        result[place] = int(left[place]) * 100 > exact * int(right[place])
    result[unsure[left[unsure] == 0]] = False
    return result


def _count_levels(
    measures: Measures, count: npt.NDArray[np.int64], minimum: int, small: Flags
) -> tuple[Floats, Floats, Floats]:
    """U >= n and L <= max(0, N - 1) as (up, down, down for a contributor) of the small nodes.

    Where the value is not N itself, the interval must also leave room for n and for N - 1 persons or units of
    the same average value; a contributor then knows its own part of the value, and only that.
    """
    value = measures.value[small].astype(np.float64)
    persons = count[small].astype(np.float64)
    fewer = np.maximum(0.0, persons - 1)
    if measures.count_is_value:
        return minimum - value, value - fewer, value - fewer
    each = value / np.maximum(persons, 1.0)
    up = np.maximum(np.maximum(each * (minimum - persons), minimum * measures.unit - value), 1.0)
    down = np.maximum(each, value - fewer * measures.unit)
    insider = (value - measures.largest(1)[small]) / np.maximum(persons, 1.0)
    return up, down, np.floor(insider) if measures.whole_numbers else insider


def _whole_margins(lattice: Lattice, measures: Measures, place: int) -> Flags:
    """Cells that hold all of a margin along one axis, and the empty cells beside them that give it away."""
    value = np.moveaxis(measures.value.reshape(lattice.shape), place, 0)
    flags = np.zeros(value.shape, dtype=np.bool_)
    for code, parts in _margins(lattice, place):
        margin = value[code]
        everything = np.zeros(margin.shape, dtype=np.bool_)
        for part in parts:
            everything |= (value[part] == margin) & (margin > 0)
        for part in parts:
            flags[part] |= everything
    return np.moveaxis(flags, 0, place).reshape(-1)


def _margins(lattice: Lattice, place: int) -> set[tuple[int, tuple[int, ...]]]:
    """(code, the codes that add up to it) along one axis: of every classification, or else of the refinement.

    A margin of one part says nothing more than the part.
    """
    axis = lattice.axes[place]
    found = set()
    for nodes, table in zip(lattice.nodes, lattice.tables, strict=True):
        for number, dimension in enumerate(table.dimensions):
            if dimension.column != axis.column or not len(nodes):
                continue
            first = np.moveaxis(nodes.reshape(table.shape), number, 0).reshape(len(dimension.codes), -1)[:, 0]
            codes = dict(zip(dimension.codes, np.unravel_index(first, lattice.shape)[place].tolist(), strict=True))
            found |= {(codes[whole], tuple(sorted({codes[part] for part in parts}))) for whole, parts in dimension.sums}
    found = {(code, parts) for code, parts in found if len(parts) > 1}
    classified = {code for code, _ in found}
    refined = {(code, axis.parts[code]) for code in range(axis.classes, len(axis)) if code not in classified}
    return found | {(code, parts) for code, parts in refined if len(parts) > 1}
