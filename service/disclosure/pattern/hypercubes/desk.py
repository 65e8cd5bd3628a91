"""All that the compiled functions work on: arrays, changed in place.

Numbers that change from call to call stand in `Scratch.state`, so that every function is compiled once and its
arguments stay few.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from service.disclosure.pattern.hypercubes.moves import Moves

Ints = npt.NDArray[np.int64]
Small = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

FREE = 1e-3
"""Cost of a node that is withheld already; not 0, so that deviations stay short."""

ROUNDING = 1e-9
"""Relative rounding of sums of floating point numbers."""

OUTSIDER, SOME, EVERYONE = 0, 1, 2
"""To whom a deviation must be possible."""

WHO, CONCERNED, NEED, NOTHING_NEW, TOUCHED, CLOCK, FRESH, WHOLE, WORK = range(9)
"""Places in `Scratch.state`: to whom; how many contributors that are; the need in hand; whether only
what is withheld may be used; nodes touched; the version of `room`; nodes newly withheld; whole numbers; work done."""

BREADTH, TRIES, CUBES, ROUNDS = range(4)
"""Places in `Scratch.effort`: moves per axis, products tried, hypercubes per deviation, rounds of shortening."""

MOST_CONCERNED, MOST_CORNERS, MOST_PROOFS = 64, 4096, 12

LOOK = 8
"""Largest contributors of a node that are looked through; those below count as large as the next."""


class Figures(NamedTuple):
    """What everyone handed in: own figures of node i at start[i] : start[i + 1], largest first."""

    value: Floats
    alone: Flags
    start: Ints
    holder: Ints
    own: Floats


class Board(NamedTuple):
    """Per node: what withholding costs now (0: it is withheld) and otherwise, may it not deviate, is it withheld."""

    price: Floats
    weight: Floats
    closed: Flags
    withheld: Flags


class Needs(NamedTuple):
    """Per need: node, +1 or -1, how far for an outsider and a contributor (0: not at all).

    Who knows the node anyway stands at start[need] : start[need + 1] of `informed`.
    """

    node: Ints
    sign: Floats
    level: Floats
    inner: Floats
    start: Ints
    informed: Ints


class Proofs(NamedTuple):
    """Per need the numbers of its proofs; per proof its deviations, and the contributors who can exclude it.

    `top` holds how many proofs, deviations and excluding contributors have been stored.
    """

    amount: Ints
    numbers: Ints
    start: Ints
    stop: Ints
    failing_start: Ints
    failing_stop: Ints
    nodes: Small
    deviations: Floats
    failing: Small
    top: Ints


class Scratch(NamedTuple):
    """Room to work in; `state` and `effort` hold the numbers named above, `deviation` the present deviation.

    `informed` flags the contributors who know the node of the need in hand anyway.
    """

    state: Ints
    effort: Ints
    deviation: Floats
    seen: Flags
    touched: Ints
    log_node: Ints
    log_deviation: Floats
    ints: Ints
    floats: Floats
    concerned: Ints
    flag: Flags
    informed: Flags
    code: Ints
    lists: Ints
    room: Floats
    room_clock: Ints
    fresh: Ints


class Desk(NamedTuple):
    """Everything together."""

    moves: Moves
    figures: Figures
    board: Board
    needs: Needs
    proofs: Proofs
    scratch: Scratch
