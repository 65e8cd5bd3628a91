"""Noise on every cell of a table, so that nobody can tell from it whether any one unit is in the figures.

The unit is a person or a contributor. Two sets of facts are neighbours when one holds all rows of the other and those
of one unit more. A table of noisy figures is differentially private (Dwork & Roth 2014, definition 2.4) for them:

1. The finest cells of a table (codes that no dimension tells apart are one) split its rows: a row is in one of them.
2. A unit counts in at most `cells` of them, for at most `largest` in each. What is beyond is cut, by a rule that looks
   at the unit's own rows only, so that no unit's rows change what is kept of another's. The vector of the finest cells
   thus differs between neighbours by at most cells * largest in the L1 norm and sqrt(cells) * largest in the L2 norm.
   Where the facts name no units, both bounds are a statement about the data, and whoever makes it answers for it.
3. Each finest cell, a zero too, gets noise of its own: discrete Laplace of scale L1 / epsilon gives pure epsilon-DP
   (Dwork & Roth, theorem 3.6; Ghosh, Roughgarden & Sundararajan 2012), discrete Gaussian of scale L2 / sqrt(2 rho)
   gives rho-zCDP (Canonne, Kamath & Steinke 2020). OpenDP draws it from OpenSSL's generator and proves the loss.
4. All other cells are sums of noisy finest cells. That is post-processing and free (Dwork & Roth, proposition 2.1):
   one loss pays for totals over all levels, and every total is the sum of its parts. Noise on each published cell
   apart would need a scale that grows with the number of levels, and totals would contradict their parts.

Figures are whole and may fall below zero. They stay so: cut off at zero, totals would contradict their parts or be
too high on average.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from hashlib import blake2b
from typing import Literal

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from service.disclosure.faults import BadInput, Fault
from service.disclosure.question.dimensions import Dimension
from service.disclosure.question.facts import Coded, Facts
from service.disclosure.question.tables import ReleasedTable, Table

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Mechanism = Literal["discrete-laplace", "discrete-gaussian"]

LARGEST_LOSS = 20
"""With more there is hardly any noise, and nothing is promised."""

_NORMAL_975 = 1.959963984540054
"""Quantile of the standard normal distribution that leaves 2.5 % above it."""

_CHEBYSHEV_95 = math.sqrt(20)
"""No distribution has more than 5 % beyond as many standard deviations."""


@dataclass(frozen=True)
class NoiseTerms:
    """What the noise of one table promises.

    Attributes:
        mechanism: `discrete-laplace` or `discrete-gaussian`.
        loss: epsilon of pure differential privacy for the first, rho of zero-concentrated for the second.
        cells: in how many of the finest cells one unit counts.
        largest: for how much it counts in each, at most.
    """

    mechanism: Mechanism
    loss: Decimal
    cells: int = 1
    largest: int = 1

    def __post_init__(self) -> None:
        faults = [
            Fault(name, "moet boven nul liggen", "must be above zero")
            for name, value in (("loss", self.loss), ("cells", self.cells), ("largest", self.largest))
            if value <= 0
        ]
        if self.loss > LARGEST_LOSS:
            dutch, english = f"is hoogstens {LARGEST_LOSS}", f"is at most {LARGEST_LOSS}"
            faults.append(Fault("loss", dutch, english))
        if faults:
            raise BadInput(faults)

    @property
    def sensitivity(self) -> int | float:
        """How far the finest cells of neighbours lie apart: L1 for Laplace, L2 (rounded up) for Gaussian noise."""
        if self.mechanism == "discrete-laplace":
            return self.cells * self.largest
        square = self.cells * self.largest**2
        found = math.sqrt(square)
        while Fraction(found) ** 2 < square:
            found = math.nextafter(found, math.inf)
        return found


@dataclass(frozen=True)
class Cut:
    """What bounding the contribution of units took away: for stewards only, it is exact."""

    units: int
    value: int


@dataclass(frozen=True)
class Noisy:
    """A table with noise; arrays in the order of `Table.codes`.

    Attributes:
        table: its shape.
        values: the figures; every total is the sum of its parts.
        standard_deviation: of the noise in each figure (for Gaussian noise an upper bound that is nearly exact).
        half_width: with a chance of 95 % or more the noise in the figure lies between -half_width and half_width.
        scale: of the noise in a finest cell.
        cut: what a bounded contribution left out before noise was added.
    """

    table: Table
    values: Ints
    standard_deviation: Floats
    half_width: Ints
    scale: float
    cut: Cut


def add_noise(facts: Facts, table: Table, terms: NoiseTerms, units: Coded | None) -> Noisy:
    """The table with noise under `terms`, drawn anew at each call: a second call is a second loss.

    Args:
        facts: the rows; values in whole units.
        table: what is asked.
        terms: mechanism, loss and bounds.
        units: per row the unit (`facts.person` or `facts.contributor`), whose contribution is then bounded; None when
            rows are sums over units, and the bounds are a statement about them.

    Raises:
        BadInput: values with decimals, or rows that only a total would count.
    """
    shape, cell, inside = _finest(facts, table)
    value = facts.value[inside]
    cut = Cut(0, 0)
    if units is not None:
        cell, kept, cut = _bounded(units.codes, units.index[inside], cell, value, terms)
        value = kept
    finest = _summed(cell, value, shape)
    noisy, scale = _drawn(finest, terms)
    adds = [_Axis.of(dimension).adds for dimension in table.dimensions]
    parts = _added_up(np.ones(shape, dtype=np.int64), adds)
    deviation, half_width = _accuracy(terms.mechanism, scale, parts)
    return Noisy(table, _added_up(noisy, adds), deviation, half_width, scale, cut)


def without_noise(facts: Facts, table: Table) -> ReleasedTable:
    """The table with every figure exact: what an attacker would have if the noise could be taken off.

    Raises:
        BadInput: as `add_noise`.
    """
    shape, cell, inside = _finest(facts, table)
    adds = [_Axis.of(dimension).adds for dimension in table.dimensions]
    values = _added_up(_summed(cell, facts.value[inside], shape), adds)
    return ReleasedTable(table, np.ones(table.cells, dtype=np.bool_), values)


def approximate_epsilon(rho: Decimal, delta: float) -> float:
    """The epsilon of (epsilon, delta)-DP that rho-zCDP implies (Bun & Steinke 2016, proposition 1.3)."""
    return float(rho) + 2 * math.sqrt(float(rho) * math.log(1 / delta))


@dataclass(frozen=True)
class _Axis:
    """One dimension down to its finest cells: per finest code its class, and which classes each code adds up."""

    class_of: dict[str, int]
    adds: sp.csr_array

    @classmethod
    def of(cls, dimension: Dimension) -> _Axis:
        signature: dict[str, tuple[int, ...]] = {}
        for number, leaf_set in enumerate(dimension.members):
            for leaf in leaf_set:
                signature[leaf] = (*signature.get(leaf, ()), number)
        classes = {codes: place for place, codes in enumerate(sorted(set(signature.values())))}
        pairs = [(code, place) for codes, place in classes.items() for code in codes]
        codes_of, places = zip(*pairs, strict=True) if pairs else ((), ())
        entries = np.ones(len(pairs), dtype=np.int64)
        adds = sp.csr_array((entries, (codes_of, places)), shape=(len(dimension.codes), len(classes)))
        return cls({leaf: classes[codes] for leaf, codes in signature.items()}, adds)


def _finest(facts: Facts, table: Table) -> tuple[tuple[int, ...], Ints, npt.NDArray[np.bool_]]:
    """The numbers of finest cells per dimension, per row in the table its finest cell, and which rows those are."""
    faults = []
    if facts.decimals:
        faults.append(Fault("value", "ruis vraagt hele eenheden", "noise needs whole units"))
    inside = np.ones(facts.rows, dtype=np.bool_)
    cell = np.zeros(facts.rows, dtype=np.int64)
    shape = []
    for column, allowed in table.where.items():
        codes = facts.columns[column].codes
        inside &= np.array([code in allowed for code in codes], dtype=np.bool_)[facts.columns[column].index]
    for dimension in table.dimensions:
        axis = _Axis.of(dimension)
        coded = facts.columns[dimension.column]
        along = np.array([axis.class_of.get(code, -1) for code in coded.codes], dtype=np.int64)[coded.index]
        if dimension.whole and (along[inside] < 0).any():
            dutch, english = "een rij telt alleen in een totaal mee", "a row counts in a total only"
            faults.append(Fault(dimension.name, dutch, english))
        inside &= along >= 0
        shape.append(axis.adds.shape[1])
        cell = cell * axis.adds.shape[1] + along
    if faults:
        raise BadInput(faults)
    return tuple(shape), cell[inside], inside


def _bounded(names: tuple[str, ...], unit: Ints, cell: Ints, value: Ints, terms: NoiseTerms) -> tuple[Ints, Ints, Cut]:
    """Cells and values of what is kept of each unit: where it counts most, by lot among equals.

    The lot is a hash of unit and cell, so that it is the same whoever else is in the figures and favours no code.
    """
    width = int(cell.max(initial=0)) + 1
    pairs, place = np.unique(unit * width + cell, return_inverse=True)
    theirs = np.zeros(len(pairs), dtype=np.int64)
    np.add.at(theirs, place, value)
    clamped = np.minimum(theirs, terms.largest)
    unit, cell = pairs // width, pairs % width
    many = np.bincount(unit, minlength=len(names))[unit] > terms.cells
    lot = np.zeros(len(pairs), dtype=np.uint64)
    for pair in np.flatnonzero(many).tolist():
        drawn = blake2b(f"{cell[pair]}\n{names[unit[pair]]}".encode(), digest_size=8).digest()
        lot[pair] = int.from_bytes(drawn)
    order = np.lexsort((lot, -clamped, unit))
    rank = np.arange(len(order)) - np.searchsorted(unit[order], unit[order])
    kept = order[rank < terms.cells]
    left = np.zeros(len(pairs), dtype=np.int64)
    left[kept] = clamped[kept]
    lost = theirs - left
    return cell[kept], clamped[kept], Cut(len(np.unique(unit[lost > 0])), int(lost.sum()))


def _summed(cell: Ints, value: Ints, shape: tuple[int, ...]) -> Ints:
    finest = np.zeros(math.prod(shape), dtype=np.int64)
    np.add.at(finest, cell, value)
    return finest.reshape(shape)


def _added_up(finest: Ints, adds: list[sp.csr_array]) -> Ints:
    """The finest cells added up to every cell of the table, one dimension after the other."""
    for place, matrix in enumerate(adds):
        ahead = np.moveaxis(finest, place, 0)
        added = matrix @ ahead.reshape(len(ahead), -1)
        finest = np.moveaxis(added.reshape(matrix.shape[0], *ahead.shape[1:]), 0, place)
    return finest.reshape(-1)


def _drawn(finest: Ints, terms: NoiseTerms) -> tuple[Ints, float]:
    """The finest cells with noise, and its scale: the smallest at hand for which OpenDP proves the loss."""
    import opendp.prelude as dp  # noqa: PLC0415 - a library of 260 MB that most installations never ask for

    dp.enable_features("contrib")  # mechanisms with a written proof that was not yet vetted by two of its committee
    numbers = dp.vector_domain(dp.atom_domain(T="i64"))
    distance = terms.sensitivity
    if terms.mechanism == "discrete-laplace":
        space = numbers, dp.l1_distance(T="i64")
        make, scale = dp.m.make_laplace, distance / float(terms.loss)
    else:
        space = numbers, dp.l2_distance(T="f64")
        make, scale = dp.m.make_gaussian, distance / math.sqrt(2 * float(terms.loss))
    mechanism = make(*space, scale=scale)
    while Decimal(mechanism.map(distance)) > terms.loss:  # type: ignore[no-untyped-call]
        scale = math.nextafter(scale, math.inf)
        mechanism = make(*space, scale=scale)
    noisy = mechanism(finest.reshape(-1).tolist()) if finest.size else []
    return np.array(noisy, dtype=np.int64).reshape(finest.shape), scale


def _accuracy(mechanism: Mechanism, scale: float, parts: Ints) -> tuple[Floats, Ints]:
    """Standard deviation and half the width of a 95 % interval of a sum of as many draws as `parts` says.

    The interval is that of Cornish and Fisher for the kurtosis of the sum, rounded up, and never wider than
    Chebyshev's. A discrete Gaussian varies no more than the continuous one (Canonne, Kamath & Steinke 2020).
    """
    if mechanism == "discrete-laplace":
        ratio, rest = math.exp(-1 / scale), -math.expm1(-1 / scale)
        variance, kurtosis = 2 * ratio / rest**2, (1 + 4 * ratio + ratio**2) / (2 * ratio)
    else:
        variance, kurtosis = scale**2, 0.0
    deviation = np.sqrt(variance * parts)
    wider = (_NORMAL_975**3 - 3 * _NORMAL_975) / 24
    widths = np.minimum(_NORMAL_975 + wider * kurtosis / np.maximum(parts, 1), _CHEBYSHEV_95)
    return deviation, np.ceil(widths * deviation).astype(np.int64)
