"""One deviation: the cheapest sum of hypercubes that moves a node far enough."""

from __future__ import annotations

import numpy as np

from service.disclosure.pattern.hypercubes.compiling import compiled
from service.disclosure.pattern.hypercubes.desk import (
    BREADTH,
    CLOCK,
    CUBES,
    FREE,
    LOOK,
    MOST_CORNERS,
    ROUNDING,
    ROUNDS,
    TOUCHED,
    TRIES,
    WATCH,
    WHOLE,
    WORK,
    Desk,
)


@compiled
def _room_of(node: int, desk: Desk) -> float:
    """How far a node may fall for contributors; -1 when one of them knows it."""
    figures, scratch = desk.figures, desk.scratch
    first, last = figures.start[node], figures.start[node + 1]
    if first == last:
        return float(figures.value[node])
    for entry in range(first, min(last, first + LOOK)):
        if scratch.flag[figures.holder[entry]]:
            return -1.0 if figures.alone[entry] else float(figures.value[node] - figures.own[entry])
    if last - first <= LOOK:
        return float(figures.value[node])
    return -1.0 if figures.alone[first + LOOK] else float(figures.value[node] - figures.own[first + LOOK])


@compiled
def _look_up(node: int, desk: Desk) -> None:
    """Note how far a node may fall for those concerned; -1 when one of them knows it."""
    figures, scratch = desk.figures, desk.scratch
    scratch.room[node] = _room_of(node, desk) if scratch.state[WATCH] else figures.value[node]
    scratch.room_clock[node] = scratch.state[CLOCK]


@compiled
def _choose_moves(target: int, sign: float, left: float, least: float, desk: Desk) -> bool:
    """Per axis the moves through a node that cost least per unit, by the codes touched; False when one has none."""
    moves, board, scratch = desk.moves, desk.board, desk.scratch
    closed, now, noted, room_of = board.closed, scratch.state[CLOCK], scratch.room_clock, scratch.room
    offset, direction_of, first_entry = moves.offset, moves.sign, moves.entry
    deviation, price, breadth = scratch.deviation, board.price, scratch.effort[BREADTH]
    watch = scratch.state[WATCH] == 1
    chosen, choices, cheapest = scratch.ints[0], scratch.ints[5], scratch.floats[0]
    axes = len(moves.shape)
    rest = target
    for axis in range(axes - 1, -1, -1):
        scratch.code[axis] = rest % moves.shape[axis]
        rest //= moves.shape[axis]
    for axis in range(axes):
        found = 0
        code = moves.first[axis] + scratch.code[axis]
        scratch.state[WORK] += moves.move[code + 1] - moves.move[code]
        for move in range(moves.move[code], moves.move[code + 1]):
            total, good = 0.0, True
            for entry in range(first_entry[move], first_entry[move + 1]):
                node = target + offset[entry]
                if closed[node]:
                    good = False
                    break
                if deviation[node] == 0.0:
                    total += price[node] + FREE
            if not good or (found == breadth and total >= cheapest[breadth - 1] * left):
                continue
            step = left
            for entry in range(first_entry[move], first_entry[move + 1]):
                falls = direction_of[entry] * sign < 0
                if watch or falls:
                    node = target + offset[entry]
                    if noted[node] != now:
                        _look_up(node, desk)
                    if room_of[node] < 0:
                        good = False
                        break
                    if falls:
                        step = min(step, room_of[node] + deviation[node])
                        if step < least:
                            good = False
                            break
            if not good:
                continue
            total /= step
            if found == breadth and total >= cheapest[breadth - 1]:
                continue
            place = min(found, breadth - 1)
            found = min(found + 1, breadth)
            while place > 0 and cheapest[place - 1] > total:
                cheapest[place] = cheapest[place - 1]
                chosen[axis * breadth + place] = chosen[axis * breadth + place - 1]
                place -= 1
            cheapest[place] = total
            chosen[axis * breadth + place] = move
        choices[axis] = found
        if found == 0:
            return False
    return axes > 0  # without an axis there is no hypercube


