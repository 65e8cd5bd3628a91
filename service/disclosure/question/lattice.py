"""One space for all linked tables: every combination of codes, down to the common refinement.

Along each column of the facts (an axis) a code is a set of finest codes. Two codes of two tables that mean the
same set are one code here. Finest codes that no table tells apart form one class; the classes are the common
refinement of all classifications, and every one of them is a code of the axis too. A node is one code per axis.
So each cell of each table is a node, each difference that can arise between tables is a combination of nodes, and
all additive relations are: a node that is no class along an axis equals the sum of its parts along that axis.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from service.disclosure.faults import CannotBeProtected, Obstacle
from service.disclosure.question.facts import Facts
from service.disclosure.question.tables import Table

Ints = npt.NDArray[np.int64]

NOTHING = ""
"""Stands for what a column without any code could have held."""

LARGEST_LATTICE = 4_000_000
"""Nodes beyond which the linear programs would not fit in memory."""

MOST_COLUMNS = 32
"""Columns of all tables together; with two codes each that would be a thousand times `LARGEST_LATTICE`."""


@dataclass(frozen=True)
class Axis:
    """The codes along one column.

    Attributes:
        column: the column of the facts.
        members: per code, the classes that it adds up, ascending.
        parts: per code that is no class, codes that add up to it; empty for a class.
        class_of: per finest code of the facts, its class, or -1 when no table counts it.
        classes: number of classes; the classes are the codes 0 .. classes - 1.
        labels: per code, a name for messages.
    """

    column: str
    members: tuple[Ints, ...]
    parts: tuple[tuple[int, ...], ...]
    class_of: Ints
    classes: int
    labels: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.members)


@dataclass(frozen=True)
class Scope:
    """What a table looks at along one axis: the classes that it counts, and those among them that its codes list."""

    counted: Ints
    listed: Ints

    @property
    def left_out(self) -> Ints:
        """Classes that the table would count and does not list."""
        return np.setdiff1d(self.counted, self.listed)


@dataclass(frozen=True)
class Lattice:
    """All nodes, numbered with the last axis fastest.

    Attributes:
        axes: one per column that some table uses.
        tables: the tables that it was built for.
        nodes: per table, the node of each of its cells.
        scopes: per table, what it looks at along each axis.
    """

    axes: tuple[Axis, ...]
    tables: tuple[Table, ...]
    nodes: tuple[Ints, ...]
    scopes: tuple[tuple[Scope, ...], ...]

    @property
    def shape(self) -> tuple[int, ...]:
        """Codes per axis."""
        return tuple(len(axis) for axis in self.axes)

    @property
    def size(self) -> int:
        """The number of nodes."""
        return prod(self.shape)

    def atoms(self) -> npt.NDArray[np.bool_]:
        """Which nodes are classes along every axis: the units of the common refinement."""
        flags = np.ones(self.shape, dtype=np.bool_)
        for place, axis in enumerate(self.axes):
            along = np.arange(len(axis)) < axis.classes
            flags &= along.reshape([-1 if k == place else 1 for k in range(len(self.axes))])
        return flags.reshape(-1)

    def relations(self, *, superfluous: bool = False) -> sp.csr_matrix:
        """The matrix M with M x = 0: one row per node that is no atom, its parts minus itself.

        A node is split along its first axis that can be split. These rows are independent and imply all others;
        with `superfluous` the others, along every axis, are there too.
        """
        rows, columns, signs = [], [], []
        count = 0
        index = np.arange(self.size, dtype=np.int64).reshape(self.shape)
        for place, axis in enumerate(self.axes):
            earlier = tuple(slice(0, len(ax) if superfluous else ax.classes) for ax in self.axes[:place])
            for code in range(axis.classes, len(axis)):
                whole = _slice(index, (*earlier, code))
                numbers = np.arange(count, count + len(whole))
                count += len(whole)
                rows.append(numbers)
                columns.append(whole)
                signs.append(np.full(len(whole), -1.0))
                for part in axis.parts[code]:
                    rows.append(numbers)
                    columns.append(_slice(index, (*earlier, part)))
                    signs.append(np.ones(len(whole)))
        if not rows:
            return sp.csr_matrix((0, self.size))
        entries = (np.concatenate(signs), (np.concatenate(rows), np.concatenate(columns)))
        return sp.csr_matrix(entries, shape=(count, self.size))

    def describe(self, node: int) -> tuple[tuple[str, str], ...]:
        """(column, code) pairs of a node, for messages."""
        places = np.unravel_index(node, self.shape) if self.shape else ()
        return tuple((axis.column, axis.labels[int(place)]) for axis, place in zip(self.axes, places, strict=True))


def _slice(index: Ints, places: tuple[int | slice, ...]) -> Ints:
    """The nodes at these places, as a list."""
    return index[places].reshape(-1)


def build_lattice(facts: Facts, tables: Sequence[Table]) -> Lattice:
    """The lattice of all tables together.

    Args:
        facts: their facts; every column that a table uses must be there.
        tables: the tables, linked by being about the same facts.

    Raises:
        CannotBeProtected: the common refinement is too large to examine, or of too many columns.
    """
    columns = list(
        dict.fromkeys(
            column
            for table in tables
            for column in (*(dimension.column for dimension in table.dimensions), *table.where)
        )
    )
    if len(columns) > MOST_COLUMNS:
        raise CannotBeProtected(
            [
                Obstacle(
                    (),
                    f"de tabellen gebruiken samen {len(columns)} kolommen, meer dan {MOST_COLUMNS}",
                    f"the tables use {len(columns)} columns together, more than {MOST_COLUMNS}",
                )
            ]
        )
    built = [_build_axis(facts, tables, column) for column in columns]
    axes = tuple(axis for axis, _, _ in built)
    size = prod(len(axis) for axis in axes)
    if size > LARGEST_LATTICE:
        raise CannotBeProtected(
            [
                Obstacle(
                    (),
                    f"de gezamenlijke verfijning heeft {size} cellen, meer dan {LARGEST_LATTICE}",
                    f"the common refinement has {size} cells, more than {LARGEST_LATTICE}",
                )
            ]
        )
    shape = tuple(len(axis) for axis in axes)
    nodes = []
    for number, table in enumerate(tables):
        places = np.zeros((), dtype=np.int64)
        strides = {column: prod(shape[k + 1 :]) for k, column in enumerate(columns)}
        for dimension in table.dimensions:
            codes = built[columns.index(dimension.column)][1][number]
            places = np.add.outer(places, np.array(codes, dtype=np.int64) * strides[dimension.column])
        used = {dimension.column for dimension in table.dimensions}
        for k, column in enumerate(columns):
            if column not in used:
                places = places + built[k][1][number][0] * strides[column]
        nodes.append(places.reshape(-1))
    scopes = tuple(tuple(of_axis[number] for _, _, of_axis in built) for number in range(len(tables)))
    return Lattice(axes, tuple(tables), tuple(nodes), scopes)


def _build_axis(facts: Facts, tables: Sequence[Table], column: str) -> tuple[Axis, list[list[int]], list[Scope]]:
    """The axis of a column, and per table: the axis code of each of its codes (or of its total), and its scope."""
    facts_codes = facts.columns[column].codes
    known = dict.fromkeys(facts_codes)
    for table in tables:
        for dimension in table.dimensions:
            if dimension.column == column:
                known.update(dict.fromkeys(sorted(dimension.finest)))
        known.update(dict.fromkeys(sorted(table.where.get(column, ()))))
    everything = frozenset(known) or frozenset({NOTHING})
    per_table: list[list[frozenset[str]]] = []
    splits: dict[frozenset[str], tuple[frozenset[str], ...]] = {}
    labels: dict[frozenset[str], str] = {}
    looked_at: list[tuple[frozenset[str], frozenset[str]]] = []
    for table in tables:
        allowed = everything & table.where.get(column, everything)
        found = next((dimension for dimension in table.dimensions if dimension.column == column), None)
        looked_at.append((allowed, allowed if found is None else allowed & found.finest))
        if found is None:
            per_table.append([allowed])
            labels.setdefault(allowed, "*")
            continue
        sets = {
            code: allowed if code in found.whole else leaf_set
            for code, leaf_set in zip(found.codes, found.members, strict=True)
        }
        for code, parts in found.sums:
            splits.setdefault(sets[code], tuple(dict.fromkeys(sets[part] for part in parts)))
        for code, leaf_set in sets.items():
            labels.setdefault(leaf_set, code)
        per_table.append([sets[code] for code in found.codes])
    axis, codes, class_of = _refine(column, facts_codes, per_table, splits, labels)
    return (
        axis,
        codes,
        [Scope(_classes(counted, class_of), _classes(listed, class_of)) for counted, listed in looked_at],
    )


def _classes(codes: frozenset[str], class_of: dict[str, int]) -> Ints:
    return np.array(sorted({class_of[code] for code in codes if code in class_of}), dtype=np.int64)


def _refine(
    column: str,
    facts_codes: tuple[str, ...],
    per_table: list[list[frozenset[str]]],
    splits: dict[frozenset[str], tuple[frozenset[str], ...]],
    labels: dict[frozenset[str], str],
) -> tuple[Axis, list[list[int]], dict[str, int]]:
    """Number the classes first, then the other sets, each with parts that add up to it exactly.

    Returns:
        The axis, per table the numbers of its sets, and the class of each finest code.
    """
    sets = list(dict.fromkeys(leaf_set for sets_of_table in per_table for leaf_set in sets_of_table))
    signature: dict[str, list[int]] = {}
    for number, leaf_set in enumerate(sets):
        for code in leaf_set:
            signature.setdefault(code, []).append(number)
    classes: dict[tuple[int, ...], list[str]] = {}
    for code in sorted(signature):
        classes.setdefault(tuple(signature[code]), []).append(code)
    class_sets = [frozenset(codes) for codes in classes.values()]
    class_of = {code: number for number, codes in enumerate(class_sets) for code in codes}
    number_of = {leaf_set: number for number, leaf_set in enumerate(class_sets)}
    for leaf_set in sets:
        number_of.setdefault(leaf_set, len(number_of))
    ordered = list(number_of)
    members = tuple(np.array(sorted({class_of[code] for code in leaf_set}), dtype=np.int64) for leaf_set in ordered)
    parts: list[tuple[int, ...]] = []
    for number, leaf_set in enumerate(ordered):
        if number < len(class_sets):
            parts.append(())
            continue
        split = splits.get(leaf_set, ())
        adds_up = (
            bool(split)
            and leaf_set not in split
            and sum(len(part) for part in split) == len(leaf_set)
            and frozenset().union(*split) == leaf_set
        )
        parts.append(
            tuple(number_of[part] for part in split) if adds_up else tuple(int(place) for place in members[number])
        )
    axis = Axis(
        column,
        members,
        tuple(parts),
        np.array([class_of.get(code, -1) for code in facts_codes], dtype=np.int64),
        len(class_sets),
        tuple(labels.get(leaf_set) or "+".join(sorted(leaf_set)[:4]) for leaf_set in ordered),
    )
    return axis, [[number_of[leaf_set] for leaf_set in sets_of_table] for sets_of_table in per_table], class_of
