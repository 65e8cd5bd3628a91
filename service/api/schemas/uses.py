"""What became of a supplier's deliveries."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from service.api.schemas.base import ABSENT, Answer, Moment
from service.domain.audit import Reading
from service.use_cases.read_uses import Delivery, Use


class UsedDelivery(Answer):
    """One of the caller's deliveries."""

    submission_id: str
    round: str
    agreement: str | None = ABSENT

    @classmethod
    def of(cls, found: Delivery) -> UsedDelivery:
        """The delivery, and the agreement that it was taken in under."""
        one = found.submission
        return cls(submission_id=one.id, round=one.round, agreement=found.agreement)


class ReadingAnswer(Answer):
    """An organisation that read something: how often, first and last."""

    organisation: str
    times: int
    first: Moment
    last: Moment

    @classmethod
    def of(cls, found: Reading) -> ReadingAnswer:
        """The organisation, and never the person."""
        return cls(organisation=found.organisation, times=found.times, first=found.first, last=found.last)


class UseAnswer(Answer):
    """A release with the caller's own part in it."""

    release_id: str
    released_at: Moment
    withdrawn_at: Moment | None = ABSENT
    data_set: str
    purpose: str
    legal_basis: str | None = ABSENT
    deliveries: list[UsedDelivery]
    examined_by: Annotated[
        list[ReadingAnswer],
        Field(description="Whose stewards looked at the evidence, with figures that nobody else sees"),
    ]
    read_by: Annotated[list[ReadingAnswer], Field(description="Who read the release")]

    @classmethod
    def of(cls, found: Use) -> UseAnswer:
        """The release; its figures are for its recipients."""
        release = found.release
        return cls(
            release_id=release.id,
            released_at=release.released_at,
            withdrawn_at=release.withdrawn_at,
            data_set=release.data_set,
            purpose=release.purpose,
            legal_basis=found.legal_basis,
            deliveries=[UsedDelivery.of(one) for one in found.deliveries],
            examined_by=[ReadingAnswer.of(one) for one in found.examined],
            read_by=[ReadingAnswer.of(one) for one in found.readings],
        )
