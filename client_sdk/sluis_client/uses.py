"""What happened to a supplier's deliveries: into which releases they went, for what, who examined and who read."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from sluis_client.answers import field, moment, optional
from sluis_client.transport import TokenSource, Transport
from sluis_client.wire.strict import time_text


@dataclass(frozen=True, slots=True)
class Reading:
    """An organisation that read a release: how often, first and last.

    Attributes:
        organisation: its id; persons are not named.
        times: how often.
        first: the first time.
        last: the last time.
    """

    organisation: str
    times: int
    first: datetime
    last: datetime


@dataclass(frozen=True, slots=True)
class UsedDelivery:
    """One of your deliveries in a release.

    Attributes:
        submission: submission id.
        round: round id.
        agreement: the agreement that it was taken in under, where the service still knows.
    """

    submission: str
    round: str
    agreement: str | None


@dataclass(frozen=True, slots=True)
class Use:
    """A release that your figures went into.

    Attributes:
        release: release id.
        released_at: when.
        withdrawn_at: when it was withdrawn, if it was.
        data_set: data set id.
        purpose: the purpose that it was made for.
        legal_basis: on which the purpose rests.
        deliveries: yours among those that it was made of.
        examined_by: the organisations whose stewards looked at what was made of your figures, before it was decided.
        read_by: the organisations that read it so far.
    """

    release: str
    released_at: datetime
    withdrawn_at: datetime | None
    data_set: str
    purpose: str
    legal_basis: str | None
    deliveries: tuple[UsedDelivery, ...]
    examined_by: tuple[Reading, ...]
    read_by: tuple[Reading, ...]

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        """A use from an answer.

        Raises:
            UnexpectedAnswerError: a field is missing or of another kind.
        """
        withdrawn = optional(document, "withdrawnAt", str)
        return cls(
            release=field(document, "releaseId", str),
            released_at=moment(field(document, "releasedAt", str)),
            withdrawn_at=None if withdrawn is None else moment(withdrawn),
            data_set=field(document, "dataSet", str),
            purpose=field(document, "purpose", str),
            legal_basis=optional(document, "legalBasis", str),
            deliveries=tuple(
                UsedDelivery(field(one, "submissionId", str), field(one, "round", str), optional(one, "agreement", str))
                for one in field(document, "deliveries", list)
            ),
            examined_by=_readings(document, "examinedBy"),
            read_by=_readings(document, "readBy"),
        )

    def to_json(self) -> dict[str, Any]:
        """The form of `--json`."""
        return {
            "releaseId": self.release,
            "releasedAt": time_text(self.released_at),
            "withdrawnAt": None if self.withdrawn_at is None else time_text(self.withdrawn_at),
            "dataSet": self.data_set,
            "purpose": self.purpose,
            "legalBasis": self.legal_basis,
            "deliveries": [
                {"submissionId": one.submission, "round": one.round, "agreement": one.agreement}
                for one in self.deliveries
            ],
            "examinedBy": _told(self.examined_by),
            "readBy": _told(self.read_by),
        }


def _readings(document: Mapping[str, Any], name: str) -> tuple[Reading, ...]:
    return tuple(
        Reading(
            field(one, "organisation", str),
            field(one, "times", int),
            moment(field(one, "first", str)),
            moment(field(one, "last", str)),
        )
        for one in field(document, name, list)
    )


def _told(readings: tuple[Reading, ...]) -> list[dict[str, Any]]:
    return [
        {
            "organisation": one.organisation,
            "times": one.times,
            "first": time_text(one.first),
            "last": time_text(one.last),
        }
        for one in readings
    ]


def fetch_uses(transport: Transport, tokens: TokenSource) -> Iterator[Use]:
    """All of them, newest release first, page by page as they are taken."""
    cursor: str | None = None
    while True:
        query = {"cursor": cursor} if cursor else None
        page = transport.call("GET", "/v1/organisations/me/uses", tokens=tokens, query=query).object
        yield from map(Use.from_json, field(page, "items", list))
        cursor = optional(page, "next", str)
        if cursor is None:
            return
