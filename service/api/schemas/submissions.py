"""Deliveries: what suppliers send, and what they get back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field

from service.api.schemas.base import ABSENT, Answer, Identifier, Input, Moment, UtcTime
from service.api.schemas.log import LogProofAnswer
from service.domain.submission import Submission, SubmissionState, UploadPart
from sluis_client.wire.log import LogProof
from sluis_client.wire.manifest import KEY_ID

_DIGEST = r"^sha-256:[0-9a-f]{64}$"
_KeyId = Annotated[str, Field(pattern=f"^{KEY_ID.pattern}$")]
Digest = Annotated[str, Field(pattern=_DIGEST, examples=["sha-256:" + "0" * 64])]


class ConfirmationInput(Input):
    """Warnings of the supplier's own check that somebody looked at, and why the figures are right."""

    warnings: Annotated[list[Annotated[str, Field(pattern=r"^F4[0-9]{2}$")]], Field(min_length=1, max_length=20)]
    reason: Annotated[
        str, Field(min_length=10, max_length=500, description="One line, screened for what points at a person")
    ]


class ManifestInput(Input):
    """What a supplier says it hands in; see the SDK for how it is signed. Read by the wire package."""

    manifest_version: Annotated[Literal[1, 2], Field(description="2 with `confirmed`, else 1")]
    data_set: Identifier
    data_set_version: Annotated[int, Field(ge=1, le=10**6)]
    round: Identifier
    supplier: Identifier
    format: Literal["json", "csv", "ndjson", "parquet"]
    rows: Annotated[int, Field(ge=0, le=10**9)] | None
    content_digest: Digest
    content_size: Annotated[int, Field(ge=0, le=2**40)]
    nonce: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{22}$")]
    created_at: UtcTime
    corrects: Identifier | None = None
    sealed: Annotated[
        Literal[True] | None,
        Field(description="The content comes sealed; digest and size are of 32 secret bytes and the content"),
    ] = None
    confirmed: ConfirmationInput | None = None


class SealedInput(Input):
    """What is sealed to the service by HPKE (RFC 9180), as `readSealingKeys` says."""

    key_id: _KeyId
    content: Annotated[
        str, Field(pattern=r"^[A-Za-z0-9_-]+$", description="Encapsulated key and ciphertext, base64url")
    ]


class SubmissionInput(Input):
    """A signed manifest, with the records (format `json`, sealed or not) or without (the content follows in parts)."""

    manifest: ManifestInput
    key_id: _KeyId
    signature: Annotated[
        str,
        Field(
            pattern=r"^[A-Za-z0-9_-]{86}$",
            description="ES256, raw r || s in base64url, over `sluis-manifest-v1`, a line feed and the RFC 8785 form",
        ),
    ]
    records: Annotated[
        list[dict[str, str | int | float | bool | None]] | None,
        Field(description="One object per row, by column name; integers no larger than 2^53 - 1"),
    ] = None
    sealed_records: SealedInput | None = None


class CompletionInput(Input):
    """How many parts the content has."""

    parts: Annotated[int, Field(ge=0, le=10**6)]


class FaultAnswer(Answer):
    """A fault in delivered content."""

    code: str
    severity: Literal["fatal", "warning"]
    row: int | None
    column: str | None
    nl: str
    en: str
    value: str | None = ABSENT


class FaultsAnswer(Answer):
    """All faults: how many, how many of each code, and the first 1,000."""

    total: int
    shown: list[FaultAnswer]
    by_code: dict[str, int]


class ReceiptBody(Answer):
    """What the service took."""

    receipt_version: Literal[1, 2]
    submission_id: str
    organisation: str
    round: str
    data_set: str
    data_set_version: int
    version: int
    late: bool
    rows: int
    manifest_digest: Digest
    content_digest: Digest
    accepted_at: Annotated[str, Field(json_schema_extra={"format": "date-time"})]
    audit_event_id: str
    issuer: str
    nonce: Annotated[
        str | None,
        Field(
            description="32 random bytes in base64url: with the rest of the receipt they give the event's commitment"
        ),
    ] = ABSENT


class ReceiptAnswer(Answer):
    """The service's signed word: Ed25519 over `sluis-receipt-v1`, a line feed and the RFC 8785 form of it."""

    receipt: ReceiptBody
    key_id: str
    signature: str


class WithdrawalBody(Answer):
    """Which delivery counts no longer, and since when."""

    withdrawal_version: Literal[1]
    submission_id: str
    organisation: str
    round: str
    manifest_digest: Digest
    withdrawn_at: Annotated[str, Field(json_schema_extra={"format": "date-time"})]
    audit_event_id: str
    issuer: str
    nonce: str


