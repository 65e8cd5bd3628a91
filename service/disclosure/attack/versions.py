"""Facts that were corrected: every version of them on one lattice, and what changed between any two.

The change table of two versions has, per cell, x_i = |new figure of i - old figure of i| of each contributor i (after
grouping by holding, summed over the cell before the absolute value), X = N = the sum of the x_i and C = the
contributors whose figures changed. It is held to the primary rules like any table (disclosure.md). The values may be
negative, so that the absolute ones decide, as is usual for negative contributions: two changes that cancel are no
less those of two suppliers.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
import numpy.typing as npt

from service.disclosure.attack.system import known_nodes
from service.disclosure.faults import BadInput, Fault
from service.disclosure.question.doubt import doubt
from service.disclosure.question.facts import Coded, Facts
from service.disclosure.question.lattice import Lattice, build_lattice
from service.disclosure.question.measures import Measures, measure_reports
from service.disclosure.question.rules import Assessment, Rules, assess
from service.disclosure.question.tables import ReleasedTable, Table

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Version:
    """The facts as they once were, or are now, and every table that was published of them."""

    facts: Facts
    tables: tuple[ReleasedTable, ...] = ()


@dataclass(frozen=True)
class Change:
    """The change table of two versions over the nodes of a lattice.

    Attributes:
        signed: per node, new minus old.
        touched: per node, whether some contributor's figure differs, or is there in one of the two only.
        both_ways: per node, whether contributors changed in opposite directions.
        measures: the change table itself: contributions |new - old|.
    """

    signed: Ints
    touched: Flags
    both_ways: Flags
    measures: Measures

    def unsafe(self, lattice: Lattice, rules: Rules) -> Assessment:
        """The nodes that changed in a way that breaks a rule; `up` and `down` are how far the change must be hidden.

        Upwards is away from no change: more of the same direction.
        """
        found = assess(lattice, self.measures, rules)
        inside = self.touched[found.nodes]
        levels = (found.up[inside], found.down[inside], found.down_insider[inside])
        nodes, up = found.nodes[inside], levels[0]
        least = np.where(self.both_ways[nodes], up, 0.0)
        down, insider = (np.maximum(level, least) for level in levels[1:])
        return Assessment(nodes, found.why[inside], up, down, insider, found.whole)


@dataclass(frozen=True)
class Versions:
    """Versions of the same facts on one lattice.

    Attributes:
        lattice: over the tables of all versions, and those wanted.
        measures: per version.
        tables: per version, the numbers of its tables in the lattice with what was published.
        changes: per pair of versions, earlier first.
    """

    lattice: Lattice
    measures: tuple[Measures, ...]
    tables: tuple[tuple[tuple[int, ReleasedTable], ...], ...]
    changes: dict[tuple[int, int], Change]

    @classmethod
    def of(cls, versions: Sequence[Version], wanted: Iterable[Table] = ()) -> Versions:
        """Bring the versions, oldest first, to one lattice; the tables wanted come first in it.

        Raises:
            BadInput: the versions are no versions of the same facts, or name no contributors.
            CannotBeProtected: the common refinement is too large to examine.
        """
        facts = aligned([version.facts for version in versions])
        shapes = list(wanted)
        tables = []
        for version in versions:
            tables.append(tuple(enumerate(version.tables, len(shapes))))
            shapes += [released.table for released in version.tables]
        lattice = build_lattice(facts[0], shapes)
        doubting = [one.shared.in_doubt(one.contributor.index) for one in facts if one.shared and one.contributor]
        in_doubt = np.unique(np.concatenate([*doubting, np.zeros(0, dtype=np.int64)]))
        reports = [measure_reports(one, lattice, in_doubt) for one in facts]
        pairs = combinations(range(len(versions)), 2)
        shared = any(one.shared is not None for one in facts)
        changes = {(old, new): _change(reports[old], reports[new], shared=shared) for old, new in pairs}
        measures = tuple(one.without_idle() for one in reports)
        return cls(lattice, measures, tuple(tables), changes)

    def known(self, version: int) -> Flags:
        """Which nodes are published of a version.

        Raises:
            BadInput: a published value is not that of the version's facts.
        """
        return known_nodes(self._part(version), self.measures[version], self._released(version))

    def doubt(self, version: int) -> tuple[Floats, Floats] | None:
        """How far (below, above) the truth each node of a version can be, as far as its rounded tables tell."""
        return doubt(self.measures[version], self._released(version), self._part(version).nodes)

    def as_now(self, unsafe: Flags) -> tuple[Lattice, list[ReleasedTable]]:
        """Everything published of any version as if it had been published of the last, and the lattice of it alone.

        Corrections are mostly small: an attacker who takes an old figure for the new one is not far off.

        Args:
            unsafe: nodes that are unsafe by the last version's figures; where one of these changed it is left out,
                because its new figure was never published.
        """
        last = len(self.measures) - 1
        value = self.measures[last].value
        numbers, tables = [], []
        for version, released in enumerate(self.tables):
            touched = self.changes[version, last].touched if version < last else np.zeros(len(value), dtype=np.bool_)
            for number, one in released:
                nodes = self.lattice.nodes[number]
                figures = value[nodes] if one.base is None else value[nodes] // one.base * one.base
                still = one.published & ~(touched & unsafe)[nodes]
                numbers.append(number)
                tables.append(replace(one, published=still, values=np.where(still, figures, 0)))
        part = replace(
            self.lattice,
            tables=tuple(one.table for one in tables),
            nodes=tuple(self.lattice.nodes[number] for number in numbers),
            scopes=tuple(self.lattice.scopes[number] for number in numbers),
        )
        return part, tables

    def _released(self, version: int) -> list[ReleasedTable]:
        return [released for _, released in self.tables[version]]

    def _part(self, version: int) -> Lattice:
        """The lattice with the tables of one version only."""
        nodes = tuple(self.lattice.nodes[number] for number, _ in self.tables[version])
        scopes = tuple(self.lattice.scopes[number] for number, _ in self.tables[version])
        tables = tuple(one.table for one in self._released(version))
        return replace(self.lattice, tables=tables, nodes=nodes, scopes=scopes)


def aligned(facts: Sequence[Facts]) -> list[Facts]:
    """The same facts with the codes of every version in each, so that equal numbers mean equal codes.

    Raises:
        BadInput: columns, kind or decimals differ; no contributors; or distinct persons or units are counted, whose
            change is not in the figures.
    """
    first = facts[0]
    kind = (set(first.columns), first.whole_numbers, first.decimals)
    if any((set(one.columns), one.whole_numbers, one.decimals) != kind for one in facts):
        raise BadInput([Fault("versions", "de versies hebben andere kolommen", "the versions have other columns")])
    if any(one.contributor is None or one.person is not None or one.units is not None for one in facts):
        raise BadInput(
            [
                Fault(
                    "versions",
                    "een verandering heeft bijdragers nodig, en kent geen unieke personen of eenheden",
                    "a change needs contributors, and knows no distinct persons or units",
                )
            ]
        )
    columns = {name: _recoded([one.columns[name] for one in facts]) for name in first.columns}
    contributors = _recoded([one.contributor for one in facts if one.contributor is not None])
    return [
        replace(one, columns={name: columns[name][number] for name in columns}, contributor=contributors[number])
        for number, one in enumerate(facts)
    ]


def _recoded(columns: Sequence[Coded]) -> list[Coded]:
    codes = tuple(sorted({code for column in columns for code in column.codes}))
    place = {code: number for number, code in enumerate(codes)}
    tables = [np.array([place[code] for code in column.codes], dtype=np.int64) for column in columns]
    return [Coded(codes, table[column.index]) for table, column in zip(tables, columns, strict=True)]


def _change(old: Measures, new: Measures, *, shared: bool) -> Change:
    """New minus old per node and contributor; a figure of zero that came or went counts as a change of zero.

    Takes the measures with every report in them, so that it sees such zeros beside a value too.

    Where persons are shared, a change of one person is one of everybody who knows that person. The sum of the x_i
    would count it again for each of them; X is the least that it can be then: what the figure changed by, or the
    largest x_i.
    """
    size, holders = len(new.value), max(new.holders, 1)
    keys = [one.node * holders + one.holder for one in (old, new)]
    key, place = np.unique(np.concatenate(keys), return_inverse=True)
    delta, seen = np.zeros(len(key), dtype=np.int64), np.zeros(len(key), dtype=np.int64)
    np.add.at(delta, place, np.concatenate([-old.own, new.own]))
    np.add.at(seen, place, np.repeat([-1, 1], [len(old.own), len(new.own)]))
    differs = (delta != 0) | (seen != 0)
    node, who, delta = key[differs] // holders, key[differs] % holders, delta[differs]
    signed = new.value - old.value
    once = who < new.contributors
    rises, falls = (np.bincount(node[way & once], minlength=size) > 0 for way in (delta > 0, delta < 0))
    own = np.abs(delta)
    total = np.zeros(size, dtype=np.int64)
    (np.maximum if shared else np.add).at(total, node[once], own[once])
    total = np.maximum(total, np.abs(signed))
    reporting = np.bincount(node[once], minlength=size).astype(np.int64)
    certain = (own == total[node]) & ~(rises & falls)[node]
    order = np.lexsort((who, ~certain, -own, node))
    node, certain = node[order], certain[order]
    table = replace(
        new,
        value=total,
        count=total if new.count_is_value else None,
        reporting=reporting,
        start=np.searchsorted(node, np.arange(size + 1)).astype(np.int64),
        holder=who[order],
        own=own[order],
        certain=certain,
        alone=certain & (reporting == 1)[node],
        _kept={},
    )
    return Change(signed, (reporting > 0) | (signed != 0), rises & falls, table.without_idle())
