"""Objections of persons; the pseudonym comes in a body and goes out to the privacy officer alone."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from service.api.schemas.base import ABSENT, Answer, Identifier, Input, Moment
from service.domain.objection import Objection
from sluis_client.wire.pseudonym import LABEL

_Time = Annotated[str, Field(json_schema_extra={"format": "date-time"})]
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


class ObjectionReceiptBody(Answer):
    """What holds of an objection; `subject` is a digest of the pseudonym that was sent, with the nonce."""

    objection_receipt_version: Literal[1]
    objection_id: str
    organisation: str
    subject: str | None = ABSENT
    data_sets: list[str]
    purposes: list[str]
    lodged_at: _Time
    withdrawn_at: _Time | None = ABSENT
    stated_at: _Time
    audit_event_id: str
    issuer: str
    nonce: str


class ObjectionReceiptAnswer(Answer):
    """The service's signed word: Ed25519 over `sluis-objection-v1`, a line feed and the RFC 8785 form of it."""

    receipt: ObjectionReceiptBody
    key_id: str
    signature: str


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
    acknowledgement: Annotated[
        ObjectionReceiptAnswer | None, Field(description="In the answer to who lodged or withdrew it, not in lists")
    ] = ABSENT

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
            acknowledgement=ObjectionReceiptAnswer.model_validate_json(found.acknowledgement)
            if found.acknowledgement
            else None,
        )


class ObjectionCounts(Answer):
    """How many objections are in force."""

    counts: Annotated[dict[str, int], Field(description="By the data set that they are against; `*`: against all")]
