"""The acknowledgement of an objection: the service's signed word that a person counts no longer, or counts again."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sluis_client.wire.canonical import canonical_bytes, from_base64url
from sluis_client.wire.commitment import NONCE, OBJECTION_COMMITMENT_PREFIX, commitment
from sluis_client.wire.manifest import DIGEST, IDENTIFIER
from sluis_client.wire.receipt import ReceiptError, read_signed, require_signature
from sluis_client.wire.strict import Fields, string, time_text

OBJECTION_PREFIX = b"sluis-objection-v1\n"
_SUBJECT_PREFIX = b"sluis-objection-subject-v1\n"


def subject_of(pseudonym: str, nonce: str) -> str:
    """Whom an acknowledgement is about, as a digest with its nonce: it shows nobody to who has not the pseudonym.

    Args:
        pseudonym: as it was sent.
        nonce: 32 bytes in base64url.
    """
    digest = hashlib.sha256(_SUBJECT_PREFIX + from_base64url(nonce) + pseudonym.encode()).hexdigest()
    return f"sha-256:{digest}"


@dataclass(frozen=True, slots=True)
class ObjectionReceipt:
    """What holds of an objection at `stated_at`, and which audit event says so.

    Attributes:
        subject: `subject_of` the pseudonym that was sent; None in the answer to a withdrawal, which sends none.
        data_sets: what it is against; none stands for every one.
        purposes: for which purposes; none stands for every one.
        withdrawn_at: since when the person counts again; None while the objection is in force.
        issuer: the service's issuer URL.
        nonce: 32 random bytes in base64url, which hide the acknowledgement behind the `commitment` of its event.

    Raises:
        WireError: a field is out of bounds; all are named.
    """

    objection_id: str
    organisation: str
    subject: str | None
    data_sets: tuple[str, ...]
    purposes: tuple[str, ...]
    lodged_at: datetime
    withdrawn_at: datetime | None
    stated_at: datetime
    audit_event_id: str
    issuer: str
    nonce: str

    def __post_init__(self) -> None:
        """Hold the same rules for one that is made as for one that is read."""
        _read(self.to_json())

    @classmethod
    def from_json(cls, value: Any) -> ObjectionReceipt:
        """Read an acknowledgement.

        Raises:
            WireError: an unknown, missing or malformed field; all are named.
        """
        return cls(**_read(value))

    def to_json(self) -> dict[str, Any]:
        """As it stands on the wire and, in canonical form, under the signature."""
        return {
            "objectionReceiptVersion": 1,
            "objectionId": self.objection_id,
            "organisation": self.organisation,
            **({} if self.subject is None else {"subject": self.subject}),
            "dataSets": list(self.data_sets),
            "purposes": list(self.purposes),
            "lodgedAt": time_text(self.lodged_at),
            **({} if self.withdrawn_at is None else {"withdrawnAt": time_text(self.withdrawn_at)}),
            "statedAt": time_text(self.stated_at),
            "auditEventId": self.audit_event_id,
            "issuer": self.issuer,
            "nonce": self.nonce,
        }

    def canonical(self) -> bytes:
        """The canonical bytes: the payload under `OBJECTION_PREFIX`."""
        return canonical_bytes(self.to_json())

    def commitment(self) -> str:
        """What the event says of this acknowledgement."""
        return commitment(OBJECTION_COMMITMENT_PREFIX, self.to_json())


_REQUIRED = {
    "objectionReceiptVersion",
    "objectionId",
    "organisation",
    "dataSets",
    "purposes",
    "lodgedAt",
    "statedAt",
    "auditEventId",
    "issuer",
    "nonce",
}


def _read(value: Any) -> dict[str, Any]:
    optional = {name for name in ("subject", "withdrawnAt") if isinstance(value, dict) and name in value}
    fields = Fields(value, _REQUIRED | optional)
    fields.integer("objectionReceiptVersion", 1, 1)
    members = {
        "objection_id": fields.text("objectionId", IDENTIFIER),
        "organisation": fields.text("organisation", IDENTIFIER),
        "subject": fields.text("subject", DIGEST) if "subject" in optional else None,
        "data_sets": fields.each("dataSets", string),
        "purposes": fields.each("purposes", string),
        "lodged_at": fields.time("lodgedAt"),
        "withdrawn_at": fields.time("withdrawnAt") if "withdrawnAt" in optional else None,
        "stated_at": fields.time("statedAt"),
        "audit_event_id": fields.text("auditEventId", IDENTIFIER),
        "issuer": fields.text("issuer"),
        "nonce": fields.text("nonce", NONCE),
    }
    fields.finish()
    return members


@dataclass(frozen=True, slots=True)
class SignedObjectionReceipt:
    """An acknowledgement with its signature and the id of the service key that made it."""

    receipt: ObjectionReceipt
    key_id: str
    signature: str

    @classmethod
    def from_json(cls, value: Any) -> SignedObjectionReceipt:
        """Read a signed acknowledgement.

        Raises:
            WireError: an unknown, missing or malformed field; all are named.
        """
        return cls(*read_signed(value, "receipt", ObjectionReceipt.from_json))

    def to_json(self) -> dict[str, Any]:
        """As it stands on the wire and in the supplier's own folder."""
        return {"receipt": self.receipt.to_json(), "keyId": self.key_id, "signature": self.signature}


def verify_objection(
    signed: SignedObjectionReceipt,
    jwks: Any,
    *,
    issuer: str,
    organisation: str,
    pseudonym: str | None = None,
    against: tuple[Sequence[str], Sequence[str]] | None = None,
    objection: str | None = None,
    withdrawn: bool = False,
) -> ObjectionReceipt:
    """Prove that the service took an objection, or let go of it.

    1. The service publishes the Ed25519 key that the acknowledgement names.
    2. That key's signature holds over prefix and canonical bytes.
    3. It is about what was sent: by this organisation to this service, this person, against this, in force or not.

    Args:
        signed: what the service answered.
        jwks: the service's public keys.
        issuer: of the service that was asked.
        organisation: that asked.
        pseudonym: that was sent with a new objection.
        against: data sets and purposes that were sent with it.
        objection: the id of the one that was withdrawn.
        withdrawn: whether it was withdrawn by what was sent.

    Raises:
        ReceiptError: a step failed; it says which and what to do.
    """
    told = signed.receipt
    # steps 1 and 2
    signed_by, what = (signed.key_id, signed.signature), ("de bevestiging", "the acknowledgement")
    require_signature(OBJECTION_PREFIX, told.canonical(), signed_by, jwks, step=1, what=what)
    # step 3
    named = (tuple(sorted(set(against[0]))), tuple(sorted(set(against[1])))) if against is not None else None
    holds = (
        (told.issuer, told.organisation) == (issuer, organisation)
        and (told.withdrawn_at is not None) == withdrawn
        and (pseudonym is None or told.subject == subject_of(pseudonym, told.nonce))
        and (named is None or (told.data_sets, told.purposes) == named)
        and (objection is None or told.objection_id == objection)
    )
    if not holds:
        raise ReceiptError(
            3,
            "De bevestiging gaat over een ander bezwaar dan u verstuurde.",
            "The acknowledgement is about another objection than you sent.",
        )
    return told
