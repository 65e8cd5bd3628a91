"""What the service tells a supplier, as values. Unknown fields are let through: a newer service may say more."""

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self, TypeVar

from sluis_client import wire
from sluis_client.errors import UnexpectedAnswerError
from sluis_client.language import Text
from sluis_client.wire.log import LogProof
from sluis_client.wire.strict import time_text

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Attempt:
    """The newest delivery to a round, when it does not count.

    Attributes:
        state: receiving, refused, abandoned or withdrawn.
        submission: its id.
    """

    state: str
    submission: str

    @classmethod
    def within(cls, document: Mapping[str, Any]) -> Self | None:
        """The attempt in an answer, if it tells of one.

        Raises:
            UnexpectedAnswerError: a field is missing or of another kind.
        """
        found = optional(document, "attempt", dict)
        return None if found is None else cls(field(found, "state", str), field(found, "submissionId", str))

    def to_json(self) -> dict[str, Any]:
        """The form of `--json`."""
        return {"state": self.state, "submissionId": self.submission}


@dataclass(frozen=True, slots=True)
class Round:
    """A collection round in which a delivery is expected.

    Attributes:
        id: round id, such as `capacity-2019`.
        data_set: data set id.
        data_set_version: version of its definition.
        period: the period that the round asks for.
        state: draft, open, closed or cancelled.
        deadline: until when a delivery is on time.
        delivery: missing, accepted or late, where the service says so.
        submission: the delivery that counts now, if there is one.
        attempt: the newest delivery, when it does not count.
    """

    id: str
    data_set: str
    data_set_version: int
    period: str
    state: str
    deadline: datetime
    delivery: str | None
    submission: str | None
    attempt: Attempt | None = None

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        """A round from an answer.

        Raises:
            UnexpectedAnswerError: a field is missing or of another kind.
        """
        mine = document.get("myDelivery")
        delivery: Mapping[str, Any] = mine if isinstance(mine, dict) else {}
        return cls(
            id=field(document, "id", str),
            data_set=field(document, "dataSet", str),
            data_set_version=field(document, "dataSetVersion", int),
            period=field(document, "period", str),
            state=field(document, "state", str),
            deadline=moment(field(document, "deadline", str)),
            delivery=optional(delivery, "state", str),
            submission=optional(delivery, "submissionId", str),
            attempt=Attempt.within(delivery),
        )

    def to_json(self) -> dict[str, Any]:
        """The form of `--json`."""
        return {
            "id": self.id,
            "dataSet": self.data_set,
            "dataSetVersion": self.data_set_version,
            "period": self.period,
            "state": self.state,
            "deadline": time_text(self.deadline),
            "delivery": self.delivery,
            "submissionId": self.submission,
            "attempt": None if self.attempt is None else self.attempt.to_json(),
        }


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the content that the service has.

    Attributes:
        number: place in the content, from 0.
        digest: `sha-256:<hex>` of its bytes.
    """

    number: int
    digest: str


@dataclass(frozen=True, slots=True)
class ServedDelivery:
    """A delivery to another data set, made of the figures of a form.

    Attributes:
        submission: its submission id.
        data_set: data set id.
        round: round id.
        state: accepted, superseded or withdrawn.
        rows: number of rows that the form gave it.
    """

    submission: str
    data_set: str
    round: str
    state: str
    rows: int

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        """It from an answer.

        Raises:
            UnexpectedAnswerError: a field is missing or of another kind.
        """
        return cls(
            submission=field(document, "submissionId", str),
            data_set=field(document, "dataSet", str),
            round=field(document, "round", str),
            state=field(document, "state", str),
            rows=field(document, "rows", int),
        )

    def to_json(self) -> dict[str, Any]:
        """The form of `--json`."""
        return {
            "submissionId": self.submission,
            "dataSet": self.data_set,
            "round": self.round,
            "state": self.state,
            "rows": self.rows,
        }


@dataclass(frozen=True, slots=True)
class Submission:
    """What the service holds of one delivery.

    Attributes:
        id: submission id.
        state: receiving, accepted, superseded, withdrawn, refused or abandoned.
        version: 1 for the first delivery in a round, one more for every correction; None until accepted.
        late: accepted after the deadline.
        rows: number of rows; None until checked.
        content_digest: `sha-256:<hex>` of the content.
        warnings: faults that do not stand in the way.
        receipt: the signed receipt, once accepted.
        withdrawal: the signed acknowledgement that it counts no longer, once withdrawn.
        proof: its place in the audit log, once it has one.
        part_size: bytes per part, while receiving.
        parts: the parts that the service has, while receiving.
        faults: why it was refused, if it was.
        duplicate: whether this is an earlier delivery of the same content, given instead of a new one.
        served: what came with it, when it is that of a form.
    """

    id: str
    state: str
    version: int | None
    late: bool
    rows: int | None
    content_digest: str | None
    warnings: tuple[wire.Fault, ...]
    receipt: wire.SignedReceipt | None
    withdrawal: wire.SignedWithdrawal | None
    proof: LogProof | None
    part_size: int | None
    parts: tuple[Part, ...]
    faults: wire.Faults | None
    duplicate: bool
    served: tuple[ServedDelivery, ...] = ()

    @classmethod
    def from_answer(cls, document: Mapping[str, Any], headers: Mapping[str, str]) -> Self:
        """A submission from an answer.

        Raises:
            UnexpectedAnswerError: a field is missing or of another kind.
        """
        receipt, proof, faults = document.get("receipt"), document.get("logProof"), document.get("faults")
        withdrawal = document.get("withdrawal")
        return cls(
            id=field(document, "id", str),
            state=field(document, "state", str),
            version=optional(document, "version", int),
            late=bool(optional(document, "late", bool)),
            rows=optional(document, "rows", int),
            content_digest=optional(document, "contentDigest", str),
            warnings=tuple(_read(wire.Fault.from_json, w, "warnings") for w in _list(document, "warnings")),
            receipt=None if receipt is None else _read(wire.SignedReceipt.from_json, receipt, "receipt"),
            withdrawal=None if withdrawal is None else _read(wire.SignedWithdrawal.from_json, withdrawal, "withdrawal"),
            proof=None if proof is None else _read(LogProof.from_json, proof, "logProof"),
            part_size=optional(document, "partSize", int),
            parts=tuple(
                Part(field(item, "number", int), field(item, "digest", str)) for item in _list(document, "parts")
            ),
            faults=None if faults is None else _read(wire.Faults.from_json, faults, "faults"),
            duplicate=headers.get("Sluis-Outcome") == "duplicate",
            served=tuple(ServedDelivery.from_json(item) for item in _list(document, "served")),
        )


def definition_from(document: Mapping[str, Any]) -> wire.Definition:
    """A data set's definition from an answer.

    Raises:
        UnexpectedAnswerError: it is malformed.
    """
    return _read(wire.Definition.from_json, document, "definition")


def proof_hashes(document: Mapping[str, Any]) -> list[bytes]:
    """The hashes of a proof in an answer.

    Raises:
        UnexpectedAnswerError: there are none, or they are malformed.
    """
    try:
        return [base64.b64decode(hash_, validate=True) for hash_ in field(document, "hashes", list)]
    except (TypeError, ValueError):
        raise unexpected("hashes") from None


def faults_of(problem: Mapping[str, Any]) -> wire.Faults:
    """The faults in a `content-refused` problem.

    Raises:
        UnexpectedAnswerError: there are none, or they are malformed.
    """
    return _read(wire.Faults.from_json, field(problem, "faults", dict), "faults")


def field(document: Any, name: str, kind: type[T]) -> T:
    """A field of an answer that must be there.

    Raises:
        UnexpectedAnswerError: it is missing or of another kind.
    """
    value = optional(document, name, kind)
    if value is None:
        raise unexpected(name)
    return value


def optional(document: Any, name: str, kind: type[T]) -> T | None:
    """A field of an answer that may be absent or null.

    Raises:
        UnexpectedAnswerError: it is of another kind.
    """
    value = document.get(name) if isinstance(document, Mapping) else None
    if value is not None and (not isinstance(value, kind) or (kind is int and isinstance(value, bool))):
        raise unexpected(name)
    return value


def moment(text: str) -> datetime:
    """An instant such as `2026-01-31T12:00:00Z`.

    Raises:
        UnexpectedAnswerError: it is none, or has no offset.
    """
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError:
        raise unexpected("time") from None
    if parsed.tzinfo is None:
        raise unexpected("time")
    return parsed


def _list(document: Mapping[str, Any], name: str) -> list[Any]:
    return optional(document, name, list) or []


def _read(read: Callable[[Any], T], value: object, name: str) -> T:
    try:
        return read(value)
    except wire.WireError:
        raise unexpected(name) from None


def unexpected(name: str) -> UnexpectedAnswerError:
    """The error for a field of an answer that is not as agreed."""
    return UnexpectedAnswerError(
        Text(
            f"In het antwoord van de dienst klopt `{name}` niet.",
            f"In the answer of the service `{name}` is not as agreed.",
        )
    )
