"""The manifest: what a supplier says it hands in, signed with its own key before anything leaves its machine."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from sluis_client.wire.canonical import base64url, canonical_bytes, digest, from_base64url
from sluis_client.wire.confirmation import Confirmation
from sluis_client.wire.strict import Fields, Problem, WireError, time_text

MANIFEST_PREFIX = b"sluis-manifest-v1\n"
IDENTIFIER = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,126}[A-Za-z0-9])?")
DIGEST = re.compile(r"sha-256:[0-9a-f]{64}")
NONCE = re.compile(r"[A-Za-z0-9_-]{22}")
SIGNATURE = re.compile(r"[A-Za-z0-9_-]{86}")
KEY_ID = re.compile(r"[A-Za-z0-9_-]{43}")

_NONCE_BYTES = 16
_MAX_ROWS = 10**9
_MAX_SIZE = 2**40
_MAX_VERSION = 10**6
_INTEGER_BYTES = 32


class SignatureError(Exception):
    """A signature does not hold: other content, other key, or not a signature at all. It never says which."""


class Format(StrEnum):
    """How the content is written; `json` is a list of records sent inline."""

    JSON = "json"
    CSV = "csv"
    NDJSON = "ndjson"
    PARQUET = "parquet"


@dataclass(frozen=True, slots=True)
class Manifest:
    """One delivery, described. `content_digest` binds the manifest to the content bytes, `nonce` makes it unique.

    Attributes:
        rows: number of rows, or None when the supplier did not count them.
        content_size: bytes of the content.
        nonce: 128 random bits, base64url.
        created_at: the supplier's clock, UTC.
        corrects: the submission that this delivery replaces.
        sealed: whether the content is sealed to the service; digest and size are then of 32 bytes before it and it
            (`sluis_client.wire.sealing`).
        confirmed: the warnings that somebody looked at, and why the figures are right; such a manifest is of version 2.

    Raises:
        WireError: a field is out of bounds; all are named.
    """

    data_set: str
    data_set_version: int
    round: str
    supplier: str
    format: Format
    rows: int | None
    content_digest: str
    content_size: int
    nonce: str
    created_at: datetime
    corrects: str | None = None
    sealed: bool = False
    confirmed: Confirmation | None = None

    def __post_init__(self) -> None:
        """Hold the same rules for a manifest that is made as for one that is read."""
        if self.created_at.tzinfo is None:
            raise WireError((Problem("/createdAt", "zonder tijdzone", "has no time zone"),))
        _read(self.to_json())

    @classmethod
    def from_json(cls, value: Any) -> Manifest:
        """Read a manifest.

        Raises:
            WireError: an unknown, missing or malformed field; all are named.
        """
        return cls(**_read(value))

    def to_json(self) -> dict[str, Any]:
        """As it stands on the wire and, in canonical form, under the signature."""
        members: dict[str, Any] = {
            "manifestVersion": 1 if self.confirmed is None else 2,
            "dataSet": self.data_set,
            "dataSetVersion": self.data_set_version,
            "round": self.round,
            "supplier": self.supplier,
            "format": str(self.format),
            "rows": self.rows,
            "contentDigest": self.content_digest,
            "contentSize": self.content_size,
            "nonce": self.nonce,
            "createdAt": time_text(self.created_at),
        }
        if self.corrects is not None:
            members["corrects"] = self.corrects
        if self.sealed:
            members["sealed"] = True
        if self.confirmed is not None:
            members["confirmed"] = self.confirmed.to_json()
        return members

    def canonical(self) -> bytes:
        """The canonical bytes."""
        return canonical_bytes(self.to_json())

    def digest(self) -> str:
        """The manifest digest: SHA-256 of the canonical bytes, without the signature's prefix."""
        return digest(self.canonical())


_KNOWN = frozenset(
    {
        "manifestVersion",
        "dataSet",
        "dataSetVersion",
        "round",
        "supplier",
        "format",
        "rows",
        "contentDigest",
        "contentSize",
        "nonce",
        "createdAt",
        "corrects",
        "sealed",
        "confirmed",
    }
)


