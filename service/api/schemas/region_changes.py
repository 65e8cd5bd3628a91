"""Changes of the regions that organisations stand for, as they are proposed and told."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from service.api.schemas.base import ABSENT, Answer, CivilDay, Day, Identifier, Input, Moment, NoDoubles, Prose, Word
from service.domain.region_change import RegionChange
from service.domain.request import Verdict

_MOST = 1_000


class RegionChangeInput(Input):
    """All regions that an organisation is to stand for; `validFrom` is a day in the Netherlands."""

    organisation: Identifier
    regions: Annotated[list[Word], Field(max_length=_MOST), NoDoubles]
    valid_from: CivilDay | None = None
    reason: Prose


class RegionVerdictInput(Input):
    """A verdict on what somebody else proposed."""

    verdict: Literal["approve", "reject"]

    @property
    def said(self) -> Verdict:
        """The verdict."""
        return Verdict(self.verdict)


class RegionChangeAnswer(Answer):
    """A change and how it stands; `holdsFrom` is the day from which it holds once it is approved."""

    id: str
    organisation: str
    regions: list[str]
    valid_from: Day
    reason: str
    state: str
    proposed_at: Moment
    judged_at: Moment | None = ABSENT
    holds_from: Day | None = ABSENT

    @classmethod
    def of(cls, found: RegionChange) -> RegionChangeAnswer:
        """The change, without who proposed and who judged it: that is in the audit log."""
        return cls(
            id=found.id,
            organisation=found.organisation,
            regions=sorted(found.regions),
            valid_from=found.valid_from,
            reason=found.reason,
            state=found.state.value,
            proposed_at=found.proposed_at,
            judged_at=found.judged_at,
            holds_from=found.holds_from,
        )
