"""How a table is made safe: by withholding cells, by rounding all of them, or by noise on all of them.

A profile names one method. `Suppression` and `Rounding` answer to the rules of the profile; `Noise`
answers to a budget: what all noisy tables over the same facts together may give away.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

SMALLEST_LOSS = Decimal("0.001")
"""Losses are multiples of it, so that they add up exactly."""


class Mechanism(StrEnum):
    """Which noise is drawn."""

    DISCRETE_LAPLACE = "discrete-laplace"
    DISCRETE_GAUSSIAN = "discrete-gaussian"

    @property
    def measure(self) -> str:
        """What its loss is counted in: `epsilon` (pure differential privacy) or `rho` (zero-concentrated)."""
        return "epsilon" if self is Mechanism.DISCRETE_LAPLACE else "rho"


class Unit(StrEnum):
    """Whose presence in the figures the noise hides."""

    PERSON = "person"
    CONTRIBUTOR = "contributor"


LARGEST_LOSS = {Mechanism.DISCRETE_LAPLACE: Decimal(1), Mechanism.DISCRETE_GAUSSIAN: Decimal("0.5")}
"""Of one table. With more, a count of persons is mostly told as it is, and the floor of ten would mean nothing."""

LARGEST_BUDGET = {Mechanism.DISCRETE_LAPLACE: Decimal(4), Mechanism.DISCRETE_GAUSSIAN: Decimal(2)}
"""Of all tables over the same facts: at epsilon 4 the odds of any guess about a unit change by a factor 55 at most."""


@dataclass(frozen=True, slots=True)
class Suppression:
    """Unsafe cells are withheld, and the cells that would give them away."""


@dataclass(frozen=True, slots=True)
class Rounding:
    """Every cell is rounded to a multiple of `base`, and totals stay the sum of their parts."""

    base: int

    def __post_init__(self) -> None:
        """Rounding to one changes nothing.

        Raises:
            ValueError: the base is below two.
        """
        if self.base < 2:  # noqa: PLR2004 - see above
            raise ValueError("the base of rounding is at least 2")


@dataclass(frozen=True, slots=True)
class Noise:
    """Every cell gets noise, and totals stay the sum of their parts.

    Attributes:
        mechanism: which noise.
        loss: what one table over one measure gives away of a unit, in the mechanism's measure.
        budget: what all tables over the facts of one round together may give away.
        unit: whose presence is hidden.
        cells: of the finest cells of a table, how many one unit may count in.
        largest: what one unit may add to one of those cells.
    """

    mechanism: Mechanism
    loss: Decimal
    budget: Decimal
    unit: Unit = Unit.PERSON
    cells: int = 1
    largest: int = 1

    def __post_init__(self) -> None:
        """A promise that protects nobody is no promise.

        Raises:
            ValueError: loss or budget are not positive multiples of a thousandth, beyond the ceiling, or the loss is
                above the budget; a bound is below one.
        """
        for name, value, ceiling in (
            ("loss", self.loss, LARGEST_LOSS[self.mechanism]),
            ("budget", self.budget, LARGEST_BUDGET[self.mechanism]),
        ):
            if not SMALLEST_LOSS <= value <= ceiling or value % SMALLEST_LOSS:
                raise ValueError(f"the {name} is a multiple of {SMALLEST_LOSS} up to {ceiling}")
        if self.loss > self.budget:
            raise ValueError("one table would exceed the budget")
        if self.cells < 1 or self.largest < 1:
            raise ValueError("a unit counts for at least one, in at least one cell")


Method = Suppression | Rounding | Noise


def method_text(method: Method) -> str:
    """The method as one text, for the terms of a permit; `method_of` reads it back."""
    match method:
        case Suppression():
            return "suppression"
        case Rounding(base):
            return f"rounding:{base}"
        case Noise(mechanism, loss, budget, unit, cells, largest):
            return f"noise:{mechanism}:{loss}:{budget}:{unit}:{cells}:{largest}"


def method_of(text: str) -> Method:
    """The method that `method_text` wrote.

    Raises:
        ValueError: it did not write this.
    """
    match text.split(":"):
        case ["suppression"]:
            return Suppression()
        case ["rounding", base]:
            return Rounding(int(base))
        case ["noise", mechanism, loss, budget, unit, cells, largest]:
            terms = Decimal(loss), Decimal(budget)
            return Noise(Mechanism(mechanism), *terms, Unit(unit), int(cells), int(largest))
        case _:
            raise ValueError("unknown method")
