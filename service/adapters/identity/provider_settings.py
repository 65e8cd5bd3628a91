"""Which OpenID providers may vouch for people, and for what; read from JSON, refused when weak or unknown."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Final, Literal, Self

from pydantic import ConfigDict, Field, TypeAdapter, model_validator
from pydantic.dataclasses import dataclass

from service.adapters.identity.provider_documents import checked_address
from service.domain.principal import Role
from service.ports.identity import Algorithm

ANY_ORGANISATION: Final = "*"
ROLES_OF_PEOPLE: Final = frozenset({Role.STEWARD, Role.PRIVACY_OFFICER, Role.REGIONAL_OWNER, Role.AUDITOR})
"""Roles that a provider may give; the others come from a key, a shell or the service itself."""
SECOND_FACTOR_ROLES: Final = frozenset({Role.STEWARD, Role.PRIVACY_OFFICER, Role.AUDITOR})
"""Roles that need a second factor (identity.md): their acr values have to be configured."""

_Text = Annotated[str, Field(min_length=1, max_length=255)]
_ClaimPath = Annotated[tuple[_Text, ...], Field(min_length=1, max_length=8)]


class Weak(ValueError):
    """A rule of ours is broken; its texts hold no value and may be shown."""

    def __init__(self, *faults: str) -> None:
        super().__init__("; ".join(faults))
        self.faults = faults


@dataclass(frozen=True, slots=True, kw_only=True, config=ConfigDict(extra="forbid"))
class ProviderSettings:
    """One OpenID provider.

    Attributes:
        issuer: compared character by character with the discovery document and with `iss`; https unless loopback.
        token: what people send as bearer: `access` is a JWT access token whose audience is this API; `id` is an ID
            token, for a provider whose access tokens are opaque (docs/adr/0003).
        audience: for `access` the identifier of this API at the provider; for `id` the client id of `sluis login`.
        algorithm: the only one accepted.
        typ: the header type; by default `at+jwt` for `access` (RFC 9068) and `JWT` for `id`.
        key_id_required: False only for a provider that publishes one key and names none in its tokens.
        roles_claim: path of the claim with the provider's roles or groups, one item per level.
        roles: the provider's value -> our role; other values give nothing.
        organisation_claim: path of the claim with our organisation id.
        organisations: the ids for which this provider may vouch; `["*"]` for any.
        acr_required: role -> acr values of which the token must hold one, or the role is withheld.
        max_lifetime_seconds: longest life of a token, `exp` - `iat`.
    """

    issuer: _Text
    token: Literal["access", "id"]
    audience: _Text
    algorithm: Algorithm
    typ: Literal["at+jwt", "JWT"] | None = None
    key_id_required: bool = True
    roles_claim: _ClaimPath
    roles: Mapping[_Text, Role]
    organisation_claim: _ClaimPath
    organisations: Annotated[frozenset[_Text], Field(min_length=1)]
    acr_required: Mapping[Role, Annotated[frozenset[_Text], Field(min_length=1)]]
    max_lifetime_seconds: Annotated[int, Field(gt=0, le=43200)] = 3600

    @model_validator(mode="after")
    def _refuse_weak(self) -> Self:
        """Name everything that would let somebody in too easily."""
        faults = []
        try:
            checked_address(self.issuer, loopback=True)
        except ValueError as error:
            faults.append(f"issuer: {error}")
        faults.extend(
            f"roles: no provider may give the role {role}"
            for role in sorted(set(self.roles.values()) - ROLES_OF_PEOPLE)
        )
        faults.extend(
            f"acr_required: the role {role} needs a second factor; name the acr values that prove it"
            for role in sorted(SECOND_FACTOR_ROLES & set(self.roles.values()) - self.acr_required.keys())
        )
        if faults:
            raise Weak(*faults)
        return self

    @property
    def header_type(self) -> str:
        """The `typ` that a token must have."""
        return self.typ or ("at+jwt" if self.token == "access" else "JWT")  # noqa: S105 - a kind, no secret

    @property
    def max_lifetime(self) -> timedelta:
        """The longest life of a token."""
        return timedelta(seconds=self.max_lifetime_seconds)


_PROVIDERS: Final = TypeAdapter(tuple[ProviderSettings, ...])


def providers_from_json(document: str) -> tuple[ProviderSettings, ...]:
    """The providers in a JSON list, as `SLUIS_OIDC_PROVIDERS` holds it.

    Raises:
        ValueError: every fault with its place (pydantic's ValidationError), or an issuer that stands twice.
    """
    providers = _PROVIDERS.validate_json(document)
    issuers = [provider.issuer for provider in providers]
    if len(set(issuers)) != len(issuers):
        raise Weak("een issuer staat er twee keer / SLUIS_OIDC_PROVIDERS names an issuer twice.")
    return providers
