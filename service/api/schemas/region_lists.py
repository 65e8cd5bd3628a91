"""Classifications that people bring in, as they are proposed and told."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from service.api.schemas.base import ABSENT, Answer, Input, Moment, Prose, Word
from service.api.schemas.region_changes import RegionVerdictInput
from service.domain.classification import Label as DomainLabel
from service.domain.stated_classification import Membership, RegionList, StatedClassification

_MOST = 2_000

__all__ = ["RegionListAnswer", "RegionListInput", "RegionVerdictInput"]


class TitleInput(Input):
    """A title in Dutch and English."""

    nl: Word
    en: Word


class MembershipInput(Input):
    """A municipality and the region that it is in."""

    municipality: Word
    region: Word
    name: Word


class RegionListInput(Input):
    """An official list has every municipality of the year, a cluster some; the others are one region then."""

    id: Word
    title: TitleInput
    source: Prose
    year: Annotated[int, Field(ge=2000, le=2100)]
    cluster: bool = False
    rows: Annotated[list[MembershipInput], Field(max_length=_MOST)]

    def region_list(self) -> RegionList:
        """As the domain has it."""
        return RegionList(
            family=self.id,
            title=DomainLabel(self.title.nl, self.title.en),
            source=self.source,
            year=self.year,
            cluster=self.cluster,
            rows=tuple(Membership(row.municipality, row.region, row.name) for row in self.rows),
        )


class RegionListAnswer(Answer):
    """A version and how it stands; purposes name it by `id`."""

    id: str
    version: int
    state: str
    digest: str
    proposed_at: Moment
    judged_at: Moment | None = ABSENT

    @classmethod
    def of(cls, found: StatedClassification) -> RegionListAnswer:
        """Without the list: an approved one is read as every classification is."""
        return cls(
            id=found.id,
            version=found.version,
            state=found.state.value,
            digest=found.digest,
            proposed_at=found.proposed_at,
            judged_at=found.judged_at,
        )
