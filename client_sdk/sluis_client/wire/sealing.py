r"""Sealed content (HPKE, RFC 9180): a machine in between that ends TLS and keeps everything learns nothing of the rows.

One suite: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM; mode base, one message for each part, which is
the encapsulated key (32 bytes), then the ciphertext and its tag. What a part belongs to stands in `info`, so that it
opens nowhere else: the line `sluis-seal-v1` and the canonical JSON (RFC 8785) of manifest, supplier, key and number.

What is sealed is not the file alone but 32 bytes that nobody can guess and then the file; the content digest and
size of the manifest are of that. A digest of the bare file would tell it: whoever knows all of it but a few figures
tries them all. The same supplier takes the same bytes for the same file, so that it stays the same content.

The keys come in a document that the service signs with its receipt key, which the supplier knows since it registered.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from sluis_client.wire.canonical import base64url, canonical_bytes, from_base64url
from sluis_client.wire.jwk import jwk_thumbprint
from sluis_client.wire.manifest import KEY_ID, SIGNATURE
from sluis_client.wire.strict import Fields, time_text

SUITE_NAME = "X25519-HKDF-SHA256-AES256GCM"
SEALED_OVERHEAD = 32 + 16
"""Bytes by which a sealed part is longer than what is in it."""
SALT_BYTES = 32
SEAL_PREFIX = b"sluis-seal-v1\n"
SEALING_KEYS_PREFIX = b"sluis-sealing-keys-v1\n"
SEALING_KEYS_LIFE = timedelta(days=1)
"""How old a document may be: shorter than an old key overlaps, so that no machine in between can keep one alive."""

_SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)


class SealError(Exception):
    """What was sealed does not open: altered, sealed to another key, or for another place. It never says which."""


@dataclass(frozen=True, slots=True)
class SealedPlace:
    """Where one sealed message belongs.

    Attributes:
        manifest_digest: of the delivery.
        supplier: who delivers.
        key_id: thumbprint of the key that it is sealed to.
        part: number of the part; 0 for records in the same call.
    """

    manifest_digest: str
    supplier: str
    key_id: str
    part: int

    def info(self) -> bytes:
        """What HPKE binds the message to."""
        members = {
            "manifestDigest": self.manifest_digest,
            "supplier": self.supplier,
            "keyId": self.key_id,
            "part": self.part,
        }
        return SEAL_PREFIX + canonical_bytes(members)


def content_salt(secret: bytes, file_digest: str) -> bytes:
    """The 32 bytes before a file: HMAC-SHA256 under a secret that stays with the supplier, over the file's digest."""
    return hmac.digest(secret, b"sluis-content-salt-v1\n" + file_digest.encode(), hashlib.sha256)


def seal(content: bytes, place: SealedPlace, public_jwk: Mapping[str, str]) -> bytes:
    """The content, readable only by the holder of the private half, and only in its place."""
    return _SUITE.encrypt(content, _public_key(public_jwk), info=place.info())


def open_sealed(sealed: bytes, place: SealedPlace, private: bytes) -> bytes:
    """What was sealed for this place to the key of these 32 bytes.

    Raises:
        SealError: it does not open.
    """
    try:
        return _SUITE.decrypt(sealed, X25519PrivateKey.from_private_bytes(private), info=place.info())
    except (InvalidTag, ValueError):
        raise SealError("what was sealed does not open") from None


def sealing_jwk(private: bytes) -> dict[str, str]:
    """The public half of a key of 32 random bytes, as a JWK (RFC 8037)."""
    public = X25519PrivateKey.from_private_bytes(private).public_key()
    return {"kty": "OKP", "crv": "X25519", "x": base64url(public.public_bytes(Encoding.Raw, PublicFormat.Raw))}


