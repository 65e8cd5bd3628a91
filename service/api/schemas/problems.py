"""The problem (RFC 9457) as the OpenAPI document describes it; `service.api.problems` writes it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from service.api.schemas.base import ABSENT, Answer
from service.api.schemas.requests import MendAnswer, ReasonAnswer
from service.api.schemas.submissions import FaultsAnswer


class InputFaultAnswer(Answer):
    """A place in the request that is not as described."""

    place: Annotated[Literal["body", "query", "header", "path"], Field(serialization_alias="in")]
    pointer: Annotated[str, Field(description="JSON pointer into the body, or the name of the query key or header")]
    code: str
    nl: str
    en: str


class Problem(Answer):
    """Why the service did not do what was asked."""

    type: Annotated[str, Field(examples=["urn:sluis:problem:not-found"])]
    title: str
    title_nl: str
    status: int
    detail: str
    detail_nl: str
    instance: Annotated[str, Field(description="urn:uuid: and the trace id, to ask after")]
    code: str
    mend: MendAnswer | None = ABSENT
    data: Annotated[dict[str, str | int | float] | None, Field(description="What the texts name")] = ABSENT
    errors: list[InputFaultAnswer] | None = ABSENT
    reasons: list[ReasonAnswer] | None = ABSENT
    fault: Annotated[str | None, Field(description="What is wrong with the access token")] = ABSENT
    faults: FaultsAnswer | None = ABSENT
    submission_id: str | None = ABSENT
    request_id: str | None = ABSENT
    parts: Annotated[dict[str, bool] | None, Field(description="Which parts of the service answer")] = ABSENT
