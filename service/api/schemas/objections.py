"""Objections of persons; the pseudonym comes in a body and goes out to the privacy officer alone."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from service.api.schemas.base import ABSENT, Answer, Identifier, Input, Moment
from service.domain.objection import Objection
from sluis_client.wire.pseudonym import LABEL

_Names = Annotated[list[Identifier], Field(max_length=100)]


class ObjectionInput(Input):
    """Whose objection it is, and against what; no data sets or purposes means all of them."""

    pseudonym: Annotated[
        str,
        Field(
            pattern=f"^{LABEL}$",
            description="type.purpose.keyversion.digest, as in deliveries",
            examples=["bsn.planning.1.0123456789abcdefghijkl"],
        ),
    ]
    data_sets: _Names = Field(default_factory=list)
    purposes: _Names = Field(default_factory=list)


class ObjectionAnswer(Answer):
    """An objection."""

    id: str
    pseudonym: Annotated[str | None, Field(description="For the privacy officer, until it is erased")] = ABSENT
    data_sets: list[str]
    purposes: list[str]
    lodged_by: Annotated[str | None, Field(description="For the privacy officer")] = ABSENT
    organisation: str
    lodged_at: Moment
    withdrawn_at: Moment | None = ABSENT

    @classmethod
    def of(cls, found: Objection, *, shows_person: bool) -> ObjectionAnswer:
        """The objection; whose it is only to whom that may be shown."""
        return cls(
            id=found.id,
            pseudonym=found.pseudonym if shows_person else None,
            data_sets=list(found.data_sets),
            purposes=list(found.purposes),
            lodged_by=found.lodged_by if shows_person else None,
            organisation=found.organisation,
            lodged_at=found.lodged_at,
            withdrawn_at=found.withdrawn_at,
        )


class ObjectionCounts(Answer):
    """How many objections are in force."""

    counts: Annotated[dict[str, int], Field(description="By the data set that they are against; `*`: against all")]
