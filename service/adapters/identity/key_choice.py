"""Whether a public JWK may verify a signature of one algorithm.

python-jose verifies with whatever it is given: an encryption key, RSA of 1,024 bits, P-384 under ES256. Here a key
has to fit its algorithm in type, curve, use and size before it is used at all (RFC 7517, RFC 7518, RFC 8725 3.1-3.5).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec, rsa

from service.adapters.identity import compact
from service.ports.identity import Algorithm, NotAuthenticated, TokenFault
from sluis_client.wire.jwk import jwk_thumbprint

VerificationKey = ec.EllipticCurvePublicKey | rsa.RSAPublicKey

_P256_BYTES: Final = 32
_RSA_BITS: Final = range(2048, 8193)
_MAX_EXPONENT_BITS: Final = 32
_PRIVATE_MEMBERS: Final = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})


def verification_key(jwk: Mapping[str, object], algorithm: Algorithm) -> VerificationKey:
    """The public key of a JWK, fit for `algorithm` and nothing else.

    Raises:
        NotAuthenticated: KEY_UNSUITABLE, whatever is wrong with it.
    """
    try:
        _check_purpose(jwk, algorithm)
        return _p256_key(jwk) if algorithm == "ES256" else _rsa_key(jwk)
    except ValueError as error:
        raise NotAuthenticated(TokenFault.KEY_UNSUITABLE) from error


def thumbprint_of(jwk: Mapping[str, object]) -> str:
    """The RFC 7638 thumbprint of a key that came in, once it is known to be a good P-256 key.

    Raises:
        NotAuthenticated: KEY_UNSUITABLE.
    """
    verification_key(jwk, "ES256")
    return jwk_thumbprint({name: str(jwk[name]) for name in ("kty", "crv", "x", "y")})


def _check_purpose(jwk: Mapping[str, object], algorithm: Algorithm) -> None:
    """It is public, and meant for verifying signatures of this algorithm."""
    operations = jwk.get("key_ops", ["verify"])
    checks = {
        "private members": not _PRIVATE_MEMBERS & jwk.keys(),
        "use": jwk.get("use", "sig") == "sig",
        "key_ops": isinstance(operations, list) and "verify" in operations,
        "alg": jwk.get("alg", algorithm) == algorithm,
        "kty": jwk.get("kty") == {"ES256": "EC", "RS256": "RSA"}[algorithm],
    }
    wrong = [name for name, holds in checks.items() if not holds]
    if wrong:
        raise ValueError(f"unsuitable: {', '.join(wrong)}")


def _p256_key(jwk: Mapping[str, object]) -> ec.EllipticCurvePublicKey:
    """A point of P-256, both coordinates at full length."""
    if jwk.get("crv") != "P-256":
        raise ValueError("another curve than P-256")
    x, y = _octets(jwk, "x"), _octets(jwk, "y")
    if len(x) != _P256_BYTES or len(y) != _P256_BYTES:
        raise ValueError("a coordinate is not 32 bytes")
    return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), b"\x04" + x + y)


def _rsa_key(jwk: Mapping[str, object]) -> rsa.RSAPublicKey:
    """An RSA key of 2,048 bits or more; the upper bound keeps verification cheap."""
    modulus = int.from_bytes(_octets(jwk, "n"), "big")
    exponent = int.from_bytes(_octets(jwk, "e"), "big")
    if modulus.bit_length() not in _RSA_BITS or exponent.bit_length() > _MAX_EXPONENT_BITS:
        raise ValueError("modulus or exponent out of range")
    return rsa.RSAPublicNumbers(exponent, modulus).public_key()


def _octets(jwk: Mapping[str, object], member: str) -> bytes:
    """A base64url member."""
    value = jwk.get(member)
    try:
        return compact.decode(value if isinstance(value, str) else "")
    except NotAuthenticated as error:
        raise ValueError(f"{member} is not base64url") from error
