"""Public keys as JSON Web Keys (RFC 7517, 8037) and their thumbprints (RFC 7638).

Only EC P-256 (suppliers, access tokens) and Ed25519 (receipts, releases) exist here: a key of another type or curve,
with private parts, or with parameters that say another use is refused, whatever else it claims.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePublicKey,
    EllipticCurvePublicNumbers,
)
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from sluis_client.wire.canonical import base64url, canonical_bytes, from_base64url
from sluis_client.wire.strict import Fields, Problem, WireError

PublicKey = EllipticCurvePublicKey | Ed25519PublicKey

_COORDINATE_BYTES = 32
_OPTIONAL = frozenset({"kid", "use", "alg", "key_ops"})
_PRIVATE = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
_ALGORITHMS = {"EC": "ES256", "OKP": "EdDSA"}
_COORDINATES = {"EC": ("x", "y"), "OKP": ("x",)}
_CURVES = {"EC": "P-256", "OKP": "Ed25519"}


def public_jwk(key: PublicKey) -> dict[str, str]:
    """The JWK with the required members only; their thumbprint is the key id everywhere in Sluis.

    Raises:
        ValueError: an elliptic curve key that is not on P-256.
    """
    if isinstance(key, Ed25519PublicKey):
        raw = key.public_bytes(Encoding.Raw, PublicFormat.Raw)
        return {"kty": "OKP", "crv": "Ed25519", "x": base64url(raw)}
    if not isinstance(key.curve, SECP256R1):
        raise ValueError("only EC keys on P-256 are used")  # noqa: TRY004 -- the right type, the wrong curve
    numbers = key.public_numbers()
    return {
        "kty": "EC",
        "crv": "P-256",
        "x": base64url(numbers.x.to_bytes(_COORDINATE_BYTES, "big")),
        "y": base64url(numbers.y.to_bytes(_COORDINATE_BYTES, "big")),
    }


def published_jwk(key: PublicKey) -> dict[str, str]:
    """The JWK as it stands in a JWKS document: with `kid`, `use` and `alg`."""
    members = public_jwk(key)
    return {**members, "kid": jwk_thumbprint(members), "use": "sig", "alg": _ALGORITHMS[members["kty"]]}


def parse_public_jwk(value: Any) -> PublicKey:
    """The public key in a JWK.

    Raises:
        WireError: not exactly an EC P-256 or Ed25519 public key for signatures: another type or curve, a private
            part, an unknown member, a `kid` that is not its thumbprint, a point that is not on the curve.
    """
    given = value.get("kty") if isinstance(value, dict) else None
    kty = given if isinstance(given, str) else ""
    coordinates = _COORDINATES.get(kty)
    if coordinates is None:
        raise WireError((Problem("/kty", "moet EC of OKP zijn", "must be EC or OKP"),))
    fields = Fields(value, {"kty", "crv", *coordinates, *_OPTIONAL, *_PRIVATE})
    fields.choice("crv", {_CURVES[kty]})
    for name in _PRIVATE & value.keys():
        fields.refuse(name, "is geheim: stuur alleen de publieke helft", "is private: only the public half may be sent")
    if "use" in fields:
        fields.choice("use", {"sig"})
    if "alg" in fields:
        fields.choice("alg", {_ALGORITHMS[kty]})
    if "key_ops" in fields and value["key_ops"] != ["verify"]:
        fields.refuse("key_ops", "moet [verify] zijn", "must be [verify]")
    points = {name: _coordinate(fields, name) for name in coordinates}
    fields.finish()
    if "kid" in value and value["kid"] != jwk_thumbprint(value):
        fields.refuse("kid", "is niet de duimafdruk (RFC 7638)", "is not the thumbprint (RFC 7638)")
    fields.finish()
    return _key(kty, points)


def _coordinate(fields: Fields, name: str) -> bytes:
    text = fields.text(name)
    if text:
        try:
            raw = from_base64url(text)
        except ValueError:
            fields.refuse(name, "is geen base64url zonder opvulling", "is no base64url without padding")
        else:
            if len(raw) == _COORDINATE_BYTES:
                return raw
            fields.refuse(name, "moet 32 bytes lang zijn", "must be 32 bytes long")
    return b""


def _key(kty: str, points: Mapping[str, bytes]) -> PublicKey:
    try:
        if kty == "OKP":
            return Ed25519PublicKey.from_public_bytes(points["x"])
        x, y = (int.from_bytes(points[name], "big") for name in ("x", "y"))
        return EllipticCurvePublicNumbers(x, y, SECP256R1()).public_key()
    except ValueError:
        raise WireError((Problem("", "is geen punt op de kromme", "is no point on the curve"),)) from None


def jwk_thumbprint(jwk: Mapping[str, Any]) -> str:
    """The RFC 7638 thumbprint: base64url of SHA-256 over the canonical JSON of the required members."""
    required = ("crv", "kty", "x", "y") if jwk.get("kty") == "EC" else ("crv", "kty", "x")
    members = canonical_bytes({name: jwk[name] for name in required})
    return base64url(hashlib.sha256(members).digest())


class KeySet:
    """The keys of a JWKS document that Sluis can use, by key id.

    Keys of a type, curve or use that is not ours are passed over (RFC 7517, section 5), so that a document may also
    hold keys for other readers; what remains is chosen by `kid` and type, never tried one after the other.
    """

    def __init__(self, keys: Mapping[str, PublicKey]) -> None:
        self._keys = dict(keys)

    @classmethod
    def from_json(cls, value: Any) -> KeySet:
        """Read a JWKS document.

        Raises:
            WireError: it is no JWKS, or one key id is given twice.
        """
        if not isinstance(value, dict) or not isinstance(value.get("keys"), list):
            raise WireError((Problem("/keys", "ontbreekt", "is missing"),))
        keys: dict[str, PublicKey] = {}
        for jwk in value["keys"]:
            try:
                key = parse_public_jwk(jwk)
            except WireError:
                continue
            key_id = jwk_thumbprint(jwk)
            if key_id in keys:
                raise WireError((Problem("/keys", "bevat een sleutel dubbel", "has one key twice"),))
            keys[key_id] = key
        return cls(keys)

    def ed25519(self, key_id: str) -> Ed25519PublicKey | None:
        """The Ed25519 key of that id, or None."""
        key = self._keys.get(key_id)
        return key if isinstance(key, Ed25519PublicKey) else None

    def p256(self, key_id: str) -> EllipticCurvePublicKey | None:
        """The EC P-256 key of that id, or None."""
        key = self._keys.get(key_id)
        return key if isinstance(key, EllipticCurvePublicKey) else None
