"""The client's side of an OpenID provider, for `sluis login` (OpenID Connect Core 1.0 section 3.1)."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

import httpx

from service.adapters import jose_tokens
from service.adapters.identity import compact
from service.adapters.identity.provider_documents import Discovery, ProviderHttp, ProviderKeys
from service.adapters.jose_tokens import AudienceForm, Profile, VerifiedToken
from service.ports.clock import Clock
from service.ports.identity import (
    Algorithm,
    CodeExchange,
    NotAuthenticated,
    ProviderEndpoints,
    ProviderTokens,
    TokenFault,
)

_MAX_LIFETIME: Final = timedelta(hours=12)


class OpenIdLoginClient:
    """`OpenIdLogin` for one provider; asks for its discovery document once."""

    def __init__(self, issuer: str, algorithm: Algorithm, *, http: httpx.Client, clock: Clock) -> None:
        """Binds to a provider.

        Raises:
            NotAuthenticated: PROVIDER_ADDRESS, the issuer is neither https nor on loopback.
        """
        try:
            self._provider = ProviderHttp(issuer, http, clock)
        except ValueError as error:
            raise NotAuthenticated(TokenFault.PROVIDER_ADDRESS) from error
        self._keys = ProviderKeys(self._provider, algorithm, clock)
        self._algorithm: Algorithm = algorithm
        self._clock = clock
        self._found: Discovery | None = None

    def endpoints(self) -> ProviderEndpoints:
        """See `service.ports.identity.OpenIdLogin`."""
        found = self._discovery()
        return ProviderEndpoints(
            issuer=found.issuer,
            authorization=found.authorization_endpoint,
            token=found.token_endpoint,
            names_issuer_in_response=found.names_issuer_in_response,
        )

    def redeem(self, exchange: CodeExchange) -> ProviderTokens:
        """See `service.ports.identity.OpenIdLogin`; the steps of OpenID Connect Core 1.0 section 3.1.3.

        1. The code, with the verifier whose hash went along with the browser, for tokens.
        2. The ID token: signature, issuer, times, and no audience but this client.
        3. The nonce is the one of this log-in.
        4. The access token is the one that came with this ID token (`at_hash`, when given).
        """
        form = {
            "grant_type": "authorization_code",
            "code": exchange.code,
            "redirect_uri": exchange.redirect_uri,
            "client_id": exchange.client_id,
            "code_verifier": exchange.code_verifier,
        }
        if exchange.client_secret is not None:
            form["client_secret"] = exchange.client_secret
        answer = self._provider.post(self._discovery().token_endpoint, form)  # 1
        access_token, id_token = _token(answer, "access_token"), _token(answer, "id_token")
        verified = self._verified(id_token, exchange)  # 2, 3
        expected = verified.claims.get("at_hash", _half_hash(access_token))
        if expected != _half_hash(access_token):  # 4
            raise NotAuthenticated(TokenFault.CLAIM, "at_hash")
        return ProviderTokens(
            subject=verified.subject,
            id_token=id_token,
            id_token_expires_at=verified.expires_at,
            access_token=access_token,
            access_token_expires_at=self._end(answer, verified),
        )

    def _discovery(self) -> Discovery:
        """The discovery document."""
        if self._found is None:
            self._found = self._provider.discovery()
        return self._found

    def _verified(self, id_token: str, exchange: CodeExchange) -> VerifiedToken:
        """The ID token, for this client and this log-in."""
        profile = Profile(
            algorithm=self._algorithm,
            typ="JWT",
            issuer=self._discovery().issuer,
            audiences=frozenset({exchange.client_id}),
            audience_form=AudienceForm.ONLY,
            max_lifetime=_MAX_LIFETIME,
            token_id_required=False,
            key_id_required=False,
        )
        verified = jose_tokens.verify(id_token, profile, self._keys.find, self._clock.now())
        if verified.claims.get("azp", exchange.client_id) != exchange.client_id:
            raise NotAuthenticated(TokenFault.AUDIENCE, "azp")
        if not hmac.compare_digest(verified.text("nonce").encode(), exchange.nonce.encode()):
            raise NotAuthenticated(TokenFault.CLAIM, "nonce")
        return verified

    def _end(self, answer: Mapping[str, object], verified: VerifiedToken) -> datetime:
        """When the access token ends; without `expires_in`, with the ID token."""
        seconds = answer.get("expires_in")
        if not isinstance(seconds, int) or not 0 < seconds <= _MAX_LIFETIME.total_seconds():
            return verified.expires_at
        return self._clock.now() + timedelta(seconds=seconds)


def _token(answer: Mapping[str, object], name: str) -> str:
    """A token in the provider's answer, fit for a header."""
    value = answer.get(name)
    if not isinstance(value, str) or not value.isascii() or not value.isprintable() or " " in value:
        raise NotAuthenticated(TokenFault.PROVIDER_INVALID, name)
    if not 0 < len(value) <= compact.MAX_TOKEN:
        raise NotAuthenticated(TokenFault.PROVIDER_INVALID, name)
    return value


def _half_hash(access_token: str) -> str:
    """The `at_hash` of an access token under ES256 and RS256: the left half of its SHA-256."""
    return compact.encode(hashlib.sha256(access_token.encode("ascii")).digest()[:16])
