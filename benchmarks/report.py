"""One way to measure and one row per comparison."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

Work = Callable[[], object]

_ROW = "{:<58} {:>10} {:<34} {:>10} {:>8} {:>8}  {}"
_missed: list[str] = []


@dataclass(frozen=True, slots=True)
class Peer:
    """What ours is held against: a limit that nothing can beat, or another way to the same answer.

    `goal` is the highest ratio ours / peer that is good.
    """

    name: str
    work: Work
    goal: float


def is_full() -> bool:
    """Whether the full sizes of the goals are asked for (`--full`) instead of quick ones."""
    return "--full" in sys.argv


def option(name: str) -> str | None:
    """What follows `--name` on the command line; None when it is not there."""
    said = sys.argv[1:]
    return said[said.index(f"--{name}") + 1] if f"--{name}" in said[:-1] else None


def compare(
    what: str, ours: Work, *peers: Peer, repeats: int = 3, clock: Callable[[], float] = time.process_time
) -> None:
    """Run ours and the peers by turns and print a row per peer; the best time of each counts.

    Args:
        what: the work, with its size.
        ours: what the service does.
        peers: what it is compared with.
        repeats: how often each runs.
        clock: CPU time of all threads by default, the steadier figure; `time.perf_counter` where waiting is the work.
    """
    works = [ours, *(peer.work for peer in peers)]
    best = [float("inf")] * len(works)
    for _ in range(repeats):
        for i, work in enumerate(works):
            start = clock()
            work()
            best[i] = min(best[i], clock() - start)
    for peer, seconds in zip(peers, best[1:], strict=True):
        print_row(what, best[0], peer.name, seconds, peer.goal)


def print_row(what: str, ours: float, peer: str, limit: float, goal: float | None, *, at_least: bool = False) -> None:
    """Print one row: the work, ours, the peer and its figure, the ratio, the goal and whether it is met.

    Args:
        what: the work.
        ours: our figure (seconds, or a rate when `at_least`).
        peer: what it is held against.
        limit: the peer's figure in the same unit.
        goal: the ratio that is good enough; None when the row only shows how things are.
        at_least: the goal is a lower bound (rates) instead of an upper one (times).
    """
    ratio = ours / limit
    if goal is None:
        print(_ROW.format(what, f"{ours:.4g}", peer, f"{limit:.4g}", f"{ratio:.2f}x", "-", ""), flush=True)
        return
    met = ratio >= goal if at_least else ratio <= goal
    if not met:
        _missed.append(what)
    sign = ">=" if at_least else "<="
    print(
        _ROW.format(
            what, f"{ours:.4g}", peer, f"{limit:.4g}", f"{ratio:.2f}x", f"{sign}{goal:g}x", "ok" if met else "MISSED"
        ),
        flush=True,
    )


def print_header() -> None:
    """Print the names of the columns."""
    print(_ROW.format("work", "ours", "held against", "its figure", "ratio", "goal", ""))


def print_summary() -> None:
    """Print which goals were missed."""
    print(f"\nmissed: {', '.join(_missed)}" if _missed else "\nall goals met")
