"""Collection rounds: one data set, one period, the suppliers expected, a deadline."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from service.domain.errors import Conflict
from service.domain.lifecycle import Lifecycle, Transition


class RoundState(StrEnum):
    """Where a round stands."""

    DRAFT = "draft"
    OPEN = "open"
    CLOSED = "closed"
    CANCELLED = "cancelled"


ROUND_LIFECYCLE = Lifecycle(
    "round",
    RoundState.DRAFT,
    (
        Transition(RoundState.DRAFT, "open", RoundState.OPEN),
        Transition(RoundState.DRAFT, "cancel", RoundState.CANCELLED),
        Transition(RoundState.OPEN, "close", RoundState.CLOSED),
        Transition(RoundState.OPEN, "cancel", RoundState.CANCELLED),
        Transition(RoundState.CLOSED, "reopen", RoundState.OPEN),
    ),
)


@dataclass(frozen=True, slots=True)
class Round:
    """A collection round; its definition version is fixed when it is made."""

    id: str
    data_set: str
    data_set_version: int
    period: str
    expected: frozenset[str]
    deadline: datetime
    state: RoundState = ROUND_LIFECYCLE.initial
    reason: str | None = None

    def require_open(self) -> None:
        """Deliveries are taken only while the round is open.

        Raises:
            Conflict: `round-not-open` (too early or cancelled) or `round-closed` (too late).
        """
        match self.state:
            case RoundState.OPEN:
                return
            case RoundState.CLOSED:
                raise Conflict("round-closed", {"round": self.id})
            case RoundState.DRAFT | RoundState.CANCELLED:
                raise Conflict("round-not-open", {"round": self.id, "state": self.state.value})

    def is_late(self, at: datetime) -> bool:
        """A delivery after the deadline is taken and marked, for as long as the round is open."""
        return at > self.deadline


def round_id(data_set: str, period: str) -> str:
    """The id that people type: data set and period, unique together."""
    return f"{data_set}-{period.lower()}"
