"""The acknowledgement of a withdrawal: the service's signed word that a delivery counts no longer, and since when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sluis_client.wire.canonical import canonical_bytes
from sluis_client.wire.commitment import NONCE, WITHDRAWAL_COMMITMENT_PREFIX, commitment
from sluis_client.wire.manifest import DIGEST, IDENTIFIER
from sluis_client.wire.receipt import Receipt, ReceiptError, read_signed, require_signature
from sluis_client.wire.strict import Fields, time_text

WITHDRAWAL_PREFIX = b"sluis-withdrawal-v1\n"


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """Which delivery counts no longer, since when, and which audit event says so.

    Attributes:
        manifest_digest: of the delivery, as its receipt names it.
        issuer: the service's issuer URL.
        nonce: 32 random bytes in base64url, which hide the acknowledgement behind the `commitment` of its event.

    Raises:
        WireError: a field is out of bounds; all are named.
    """

    submission_id: str
    organisation: str
    round: str
    manifest_digest: str
    withdrawn_at: datetime
    audit_event_id: str
    issuer: str
    nonce: str

    def __post_init__(self) -> None:
        """Hold the same rules for one that is made as for one that is read."""
        _read(self.to_json())

    @classmethod
    def from_json(cls, value: Any) -> Withdrawal:
        """Read an acknowledgement.

        Raises:
            WireError: an unknown, missing or malformed field; all are named.
        """
        return cls(**_read(value))

    def to_json(self) -> dict[str, Any]:
        """As it stands on the wire and, in canonical form, under the signature."""
        return {
            "withdrawalVersion": 1,
            "submissionId": self.submission_id,
            "organisation": self.organisation,
            "round": self.round,
            "manifestDigest": self.manifest_digest,
            "withdrawnAt": time_text(self.withdrawn_at),
            "auditEventId": self.audit_event_id,
            "issuer": self.issuer,
            "nonce": self.nonce,
        }

    def canonical(self) -> bytes:
        """The canonical bytes: the payload under `WITHDRAWAL_PREFIX`."""
        return canonical_bytes(self.to_json())

    def commitment(self) -> str:
        """What the event of the withdrawal says of this acknowledgement."""
        return commitment(WITHDRAWAL_COMMITMENT_PREFIX, self.to_json())


def _read(value: Any) -> dict[str, Any]:
    known = {
        "withdrawalVersion",
        "submissionId",
        "organisation",
        "round",
        "manifestDigest",
        "withdrawnAt",
        "auditEventId",
        "issuer",
        "nonce",
    }
    fields = Fields(value, known)
    fields.integer("withdrawalVersion", 1, 1)
    members = {
        "submission_id": fields.text("submissionId", IDENTIFIER),
        "organisation": fields.text("organisation", IDENTIFIER),
        "round": fields.text("round", IDENTIFIER),
        "manifest_digest": fields.text("manifestDigest", DIGEST),
        "withdrawn_at": fields.time("withdrawnAt"),
        "audit_event_id": fields.text("auditEventId", IDENTIFIER),
        "issuer": fields.text("issuer"),
        "nonce": fields.text("nonce", NONCE),
    }
    fields.finish()
    return members


@dataclass(frozen=True, slots=True)
class SignedWithdrawal:
    """An acknowledgement with its signature and the id of the service key that made it."""

    withdrawal: Withdrawal
    key_id: str
    signature: str

    @classmethod
    def from_json(cls, value: Any) -> SignedWithdrawal:
        """Read a signed acknowledgement.

        Raises:
            WireError: an unknown, missing or malformed field; all are named.
        """
        return cls(*read_signed(value, "withdrawal", Withdrawal.from_json))

    def to_json(self) -> dict[str, Any]:
        """As it stands on the wire and in the supplier's own folder."""
        return {"withdrawal": self.withdrawal.to_json(), "keyId": self.key_id, "signature": self.signature}


def verify_withdrawal(signed: SignedWithdrawal, receipt: Receipt, jwks: Any) -> Withdrawal:
    """Prove that the service let go of the delivery of `receipt`.

    1. The service publishes the Ed25519 key that the acknowledgement names.
    2. That key's signature holds over prefix and canonical bytes.
    3. It is about the delivery of this receipt, by the same service.

    Raises:
        ReceiptError: a step failed; it says which and what to do.
    """
    told = signed.withdrawal
    # steps 1 and 2
    signed_by, what = (signed.key_id, signed.signature), ("de bevestiging", "the acknowledgement")
    require_signature(WITHDRAWAL_PREFIX, told.canonical(), signed_by, jwks, step=1, what=what)
    # step 3
    about = (told.submission_id, told.organisation, told.round, told.manifest_digest, told.issuer)
    delivered = (
        receipt.submission_id,
        receipt.organisation,
        receipt.round,
        receipt.manifest_digest,
        receipt.issuer,
    )
    if about != delivered:
        raise ReceiptError(
            3,
            "De bevestiging gaat over een andere aanlevering dan dit ontvangstbewijs.",
            "The acknowledgement is about another delivery than this receipt.",
        )
    return told
