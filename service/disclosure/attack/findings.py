"""What an attack found: breaches, and how closely each unsafe cell can be told."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Breach:
    """An unsafe cell about which some attacker learns too much.

    Attributes:
        codes: the cell, as (column, code) pairs.
        node: its node in the lattice of the attack.
        direction: `UP` when the interval does not reach high enough, `DOWN` when not low enough.
        attacker: None for an outsider, else the number of the contributor in the facts.
        exact: the attacker knows the value.
        needed: how far the interval had to reach from the value, in units of the facts.
        reached: how far it reaches.
    """

    codes: tuple[tuple[str, str], ...]
    node: int
    direction: int
    attacker: int | None
    exact: bool
    needed: float
    reached: float


@dataclass(frozen=True)
class Interval:
    """What an outsider can tell of an unsafe cell, in units of the facts.

    Attributes:
        codes: the cell, as (column, code) pairs.
        lower: the least value that he cannot exclude.
        upper: the largest.
        needed_lower: how low that must be.
        needed_upper: how high.
        exact: `lower` and `upper` are proven; otherwise the interval is at least as wide.
    """

    codes: tuple[tuple[str, str], ...]
    lower: float
    upper: float
    needed_lower: float
    needed_upper: float
    exact: bool


@dataclass(frozen=True)
class AttackReport:
    """The outcome of an attack.

    Attributes:
        examined: unsafe cells attacked, those of the common refinement included.
        attackers: attackers tried: the outsider and every contributor with figures.
        programs: linear programs solved.
        breaches: every breach found; none means protected.
        nodes: the unsafe nodes.
        lower: per unsafe node, the least value that an outsider cannot exclude; at most this where it is not `exact`.
        upper: per unsafe node, the largest value that an outsider cannot exclude; at least this where not `exact`.
        needed_lower: per unsafe node, how low he must be left in doubt.
        needed_upper: per unsafe node, how high.
        exact: per unsafe node, whether `lower` and `upper` are proven to be as far as it goes.
        tightest: the cells that are told most closely for what they need, tightest first.
    """

    examined: int
    attackers: int
    programs: int
    breaches: tuple[Breach, ...]
    nodes: Ints
    lower: Floats
    upper: Floats
    needed_lower: Floats
    needed_upper: Floats
    exact: Flags
    tightest: tuple[Interval, ...]

    @property
    def exact_disclosures(self) -> int:
        """Unsafe cells whose value some attacker can compute."""
        return len({breach.node for breach in self.breaches if breach.exact})

    @property
    def interval_breaches(self) -> int:
        """Unsafe cells that some attacker can estimate too closely."""
        return len({breach.node for breach in self.breaches if not breach.exact})

    @property
    def clean(self) -> bool:
        """Nobody learns too much."""
        return not self.breaches
