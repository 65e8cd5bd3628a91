"""Publishing again what the proofs can do without."""

from __future__ import annotations

import numpy as np

from service.disclosure.pattern.hypercubes.compiling import compiled
from service.disclosure.pattern.hypercubes.desk import (
    EVERYONE,
    FRESH,
    MOST_CONCERNED,
    MOST_PROOFS,
    OUTSIDER,
    SOME,
    TOUCHED,
    WORK,
    Desk,
    Ints,
    Proofs,
)
from service.disclosure.pattern.hypercubes.deviation import concern, push, wipe
from service.disclosure.pattern.hypercubes.proving import failing_for, fits, full, keep, prove, take_up, undo


@compiled
def index(head: Ints, following: Ints, user: Ints, desk: Desk) -> int:
    """Chain, per node, the needs whose proofs use it: `head` -> `following`; the number of links."""
    proofs = desk.proofs
    links = 0
    for need in range(len(proofs.amount)):
        for place in range(proofs.amount[need]):
            proof = proofs.numbers[need, place]
            for entry in range(proofs.start[proof], proofs.stop[proof]):
                node = proofs.nodes[entry]
                user[links], following[links] = need, head[node]
                head[node] = links
                links += 1
    return links


@compiled
def _deviation_at(node: int, proof: int, desk: Desk) -> float:
    """How far a proof moves a node."""
    proofs = desk.proofs
    for entry in range(proofs.start[proof], proofs.stop[proof]):
        if proofs.nodes[entry] == node:
            return float(proofs.deviations[entry])
    return 0.0


@compiled
def _concern_unserved(place: int, count: int, ids: Ints, need: int, desk: Desk) -> bool:
    """Concern those whom every other proof of the need fails; False when there are too many."""
    needs, scratch, proofs = desk.needs, desk.scratch, desk.proofs
    if needs.inner[need] <= 0:
        concern(OUTSIDER, scratch.concerned, 0, 0, desk)
        return True
    if count == 1:
        concern(EVERYONE, scratch.concerned, 0, 0, desk)
        return True
    common = scratch.lists[0]
    total, first = 0, True
    for other in range(count):
        if other == place:
            continue
        low, high = proofs.failing_start[ids[other]], proofs.failing_stop[ids[other]]
        if first:
            for entry in range(low, high):
                common[total] = proofs.failing[entry]
                total += 1
            first = False
            continue
        left = 0
        for one in range(total):
            for entry in range(low, high):
                if proofs.failing[entry] == common[one]:
                    common[left] = common[one]
                    left += 1
                    break
        total = left
    if total > MOST_CONCERNED:
        return False
    if total == 0:
        concern(OUTSIDER, scratch.concerned, 0, 0, desk)
    else:
        concern(SOME, common, 0, total, desk)
    return True


@compiled
def _repair(node: int, need: int, limit: float, ids: Ints, desk: Desk) -> tuple[int, float]:
    """Push every proof of a need off a node; as `_prove`."""
    needs, board, scratch, proofs = desk.needs, desk.board, desk.scratch, desk.proofs
    count, target, spent = proofs.amount[need], needs.node[need], 0.0
    take_up(need, desk)
    for place in range(count):
        ids[place] = proofs.numbers[need, place]
    for place in range(count):
        proof = ids[place]
        have = _deviation_at(node, proof, desk)
        if have == 0.0:
            continue
        if not _concern_unserved(place, count, ids, need, desk):
            return -1, spent
        for entry in range(proofs.start[proof], proofs.stop[proof]):
            other = proofs.nodes[entry]
            scratch.deviation[other] = proofs.deviations[entry]
            scratch.seen[other] = True
            scratch.touched[scratch.state[TOUCHED]] = other
            scratch.state[TOUCHED] += 1
        was_closed = board.closed[target]
        board.closed[target] = True
        back = -1.0 if have > 0 else 1.0
        cost = push(node, back, abs(have), limit - spent, desk)
        board.closed[target] = was_closed
        concern(OUTSIDER, scratch.concerned, 0, 0, desk)
        if cost == np.inf or not fits(desk):
            wipe(desk)
            return -1, spent
        scratch.deviation[node] = 0.0
        excluded = 0
        if needs.inner[need] > 0:
            shrink = needs.inner[need] / abs(scratch.deviation[target])
            excluded = failing_for(min(shrink, 1.0), scratch.lists[1], desk)
        ids[place], cost = keep(scratch.lists[1], excluded, desk)
        spent += cost
    return count, spent


