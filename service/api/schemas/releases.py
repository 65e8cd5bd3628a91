"""Releases; the signed content goes out byte for byte as it was signed."""

from __future__ import annotations

import json
from typing import Annotated, Any

from pydantic import Field

from service.api.cells import Cell
from service.api.schemas.base import ABSENT, Answer, Input, Moment, Prose
from service.domain.release import ReleaseView, Revision


class WithdrawalInput(Input):
    """Why a release is withdrawn."""

    reason: Prose


class ReleaseSummary(Answer):
    """A release without its figures."""

    id: str
    request: str
    data_set: str
    purpose: str
    rounds: list[str]
    version: int
    public: Annotated[bool, Field(description="Whether everybody who is known to the service may read it")]
    released_at: Moment
    withdrawn_at: Moment | None = ABSENT
    withdrawal_reason: str | None = ABSENT
    revision: Annotated[
        Revision,
        Field(
            description="`pending`: what counts has changed since, and a revision waits until it shows nobody; "
            "`superseded`: you have a later release of the same table, `revisedBy`"
        ),
    ]
    revised_by: str | None = ABSENT
    content_digest: str
    key_id: str
    signature: Annotated[
        str,
        Field(description="Ed25519 over `sluis-release-v1`, a line feed and the bytes of `content` as they stand here"),
    ]

    @classmethod
    def of(cls, view: ReleaseView) -> ReleaseSummary:
        """Everything but the content."""
        found = view.release
        return cls(
            id=found.id,
            request=found.request,
            data_set=found.data_set,
            purpose=found.purpose,
            rounds=list(found.rounds),
            version=found.version,
            public=found.public,
            released_at=found.released_at,
            withdrawn_at=found.withdrawn_at,
            withdrawal_reason=found.withdrawal_reason,
            revision=view.revision,
            revised_by=view.by,
            content_digest=found.content_digest,
            key_id=found.key_id,
            signature=found.signature,
        )


class CertificateAnswer(Answer):
    """How a release came to be: Ed25519 over `sluis-certificate-v1`, a line feed and the RFC 8785 form of it."""

    certificate: dict[str, Any]
    key_id: str
    signature: str


class ReleaseAnswer(ReleaseSummary):
    """A release with its figures and its certificate; `sluis-client release verify` checks it without the service."""

    certificate: CertificateAnswer | None = ABSENT
    log_successions: Annotated[list[str], Field(description="Of the log's keys, when one was replaced")] | None = ABSENT
    content: Annotated[dict[str, Any], Field(description="RFC 8785 canonical JSON: metadata, dimensions and cells")]


class CellAnswer(Answer):
    """One figure."""

    measure: str
    unit: str
    codes: Annotated[dict[str, str], Field(description="Per dimension the code")]
    value: Annotated[int | float | None, Field(description="Null when suppressed")]
    status: Annotated[str, Field(description="SDMX OBS_STATUS: A normal, E estimated (it has noise), Q suppressed")]
    standard_deviation: Annotated[float | None, Field(description="Of the noise in the value")] = ABSENT
    half_width: Annotated[int | None, Field(description="The noise is at most this, with a chance of 95 %")] = ABSENT

    @classmethod
    def of(cls, cell: Cell) -> CellAnswer:
        """The figure."""
        return cls(
            measure=cell.measure,
            unit=cell.unit,
            codes=cell.codes,
            value=cell.value,
            status=cell.status,
            standard_deviation=cell.standard_deviation,
            half_width=cell.half_width,
        )


def release_bytes(view: ReleaseView) -> bytes:
    """The release as it is sent: the stored content is put in as it is, so that the signature holds over these bytes.

    A canonical document holds no insignificant white space and needs no escaping inside another document.
    """
    summary = ReleaseSummary.of(view).to_json()[:-1]
    found = view.certificate
    if found is not None:
        certificate = CertificateAnswer(
            certificate=json.loads(found.content), key_id=found.key_id, signature=found.signature
        )
        summary += b',"certificate":' + certificate.to_json()
        if view.log_successions:
            summary += b',"logSuccessions":' + json.dumps(list(view.log_successions)).encode()
    return summary + b',"content":' + view.release.content.encode() + b"}"
