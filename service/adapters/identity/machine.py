"""Tokens of machine clients: assertions and proofs that come in, access tokens that go out and come back.

| token | typ | iss | sub | aud | signed by |
| --- | --- | --- | --- | --- | --- |
| client assertion (RFC 7523) | JWT | client id | client id | issuer or token endpoint | the client's registered key |
| registration proof | JWT | absent | hash of the one-time code | issuer | the key being registered |
| access token (RFC 9068) | at+jwt | issuer | client id | this API, or the key holder | this service |
| proof of possession (RFC 9449) | dpop+jwt | | | | the client's registered key, which it carries |

No row can pass for another.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec

from service.adapters import jose_tokens
from service.adapters.identity.key_choice import thumbprint_of
from service.adapters.identity.proofs import checked_proof
from service.adapters.jose_tokens import AudienceForm, Profile, VerifiedToken
from service.domain.organisation import is_organisation_id
from service.domain.principal import Supplier
from service.ports.identity import (
    AuthenticatedClient,
    FindKey,
    Identified,
    IssuedToken,
    NotAuthenticated,
    PublicJwk,
    Shown,
    TokenFault,
    UsedProof,
)
from service.ports.unit_of_work import UsedTokens
from sluis_client.wire.jwk import jwk_thumbprint, published_jwk

ACCESS_TOKEN_LIFETIME: Final = timedelta(seconds=300)
ASSERTION_LIFETIME: Final = timedelta(seconds=300)
_CLIENT_KEY: Final = "client_key_id"
"""Private claim: the client's key that the access token was given for, so that revocation can be at once."""


class JoseMachineTokens:
    """`MachineTokens` with one ES256 signing key and the public halves of those that it replaced."""

    def __init__(
        self,
        *,
        issuer: str,
        token_endpoint: str,
        audience: str,
        signing_key: ec.EllipticCurvePrivateKey,
        new_id: Callable[[], str],
        earlier_keys: Sequence[PublicJwk] = (),
        bound_only: bool = False,
    ) -> None:
        """Binds the tokens to this service.

        Args:
            issuer: this service's issuer identifier (RFC 8414), an https address.
            token_endpoint: the full address of the token endpoint.
            audience: the identifier of this API in access tokens; the issuer itself will do.
            signing_key: EC P-256.
            new_id: gives a fresh, unguessable `jti`.
            earlier_keys: published JWKs of earlier signing keys, for as long as their last tokens live.
            bound_only: whether plain bearer tokens are neither given nor taken.

        Raises:
            ValueError: the signing key is on another curve than P-256.
        """
        self._issuer = issuer
        self._assertion_audiences = frozenset({issuer, token_endpoint})
        self._audience = audience
        self._signing_key = signing_key
        self._new_id = new_id
        self._bound_only = bound_only
        keys = [published_jwk(signing_key.public_key()), *earlier_keys]
        self._key_id = keys[0]["kid"]
        self._public_keys = {jwk_thumbprint(key): dict(key) for key in keys}

    def authenticate_client(
        self, assertion: str, *, find_key: FindKey, used: UsedTokens, now: datetime
    ) -> AuthenticatedClient:
        """See `service.ports.identity.MachineTokens`.

        1. The assertion says whose it is; that is believed only to look up the key.
        2. The key is registered, for that client, and not revoked.
        3. Signature and claims hold; issuer and subject are both the client (RFC 7523 section 3).
        4. The `jti` was never used; last, so that nobody else can use it up.
        """
        client_id = jose_tokens.unverified_issuer(assertion)  # 1

        def registered(key_id: str | None) -> Mapping[str, object] | None:  # 2
            key = find_key(key_id) if key_id is not None else None
            if key is None or key.organisation != client_id:
                return None
            if key.revoked_at is not None:
                raise NotAuthenticated(TokenFault.KEY_REVOKED)
            jwk: dict[str, object] = json.loads(key.public_jwk)
            return jwk

        profile = Profile(
            algorithm="ES256",
            typ="JWT",
            issuer=client_id,
            audiences=self._assertion_audiences,
            audience_form=AudienceForm.STRING,
            max_lifetime=ASSERTION_LIFETIME,
        )
        verified = jose_tokens.verify(assertion, profile, registered, now)  # 3
        if verified.subject != client_id:
            raise NotAuthenticated(TokenFault.SUBJECT)
        if not used.remember(client_id, verified.text("jti"), verified.expires_at):  # 4
            raise NotAuthenticated(TokenFault.REPLAYED)
        return AuthenticatedClient(client_id=client_id, key_id=verified.key_id)

    def claimed_client(self, assertion: str) -> str | None:
        """See `service.ports.identity.MachineTokens`; what is a number alone may be a person's, and is not repeated."""
        try:
            claimed = jose_tokens.unverified_issuer(assertion)
        except NotAuthenticated:
            return None
        return claimed if is_organisation_id(claimed) and not claimed.replace("-", "").isdigit() else None

    def check_registration_proof(
        self, proof: str, *, public_jwk: Mapping[str, object], code_hash: str, now: datetime
    ) -> str:
        """See `service.ports.identity.MachineTokens`; the proof names the very key that is being registered."""
        key_id = thumbprint_of(public_jwk)
        profile = Profile(
            algorithm="ES256",
            typ="JWT",
            issuer=None,
            audiences=frozenset({self._issuer}),
            audience_form=AudienceForm.STRING,
            max_lifetime=ASSERTION_LIFETIME,
        )
        verified = jose_tokens.verify(proof, profile, lambda named: public_jwk if named == key_id else None, now)
        if not hmac.compare_digest(verified.subject.encode(), code_hash.encode()):
            raise NotAuthenticated(TokenFault.SUBJECT)
        return key_id

    def issue_access_token(
        self, client: AuthenticatedClient, *, now: datetime, bound: bool = False, audience: str | None = None
    ) -> IssuedToken:
        """See `service.ports.identity.MachineTokens`."""
        if self._bound_only and not bound:
            raise NotAuthenticated(TokenFault.UNBOUND)
        issued_at = int(now.timestamp())
        lifetime = int(ACCESS_TOKEN_LIFETIME.total_seconds())
        token_id = self._new_id()
        claims = {
            "iss": self._issuer,
            "aud": audience or self._audience,
            "sub": client.client_id,
            "client_id": client.client_id,
            "azp": client.client_id,
            _CLIENT_KEY: client.key_id,
            "iat": issued_at,
            "exp": issued_at + lifetime,
            "jti": token_id,
            **({"cnf": {"jkt": client.key_id}} if bound else {}),
        }
        token = jose_tokens.sign(
            claims,
            key=self._signing_key,
            key_id=self._key_id,
            typ="at+jwt",
        )
        return IssuedToken(token=token, token_id=token_id, expires_in=lifetime)

    def check_proof(self, shown: Shown, *, token: str | None, key_id: str, now: datetime) -> UsedProof:
        """See `service.ports.identity.MachineTokens`."""
        return checked_proof(shown, token=token, key_id=key_id, now=now)

    def verify_access_token(self, token: str, *, now: datetime) -> Identified:
        """See `service.ports.identity.MachineTokens`."""
        verified, bound = checked_access_token(token, self._issuer, self._audience, self._public_keys, now)
        key_id = verified.text(_CLIENT_KEY)
        if bound is None and self._bound_only:
            raise NotAuthenticated(TokenFault.UNBOUND)
        supplier = Supplier(client_id=verified.subject, organisation=verified.subject, key_id=key_id)
        return Identified(supplier, bound_to=bound)

    def public_keys(self) -> Sequence[PublicJwk]:
        """See `service.ports.identity.MachineTokens`."""
        return tuple(self._public_keys.values())