@compiled
def _cheapest_cube(
    target: int, sign: float, left: float, own_room: float, limit: float, least: float, desk: Desk
) -> tuple[int, float, float]:
    """The hypercube of least cost per unit among products of the chosen moves, by branch and bound.

    A partial product is part of every full one, so what it costs and how far it can go bound them.

    Returns:
        Its corners (0: there is none), which stand in `Scratch`; how far it goes; what it costs.
    """
    moves, board, scratch = desk.moves, desk.board, desk.scratch
    closed, now, noted, room_of = board.closed, scratch.state[CLOCK], scratch.room_clock, scratch.room
    offset, direction_of, first_entry = moves.offset, moves.sign, moves.entry
    deviation, price, breadth = scratch.deviation, board.price, scratch.effort[BREADTH]
    watch = scratch.state[WATCH] == 1
    whole, axes = scratch.state[WHOLE] == 1, len(moves.shape)
    chosen, corner, best_corner = scratch.ints[0], scratch.ints[1], scratch.ints[2]
    corners, place_of, choices = scratch.ints[3], scratch.ints[4], scratch.ints[5]
    corner_sign, best_sign, price_at, room_at = (
        scratch.floats[1],
        scratch.floats[2],
        scratch.floats[3],
        scratch.floats[4],
    )
    best, best_step, best_count, best_price = np.inf, 0.0, 0, 0.0
    corner[0], corner_sign[0], corners[0] = target, sign, 1
    price_at[0], room_at[0], place_of[0] = 0.0, own_room, -1
    axis, tried = 0, 0
    while axis >= 0:
        place_of[axis] += 1
        if place_of[axis] >= choices[axis] or tried > scratch.effort[TRIES]:
            axis -= 1
            continue
        tried += 1
        move = chosen[axis * breadth + place_of[axis]]
        before = corners[axis]
        count, total, room, good = before, price_at[axis], room_at[axis], True
        if before * (first_entry[move + 1] - first_entry[move] + 1) > MOST_CORNERS:
            continue
        for entry in range(first_entry[move], first_entry[move + 1]):
            for place in range(before):
                node = corner[place] + offset[entry]
                if closed[node]:
                    good = False
                    break
                if deviation[node] == 0.0:
                    total += price[node] + FREE
                    if total > limit or total / left >= best:
                        good = False
                        break
                corner[count], corner_sign[count] = node, corner_sign[place] * direction_of[entry]
                count += 1
            if not good:
                break
        for place in range(before, count if good else before):
            node, falls = corner[place], corner_sign[place] < 0
            if watch or falls:
                if noted[node] != now:
                    _look_up(node, desk)
                if room_of[node] < 0:
                    good = False
                    break
                if falls:
                    room = min(room, room_of[node] + deviation[node])
                    if room < least:
                        good = False
                        break
        if good:
            step = np.floor(room + ROUNDING) if whole else room
            good = step >= least and total / min(step, left) < best
        scratch.state[WORK] += count
        if not good:
            continue
        if axis < axes - 1:
            axis += 1
            corners[axis], price_at[axis], room_at[axis], place_of[axis] = count, total, room, -1
            continue
        step = min(np.floor(room + ROUNDING) if whole else room, left)
        best, best_step, best_count, best_price = total / step, step, count, total
        for place in range(count):
            best_corner[place], best_sign[place] = corner[place], corner_sign[place]
        if total <= FREE * count and step >= left:
            break
    return best_count, best_step, best_price


@compiled
def _push(target: int, sign: float, level: float, limit: float, desk: Desk) -> float:
    """Add hypercubes until `target` has moved by sign * level; the cost of what is newly withheld, or infinity.

    When no way is found within the limit, the deviation is as it was.
    """
    scratch = desk.scratch
    corner, corner_sign, deviation = scratch.ints[2], scratch.floats[2], scratch.deviation
    least = 1.0 - ROUNDING if scratch.state[WHOLE] == 1 else 1e-6 * level
    left, logged, cost = level, 0, 0.0
    for _ in range(scratch.effort[CUBES]):
        own_room = np.inf
        if sign < 0:
            _look_up(target, desk)
            own_room = scratch.room[target] + deviation[target]
            if own_room < left - ROUNDING * level:
                break
        if not _choose_moves(target, sign, left, least, desk):
            break
        count, step, price = _cheapest_cube(target, sign, left, own_room, limit - cost, least, desk)
        if count == 0 or logged + count > len(scratch.log_node):
            break
        cost += price
        for place in range(count):
            node = corner[place]
            if not scratch.seen[node]:
                scratch.seen[node] = True
                scratch.touched[scratch.state[TOUCHED]] = node
                scratch.state[TOUCHED] += 1
            scratch.log_node[logged], scratch.log_deviation[logged] = node, deviation[node]
            logged += 1
            deviation[node] += corner_sign[place] * step
            if abs(deviation[node]) < ROUNDING * level:
                deviation[node] = 0.0
        left -= step
        if left <= ROUNDING * level:
            return cost
    for place in range(logged - 1, -1, -1):
        deviation[scratch.log_node[place]] = scratch.log_deviation[place]
    return np.inf


@compiled
def _shorten(target: int, desk: Desk) -> None:
    """Push costly nodes of the present deviation back to zero, `target` aside, while that saves something."""
    board, scratch = desk.board, desk.scratch
    was_closed = board.closed[target]
    board.closed[target] = True
    for _ in range(scratch.effort[ROUNDS]):
        better = False
        place = 0
        while place < scratch.state[TOUCHED]:
            node = scratch.touched[place]
            place += 1
            have = scratch.deviation[node]
            if have == 0.0 or board.price[node] == 0.0 or node == target:
                continue
            back = -1.0 if have > 0 else 1.0
            if _push(node, back, abs(have), board.price[node], desk) < np.inf:
                scratch.deviation[node] = 0.0
                better = True
        if not better:
            break
    board.closed[target] = was_closed


@compiled
def find(target: int, sign: float, level: float, desk: Desk) -> bool:
    """A cheap deviation that moves a node by sign * level, into `Scratch.deviation` and `touched`; `clear` it later.

    `Scratch.flag` and the state `WATCH` say to whom it must be possible.
    """
    desk.scratch.state[CLOCK] += 1
    cost = _push(target, sign, level, np.inf, desk)
    if 0.0 < cost < np.inf:
        _shorten(target, desk)
    return cost < np.inf


@compiled
def clear(desk: Desk) -> None:
    """Forget the present deviation."""
    scratch = desk.scratch
    for place in range(scratch.state[TOUCHED]):
        node = scratch.touched[place]
        scratch.deviation[node] = 0.0
        scratch.seen[node] = False
    scratch.state[TOUCHED] = 0
