"""Ed25519 signatures over receipts and releases (RFC 8032)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from service.ports.keys import Signature
from sluis_client.wire.canonical import base64url
from sluis_client.wire.jwk import jwk_thumbprint, published_jwk


class Ed25519Signer:
    """Signs with one private key, which it never hands out."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key
        self._jwk = published_jwk(key.public_key())
        self._key_id = jwk_thumbprint(self._jwk)

    def sign(self, prefix: bytes, payload: bytes) -> Signature:
        r"""The signature over prefix + payload.

        The prefix separates domains: a receipt's signature never passes for a release's. It ends in its only line
        end, so that no other prefix and payload join to the same bytes.

        Raises:
            ValueError: the prefix is not one line that ends in `\n`.
        """
        if prefix.count(b"\n") != 1 or not prefix.endswith(b"\n") or prefix == b"\n":
            raise ValueError("the prefix of a signature is one line with its line end")
        return Signature(self._key_id, base64url(self._key.sign(prefix + payload)))

    def public_keys(self) -> Sequence[Mapping[str, str]]:
        """The public JWK that verifies what this signer signs (RFC 8037), its `kid` the RFC 7638 thumbprint."""
        return (dict(self._jwk),)
