"""What can go wrong, as types.

* `DisclosureError` — every error of this package
    * `BadInput` — the question itself is wrong; carries every `Fault` found, each with its place
    * `CannotBeProtected` — the question is right, the answer would disclose; carries every `Obstacle`
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """One fault in what was handed in.

    Attributes:
        where: the place: a key path (`rules.dominance[0]`) or a file with row and column.
        dutch: what is wrong and how to mend it, in Dutch.
        english: the same in English.
    """

    where: str
    dutch: str
    english: str

    def __str__(self) -> str:
        return f"{self.where}: {self.dutch} · {self.english}"


@dataclass(frozen=True)
class Obstacle:
    """One reason why a table cannot be protected.

    Attributes:
        codes: the cell at stake, as (column, code) pairs; empty when the obstacle is not one cell.
        dutch: what stands in the way, in Dutch.
        english: the same in English.
    """

    codes: tuple[tuple[str, str], ...]
    dutch: str
    english: str

    def __str__(self) -> str:
        cell = ", ".join(f"{name}={code}" for name, code in self.codes)
        return f"{cell}: {self.dutch} · {self.english}" if cell else f"{self.dutch} · {self.english}"


class DisclosureError(Exception):
    """Any error of disclosure control."""


class BadInput(DisclosureError):
    """The input is wrong; `faults` names everything that is wrong with it, never only the first."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(str(fault) for fault in self.faults))


class CannotBeProtected(DisclosureError):
    """No pattern of suppressions makes this table safe next to what is published; `obstacles` says why."""

    def __init__(self, obstacles: Iterable[Obstacle]) -> None:
        self.obstacles = tuple(obstacles)
        super().__init__("\n".join(str(obstacle) for obstacle in self.obstacles))