def _read(value: Any) -> dict[str, Any]:
    fields = Fields(value, _KNOWN)
    version = 2 if "confirmed" in fields else 1
    fields.integer("manifestVersion", version, version)
    members = {
        "data_set": fields.text("dataSet", IDENTIFIER),
        "data_set_version": fields.integer("dataSetVersion", 1, _MAX_VERSION),
        "round": fields.text("round", IDENTIFIER),
        "supplier": fields.text("supplier", IDENTIFIER),
        "format": fields.choice("format", [str(f) for f in Format]),
        "rows": None,
        "content_digest": fields.text("contentDigest", DIGEST),
        "content_size": fields.integer("contentSize", 0, _MAX_SIZE),
        "nonce": fields.text("nonce", NONCE),
        "created_at": fields.time("createdAt"),
        "corrects": fields.text("corrects", IDENTIFIER) if "corrects" in fields else None,
        "sealed": "sealed" in fields and fields.boolean("sealed"),
        "confirmed": fields.nested("confirmed", Confirmation.from_json) if "confirmed" in fields else None,
    }
    if "rows" not in fields or value["rows"] is not None:
        members["rows"] = fields.integer("rows", 0, _MAX_ROWS)
    nonce = str(members["nonce"])
    if NONCE.fullmatch(nonce) and not _is_nonce(nonce):
        fields.refuse("nonce", "is geen base64url van 128 bits", "is no base64url of 128 bits")
    if "sealed" in fields and not members["sealed"]:
        fields.refuse("sealed", "moet true zijn, of ontbreken", "must be true, or absent")
    fields.finish()
    return {**members, "format": Format(str(members["format"]))}


def _is_nonce(text: str) -> bool:
    try:
        return len(from_base64url(text)) == _NONCE_BYTES
    except ValueError:
        return False


def sign_manifest(manifest: Manifest, key: ec.EllipticCurvePrivateKey) -> str:
    """The supplier's signature: ES256 (raw r || s, RFC 7518 section 3.4) over prefix and canonical bytes, base64url.

    The prefix keeps a manifest signature from being taken for one over anything else that the key signs.

    Raises:
        ValueError: the key is not on P-256.
    """
    if not isinstance(key.curve, ec.SECP256R1):
        raise ValueError("a manifest is signed with an EC P-256 key")  # noqa: TRY004 -- the right type, the wrong curve
    r, s = decode_dss_signature(key.sign(MANIFEST_PREFIX + manifest.canonical(), ec.ECDSA(hashes.SHA256())))
    return base64url(r.to_bytes(_INTEGER_BYTES, "big") + s.to_bytes(_INTEGER_BYTES, "big"))


def verify_manifest(manifest: Manifest, signature: str, key: ec.EllipticCurvePublicKey) -> None:
    """Check that the holder of the key signed exactly this manifest.

    Raises:
        SignatureError: it did not, or the signature is not 64 bytes in canonical base64url.
    """
    try:
        raw = from_base64url(signature)
    except ValueError:
        raise SignatureError("the manifest's signature does not hold") from None
    if len(raw) != 2 * _INTEGER_BYTES or not isinstance(key.curve, ec.SECP256R1):
        raise SignatureError("the manifest's signature does not hold")
    r, s = (int.from_bytes(half, "big") for half in (raw[:_INTEGER_BYTES], raw[_INTEGER_BYTES:]))
    try:
        key.verify(encode_dss_signature(r, s), MANIFEST_PREFIX + manifest.canonical(), ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        raise SignatureError("the manifest's signature does not hold") from None


@dataclass(frozen=True, slots=True)
class SignedManifest:
    """A manifest with its signature and the id (RFC 7638 thumbprint) of the key that made it."""

    manifest: Manifest
    key_id: str
    signature: str

    @classmethod
    def from_json(cls, value: Any) -> SignedManifest:
        """Read the three members; `records`, which may stand beside them in a submission, is not among them.

        Raises:
            WireError: an unknown, missing or malformed field; all are named.
        """
        fields = Fields(value, {"manifest", "keyId", "signature"})
        manifest = fields.nested("manifest", Manifest.from_json)
        key_id = fields.text("keyId", KEY_ID)
        signature = fields.text("signature", SIGNATURE)
        fields.finish()
        return cls(manifest, key_id, signature)

    def to_json(self) -> dict[str, Any]:
        """As it stands on the wire."""
        return {"manifest": self.manifest.to_json(), "keyId": self.key_id, "signature": self.signature}

    def verify(self, key: ec.EllipticCurvePublicKey) -> None:
        """Check the signature.

        Raises:
            SignatureError: it does not hold.
        """
        verify_manifest(self.manifest, self.signature, key)
