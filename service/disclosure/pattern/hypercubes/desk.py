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
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

FREE = 1e-3
"""Cost of a node that is withheld already; not 0, so that deviations stay short."""

ROUNDING = 1e-9
"""Relative rounding of sums of floating point numbers."""

WATCH, TOUCHED, CLOCK, WHOLE, WORK = range(5)
"""Places in `Scratch.state`: whether contributors matter; nodes touched; the version of `room`; whole numbers; work
done."""

BREADTH, TRIES, CUBES, ROUNDS = range(4)
"""Places in `Scratch.effort`: moves per axis, products tried, hypercubes per deviation, rounds of shortening."""

MOST_CORNERS = 4096

LOOK = 8
"""Largest contributors of a node that are looked through; those below count as large as the next."""


class Figures(NamedTuple):
    """What everyone knows: own figures of node i at start[i] : start[i + 1], largest first, and who knows all of it."""

    value: Floats
    alone: Flags
    start: Ints
    holder: Ints
    own: Floats


class Board(NamedTuple):
    """Per node: what withholding it costs now (0: it is withheld), and whether it may not deviate."""

    price: Floats
    closed: Flags


class Scratch(NamedTuple):
    """Room to work in; `state` and `effort` hold the numbers named above, `deviation` the present deviation.

    `flag` flags the contributors to whom the deviation must be possible.
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
    flag: Flags
    code: Ints
    room: Floats
    room_clock: Floats


class Desk(NamedTuple):
    """Everything together."""

    moves: Moves
    figures: Figures
    board: Board
    scratch: Scratch
