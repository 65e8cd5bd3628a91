"""The one module that uses python-jose, made safe by its own checks before and after.

python-jose 3.5.0 takes a token without `aud` although an audience was asked for, without `exp`, with an unknown `crit`,
with another `kid`, under an encryption key, RSA of 1,024 bits or P-384 as ES256, from the future, and under an
algorithm whose name is a substring of the one allowed; with `algorithms=None` it takes an HS256 token forged with a
public key, and a JWKS of mixed types makes it raise (tests/identity shows each). So it is given one thing to do: check
one signature, by one key object of the right type, under a list of exactly one algorithm. All else happens here.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import Enum, auto
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec
from jose import jws
from jose.backends.cryptography_backend import CryptographyECKey, CryptographyRSAKey
from jose.exceptions import JOSEError

from service.adapters.identity import compact
from service.adapters.identity.key_choice import thumbprint_of, verification_key
from service.ports.identity import Algorithm, NotAuthenticated, TokenFault

LEEWAY: Final = timedelta(seconds=60)
"""How far `iat` and `nbf` may lie in the future; `exp` has none."""
MAX_TEXT: Final = 255
"""Characters of an issuer, subject, token id or key id (OpenID Connect Core section 2)."""
PROOF_ALGORITHM: Final[Algorithm] = "ES256"
PROOF_TYPE: Final = "dpop+jwt"
_MAX_AUDIENCES: Final = 20
_JOSE_KEYS: Final[Mapping[Algorithm, type[CryptographyECKey | CryptographyRSAKey]]] = {
    "ES256": CryptographyECKey,
    "RS256": CryptographyRSAKey,
}
_EMBEDDED_KEYS: Final = frozenset({"jwk", "jku", "x5u", "x5c"})
_CHANGES_MEANING: Final = frozenset({"crit", "b64", "zip", "enc"})


class AudienceForm(Enum):
    """How `aud` has to be written."""

    STRING = auto()
    """One string: tokens among Sluis and its clients."""
    ONLY = auto()
    """A string or a list of one: an ID token, which no other party may have been meant to read."""
    AMONG = auto()
    """A string or a list that holds ours among others: an access token of a provider."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What one kind of token must look like; two kinds differ in at least one field, so neither passes for the other.

    `issuer` None means that the claim must be absent: the token speaks for nothing but its key.
    """

    algorithm: Algorithm
    typ: str
    issuer: str | None
    audiences: frozenset[str]
    audience_form: AudienceForm
    max_lifetime: timedelta
    token_id_required: bool = True
    key_id_required: bool = True


@dataclass(frozen=True, slots=True)
class VerifiedToken:
    """What a token says, shown to be said by the holder of the key; `key_id` is empty when it named none."""

    subject: str
    issued_at: datetime
    expires_at: datetime
    key_id: str
    claims: Mapping[str, object] = field(repr=False)

    def text(self, claim: str) -> str:
        """A claim that must be printable text.

        Raises:
            NotAuthenticated: it is absent or something else.
        """
        return _text(self.claims, claim)


@dataclass(frozen=True, slots=True)
class VerifiedProof:
    """What a proof of possession says, shown to be said by the holder of the key that it carries."""

    key_id: str
    claims: Mapping[str, object] = field(repr=False)

    def text(self, claim: str) -> str:
        """As `VerifiedToken.text`."""
        return _text(self.claims, claim)

    def moment(self, claim: str) -> datetime:
        """A claim that must be a NumericDate in whole seconds.

        Raises:
            NotAuthenticated: it is absent or something else.
        """
        return _moment(self.claims, claim)


FindJwk = Callable[[str | None], Mapping[str, object] | None]
"""The public JWK for a key id; asked with None only where the profile does not require a key id."""


def sign(claims: Mapping[str, object], *, key: ec.EllipticCurvePrivateKey, key_id: str, typ: str) -> str:
    """A compact ES256 token with exactly the headers alg, kid and typ."""
    payload = json.dumps(claims, separators=(",", ":"), ensure_ascii=False).encode("utf-8")
    signing_key = CryptographyECKey(key, "ES256")
    return jws.sign(payload, signing_key, headers={"kid": key_id, "typ": typ}, algorithm="ES256")


def unverified_issuer(token: str) -> str:
    """Who the token says made it: good for choosing who checks it, for nothing else.

    Raises:
        NotAuthenticated: the token is malformed or has no issuer.
    """
    return _text(compact.parse(token).claims, "iss")


def verify(token: str, profile: Profile, find_jwk: FindJwk, now: datetime) -> VerifiedToken:
    """The token's claims, if all of this holds.

    1. Form: at most 8,192 characters, three canonical base64url segments, JSON objects without a name twice.
    2. Header: the one algorithm, the one type, a key id; nothing critical, no key or address of a key inside.
    3. Key: found by the key id; right type, curve, use and size; public.
    4. Signature: by python-jose, over the very bytes that were parsed.
    5. Claims: iss, sub, aud, exp, iat (and jti where required) present, of the right type, and what the profile says.

    Args:
        token: what the caller sent.
        profile: the kind of token expected.
        find_jwk: looks the key up; called once, after the header was checked.
        now: the present moment, with time zone.

    Raises:
        NotAuthenticated: with the first fault found.
    """
    parsed = compact.parse(token)  # 1
    key_id = _checked_header(parsed.header, profile)  # 2
    public_jwk = find_jwk(key_id)  # 3
    if public_jwk is None:
        raise NotAuthenticated(TokenFault.KEY_UNKNOWN)
    _check_signature(token, parsed.payload, public_jwk, profile.algorithm)  # 4
    return _checked_claims(parsed.claims, profile, key_id, now)  # 5


def verify_proof(proof: str) -> VerifiedProof:
    """The claims of a DPoP proof (RFC 9449 section 4.2), if the key in its own header signed it.

    Of all that comes in this alone carries its key; the thumbprint tells whose it is, and the caller has to compare it.

    1. Form, as `verify`.
    2. Header: alg, typ and jwk, of the one kind each, and nothing else.
    3. Key: P-256, for signatures, public: nobody is helped by a proof that gives its key away.
    4. Signature, as `verify`.

    Raises:
        NotAuthenticated: with the first fault found.
    """
    parsed = compact.parse(proof)  # 1
    public_jwk = parsed.header.get("jwk")  # 2
    if parsed.header.get("alg") != PROOF_ALGORITHM:
        raise NotAuthenticated(TokenFault.ALGORITHM)
    if parsed.header.get("typ") != PROOF_TYPE:
        raise NotAuthenticated(TokenFault.TYPE)
    if not isinstance(public_jwk, dict) or parsed.header.keys() != {"alg", "typ", "jwk"}:
        raise NotAuthenticated(TokenFault.PROOF_HEADER)
    key_id = thumbprint_of(public_jwk)  # 3
    _check_signature(proof, parsed.payload, public_jwk, PROOF_ALGORITHM)  # 4
    return VerifiedProof(key_id, parsed.claims)


def _checked_header(header: Mapping[str, object], profile: Profile) -> str | None:
    """The key id, when the header is what the profile expects."""
    if _EMBEDDED_KEYS & header.keys():
        raise NotAuthenticated(TokenFault.EMBEDDED_KEY)
    if _CHANGES_MEANING & header.keys():
        raise NotAuthenticated(TokenFault.CRITICAL_HEADER)
    if header.get("alg") != profile.algorithm:
        raise NotAuthenticated(TokenFault.ALGORITHM)
    if header.get("typ") != profile.typ:
        raise NotAuthenticated(TokenFault.TYPE)
    if "kid" not in header and not profile.key_id_required:
        return None
    try:
        return _text(header, "kid")
    except NotAuthenticated as error:
        raise NotAuthenticated(TokenFault.KEY_ID) from error


def _check_signature(token: str, payload: bytes, public_jwk: Mapping[str, object], algorithm: Algorithm) -> None:
    """The signature is over these bytes, by this key, under this algorithm."""
    key = verification_key(public_jwk, algorithm)
    try:
        signed = jws.verify(token, _JOSE_KEYS[algorithm](key, algorithm), [algorithm])
    except JOSEError as error:
        raise NotAuthenticated(TokenFault.SIGNATURE) from error
    if signed != payload:
        raise NotAuthenticated(TokenFault.MALFORMED)


def _checked_claims(claims: Mapping[str, object], profile: Profile, key_id: str | None, now: datetime) -> VerifiedToken:
    """The claims that every token has, checked against the profile."""
    if profile.issuer is None:
        if "iss" in claims:
            raise NotAuthenticated(TokenFault.ISSUER)
    elif _text(claims, "iss") != profile.issuer:
        raise NotAuthenticated(TokenFault.ISSUER)
    subject = _text(claims, "sub")
    if not profile.audiences & _audiences(claims, profile.audience_form):
        raise NotAuthenticated(TokenFault.AUDIENCE)
    if profile.token_id_required or "jti" in claims:
        _text(claims, "jti")
    issued_at, expires_at = _checked_times(claims, profile.max_lifetime, now)
    return VerifiedToken(
        subject=subject,
        issued_at=issued_at,
        expires_at=expires_at,
        key_id=key_id or "",
        claims=claims,
    )


def _checked_times(claims: Mapping[str, object], max_lifetime: timedelta, now: datetime) -> tuple[datetime, datetime]:
    """When the token was issued and when it ends, when that is now, and not for too long."""
    issued_at, expires_at = _moment(claims, "iat"), _moment(claims, "exp")
    if issued_at > now + LEEWAY:
        raise NotAuthenticated(TokenFault.ISSUED_IN_FUTURE)
    if "nbf" in claims and _moment(claims, "nbf") > now + LEEWAY:
        raise NotAuthenticated(TokenFault.NOT_YET_VALID)
    if expires_at <= now:
        raise NotAuthenticated(TokenFault.EXPIRED)
    if not timedelta() < expires_at - issued_at <= max_lifetime:
        raise NotAuthenticated(TokenFault.LIFETIME)
    return issued_at, expires_at


def _audiences(claims: Mapping[str, object], form: AudienceForm) -> frozenset[str]:
    """For whom the token is, written as the form demands."""
    audience = claims.get("aud")
    if isinstance(audience, str):
        return frozenset({_text(claims, "aud")})
    limit = {AudienceForm.STRING: 0, AudienceForm.ONLY: 1, AudienceForm.AMONG: _MAX_AUDIENCES}[form]
    if not isinstance(audience, list) or not 0 < len(audience) <= limit:
        raise NotAuthenticated(TokenFault.CLAIM, "aud")
    if not all(isinstance(item, str) and item for item in audience):
        raise NotAuthenticated(TokenFault.CLAIM, "aud")
    return frozenset(audience)


def _text(members: Mapping[str, object], name: str) -> str:
    """A member that is printable text of sensible length: a database or a log can hold it as it is."""
    value = members.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= MAX_TEXT or not value.isprintable():
        raise NotAuthenticated(TokenFault.CLAIM, name)
    return value


def _moment(claims: Mapping[str, object], name: str) -> datetime:
    """A NumericDate in whole seconds (RFC 7519 section 2)."""
    value = claims.get(name)
    if not isinstance(value, int) or isinstance(value, bool):
        raise NotAuthenticated(TokenFault.CLAIM, name)
    try:
        return datetime.fromtimestamp(value, UTC)
    except (OverflowError, ValueError, OSError) as error:
        raise NotAuthenticated(TokenFault.CLAIM, name) from error
