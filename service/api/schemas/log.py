"""What the log shows to anybody: proofs as lists of hashes, and how it stands."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from service.api.schemas.base import ABSENT, Answer
from service.use_cases.read_log import LogStanding
from sluis_client.wire.log import LogProof

Hash = Annotated[str, Field(description="SHA-256, base64", pattern=r"^[A-Za-z0-9+/]{43}=$")]


class ProofAnswer(Answer):
    """The hashes of a proof (RFC 6962, section 2.1), in its order."""

    hashes: list[Hash]

    @classmethod
    def of(cls, hashes: Sequence[bytes]) -> ProofAnswer:
        """The proof."""
        return cls(hashes=[base64.b64encode(hash_).decode() for hash_ in hashes])


class SuccessionsAnswer(Answer):
    """Which key of the log followed which."""

    successions: list[Annotated[str, Field(description="C2SP signed note of `sluis-log-key-succession-v1`")]]


class LogStandingAnswer(Answer):
    """How the log stands; a log that is behind holds up proofs and releases, not deliveries."""

    size: Annotated[int, Field(description="Events in the log")]
    waiting: Annotated[int, Field(description="Events that have no place yet")]
    lag_seconds: Annotated[float, Field(description="How long the oldest of them has waited")]
    behind: Annotated[bool, Field(description="Whether that is an alarm")]

    @classmethod
    def of(cls, standing: LogStanding) -> LogStandingAnswer:
        """How it stands."""
        return cls(
            size=standing.size,
            waiting=standing.waiting,
            lag_seconds=round(standing.lag.total_seconds(), 3),
            behind=standing.behind,
        )


class LogProofAnswer(Answer):
    """An event, its place in the audit log, and the hashes that lead from it to a signed checkpoint."""

    log_index: int
    salt: Annotated[str, Field(description="32 bytes, base64url; with the event it gives the leaf")]
    event: Annotated[str, Field(description="RFC 8785 canonical JSON, as it was hashed")]
    hashes: Annotated[list[str], Field(description="RFC 6962 inclusion proof, base64url")]
    checkpoint: Annotated[str, Field(description="C2SP signed note")]
    successions: Annotated[list[str], Field(description="Of the log's keys, when one was replaced")] | None = ABSENT

    @classmethod
    def of(cls, proof: LogProof) -> LogProofAnswer:
        """The proof, as the wire has it."""
        return cls.model_validate(proof.to_json())
