"""Resource server for people: bearer tokens of the configured OpenID providers, and nobody else's.

What a provider says about roles and organisation counts only as far as the settings let it: it gives roles through a
table, vouches for the organisations listed, and a role that needs a second factor is withheld when the token's `acr`
does not prove one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import httpx

from service.adapters import jose_tokens
from service.adapters.identity.provider_documents import ProviderHttp, ProviderKeys
from service.adapters.identity.provider_settings import ANY_ORGANISATION, ProviderSettings
from service.adapters.jose_tokens import AudienceForm, Profile, VerifiedToken
from service.domain.principal import Person, Role
from service.ports.clock import Clock
from service.ports.identity import Identified, MachineTokens, NotAuthenticated, TokenFault

_MAX_ROLES: Final = 500


class OpenIdProviders:
    """The providers that may vouch for people."""

    def __init__(self, settings: Sequence[ProviderSettings], clock: Clock, http: httpx.Client) -> None:
        """Nothing is fetched until somebody shows a token: a provider that is down stops nobody's start."""
        self._providers = {one.issuer: _Provider(one, clock, http) for one in settings}

    def identify(self, token: str) -> Identified:
        """The person to whom a configured provider gave this token.

        Raises:
            NotAuthenticated: with the fault; also when the provider cannot be asked.
        """
        provider = self._providers.get(jose_tokens.unverified_issuer(token))
        if provider is None:
            raise NotAuthenticated(TokenFault.ISSUER)
        return provider.identify(token)


class JoseBearerTokens:
    """`BearerTokens`: a token of this service is a machine client's, any other a person's."""

    def __init__(self, machine: MachineTokens, people: OpenIdProviders, *, issuer: str, clock: Clock) -> None:
        """Binds both kinds; `issuer` is this service's own."""
        self._machine = machine
        self._people = people
        self._issuer = issuer
        self._clock = clock

    def identify(self, token: str) -> Identified:
        """See `service.ports.identity.BearerTokens`."""
        if jose_tokens.unverified_issuer(token) == self._issuer:
            return self._machine.verify_access_token(token, now=self._clock.now())
        return self._people.identify(token)


class _Provider:
    """One provider: its keys, and what it may say."""

    def __init__(self, settings: ProviderSettings, clock: Clock, http: httpx.Client) -> None:
        self._settings = settings
        self._clock = clock
        self._keys = ProviderKeys(ProviderHttp(settings.issuer, http, clock), settings.algorithm, clock)
        self._profile = Profile(
            algorithm=settings.algorithm,
            typ=settings.header_type,
            issuer=settings.issuer,
            audiences=frozenset({settings.audience}),
            audience_form=AudienceForm.ONLY if settings.token == "id" else AudienceForm.AMONG,  # noqa: S105 - a kind
            max_lifetime=settings.max_lifetime,
            token_id_required=settings.token == "access",  # noqa: S105 - a kind; an ID token has no jti
            key_id_required=settings.key_id_required,
        )

    def identify(self, token: str) -> Identified:
        """The person, with the roles that the log-in was strong enough for."""
        verified = self._verified(token)
        claims = verified.claims
        if self._settings.token == "id" and claims.get("azp", self._settings.audience) != self._settings.audience:  # noqa: S105 - a kind
            raise NotAuthenticated(TokenFault.AUDIENCE, "azp")
        acr = verified.text("acr") if "acr" in claims else None
        roles = self._roles(claims)
        withheld = frozenset(
            role
            for role in roles
            if role in self._settings.acr_required and acr not in self._settings.acr_required[role]
        )
        person = Person(
            issuer=self._settings.issuer,
            subject=verified.subject,
            roles=roles - withheld,
            organisation=self._organisation(claims),
            acr=acr,
        )
        return Identified(person, withheld)

    def _verified(self, token: str) -> VerifiedToken:
        """The token, checked; a provider that names no key in its tokens may have replaced its only one."""
        now = self._clock.now()
        try:
            return jose_tokens.verify(token, self._profile, self._keys.find, now)
        except NotAuthenticated as error:
            stale = error.fault is TokenFault.SIGNATURE and not self._settings.key_id_required
            if not stale or not self._keys.renew():
                raise
        return jose_tokens.verify(token, self._profile, self._keys.find, now)

    def _roles(self, claims: Mapping[str, object]) -> frozenset[Role]:
        """Our roles for the provider's values; a value without an entry gives nothing."""
        value = _at(claims, self._settings.roles_claim)
        values = [value] if isinstance(value, str) else value
        if values is None:
            return frozenset()
        if not isinstance(values, list) or len(values) > _MAX_ROLES:
            raise NotAuthenticated(TokenFault.CLAIM, "roles")
        names = {name for name in values if isinstance(name, str)}
        return frozenset(role for name, role in self._settings.roles.items() if name in names)

    def _organisation(self, claims: Mapping[str, object]) -> str | None:
        """The organisation, when this provider may vouch for it; None when the token names none."""
        value = _at(claims, self._settings.organisation_claim)
        if value is None:
            return None
        allowed = self._settings.organisations
        if not isinstance(value, str) or not value.isprintable() or not value:
            raise NotAuthenticated(TokenFault.CLAIM, "organisation")
        if value not in allowed and ANY_ORGANISATION not in allowed:
            raise NotAuthenticated(TokenFault.ORGANISATION)
        return value


def _at(claims: Mapping[str, object], path: Sequence[str]) -> object:
    """The value at a path of claims, None when it is not there."""
    value: object = claims
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value
