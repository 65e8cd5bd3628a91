"""The moves along each axis of a lattice, and the hypercubes that they span.

Shift one unit from finest class b to finest class a of an axis. Every code that holds a and not b grows by one, every
code that holds b and not a falls by one, and all sums along the axis still hold. Without a b, all codes that
hold a grow. Such a shift is a move. Multiply one move per axis and the outcome is a deviation over a hypercube of
nodes, each +1 or -1, that satisfies every relation of the lattice, whatever the hierarchies.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from service.disclosure.question.lattice import Axis, Lattice

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

Shift = tuple[tuple[int, ...], tuple[int, ...]]

MOST_MOVES = 600
"""Moves kept per code; those that touch the fewest codes."""


class Moves(NamedTuple):
    """All moves of a lattice, as flat arrays.

    The moves of code c of axis k are `move[first[k] + c] : move[first[k] + c + 1]`; the entries of move m are
    `entry[m] : entry[m + 1]` of `offset` and `sign`. An offset is what to add to the number of a node with code c to
    come to the node with another code there; c itself, with sign +1, is left out.
    """

    shape: Ints
    first: Ints
    move: Ints
    entry: Ints
    offset: Ints
    sign: Floats


def moves_of(lattice: Lattice) -> Moves:
    """The moves of every axis."""
    first: list[int] = []
    move, entry, offset, sign = [0], [0], [], []
    codes = 0
    for place, axis in enumerate(lattice.axes):
        stride = prod(lattice.shape[place + 1 :])
        first.append(codes)
        codes += len(axis)
        for code, shifts in enumerate(_shifts(axis)):
            for grow, fall in shifts:
                offset += [(other - code) * stride for other in (*grow, *fall)]
                sign += [1.0] * len(grow) + [-1.0] * len(fall)
                entry.append(len(offset))
            move.append(len(entry) - 1)

    def whole(numbers: Sequence[int]) -> Ints:
        return np.array(numbers, dtype=np.int64)

    return Moves(
        whole(lattice.shape), whole(first), whole(move), whole(entry), whole(offset), np.array(sign, dtype=np.float64)
    )


def _shifts(axis: Axis) -> list[list[Shift]]:
    """Per code, (other codes that grow, codes that fall) of each move in which it grows; the shortest first."""
    holding: list[list[int]] = [[] for _ in range(axis.classes)]
    for code, classes in enumerate(axis.members):
        for one in classes.tolist():
            holding[one].append(code)
    sets = [frozenset(codes) for codes in holding]
    found = []
    for code, classes in enumerate(axis.members):
        inside = classes.tolist()
        outside = sorted(set(range(axis.classes)) - set(inside))
        shifts: list[Shift] = [(tuple(sorted(sets[a] - {code})), ()) for a in inside]
        shifts += [
            (tuple(sorted(sets[a] - sets[b] - {code})), tuple(sorted(sets[b] - sets[a])))
            for a in inside
            for b in outside
        ]
        shifts.sort(key=lambda shift: len(shift[0]) + len(shift[1]))
        found.append(shifts[:MOST_MOVES])
    return found
