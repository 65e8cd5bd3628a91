"""The receipt: the service's signed word that it took a delivery, which the supplier can hold against it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from sluis_client.wire.canonical import base64url, canonical_bytes, from_base64url
from sluis_client.wire.commitment import NONCE, RECEIPT_COMMITMENT_PREFIX, commitment
from sluis_client.wire.jwk import KeySet, jwk_thumbprint, public_jwk
from sluis_client.wire.manifest import DIGEST, IDENTIFIER, KEY_ID, SIGNATURE, Manifest, SignatureError
from sluis_client.wire.strict import Fields, StepError, WireError, time_text

T = TypeVar("T")
RECEIPT_PREFIX = b"sluis-receipt-v1\n"
RELEASE_PREFIX = b"sluis-release-v1\n"
ACCEPTANCE_EVENTS = frozenset({"submission.submit", "submission.complete", "submission.serve"})
"""The codes of the events by which a delivery is accepted: inline, in parts, or with that of a form."""

_MAX_ROWS = 10**9
_MAX_VERSION = 10**6


def sign_ed25519(prefix: bytes, payload: bytes, key: Ed25519PrivateKey) -> str:
    """Ed25519 (RFC 8032) over prefix and payload, base64url; the prefix keeps receipts and releases apart."""
    return base64url(key.sign(prefix + payload))


def verify_ed25519(prefix: bytes, payload: bytes, signature: str, key: Ed25519PublicKey) -> None:
    """Check a signature made by `sign_ed25519`.

    Raises:
        SignatureError: it does not hold.
    """
    try:
        key.verify(from_base64url(signature), prefix + payload)
    except (InvalidSignature, ValueError):
        raise SignatureError("the signature does not hold") from None


@dataclass(frozen=True, slots=True)
class Receipt:
    """What was taken, from whom, for which round, when, and which audit event says so.

    Attributes:
        version: 1 for a first delivery, one more for each correction of it.
        rows: number of rows that the service counted.
        issuer: the service's issuer URL, the same as in its access tokens.
        nonce: 32 random bytes in base64url, which hide the receipt behind the `commitment` of its event. None in a
            receipt of version 1: no event commits to that.

    Raises:
        WireError: a field is out of bounds; all are named.
    """

    submission_id: str
    organisation: str
    round: str
    data_set: str
    data_set_version: int
    version: int
    late: bool
    rows: int
    manifest_digest: str
    content_digest: str
    accepted_at: datetime
    audit_event_id: str
    issuer: str
    nonce: str | None = None

    def __post_init__(self) -> None:
        """Hold the same rules for a receipt that is made as for one that is read."""
        _read(self.to_json())

    @classmethod
    def from_json(cls, value: Any) -> Receipt:
        """Read a receipt.

        Raises:
            WireError: an unknown, missing or malformed field; all are named.
        """
        return cls(**_read(value))

    def to_json(self) -> dict[str, Any]:
        """As it stands on the wire and, in canonical form, under the signature."""
        return {
            **({"receiptVersion": 1} if self.nonce is None else {"receiptVersion": 2, "nonce": self.nonce}),
            "submissionId": self.submission_id,
            "organisation": self.organisation,
            "round": self.round,
            "dataSet": self.data_set,
            "dataSetVersion": self.data_set_version,
            "version": self.version,
            "late": self.late,
            "rows": self.rows,
            "manifestDigest": self.manifest_digest,
            "contentDigest": self.content_digest,
            "acceptedAt": time_text(self.accepted_at),
            "auditEventId": self.audit_event_id,
            "issuer": self.issuer,
        }

    def canonical(self) -> bytes:
        """The canonical bytes: the payload under `RECEIPT_PREFIX`."""
        return canonical_bytes(self.to_json())

    def commitment(self) -> str | None:
        """What the event of the acceptance says of this receipt; None when no event can commit to it."""
        return None if self.nonce is None else commitment(RECEIPT_COMMITMENT_PREFIX, self.to_json())


_KNOWN = frozenset(
    {
        "receiptVersion",
        "submissionId",
        "organisation",
        "round",
        "dataSet",
        "dataSetVersion",
        "version",
        "late",
        "rows",
        "manifestDigest",
        "contentDigest",
        "acceptedAt",
        "auditEventId",
        "issuer",
        "nonce",
    }
)


def _read(value: Any) -> dict[str, Any]:
    committed = isinstance(value, dict) and "nonce" in value
    fields = Fields(value, _KNOWN)
    fields.integer("receiptVersion", 2 if committed else 1, 2 if committed else 1)
    members = {
        "submission_id": fields.text("submissionId", IDENTIFIER),
        "organisation": fields.text("organisation", IDENTIFIER),
        "round": fields.text("round", IDENTIFIER),
        "data_set": fields.text("dataSet", IDENTIFIER),
        "data_set_version": fields.integer("dataSetVersion", 1, _MAX_VERSION),
        "version": fields.integer("version", 1, _MAX_VERSION),
        "late": fields.boolean("late"),
        "rows": fields.integer("rows", 0, _MAX_ROWS),
        "manifest_digest": fields.text("manifestDigest", DIGEST),
        "content_digest": fields.text("contentDigest", DIGEST),
        "accepted_at": fields.time("acceptedAt"),
        "audit_event_id": fields.text("auditEventId", IDENTIFIER),
        "issuer": fields.text("issuer"),
        "nonce": fields.text("nonce", NONCE) if committed else None,
    }
    fields.finish()
    return members


def read_signed(value: Any, name: str, read: Callable[[Any], T]) -> tuple[T, str, str]:
    """What the service signed, with the id of its key and the signature.

    Args:
        value: as it stands on the wire.
        name: the member that is signed.
        read: reads that.

    Raises:
        WireError: an unknown, missing or malformed field; all are named.
    """
    fields = Fields(value, {name, "keyId", "signature"})
    signed = fields.nested(name, read)
    key_id = fields.text("keyId", KEY_ID)
    signature = fields.text("signature", SIGNATURE)
    fields.finish()
    return signed, key_id, signature


@dataclass(frozen=True, slots=True)
class SignedReceipt:
    """A receipt with its signature and the id of the service key that made it."""

    receipt: Receipt
    key_id: str
    signature: str

    @classmethod
    def from_json(cls, value: Any) -> SignedReceipt:
        """Read a signed receipt.

        Raises:
            WireError: an unknown, missing or malformed field; all are named.
        """
        return cls(*read_signed(value, "receipt", Receipt.from_json))

    def to_json(self) -> dict[str, Any]:
        """As it stands on the wire and in the supplier's own folder."""
        return {"receipt": self.receipt.to_json(), "keyId": self.key_id, "signature": self.signature}


