"""What `sluis policy explain` supposes of the service, as a file; what it prints back has the same form."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from service.api.schemas.base import CivilDay, Identifier, Input, NoDoubles, UtcTime
from service.domain.organisation import OrganisationKind
from service.domain.round import RoundState

_MOST = 1_000
NamedRegion = Annotated[str, Field(pattern=r"^[a-z0-9-]{1,64}/[A-Za-z0-9._-]{1,64}$")]
_Kind = Annotated[OrganisationKind, Field(strict=False)]
Document = Literal["processor-agreement", "joint-arrangement", "dpia"]


class AgreementFacts(Input):
    """First and last day of the agreement under which the organisation takes part."""

    valid_from: CivilDay
    valid_until: CivilDay | None = None


class RoundFacts(Input):
    """A round of the data set; `data_set_version` is the newest when it is left out."""

    period: Identifier
    state: Annotated[RoundState, Field(strict=False)] = RoundState.CLOSED
    data_set_version: Annotated[int | None, Field(ge=1, le=_MOST)] = None


class GivenFacts(Input):
    """Figures that the organisation received before, under the purpose and of the data set."""

    periods: Annotated[list[Identifier], NoDoubles, Field(min_length=1, max_length=_MOST)]
    at: UtcTime


class FactsInput(Input):
    """Whatever is left out is supposed; `rounds`, when given, are all that there are."""

    at: UtcTime | None = None
    role: Literal["regional-owner", "steward", "privacy-officer", "auditor"] = "regional-owner"
    organisation: Identifier | None = None
    kinds: Annotated[list[_Kind], NoDoubles, Field(min_length=1)] = [OrganisationKind.REGIONAL_OWNER]  # noqa: RUF012 - pydantic copies it
    regions: Annotated[list[NamedRegion], NoDoubles, Field(max_length=_MOST)] | None = None
    suspended: bool = False
    agreement: AgreementFacts | None = None
    not_in_force: Annotated[list[Document], NoDoubles] = []  # noqa: RUF012 - as above
    suppliers_without_agreement: Annotated[int, Field(ge=0, le=_MOST)] = 0
    suppliers_without_consent: Annotated[int, Field(ge=0, le=_MOST)] = 0
    rounds: Annotated[list[RoundFacts], Field(max_length=_MOST)] | None = None
    given: Annotated[list[GivenFacts], Field(max_length=_MOST)] = []  # noqa: RUF012 - as above
