"""Who is calling: machine clients, people, and what can be wrong with the tokens they show.

Every refusal is a `NotAuthenticated` with a `TokenFault`: its value is the reason code of the audit event. What the
caller is told is coarser where a detail would help somebody who is guessing (see `TokenFault.told`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Literal, Protocol

from service.domain.errors import DomainError
from service.domain.organisation import ClientKey
from service.domain.principal import Person, Role, Supplier
from service.ports.unit_of_work import UsedTokens

PublicJwk = Mapping[str, str]
"""A public JSON Web Key (RFC 7517)."""

Algorithm = Literal["ES256", "RS256"]
"""The signatures that are accepted; each use accepts exactly one of them."""

FindKey = Callable[[str], ClientKey | None]
"""The registered key with this key id, revoked ones too; `Organisations.find_key` is one."""


class TokenFault(StrEnum):
    """Why a token is refused: the reason code in the audit log."""

    MALFORMED = "token-malformed"
    TOO_LARGE = "token-too-large"
    DUPLICATE_NAME = "token-duplicate-name"
    ALGORITHM = "token-algorithm"
    TYPE = "token-type"
    CRITICAL_HEADER = "token-critical-header"
    EMBEDDED_KEY = "token-embedded-key"
    KEY_ID = "token-key-id"
    KEY_UNKNOWN = "token-key-unknown"
    KEY_REVOKED = "token-key-revoked"
    KEY_UNSUITABLE = "token-key-unsuitable"
    SIGNATURE = "token-signature"
    CLAIM = "token-claim"
    ISSUER = "token-issuer"
    SUBJECT = "token-subject"
    AUDIENCE = "token-audience"
    ISSUED_IN_FUTURE = "token-issued-in-future"
    NOT_YET_VALID = "token-not-yet-valid"
    EXPIRED = "token-expired"
    LIFETIME = "token-lifetime"
    REPLAYED = "token-replayed"
    PROVIDER_UNREACHABLE = "provider-unreachable"
    PROVIDER_INVALID = "provider-invalid"
    PROVIDER_ADDRESS = "provider-address"
    PROVIDER_REFUSED = "provider-refused"
    ORGANISATION = "token-organisation"
    UNBOUND = "token-unbound"
    PROOF_MISSING = "proof-missing"
    PROOF_UNWANTED = "proof-unwanted"
    PROOF_HEADER = "proof-header"
    PROOF_KEY = "proof-key"
    PROOF_METHOD = "proof-method"
    PROOF_ADDRESS = "proof-address"
    PROOF_TOKEN = "proof-token"  # noqa: S105 - a code
    PROOF_TIME = "proof-time"
    PROOF_REPLAYED = "proof-replayed"

    @property
    def told(self) -> TokenFault:
        """The fault as the caller may know it: an unknown or revoked key looks like a wrong signature."""
        guessing = {TokenFault.KEY_UNKNOWN, TokenFault.KEY_REVOKED}
        return TokenFault.SIGNATURE if self in guessing else self


class NotAuthenticated(DomainError):
    """The token does not prove who the caller is; `data` may name the claim, never its value."""

    text_code = "not-authenticated"

    def __init__(self, fault: TokenFault, claim: str | None = None) -> None:
        super().__init__(fault.value, {"claim": claim} if claim else None)
        self.fault = fault
        self.claim = claim


class ProofNotValid(NotAuthenticated):
    """The proof of possession (DPoP, RFC 9449) does not hold; of the token itself this says nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """How a token was shown, or a proof without one at the token endpoint.

    Attributes:
        scheme: the authentication scheme of the header, in lower case.
        proofs: every header `DPoP`; one is right.
        method: the HTTP method.
        url: the address as the caller sees it, without query: behind a proxy that is not what the server sees.
    """

    scheme: str
    proofs: Sequence[str] = field(repr=False)
    method: str
    url: str


@dataclass(frozen=True, slots=True)
class UsedProof:
    """A proof that holds in all respects but one: that it was not used before. The caller of the check remembers it.

    Attributes:
        key_id: RFC 7638 thumbprint of the key that made it.
        jti: its own name.
        until: when a copy of it would no longer hold.
    """

    key_id: str
    jti: str
    until: datetime

    @property
    def maker(self) -> str:
        """Under which name `UsedTokens` remembers the proofs of this key."""
        return f"proof:{self.key_id}"


