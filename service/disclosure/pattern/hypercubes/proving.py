"""One need proven: the deviations that together are possible to every attacker that matters."""

from __future__ import annotations

import numpy as np

from service.disclosure.pattern.hypercubes.compiling import compiled
from service.disclosure.pattern.hypercubes.desk import (
    EVERYONE,
    FRESH,
    MOST_CONCERNED,
    MOST_PROOFS,
    NEED,
    NOTHING_NEW,
    OUTSIDER,
    ROUNDING,
    SOME,
    TOUCHED,
    WHO,
    WORK,
    Desk,
    Ints,
)
from service.disclosure.pattern.hypercubes.deviation import concern, push, shorten, wipe


@compiled
def take_up(need: int, desk: Desk) -> None:
    """From now on, deviations are for this need: flag who knows its node anyway."""
    needs, scratch = desk.needs, desk.scratch
    before = scratch.state[NEED]
    for entry in range(needs.start[before], needs.start[before + 1]):
        scratch.informed[needs.informed[entry]] = False
    for entry in range(needs.start[need], needs.start[need + 1]):
        scratch.informed[needs.informed[entry]] = True
    scratch.state[NEED] = need


@compiled
def failing_for(shrink: float, found: Ints, desk: Desk) -> int:
    """Into `found`: those who can exclude the present deviation, shrunk, for the need in hand; how many there are."""
    figures, scratch = desk.figures, desk.scratch
    count = 0
    scratch.state[WORK] += scratch.state[TOUCHED]
    for place in range(scratch.state[TOUCHED]):
        node = scratch.touched[place]
        step = scratch.deviation[node] * shrink
        first, last = figures.start[node], figures.start[node + 1]
        if step == 0.0 or first == last or (step > 0 and not figures.alone[node]):
            continue
        for entry in range(first, last):
            if not figures.alone[node] and figures.value[node] - figures.own[entry] >= -step * (1 - ROUNDING):
                break
            holder = figures.holder[entry]
            if not scratch.informed[holder] and not scratch.flag[holder]:
                scratch.flag[holder] = True
                found[count] = holder
                count += 1
    for place in range(count):
        scratch.flag[found[place]] = False
    return count


@compiled
def fits(desk: Desk) -> bool:
    """Whether there is room for the present deviation as one more proof."""
    scratch, proofs = desk.scratch, desk.proofs
    return bool(
        proofs.top[0] < len(proofs.start)
        and proofs.top[1] + scratch.state[TOUCHED] <= len(proofs.nodes)
        and proofs.top[2] + scratch.lists.shape[1] <= len(proofs.failing)
    )


@compiled
def keep(failing: Ints, count: int, desk: Desk) -> tuple[int, float]:
    """Store the present deviation as a proof, withhold what it uses, and begin anew; (its number, the cost)."""
    board, scratch, proofs = desk.board, desk.scratch, desk.proofs
    number, top, last = proofs.top[0], proofs.top[1], proofs.top[2]
    proofs.start[number], proofs.failing_start[number] = top, last
    spent = 0.0
    for place in range(scratch.state[TOUCHED]):
        node = scratch.touched[place]
        scratch.seen[node] = False
        if scratch.deviation[node] == 0.0:
            continue
        proofs.nodes[top], proofs.deviations[top] = node, scratch.deviation[node]
        top += 1
        scratch.deviation[node] = 0.0
        if board.price[node] > 0:
            spent += board.price[node]
            board.price[node] = 0.0
            board.withheld[node] = True
            scratch.fresh[scratch.state[FRESH]] = node
            scratch.state[FRESH] += 1
    scratch.state[TOUCHED] = 0
    for place in range(count):
        proofs.failing[last] = failing[place]
        last += 1
    proofs.stop[number], proofs.failing_stop[number] = top, last
    proofs.top[0], proofs.top[1], proofs.top[2] = number + 1, top, last
    return number, spent


@compiled
def undo(since: int, desk: Desk) -> None:
    """Publish again what was newly withheld since."""
    board, scratch = desk.board, desk.scratch
    for place in range(since, scratch.state[FRESH]):
        node = scratch.fresh[place]
        board.price[node] = board.weight[node]
        board.withheld[node] = False
    scratch.state[FRESH] = since