def sign_receipt(receipt: Receipt, key: Ed25519PrivateKey) -> SignedReceipt:
    """The receipt, signed by the service."""
    signature = sign_ed25519(RECEIPT_PREFIX, receipt.canonical(), key)
    return SignedReceipt(receipt, jwk_thumbprint(public_jwk(key.public_key())), signature)


class ReceiptError(StepError):
    """A receipt does not prove that this delivery was taken. Steps are those of `verify_receipt`."""


def verify_receipt(signed: Any, manifest: Manifest, jwks: Any, *, issuer: str | None = None) -> Receipt:
    """Prove, without trusting the connection it came by, that the service took the delivery of `manifest`.

    1. to 4. The receipt itself holds: `verify_receipt_alone`.
    5. It is about this delivery: manifest digest and content digest are those that we signed.
    6. It says the same as the manifest: supplier, round, data set and version, and rows when we counted them.

    Args:
        signed: the `{receipt, keyId, signature}` as received (parsed JSON), or a `SignedReceipt`.
        manifest: the manifest that was signed for the delivery.
        jwks: the service's JWKS document (parsed JSON).
        issuer: the issuer URL that was stored when the supplier registered.

    Returns:
        The receipt, proven.

    Raises:
        ReceiptError: a step failed; it says which and what to do.
    """
    # steps 1 to 4
    receipt = verify_receipt_alone(signed, jwks, issuer=issuer)
    # step 5
    if (receipt.manifest_digest, receipt.content_digest) != (manifest.digest(), manifest.content_digest):
        raise ReceiptError(
            5,
            "Het bewijs gaat over een andere aanlevering dan deze.",
            "The receipt is about another delivery than this one.",
        )
    # step 6
    differing = _differences(receipt, manifest)
    if differing:
        listed = ", ".join(differing)
        raise ReceiptError(
            6,
            f"Het bewijs spreekt het manifest tegen ({listed}). Meld dit bij de beheerder van de dienst.",
            f"The receipt contradicts the manifest ({listed}). Report this to the operator of the service.",
        )
    return receipt


