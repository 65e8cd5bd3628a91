"""What an attacker has to go by: the equations, what is public, and what remains unknown.

It starts from the published values and the hierarchies of the tables alone, and shares no equation with the
protector.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
from scipy.sparse.csgraph import connected_components

from service.disclosure.faults import BadInput, Fault
from service.disclosure.question.dimensions import Dimension
from service.disclosure.question.doubt import doubt
from service.disclosure.question.lattice import Lattice
from service.disclosure.question.measures import Measures, shown_empty
from service.disclosure.question.tables import ReleasedTable

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

MOST_FAULTS = 20
"""Wrong values that are named per table."""


@dataclass(frozen=True)
class System:
    """What an attacker has to go by.

    Attributes:
        equations: @ deviations of all nodes from the true figures = 0.
        known: per node, whether its figure is public.
        describe: (column, code) pairs of a node, for messages.
        doubt: per node how far (below, above) the true figure others can be, as far as rounded tables tell; None when
            there are none.
    """

    equations: sp.csr_matrix
    known: Flags
    describe: Callable[[int], tuple[tuple[str, str], ...]]
    doubt: tuple[Floats, Floats] | None = None

    @classmethod
    def of(cls, lattice: Lattice, measures: Measures, tables: Sequence[ReleasedTable]) -> System:
        """What can be gone by when these tables are public.

        Raises:
            BadInput: a published value is not that of these data.
        """
        known = known_nodes(lattice, measures, tables)
        return cls(equations(lattice), known, lattice.describe, doubt(measures, tables, lattice.nodes))


def known_nodes(lattice: Lattice, measures: Measures, tables: Sequence[ReleasedTable]) -> Flags:
    """Which nodes are public exactly, after comparing all that is published with the facts.

    Those are what is published, and what a table tells to be empty by leaving its code out.

    Raises:
        BadInput: a published value is not that of these data.
    """
    known = np.zeros(lattice.size, dtype=np.bool_)
    faults = []
    for released, nodes in zip(tables, lattice.nodes, strict=True):
        for cell in np.flatnonzero(released.differs(measures.value[nodes]))[:MOST_FAULTS]:
            codes = ", ".join(f"{name}={code}" for name, code in released.table.codes_of(int(cell)))
            faults.append(
                Fault(
                    f"{released.table.name}, {codes}",
                    "de vrijgegeven waarde is niet die van deze gegevens",
                    "the released value is not that of these data",
                )
            )
        if released.base is None:
            known[nodes[released.published]] = True
    if faults:
        raise BadInput(faults)
    return known | shown_empty(lattice, measures)


def equations(lattice: Lattice) -> sp.csr_matrix:
    """All additive equations between nodes, also the superfluous ones, straight from the hierarchies.

    In every table each code that others add up to, along every column, and each code that is finer in another table
    split into the common refinement.
    """
    index = np.arange(lattice.size, dtype=np.int64).reshape(lattice.shape)
    rows, columns, signs, count = [], [], [], 0
    for place, axis in enumerate(lattice.axes if lattice.size else ()):
        of_set = {tuple(members): code for code, members in enumerate(axis.members)}
        for whole, parts in _axis_sums(lattice, place, of_set):
            for code, sign in ((whole, -1.0), *((part, 1.0) for part in parts)):
                nodes = index.take(code, axis=place).reshape(-1)
                rows.append(np.arange(count, count + len(nodes), dtype=np.int32))
                columns.append(nodes.astype(np.int32))
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
            if dimension.column != axis.column or not len(lattice.nodes[number]):
                continue
            code_of = _codes_along(lattice, number, dimension, place)
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


def _codes_along(lattice: Lattice, number: int, dimension: Dimension, place: int) -> dict[str, int]:
    """Per code of a table's dimension its code on the axis."""
    table = lattice.tables[number]
    grid = lattice.nodes[number].reshape(table.shape)
    which = table.dimensions.index(dimension)
    along = grid[tuple(slice(None) if one == which else 0 for one in range(grid.ndim))]
    return dict(zip(dimension.codes, np.unravel_index(along, lattice.shape)[place].tolist(), strict=True))


def eliminate(matrix: sp.csr_matrix, unknown: Flags) -> tuple[sp.csr_matrix, Flags]:
    """Strike out what is known, and what an equation with a single unknown left gives away, until none does."""
    unknown = unknown.copy()
    pattern = abs(matrix)
    while True:
        left = pattern @ unknown.astype(np.float64)
        single = np.flatnonzero(left == 1)
        if not len(single):
            return matrix[left > 0], unknown
        unknown[np.unique(matrix[single].indices)] = False


def components(matrix: sp.csr_matrix, nodes: Ints) -> Iterator[tuple[sp.csr_matrix, Ints]]:
    """What falls apart: (equations, nodes) of unknowns that share equations, directly or by way of others.

    Args:
        matrix: equations over all nodes.
        nodes: the unknown ones, ascending.
    """
    inside = matrix[:, nodes].tocsr()
    inside = inside[np.diff(inside.indptr) > 0]
    inside.eliminate_zeros()
    rows, columns = inside.shape
    both = sp.bmat([[None, inside], [inside.T, None]]).tocsr() if rows else sp.csr_matrix((columns, columns))
    number, label = connected_components(both, directed=False)
    row_order, column_order = np.argsort(label[:rows], kind="stable"), np.argsort(label[rows:], kind="stable")
    row_ends = np.searchsorted(label[:rows][row_order], np.arange(number + 1))
    column_ends = np.searchsorted(label[rows:][column_order], np.arange(number + 1))
    local = np.empty(columns, dtype=np.int32)
    local[column_order] = np.arange(columns) - column_ends[label[rows:][column_order]]
    inside = inside[row_order]
    for one in range(number):
        first, last = row_ends[one], row_ends[one + 1]
        start, stop = inside.indptr[first], inside.indptr[last]
        own = column_order[column_ends[one] : column_ends[one + 1]]
        entries = (inside.data[start:stop], local[inside.indices[start:stop]], inside.indptr[first : last + 1] - start)
        yield sp.csr_matrix(entries, shape=(last - first, len(own))), nodes[own]