@compiled
def improve(
    candidates: Ints, begin: int, most_work: int, links: int, chains: tuple[Ints, Ints, Ints], desk: Desk
) -> tuple[int, int, float]:
    """Publish `candidates[begin:]` again where that is worth it; stops when full or when the work is done.

    Only the first is given up for want of room.

    Returns:
        Where it stopped, the number of nodes published, the weight saved.
    """
    needs, board, scratch, proofs = desk.needs, desk.board, desk.scratch, desk.proofs
    head, following, user = chains
    ids = np.empty(MOST_PROOFS + 1, dtype=np.int64)
    total = len(needs.node)
    mark = np.full(total, -1, dtype=np.int64)
    changed, counts = np.empty(total, dtype=np.int64), np.empty(total, dtype=np.int64)
    renewed = np.empty((min(total, 4096), MOST_PROOFS + 1), dtype=np.int64)
    freed, saved = 0, 0.0
    for place in range(begin, len(candidates)):
        node = candidates[place]
        if not board.withheld[node]:
            continue
        if full(desk) or scratch.state[WORK] > most_work:
            return place, freed, saved
        limit, spent, amount, good = board.weight[node] * 0.999, 0.0, 0, True
        board.closed[node] = True
        scratch.state[FRESH] = 0
        tops = (proofs.top[0], proofs.top[1], proofs.top[2])
        link = head[node]
        while link >= 0 and good:
            need = user[link]
            link = following[link]
            scratch.state[WORK] += 1
            if mark[need] == place:
                continue
            mark[need] = place
            uses = False
            for number in range(proofs.amount[need]):
                proof = proofs.numbers[need, number]
                scratch.state[WORK] += proofs.stop[proof] - proofs.start[proof]
                for entry in range(proofs.start[proof], proofs.stop[proof]):
                    uses = uses or proofs.nodes[entry] == node
            if not uses:
                continue
            if full(desk) or amount == len(renewed):
                good = False
                break
            since, before = scratch.state[FRESH], (proofs.top[0], proofs.top[1], proofs.top[2])
            count, cost = _repair(node, need, limit - spent, ids, desk)
            if count < 0:
                undo(since, desk)
                proofs.top[0], proofs.top[1], proofs.top[2] = before
                count, cost = prove(need, limit - spent, ids, desk)
            spent += cost
            if count < 0 or spent > limit:
                good = False
                break
            changed[amount], counts[amount] = need, count
            for number in range(count):
                renewed[amount, number] = ids[number]
            amount += 1
        board.closed[node] = False
        if not good or links + proofs.top[1] - tops[1] > len(user):
            crowded = full(desk) or links + proofs.top[1] - tops[1] > len(user)
            undo(0, desk)
            proofs.top[0], proofs.top[1], proofs.top[2] = tops
            if crowded and place > begin:
                return place, freed, saved
            continue
        freed += 1
        saved += board.weight[node] - spent
        board.withheld[node] = False
        board.price[node] = board.weight[node]
        for one in range(amount):
            need = changed[one]
            proofs.amount[need] = counts[one]
            for number in range(counts[one]):
                proof = renewed[one, number]
                proofs.numbers[need, number] = proof
                if proof < tops[0]:
                    continue
                for entry in range(proofs.start[proof], proofs.stop[proof]):
                    other = proofs.nodes[entry]
                    user[links], following[links] = need, head[other]
                    head[other] = links
                    links += 1
    return len(candidates), freed, saved


@compiled
def live(proofs: Proofs) -> tuple[int, int, int]:
    """How many proofs are in use, and how many nodes and failing contributors they list."""
    count, entries, failing = 0, 0, 0
    for need in range(len(proofs.amount)):
        for place in range(proofs.amount[need]):
            proof = proofs.numbers[need, place]
            count += 1
            entries += proofs.stop[proof] - proofs.start[proof]
            failing += proofs.failing_stop[proof] - proofs.failing_start[proof]
    return count, entries, failing


@compiled
def copy(old: Proofs, new: Proofs) -> None:
    """The proofs of `old` that are in use, into `new`."""
    number, top, last = 0, 0, 0
    for need in range(len(old.amount)):
        new.amount[need] = old.amount[need]
        for place in range(old.amount[need]):
            proof = old.numbers[need, place]
            new.start[number], new.failing_start[number] = top, last
            for entry in range(old.start[proof], old.stop[proof]):
                new.nodes[top], new.deviations[top] = old.nodes[entry], old.deviations[entry]
                top += 1
            for entry in range(old.failing_start[proof], old.failing_stop[proof]):
                new.failing[last] = old.failing[entry]
                last += 1
            new.stop[number], new.failing_stop[number] = top, last
            new.numbers[need, place] = number
            number += 1
    new.top[0], new.top[1], new.top[2] = number, top, last