def verify_receipt_alone(signed: Any, jwks: Any, *, issuer: str | None = None) -> Receipt:
    """Prove that the service signed the receipt, when the manifest is not at hand.

    1. The receipt is well-formed: no unknown, missing or malformed field.
    2. The service publishes the Ed25519 key that the receipt names.
    3. That key's signature holds over prefix and canonical bytes of the receipt.
    4. The receipt was issued by the service we deliver to (when `issuer` is given).

    Raises:
        ReceiptError: a step failed; it says which and what to do.
    """
    # step 1
    try:
        parsed = SignedReceipt.from_json(signed.to_json() if isinstance(signed, SignedReceipt) else signed)
    except WireError as error:
        raise ReceiptError(
            1, f"Het ontvangstbewijs is misvormd: {error}", f"The receipt is malformed: {error}"
        ) from error
    # steps 2 and 3
    signed_by, what = (parsed.key_id, parsed.signature), ("het ontvangstbewijs", "the receipt")
    require_signature(RECEIPT_PREFIX, parsed.receipt.canonical(), signed_by, jwks, step=2, what=what)
    # step 4
    if issuer is not None and parsed.receipt.issuer != issuer:
        raise ReceiptError(4, "Een andere dienst gaf het bewijs af.", "Another service issued the receipt.")
    return parsed.receipt


def require_signature(
    prefix: bytes, payload: bytes, signed: tuple[str, str], jwks: Any, *, step: int, what: tuple[str, str]
) -> None:
    """Step `step`: the service publishes the key. The step after it: that key's signature holds.

    Args:
        prefix: of what is signed.
        payload: the canonical bytes.
        signed: id of the key, and the signature.
        jwks: the service's JWKS document (parsed JSON).
        step: the number of the first of the two steps.
        what: was signed, in Dutch and English.

    Raises:
        ReceiptError: a step failed.
    """
    key_id, signature = signed
    try:
        key = KeySet.from_json(jwks).ed25519(key_id)
    except WireError:
        key = None
    if key is None:
        raise ReceiptError(
            step,
            f"De dienst publiceert geen sleutel {key_id}. Haal de sleutels opnieuw op; blijft dit zo, meld het.",
            f"The service publishes no key {key_id}. Fetch its keys again; if this remains, report it.",
        )
    try:
        verify_ed25519(prefix, payload, signature, key)
    except SignatureError as error:
        raise ReceiptError(
            step + 1,
            f"De handtekening klopt niet: {what[0]} is gewijzigd of niet van deze dienst.",
            f"The signature does not hold: {what[1]} was altered or is not of this service.",
        ) from error


def _differences(receipt: Receipt, manifest: Manifest) -> list[str]:
    said: Mapping[str, tuple[object, object]] = {
        "organisation": (receipt.organisation, manifest.supplier),
        "round": (receipt.round, manifest.round),
        "dataSet": (receipt.data_set, manifest.data_set),
        "dataSetVersion": (receipt.data_set_version, manifest.data_set_version),
        "rows": (receipt.rows, receipt.rows if manifest.rows is None else manifest.rows),
    }
    return [name for name, (there, here) in said.items() if there != here]