class WithdrawalAnswer(Answer):
    """The service's signed word: Ed25519 over `sluis-withdrawal-v1`, a line feed and the RFC 8785 form of it."""

    withdrawal: WithdrawalBody
    key_id: str
    signature: str


class PartAnswer(Answer):
    """A part that the service has."""

    number: int
    size: int
    digest: Digest

    @classmethod
    def of(cls, part: UploadPart) -> PartAnswer:
        """The part."""
        return cls(number=part.number, size=part.size, digest=part.digest)


class ConfirmationAnswer(Answer):
    """Figures that were unusual beside the supplier's own earlier ones, and why they are right by its signed word."""

    warnings: list[str]
    reason: str

    @classmethod
    def of(cls, manifest: str) -> ConfirmationAnswer | None:
        """What a manifest, as it was signed, says of it."""
        confirmed = json.loads(manifest).get("confirmed")
        return None if confirmed is None else cls.model_validate(confirmed)


class ServedAnswer(Answer):
    """A delivery that came with that of a form; it is read, and withdrawn, like any other."""

    submission_id: str
    data_set: str
    round: str
    state: SubmissionState
    rows: int

    @classmethod
    def of(cls, found: Submission) -> ServedAnswer:
        """The delivery."""
        return cls(
            submission_id=found.id,
            data_set=found.data_set,
            round=found.round,
            state=found.state,
            rows=found.rows or 0,
        )


class SubmissionAnswer(Answer):
    """A delivery. What was wrong with it, and its receipt, are for its supplier alone."""

    id: str
    organisation: str
    round: str
    data_set: str
    data_set_version: int
    state: SubmissionState
    version: Annotated[int | None, Field(description="1 for a first delivery, one more for each correction")] = ABSENT
    late: bool
    corrects: str | None = ABSENT
    served_by: Annotated[str | None, Field(description="The delivery of the form that it came with")] = ABSENT
    served: Annotated[list[ServedAnswer] | None, Field(description="What came with this one, a form's")] = ABSENT
    rows: int | None = ABSENT
    content_digest: Digest
    manifest_digest: Digest
    received_at: Moment
    accepted_at: Moment | None = ABSENT
    confirmed: ConfirmationAnswer | None = ABSENT
    warnings: list[FaultAnswer] | None = ABSENT
    faults: FaultsAnswer | None = ABSENT
    receipt: ReceiptAnswer | None = ABSENT
    withdrawal: Annotated[
        WithdrawalAnswer | None, Field(description="Of a withdrawn delivery, that it counts no longer")
    ] = ABSENT
    log_proof: Annotated[
        LogProofAnswer | None,
        Field(description="That the event which the receipt names is in the audit log; follows within seconds"),
    ] = ABSENT
    part_size: int | None = ABSENT
    parts: list[PartAnswer] | None = ABSENT

    @classmethod
    def of(
        cls,
        found: Submission,
        *,
        own: bool,
        part_size: int | None = None,
        parts: tuple[UploadPart, ...] = (),
        proof: LogProof | None = None,
        served: tuple[Submission, ...] = (),
    ) -> SubmissionAnswer:
        """The delivery.

        Args:
            found: the submission.
            own: whether its supplier is asking.
            part_size: bytes per part, for one that is receiving.
            parts: those that have come in, for one that is receiving.
            proof: of its acceptance in the audit log.
            served: what came with it.
        """
        receiving = found.state is SubmissionState.RECEIVING
        return cls(
            id=found.id,
            organisation=found.organisation,
            round=found.round,
            data_set=found.data_set,
            data_set_version=found.data_set_version,
            state=found.state,
            version=found.version or None,
            late=found.late,
            corrects=found.corrects,
            served_by=found.served_by,
            served=[ServedAnswer.of(one) for one in served] or None,
            rows=found.rows,
            content_digest=found.content_digest,
            manifest_digest=found.manifest_digest,
            received_at=found.received_at,
            accepted_at=found.accepted_at,
            confirmed=ConfirmationAnswer.of(found.manifest),
            warnings=faults_of(found.warnings)["shown"] if own else None,
            faults=FaultsAnswer.model_validate(faults_of(found.faults)) if own and found.faults else None,
            receipt=ReceiptAnswer.model_validate_json(found.receipt) if own and found.receipt else None,
            withdrawal=WithdrawalAnswer.model_validate_json(found.withdrawal) if own and found.withdrawal else None,
            log_proof=LogProofAnswer.of(proof) if own and proof else None,
            part_size=part_size if receiving else None,
            parts=[PartAnswer.of(part) for part in parts] if receiving else None,
        )


def faults_of(stored: str | None) -> Mapping[str, Any]:
    """The faults as they were stored with the submission."""
    found: Mapping[str, Any] = json.loads(stored) if stored else {"total": 0, "shown": [], "byCode": {}}
    return found
