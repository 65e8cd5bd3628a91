"""To whom an empty node is no secret: who knows, from what he alone holds, that nothing is there.

Whoever holds all of the value of a node, or alone reported it to be empty, knows the figures of every unit of the
common refinement below it. An empty node of which he knows every unit is no secret to him, whatever is published and
whoever else reported zeros there. To everybody else it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from service.disclosure.question.lattice import Axis, Lattice
from service.disclosure.question.measures import Measures

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Insight:
    """Per node the contributors who know that it is empty, at start[node] : start[node + 1] of `holder`, ascending."""

    start: Ints
    holder: Ints

    def of(self, node: int) -> Ints:
        """The contributors who know that a node is empty."""
        return self.holder[self.start[node] : self.start[node + 1]]


def find_insight(lattice: Lattice, measures: Measures, nodes: Ints) -> Insight:
    """Who knows of empty nodes, by three passes over (node, contributor) pairs, axis by axis.

    1. Down: from every node of which a contributor holds all to the units below it.
    2. Only what is empty counts: the rest is his with its figures already (`measures`).
    3. Up: add up the units known to a contributor. A node is known when it has no more units than that.

    Args:
        lattice: all nodes.
        measures: their figures.
        nodes: those that matter; nobody has to look when none of them is empty.
    """
    size, holders = lattice.size, max(measures.holders, 1)
    alone = np.flatnonzero(measures.alone)
    empty = measures.value == 0
    if not len(alone) or not empty[nodes].any():
        return Insight(np.zeros(size + 1, dtype=np.int64), np.zeros(0, dtype=np.int64))
    # 1
    pairs = measures.node[alone] * holders + measures.holder[alone]
    stride = holders
    strides = []
    for axis in reversed(lattice.axes):
        strides.append(stride)
        pairs = np.unique(_spread(pairs, stride, axis.members)[0])
        stride *= len(axis)
    # 2
    pairs = pairs[empty[pairs // holders]]
    # 3
    known, units = np.ones(len(pairs), dtype=np.int64), np.ones(1, dtype=np.int64)
    for axis, along in zip(reversed(lattice.axes), strides, strict=True):
        reached, origin = _spread(pairs, along, _above(axis))
        inside = empty[reached // holders]
        pairs, place = np.unique(reached[inside], return_inverse=True)
        known = np.bincount(place, known[origin[inside]], len(pairs)).astype(np.int64)
        units = np.multiply.outer([len(members) for members in axis.members], units).reshape(-1)
    pairs = pairs[known == units[pairs // holders]]
    return Insight(np.searchsorted(pairs, np.arange(size + 1) * holders).astype(np.int64), pairs % holders)


def _spread(pairs: Ints, stride: int, steps: Sequence[Ints]) -> tuple[Ints, Ints]:
    """Every pair with its code along one axis replaced by each of `steps[code]`; and from which pair each came."""
    width = np.array([len(step) for step in steps], dtype=np.int64)
    flat = np.concatenate([*steps, np.zeros(0, dtype=np.int64)])
    code = pairs // stride % len(steps)
    times = width[code]
    origin = np.repeat(np.arange(len(pairs)), times)
    offset = np.arange(len(origin)) - np.repeat(np.cumsum(times) - times, times)
    to = flat[(np.cumsum(width) - width)[code][origin] + offset]
    return pairs[origin] + (to - code[origin]) * stride, origin


def _above(axis: Axis) -> list[Ints]:
    """Per class of an axis the codes that hold it; nothing for the other codes."""
    above: list[list[int]] = [[] for _ in range(len(axis))]
    for code, members in enumerate(axis.members):
        for member in members.tolist():
            above[member].append(code)
    return [np.array(codes, dtype=np.int64) for codes in above]
