"""What one certificate shows: for whom, and about which unsafe nodes.

A certificate may be shrunk, and turned round. How far it may be stretched is `Reach`: for outsiders until some node
falls below 0, for a contributor until one falls below what it knows of it, or not at all where it is alone.

`settle` says it in array operations. `hypercubes.settling` says the same in compiled code for tables that load such
code anyway: the largest have hundreds of thousands of certificates, and an array operation on a dozen numbers takes as
long as one on a thousand.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from service.disclosure.pattern.bits import Bytes

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

UP, DOWN = 0, 1

SLACK = 1e-7
"""Relative tolerance of a certificate, against rounding in the solver."""

WHOLE = 1e-5
"""How far from a whole number rounding leaves one."""

ANY = 0
"""In place of a number of copies: every share of the certificate counts."""


class State(NamedTuple):
    """What is open, changed in place, and what everybody knows.

    Attributes:
        outsider_open: per direction and place in the assessment, whether something is open for outsiders.
        insider_open: the same for contributors.
        left: for which of them, as bits.
        levels: per direction and place in the assessment, how far an outsider must be left in doubt.
        insider_levels: how far contributors must be.
        place: per node its place in the assessment, or -1.
        down: per node how far it may fall, as everybody knows.
        up: how far it may rise.
        start: own figures of node i are at start[i] : start[i + 1] of what follows.
        holder: whose figure it is.
        free: how far the node may fall for its holder.
        alone: whether the holder knows the node.
        counts: whether the figure tells the holder anything.
        strain: room to work in, 0 per contributor.
    """

    outsider_open: Flags
    insider_open: Flags
    left: Bytes
    levels: Floats
    insider_levels: Floats
    place: Ints
    down: Floats
    up: Floats
    start: Ints
    holder: Ints
    free: Floats
    alone: Flags
    counts: Flags
    strain: Floats


class Reach(NamedTuple):
    """How far a deviation can be stretched: for outsiders to `limit` of it, for these holders to 1 / `strain`."""

    limit: float
    holders: Ints
    strain: Floats


class Shown(NamedTuple):
    """About which (direction, place in the assessment) a certificate or its opposite shows something new."""

    way: Ints
    unsafe: Ints
    reach: Reach


def settle(state: State, nodes: Ints, deviation: Floats, copies: int) -> tuple[Shown, Shown]:
    """Tick off everything that a certificate and its shrunken copies show, and what those of its opposite do.

    Args:
        state: changed in place.
        nodes: of the certificate.
        deviation: how far each moves.
        copies: how many whole copies it is a multiple of, when only whole ones count; else `ANY`.
    """
    size, falls = np.abs(deviation), deviation < 0
    down, up = state.down[nodes], state.up[nodes]
    start, times = state.start[nodes], state.start[nodes + 1] - state.start[nodes]
    entry = np.repeat(start - (np.cumsum(times) - times), times) + np.arange(int(times.sum()))
    of = np.repeat(np.arange(len(nodes)), times)
    counts = state.counts[entry]
    if not counts.all():
        entry, of = entry[counts], of[counts]
    holder, falling, alone = state.holder[entry], falls[of], state.alone[entry]
    place = state.place[nodes]
    moved = np.flatnonzero(place >= 0)
    unsafe, rises = place[moved], ~falls[moved]
    found = []
    with np.errstate(divide="ignore"):
        used = size[of] / state.free[entry]
        for forward, sinking, sinks in ((True, falls, falling), (False, ~falls, ~falling)):
            worst = float(np.max(size / np.where(sinking, down, up), initial=0.0))
            matters = sinks | alone
            strain = np.zeros(len(state.strain))
            np.maximum.at(strain, holder[matters], used[matters])
            holders = np.flatnonzero(strain)
            reach = Reach(_limit(worst), holders, strain[holders])
            way = np.where(rises == forward, UP, DOWN)
            shown = _one_way(state, (way, unsafe), size[moved], reach, copies)
            found.append(Shown(way[shown], unsafe[shown], reach))
    return found[0], found[1]


def _one_way(state: State, keys: tuple[Ints, Ints], size: Floats, reach: Reach, copies: int) -> Ints:
    """Tick off what the shrunken copies of a certificate show; about which of the keys that is."""
    outsiders, insiders = state.outsider_open[keys], state.insider_open[keys]
    pending = np.flatnonzero(outsiders | insiders)
    if not len(pending):
        return pending
    way, unsafe, size = keys[0][pending], keys[1][pending], size[pending]
    shown = outsiders[pending] & (_share(state.levels[way, unsafe], size, copies) <= reach.limit)
    state.outsider_open[way[shown], unsafe[shown]] = False
    shrink = _share(state.insider_levels[way, unsafe], size, copies)
    able = np.flatnonzero(insiders[pending] & (shrink <= reach.limit))
    if len(able):
        key = way[able], unsafe[able]
        fails = np.zeros((len(able), len(state.strain)), dtype=np.bool_)
        fails[:, reach.holders] = np.multiply.outer(shrink[able], reach.strain) > 1 + SLACK
        before = state.left[key]
        left = before & np.packbits(fails, axis=1, bitorder="little")
        state.left[key] = left
        state.insider_open[key] = left.any(axis=1)
        shown[able] |= (left != before).any(axis=1)
    served: Ints = pending[shown]
    return served


def _limit(worst: float) -> float:
    """The largest share of a deviation that is possible where all of it strains a node `worst` times too far."""
    return min(1.0, 1.0 / worst if worst else 1.0) * (1 + SLACK)


def _share(level: Floats, size: Floats, copies: int) -> Floats:
    """The least share of a deviation that moves nodes by `level` where all of it moves them by `size`."""
    share: Floats = level / size
    return share if copies == ANY else np.ceil(copies * share - WHOLE) / copies
