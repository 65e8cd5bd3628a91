"""A submission: what one supplier hands in for one round, and which version counts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from service.domain.lifecycle import Lifecycle, Transition


class SubmissionState(StrEnum):
    """Where a submission stands; exactly the accepted one of a supplier and round counts."""

    RECEIVING = "receiving"
    ACCEPTED = "accepted"
    SUPERSEDED = "superseded"
    REFUSED = "refused"
    ABANDONED = "abandoned"
    WITHDRAWN = "withdrawn"


SUBMISSION_LIFECYCLE = Lifecycle(
    "submission",
    SubmissionState.RECEIVING,
    (
        Transition(SubmissionState.RECEIVING, "accept", SubmissionState.ACCEPTED),
        Transition(SubmissionState.RECEIVING, "refuse", SubmissionState.REFUSED),
        Transition(SubmissionState.RECEIVING, "abandon", SubmissionState.ABANDONED),
        Transition(SubmissionState.ACCEPTED, "supersede", SubmissionState.SUPERSEDED),
        Transition(SubmissionState.ACCEPTED, "withdraw", SubmissionState.WITHDRAWN),
    ),
)


@dataclass(frozen=True, slots=True)
class Submission:
    """One delivery.

    `manifest` and `receipt` are the canonical JSON texts as signed; `faults` the JSON text of the answer that a
    refused delivery got. `part` names the encrypted Parquet part that holds the rows of an accepted one. `withdrawal`
    is the canonical JSON text of the signed acknowledgement that its supplier withdrew it. What came with a form names
    the delivery of that as `served_by`; its manifest follows from the one that was signed for the form, to which key
    and signature belong.
    """

    id: str
    organisation: str
    round: str
    data_set: str
    data_set_version: int
    state: SubmissionState
    version: int
    idempotency_key: str
    manifest: str
    manifest_digest: str
    manifest_key_id: str
    manifest_signature: str
    content_digest: str
    format: str
    received_at: datetime
    rows: int | None = None
    late: bool = False
    corrects: str | None = None
    accepted_at: datetime | None = None
    part: str | None = None
    warnings: str | None = None
    faults: str | None = None
    receipt: str | None = None
    withdrawal: str | None = None
    served_by: str | None = None


@dataclass(frozen=True, slots=True)
class OwnDelivery:
    """How a supplier's deliveries to a round stand: the one that counts, and a later one that does not."""

    counting: Submission | None = None
    attempt: Submission | None = None

    @classmethod
    def of(cls, counting: Submission | None, newest: Submission | None) -> OwnDelivery:
        """From the one that counts and the newest one, which may be the same."""
        given_up = newest is None or newest.state in {SubmissionState.ACCEPTED, SubmissionState.SUPERSEDED}
        return cls(counting, None if given_up else newest)


@dataclass(frozen=True, slots=True)
class UploadPart:
    """A piece of the content of a submission that is being received, kept sealed in the staging store."""

    submission: str
    number: int
    size: int
    digest: str
    stored_as: str


@dataclass(frozen=True, slots=True)
class CountingPart:
    """A part that counts now, with what aggregation needs to know of its supplier.

    `left_out` are the persons in it who object, as `objection.LeftOut` names them: their records do not count. What
    came with a form names the delivery of that as `served_by`.
    """

    part: str
    submission: str
    organisation: str
    holding: str
    round: str
    rows: int
    content_digest: str
    manifest_digest: str
    served_by: str | None = None
    left_out: tuple[str, ...] = ()
