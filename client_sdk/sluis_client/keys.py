"""The supplier's key: EC P-256, made on the supplier's own machine; the private half never leaves it."""

import hashlib
import uuid
from datetime import datetime, timedelta
from typing import Any, Self

import jwt
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from sluis_client import wire
from sluis_client.errors import PassphraseError, TrustError
from sluis_client.language import Text
from sluis_client.machine import Machine

_PROOF_LIFETIME = timedelta(minutes=4)  # the service takes at most five; a clock may be behind by that much


class SupplierKey:
    """A private key that signs; its representation shows the public thumbprint only.

    Attributes:
        jwk: the public half as a JWK.
        key_id: its RFC 7638 thumbprint.
    """

    def __init__(self, private: ec.EllipticCurvePrivateKey) -> None:
        self._private = private
        self.jwk = wire.public_jwk(private.public_key())
        self.key_id = wire.jwk_thumbprint(self.jwk)

    def __repr__(self) -> str:
        return f"SupplierKey({self.key_id})"

    @classmethod
    def generate(cls) -> Self:
        """A new key, from the operating system's randomness."""
        return cls(ec.generate_private_key(ec.SECP256R1()))

    @classmethod
    def from_pem(cls, pem: bytes, passphrase: str | None) -> Self:
        """The key in a PKCS #8 file.

        Raises:
            PassphraseError: when it is encrypted and the passphrase is missing or wrong.
            TrustError: when it is no EC P-256 key.
        """
        encrypted = b"ENCRYPTED" in pem
        secret = passphrase.encode() if passphrase and encrypted else None
        if encrypted and secret is None:
            raise PassphraseError(given=False)
        try:
            private = serialization.load_pem_private_key(pem, secret)
        except (ValueError, UnsupportedAlgorithm):
            if encrypted:
                raise PassphraseError(given=True) from None
            raise _unusable() from None
        if not isinstance(private, ec.EllipticCurvePrivateKey) or not isinstance(private.curve, ec.SECP256R1):
            raise _unusable()
        return cls(private)

    def to_pem(self, passphrase: str | None) -> bytes:
        """The key as PKCS #8, encrypted when a passphrase is given."""
        protection: serialization.KeySerializationEncryption = (
            serialization.BestAvailableEncryption(passphrase.encode()) if passphrase else serialization.NoEncryption()
        )
        return self._private.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, protection)

    def sign_manifest(self, manifest: wire.Manifest) -> str:
        """The signature over a manifest, as the wire package defines it."""
        return wire.sign_manifest(manifest, self._private)

    def proof(self, machine: Machine, *, audience: str, subject: str, **claims: Any) -> str:
        """A short-lived JWT (ES256) that proves possession of the key; usable once (`jti`)."""
        now: datetime = machine.now()
        said = {"aud": audience, "sub": subject, "exp": int((now + _PROOF_LIFETIME).timestamp()), **claims}
        return self._sign(machine, now, said, {"kid": self.key_id})

    def request_proof(self, machine: Machine, *, method: str, url: str, token: str | None) -> str:
        """A DPoP proof (RFC 9449 section 4.2) for one request, with this token; its header carries the public half."""
        said = {"htm": method, "htu": url}
        if token is not None:
            said["ath"] = wire.base64url(hashlib.sha256(token.encode()).digest())
        return self._sign(machine, machine.now(), said, {"typ": "dpop+jwt", "jwk": self.jwk})

    def _sign(self, machine: Machine, now: datetime, said: dict[str, Any], headers: dict[str, Any]) -> str:
        used_once = {"iat": int(now.timestamp()), "jti": str(uuid.UUID(bytes=machine.token(16), version=4))}
        return jwt.encode({**said, **used_once}, self._private, algorithm="ES256", headers=headers)


def _unusable() -> TrustError:
    return TrustError(
        Text("De sleutel in het profiel is onbruikbaar.", "The key in the profile cannot be used."),
        Text(
            "Meld een nieuwe sleutel aan met `sluis-client init --force`.",
            "Register a new key by `sluis-client init --force`.",
        ),
    )