class SealingState(StrEnum):
    """Pending: announced, not to be used yet. Active: to be used. Expired: what is sealed to it is refused."""

    PENDING = "pending"
    ACTIVE = "active"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class PublishedSealingKey:
    """A key as the service publishes it; `expires_at` is None while no other is to follow."""

    public_jwk: Mapping[str, str]
    state: SealingState
    active_from: datetime
    expires_at: datetime | None = None

    @property
    def key_id(self) -> str:
        """The RFC 7638 thumbprint."""
        return jwk_thumbprint(self.public_jwk)

    @classmethod
    def from_json(cls, value: Any) -> PublishedSealingKey:
        """Read a key.

        Raises:
            WireError: an unknown, missing or malformed field, or a key id that is not the key's.
        """
        fields = Fields(value, {"keyId", "publicKey", "suite", "state", "activeFrom", "expiresAt"})
        key_id = fields.text("keyId", KEY_ID)
        jwk = fields.nested("publicKey", _read_jwk)
        fields.choice("suite", {SUITE_NAME})
        state = fields.choice("state", [str(one) for one in SealingState])
        active_from = fields.time("activeFrom")
        expires_at = fields.time("expiresAt") if "expiresAt" in fields else None
        fields.finish()
        if jwk_thumbprint(jwk) != key_id:
            fields.refuse("keyId", "is niet de duimafdruk (RFC 7638)", "is not the thumbprint (RFC 7638)")
        fields.finish()
        return cls(jwk, SealingState(state), active_from, expires_at)

    def to_json(self) -> dict[str, Any]:
        """As it stands in the document."""
        members = {
            "keyId": self.key_id,
            "publicKey": dict(self.public_jwk),
            "suite": SUITE_NAME,
            "state": str(self.state),
            "activeFrom": time_text(self.active_from),
        }
        return members if self.expires_at is None else {**members, "expiresAt": time_text(self.expires_at)}


@dataclass(frozen=True, slots=True)
class SealingKeys:
    """The keys of one service at one moment."""

    issuer: str
    issued_at: datetime
    keys: tuple[PublishedSealingKey, ...]

    @classmethod
    def from_json(cls, value: Any) -> SealingKeys:
        """Read the document.

        Raises:
            WireError: an unknown, missing or malformed field; all are named.
        """
        fields = Fields(value, {"sealingKeysVersion", "issuer", "issuedAt", "keys"})
        fields.integer("sealingKeysVersion", 1, 1)
        issuer, issued_at = fields.text("issuer"), fields.time("issuedAt")
        keys = fields.each("keys", PublishedSealingKey.from_json)
        fields.finish()
        return cls(issuer, issued_at, keys)

    def to_json(self) -> dict[str, Any]:
        """As it stands on the wire and, in canonical form, under the signature."""
        return {
            "sealingKeysVersion": 1,
            "issuer": self.issuer,
            "issuedAt": time_text(self.issued_at),
            "keys": [key.to_json() for key in self.keys],
        }

    def canonical(self) -> bytes:
        """The canonical bytes: the payload under `SEALING_KEYS_PREFIX`."""
        return canonical_bytes(self.to_json())

    def to_use(self) -> PublishedSealingKey | None:
        """The active key that came last, if there is one."""
        active = [key for key in self.keys if key.state is SealingState.ACTIVE]
        return max(active, key=lambda key: key.active_from, default=None)


@dataclass(frozen=True, slots=True)
class SignedSealingKeys:
    """The document with the service's signature (Ed25519) and the id of the receipt key that made it."""

    document: SealingKeys
    key_id: str
    signature: str

    @classmethod
    def from_json(cls, value: Any) -> SignedSealingKeys:
        """Read the three members.

        Raises:
            WireError: an unknown, missing or malformed field; all are named.
        """
        fields = Fields(value, {"sealingKeys", "keyId", "signature"})
        document = fields.nested("sealingKeys", SealingKeys.from_json)
        key_id, signature = fields.text("keyId", KEY_ID), fields.text("signature", SIGNATURE)
        fields.finish()
        return cls(document, key_id, signature)

    def to_json(self) -> dict[str, Any]:
        """As it stands on the wire."""
        return {"sealingKeys": self.document.to_json(), "keyId": self.key_id, "signature": self.signature}


def _read_jwk(value: Any) -> dict[str, str]:
    fields = Fields(value, {"kty", "crv", "x"})
    read = {
        "kty": fields.choice("kty", {"OKP"}),
        "crv": fields.choice("crv", {"X25519"}),
        "x": fields.text("x", KEY_ID),
    }
    fields.finish()
    try:
        _public_key(read)
    except ValueError:
        fields.refuse("x", "is geen sleutel van 32 bytes", "is no key of 32 bytes")
    fields.finish()
    return read


def _public_key(jwk: Mapping[str, str]) -> X25519PublicKey:
    return X25519PublicKey.from_public_bytes(from_base64url(jwk["x"]))