@compiled
def prove(need: int, limit: float, ids: Ints, desk: Desk) -> tuple[int, float]:
    """Prove a need: how many proofs, whose numbers go into `ids`, or -1; and what is newly withheld."""
    needs, scratch = desk.needs, desk.scratch
    target = needs.node[need]
    failing, others, served = scratch.lists[0], scratch.lists[1], scratch.lists[2]
    take_up(need, desk)
    count, spent, open_, turn = 0, 0.0, -1, 0
    outside = needs.level[need] > 0
    together = True
    while True:
        if outside:
            level = needs.level[need]
            concern(OUTSIDER, failing, 0, 0, desk)
        else:
            level = needs.inner[need]
            if level <= 0 or open_ == 0:
                return count, spent
            if open_ < 0 or (together and open_ > MOST_CONCERNED):
                concern(EVERYONE, failing, 0, 0, desk)
            elif together:
                concern(SOME, failing, 0, open_, desk)
            else:
                while turn < open_ and served[turn] == 1:
                    turn += 1
                if turn == open_:
                    return count, spent
                concern(SOME, failing, turn, turn + 1, desk)
        some = scratch.state[WHO] == SOME
        cost = push(target, needs.sign[need], level, limit - spent, desk)
        if cost == np.inf or count == MOST_PROOFS or not fits(desk):
            wipe(desk)
            concern(OUTSIDER, failing, 0, 0, desk)
            if not some or not together or count == MOST_PROOFS:
                return -1, spent
            together = False
            for place in range(open_):
                served[place] = 0
            continue
        if scratch.state[NOTHING_NEW] == 0:
            shorten(target, desk)
            if not fits(desk):
                wipe(desk)
                concern(OUTSIDER, failing, 0, 0, desk)
                return -1, spent
        finished = scratch.state[WHO] != OUTSIDER and together
        concern(OUTSIDER, failing, 0, 0, desk)
        excluded = 0
        if outside:
            if needs.inner[need] > 0:
                excluded = failing_for(needs.inner[need] / level, failing, desk)
            open_, outside = excluded, False
            number, cost = keep(failing, excluded, desk)
        else:
            excluded = failing_for(1.0, others, desk)
            if not together:
                for place in range(open_):
                    hit = False
                    for other in range(excluded):
                        hit = hit or others[other] == failing[place]
                    if not hit:
                        served[place] = 1
            number, cost = keep(others, excluded, desk)
        ids[count] = number
        count += 1
        spent += cost
        if finished:
            return count, spent


@compiled
def full(desk: Desk) -> bool:
    """Whether the proofs of one more need might not fit."""
    scratch, proofs = desk.scratch, desk.proofs
    return bool(
        proofs.top[0] + MOST_PROOFS >= len(proofs.start)
        or proofs.top[1] + len(scratch.touched) >= len(proofs.nodes)
        or proofs.top[2] + MOST_PROOFS * scratch.lists.shape[1] >= len(proofs.failing)
    )


@compiled
def weave(order: Ints, begin: int, roomy: bool, failed: Ints, desk: Desk) -> tuple[int, int]:
    """Prove the needs `order[begin:]`: where it stopped, when there is no more room, and how many failed.

    Only the first is taken as failed for want of room, and only when room was made just now.
    """
    proofs, scratch = desk.proofs, desk.scratch
    ids = np.empty(MOST_PROOFS + 1, dtype=np.int64)
    unproven = 0
    for place in range(begin, len(order)):
        if full(desk):
            return place, unproven
        need = order[place]
        scratch.state[FRESH] = 0
        count, _ = prove(need, np.inf, ids, desk)
        if count < 0:
            undo(0, desk)
            if full(desk) and not (roomy and place == begin):
                return place, unproven
            failed[unproven] = need
            unproven += 1
        proofs.amount[need] = max(count, 0)
        for number in range(proofs.amount[need]):
            proofs.numbers[need, number] = ids[number]
    return len(order), unproven
