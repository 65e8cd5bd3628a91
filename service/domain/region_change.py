"""The regions that an organisation stands for change: proposed by a steward, judged by somebody else, from a day on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from service.domain.errors import Invalid
from service.domain.lifecycle import Lifecycle, Transition
from service.domain.organisation import LaterRegions, is_region


class RegionChangeState(StrEnum):
    """Where a change stands."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    REJECTED = "rejected"


REGION_CHANGE_LIFECYCLE = Lifecycle(
    "region-change",
    RegionChangeState.PROPOSED,
    (
        Transition(RegionChangeState.PROPOSED, "approve", RegionChangeState.APPROVED),
        Transition(RegionChangeState.PROPOSED, "reject", RegionChangeState.REJECTED),
    ),
)


@dataclass(frozen=True, slots=True)
class RegionChange:
    """All regions that the organisation is to stand for, each as `classification/code`, in place of those before.

    `valid_from` is the civil day in Europe/Amsterdam that was proposed; `holds_from` the day from which it holds,
    which is no earlier than that of the approval: what was seen or asked before stays lawful as it was then.
    `settled_at` says when the requests under way had all been decided anew.
    """

    id: str
    organisation: str
    regions: frozenset[str]
    valid_from: date
    reason: str
    state: RegionChangeState
    proposer: str
    proposed_at: datetime
    judge: str | None = None
    judged_at: datetime | None = None
    holds_from: date | None = None
    settled_at: datetime | None = None

    def __post_init__(self) -> None:
        """Refuse what is no region."""
        if faults := tuple((f"regions: {name}", "region-form") for name in sorted(self.regions) if not is_region(name)):
            raise Invalid("region-change", faults=faults)

    def as_held(self) -> LaterRegions | None:
        """What holds by it; None when nobody approved it."""
        if self.state is not RegionChangeState.APPROVED or self.holds_from is None or self.judged_at is None:
            return None
        return LaterRegions(self.holds_from, self.judged_at, self.regions)
