"""Organisations, their registration and their tokens."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from service.api.schemas.base import ABSENT, Answer, Day, Input, Moment
from service.domain.organisation import ClientKey
from service.use_cases.read_organisations import OrganisationView

_COORDINATE = r"^[A-Za-z0-9_-]{43}$"
_Jwt = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$", max_length=4_096)]


class PublicKeyInput(Input):
    """An EC P-256 public key (RFC 7517); a private part is refused, as is anything else that is not named here."""

    kty: Literal["EC"]
    crv: Literal["P-256"]
    x: Annotated[str, Field(pattern=_COORDINATE)]
    y: Annotated[str, Field(pattern=_COORDINATE)]
    kid: Annotated[str | None, Field(pattern=_COORDINATE)] = None
    use: Literal["sig"] | None = None
    alg: Literal["ES256"] | None = None


class RegistrationInput(Input):
    """The one-time code of an invitation, and the public half of the key that will speak for the organisation."""

    code: Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{8,64}$", examples=["7Q4M-2K9X-H3TB-8WZP-5CND-1RVF-6JGS"])]
    public_key: PublicKeyInput
    proof: Annotated[
        _Jwt,
        Field(
            description="JWT (ES256) signed with the key: aud the issuer, sub the SHA-256 of the code in hexadecimal."
        ),
    ]


class KeyInput(Input):
    """The public half of another key of the organisation that asks."""

    public_key: PublicKeyInput
    proof: Annotated[_Jwt, Field(description="JWT (ES256) signed with that key: aud the issuer, sub the organisation.")]


class RegistrationAnswer(Answer):
    """From now on this key speaks for this organisation."""

    organisation_id: str
    client_id: str
    name: str
    key_id: str
    issuer: str
    token_endpoint: str
    jwks_uri: str


class TokenAnswer(Answer):
    """An access token (RFC 6749, section 5.1)."""

    access_token: Annotated[str, Field(serialization_alias="access_token")]
    token_type: Annotated[Literal["DPoP", "Bearer"], Field(serialization_alias="token_type")]
    expires_in: Annotated[int, Field(serialization_alias="expires_in")]


OAuthErrorCode = Literal[
    "invalid_request",
    "invalid_client",
    "invalid_target",
    "unauthorized_client",
    "unsupported_grant_type",
    "invalid_dpop_proof",
]


class OAuthErrorAnswer(Answer):
    """Why no token is given (RFC 6749, section 5.2)."""

    error: OAuthErrorCode
    error_description: Annotated[str, Field(serialization_alias="error_description")]


class ContactInput(Input):
    """The addresses to which reminders of deliveries go, in place of those that were there; none for no reminders."""

    addresses: Annotated[
        list[Annotated[str, Field(max_length=254)]],
        Field(max_length=5, examples=[["aanlevering@ziekenhuis.example"]]),
    ]


class ContactAnswer(Answer):
    """The addresses to which reminders of deliveries go."""

    addresses: list[str]


class AgreementAnswer(Answer):
    """The agreement under which an organisation takes part."""

    reference: str
    valid_from: Day
    valid_until: Day | None = ABSENT


class KeyAnswer(Answer):
    """A key that speaks, or spoke, for an organisation."""

    key_id: str
    registered_at: Moment
    revoked_at: Moment | None = ABSENT

    @classmethod
    def of(cls, key: ClientKey) -> KeyAnswer:
        """The key, without its public half."""
        return cls(key_id=key.key_id, registered_at=key.registered_at, revoked_at=key.revoked_at)


class OrganisationAnswer(Answer):
    """What is kept of an organisation."""

    id: str
    name: str
    kinds: list[str]
    holding: str
    agreement: AgreementAnswer
    regions: Annotated[list[str], Field(description="The regions that it stands for, as `classification/code`")]
    identifiers: dict[str, str]
    keys: list[KeyAnswer]
    contact: (
        Annotated[list[str], Field(description="The addresses to which reminders of deliveries go; for suppliers only")]
        | None
    ) = ABSENT

    @classmethod
    def of(cls, view: OrganisationView) -> OrganisationAnswer:
        """The organisation with its keys."""
        found = view.organisation
        return cls(
            id=found.id,
            name=found.name,
            kinds=sorted(found.kinds),
            holding=found.holding,
            agreement=AgreementAnswer(
                reference=found.agreement.reference,
                valid_from=found.agreement.valid_from,
                valid_until=found.agreement.valid_until,
            ),
            regions=sorted(found.regions),
            identifiers=dict(found.identifiers),
            keys=[KeyAnswer.of(key) for key in view.keys],
            contact=None if view.contact is None else list(view.contact.addresses),
        )
