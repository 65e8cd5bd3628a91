"""What one certificate shows, compiled: the same as `pattern.settling`, for tables with hundreds of thousands."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from service.disclosure.pattern.hypercubes.compiling import compiled
from service.disclosure.pattern.settling import ANY, DOWN, SLACK, UP, WHOLE, Reach, Shown, State

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@compiled
def _least_share(level: float, size: float, copies: int) -> float:
    """The least share of a deviation that moves a node by `level` where all of it moves it by `size`."""
    share = level / size
    return share if copies == ANY else np.ceil(copies * share - WHOLE) / copies


@compiled
def _strain(nodes: Ints, deviation: Floats, forward: bool, state: State, holders: Ints) -> int:
    """Into `State.strain`, for whom it can be stretched how far; who they are into `holders`, and their number."""
    start, holder, alone, strain = state.start, state.holder, state.alone, state.strain
    found = 0
    for one in range(len(nodes)):
        node, size, sinks = nodes[one], abs(deviation[one]), (deviation[one] < 0) == forward
        for entry in range(start[node], start[node + 1]):
            if state.counts[entry] and (sinks or alone[entry]):
                who = holder[entry]
                if strain[who] == 0.0:
                    holders[found] = who
                    found += 1
                strain[who] = max(strain[who], size / state.free[entry])
    return found


@compiled
def _one_way(
    nodes: Ints, deviation: Floats, forward: bool, copies: int, state: State, out: tuple[Ints, Ints, Ints], always: bool
) -> tuple[int, float, int]:
    """Tick off what the shrunken copies of a certificate, or of its opposite, show.

    Args:
        nodes: of the certificate.
        deviation: how far each moves.
        forward: the certificate itself.
        copies: see `settle`.
        state: see `settle`.
        out: directions and places of what was shown, and holders whose strain matters.
        always: look for those also when nothing is open.

    Returns:
        How much was shown, how far an outsider lets it be stretched, how many holders there are.
    """
    way_out, place_out, holders = out
    place, levels, insider_levels = state.place, state.levels, state.insider_levels
    outsider_open, insider_open, left, strain = state.outsider_open, state.insider_open, state.left, state.strain
    worst, asked, shown, found = 0.0, always, 0, 0
    for one in range(len(nodes)):
        node, moves = nodes[one], deviation[one]
        room = state.down[node] if (moves < 0) == forward else state.up[node]
        worst = max(worst, abs(moves) / room)
        if place[node] >= 0:
            way = UP if (moves > 0) == forward else DOWN
            asked = asked or insider_open[way, place[node]]
    limit = (min(1.0, 1.0 / worst) if worst > 0.0 else 1.0) * (1 + SLACK)
    if asked:
        found = _strain(nodes, deviation, forward, state, holders)
    for one in range(len(nodes)):
        unsafe = place[nodes[one]]
        if unsafe < 0:
            continue
        way, size, new = (UP if (deviation[one] > 0) == forward else DOWN), abs(deviation[one]), False
        if outsider_open[way, unsafe] and _least_share(levels[way, unsafe], size, copies) <= limit:
            outsider_open[way, unsafe] = False
            new = True
        if insider_open[way, unsafe]:
            shrink = _least_share(insider_levels[way, unsafe], size, copies)
            if shrink <= limit:
                new = _keep(left[way, unsafe], shrink, strain, holders[:found]) or new
                insider_open[way, unsafe] = left[way, unsafe].any()
        if new:
            way_out[shown], place_out[shown] = way, unsafe
            shown += 1
    return shown, limit, found


@compiled
def _keep(left: npt.NDArray[np.uint8], shrink: float, strain: Floats, holders: Ints) -> bool:
    """Keep of `left` those for whom that share is too much; whether that changes anything."""
    kept = np.zeros(len(left), dtype=np.uint8)
    for who in holders:
        if shrink * strain[who] > 1 + SLACK:
            kept[who // 8] |= np.uint8(1 << (who % 8))
    changed = False
    for byte in range(len(left)):
        both = left[byte] & kept[byte]
        changed = changed or both != left[byte]
        left[byte] = both
    return changed


def settle(state: State, nodes: Ints, deviation: Floats, copies: int, *, reaches: bool = True) -> tuple[Shown, Shown]:
    """`pattern.settling.settle`; without `reaches` for whom the certificate can be stretched how far is left out."""
    found = []
    for forward in (True, False):
        out = np.empty(len(nodes), np.int64), np.empty(len(nodes), np.int64), np.empty(len(state.strain), np.int64)
        shown, limit, known = _one_way(nodes, deviation, forward, copies, state, out, reaches)
        holders = out[2][:known]
        reach = Reach(limit, holders, state.strain[holders])
        state.strain[holders] = 0.0
        found.append(Shown(out[0][:shown], out[1][:shown], reach))
    return found[0], found[1]