def checked_access_token(
    token: str, issuer: str, audience: str, keys: Mapping[str, Mapping[str, object]], now: datetime
) -> tuple[VerifiedToken, str | None]:
    """An access token of this issuer for this audience, and the thumbprint of the key that it is bound to, if it is.

    Args:
        token: as it was shown.
        issuer: who gave it.
        audience: whom it is for.
        keys: the issuer's public keys, by id.
        now: the present moment.

    Raises:
        NotAuthenticated: with the first fault found.
    """
    profile = Profile(
        algorithm="ES256",
        typ="at+jwt",
        issuer=issuer,
        audiences=frozenset({audience}),
        audience_form=AudienceForm.STRING,
        max_lifetime=ACCESS_TOKEN_LIFETIME,
    )
    verified = jose_tokens.verify(token, profile, lambda key_id: keys.get(key_id) if key_id else None, now)
    if not verified.subject == verified.text("client_id") == verified.text("azp"):
        raise NotAuthenticated(TokenFault.SUBJECT)
    bound = _bound_to(verified.claims)
    if bound not in {None, verified.text(_CLIENT_KEY)}:
        raise NotAuthenticated(TokenFault.CLAIM, "cnf")
    return verified, bound


def _bound_to(claims: Mapping[str, object]) -> str | None:
    """The thumbprint to which a token is bound, if it is; another kind of confirmation is not understood (RFC 7800).

    Raises:
        NotAuthenticated: CLAIM.
    """
    if "cnf" not in claims:
        return None
    confirmation = claims["cnf"]
    if not isinstance(confirmation, dict) or confirmation.keys() != {"jkt"} or not isinstance(confirmation["jkt"], str):
        raise NotAuthenticated(TokenFault.CLAIM, "cnf")
    return confirmation["jkt"]
