"""What noise has given away over some facts, and what may still be given away.

Losses of tables over the same facts add up: epsilons (Dwork & Roth 2014, theorem 3.16) and rhos (Bun & Steinke 2016,
lemma 2.3), also when what is asked next depends on what was answered before. The facts of a round are those of all its
deliveries, corrections too, so that a unit whose figures lie in one round loses no more than the budget; one in several
rounds that of each.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from service.domain.method import Mechanism


@dataclass(frozen=True, slots=True)
class Charge:
    """What one drawn table gives away over the facts of its rounds.

    Attributes:
        drawing: names the question and the deliveries it was answered from; the same name is the same answer.
        data_set: whose facts.
        rounds: each bears the whole loss.
        mechanism: tells what loss and budget are counted in.
        loss: of this table.
        budget: what was promised of all tables together, when it was drawn.
        drawn_at: when.
    """

    drawing: str
    data_set: str
    rounds: tuple[str, ...]
    mechanism: Mechanism
    loss: Decimal
    budget: Decimal
    drawn_at: datetime


@dataclass(frozen=True, slots=True)
class Drawing:
    """A table with noise, kept so that nobody can ask for other noise on the same figures (JSON text)."""

    charge: Charge
    figures: str


@dataclass(frozen=True, slots=True)
class Account:
    """How a round stands once some new charges are added to it, in `measure` (`epsilon` or `rho`)."""

    round: str
    measure: str
    spent: Decimal
    asked: Decimal
    budget: Decimal
    other_measure: bool = False

    @property
    def overdrawn(self) -> bool:
        """The new charges do not fit; nothing fits beside losses that are counted in another measure."""
        return self.other_measure or self.spent + self.asked > self.budget


def accounts(before: Sequence[Charge], new: Sequence[Charge]) -> tuple[Account, ...]:
    """Each round that the new charges touch, in order of name.

    The budget is the smallest that was ever promised for the round: what is published says so, and a higher number in
    a later bundle does not undo it.
    """
    return tuple(_account(round_, before, new) for round_ in sorted({name for one in new for name in one.rounds}))


def _account(round_: str, before: Iterable[Charge], new: Iterable[Charge]) -> Account:
    earlier, added = ([one for one in charges if round_ in one.rounds] for charges in (before, new))
    measures = list(dict.fromkeys(one.mechanism.measure for one in (*added, *earlier)))
    return Account(
        round_,
        measures[0],
        sum((one.loss for one in earlier), Decimal()),
        sum((one.loss for one in added), Decimal()),
        min(one.budget for one in (*earlier, *added)),
        other_measure=len(measures) > 1,
    )