@dataclass(frozen=True, slots=True)
class AuthenticatedClient:
    """A machine client whose assertion holds; by contract the client id is the organisation's id."""

    client_id: str
    key_id: str


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """A signed access token; never logged."""

    token: str = field(repr=False)
    token_id: str
    expires_in: int


class MachineTokens(Protocol):
    """Tokens of machine clients: OAuth 2.0 client credentials with `private_key_jwt`."""

    def authenticate_client(
        self, assertion: str, *, find_key: FindKey, used: UsedTokens, now: datetime
    ) -> AuthenticatedClient:
        """The client that signed this assertion (RFC 7523), whose `jti` is used up by this call.

        Call it inside the transaction that writes the audit event: a rollback gives the `jti` back.

        Raises:
            NotAuthenticated: with the fault; nothing was remembered unless everything else held.
        """
        ...

    def claimed_client(self, assertion: str) -> str | None:
        """The client id that an assertion claims, when it has the form of one: nobody's word, for the log alone."""
        ...

    def check_registration_proof(
        self, proof: str, *, public_jwk: Mapping[str, object], code_hash: str, now: datetime
    ) -> str:
        """The key id (RFC 7638 thumbprint) of a public key whose holder signed this one-time code's hash.

        The code is used once, so the proof is too: its `jti` needs no list.

        Raises:
            NotAuthenticated: the key is unsuitable or the proof does not hold.
        """
        ...

    def issue_access_token(
        self, client: AuthenticatedClient, *, now: datetime, bound: bool = False, audience: str | None = None
    ) -> IssuedToken:
        """An access token (RFC 9068) for this service alone, or for another resource alone, valid for 300 seconds.

        A `bound` one is of no use without proofs by the client's key (RFC 9449).

        Raises:
            NotAuthenticated: UNBOUND, where only bound tokens are given.
        """
        ...

    def check_proof(self, shown: Shown, *, token: str | None, key_id: str, now: datetime) -> UsedProof:
        """The one proof that was shown: by this key, for this request and this token, made now (RFC 9449 section 4.3).

        Raises:
            ProofNotValid: with the fault.
        """
        ...

    def verify_access_token(self, token: str, *, now: datetime) -> Identified:
        """The supplier to whom this service gave the token, and the key that it is bound to.

        The token outlives a revocation by up to 300 seconds; a caller that wants revocation at once looks up
        `Supplier.key_id` in its own transaction.

        Raises:
            NotAuthenticated: with the fault.
        """
        ...

    def public_keys(self) -> Sequence[PublicJwk]:
        """The public JWKs that verify access tokens: the present one first, then those that still overlap."""
        ...


@dataclass(frozen=True, slots=True)
class Identified:
    """A caller, and the roles withheld because the log-in was too weak for them (RFC 9470 step-up)."""

    principal: Supplier | Person
    roles_withheld: frozenset[Role] = frozenset()
    bound_to: str | None = None
    """The thumbprint of the key that has to prove each use of the token; None for a plain bearer token."""


class BearerTokens(Protocol):
    """Turns the bearer token of a request into a principal."""

    def identify(self, token: str) -> Identified:
        """The machine client or the person to whom the token was issued.

        Raises:
            NotAuthenticated: with the fault; also when the provider cannot be asked for its keys.
        """
        ...


@dataclass(frozen=True, slots=True)
class ProviderEndpoints:
    """What a log-in needs of a provider's discovery document."""

    issuer: str
    authorization: str
    token: str
    names_issuer_in_response: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeExchange:
    """An authorisation code and all that proves that it is ours (RFC 7636, RFC 8252)."""

    code: str = field(repr=False)
    redirect_uri: str
    code_verifier: str = field(repr=False)
    nonce: str = field(repr=False)
    client_id: str
    client_secret: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class ProviderTokens:
    """What the provider handed over, after the ID token was verified; never logged."""

    subject: str
    id_token: str = field(repr=False)
    id_token_expires_at: datetime
    access_token: str = field(repr=False)
    access_token_expires_at: datetime


class OpenIdLogin(Protocol):
    """The client's side of an OpenID Connect provider, for `sluis login`."""

    def endpoints(self) -> ProviderEndpoints:
        """Where to send the browser.

        Raises:
            NotAuthenticated: the provider cannot be reached, or its document is not what it must be.
        """
        ...

    def redeem(self, exchange: CodeExchange) -> ProviderTokens:
        """The tokens for an authorisation code; signature, audience, nonce and at_hash of the ID token hold.

        Raises:
            NotAuthenticated: the provider refused the code, or the ID token does not hold.
        """
        ...
