"""A request of the past as a line of a file, in the form in which `GET /v1/aggregate-requests` lists it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from service.api.schemas.base import Identifier, Input, UtcTime, Word
from service.api.schemas.requests import AggregateRequestInput


class PastReasonInput(Input):
    """A reason as it was told; its code is what counts."""

    code: Identifier
    rule: str = ""
    nl: str = ""
    en: str = ""
    mend: Any = None
    data: Any = None


class PastDecisionInput(Input):
    """What was stored."""

    outcome: Literal["permit", "deny"]
    policy_hash: Word
    policies: Any = None
    obligations: Any = None
    reasons: tuple[PastReasonInput, ...] = Field(default=(), strict=False)


class PastRequestInput(AggregateRequestInput):
    """The request, who asked when, and what was stored of it; the rest of what is listed changes no decision."""

    id: Identifier
    organisation: Annotated[str, Field(pattern=r"^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$")]
    created_at: UtcTime
    data_set_version: Annotated[int | None, Field(ge=1)] = None
    decision: PastDecisionInput | None = None
    purpose_version: Annotated[int, Field(ge=0)] = 0
    state: Any = None
    status_text: Any = None
    release_id: Any = None
    refusal: Any = None
