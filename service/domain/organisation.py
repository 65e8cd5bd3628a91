"""Organisations, the agreements under which they deliver, and the keys that speak for them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from service.domain.errors import Invalid
from service.domain.principal import Role

_REGION = re.compile(r"[a-z0-9-]+/\S+")
_ID = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?")


def is_organisation_id(text: str) -> bool:
    """Whether this can be the id of an organisation, and so a client id: it can stand in an address."""
    return _ID.fullmatch(text) is not None


def is_region(text: str) -> bool:
    """Whether this has the form of a region, `classification/code`."""
    return _REGION.fullmatch(text) is not None


class OrganisationKind(StrEnum):
    """What an organisation does with the service."""

    SUPPLIER = "supplier"
    REGIONAL_OWNER = "regional-owner"
    TRUSTED_THIRD_PARTY = "trusted-third-party"
    AUDITOR = "auditor"


@dataclass(frozen=True, slots=True)
class Agreement:
    """The processor (GDPR art. 28) or joint-controller (art. 26) agreement, by reference."""

    reference: str
    valid_from: date
    valid_until: date | None = None

    def __post_init__(self) -> None:
        """Refuse an agreement that ends before it starts."""
        if not self.reference.strip():
            raise Invalid("agreement-without-reference")
        if self.valid_until is not None and self.valid_until < self.valid_from:
            raise Invalid("agreement-dates")

    def holds_on(self, day: date) -> bool:
        """Whether it is in force on this civil day in Europe/Amsterdam, first and last day counted."""
        return self.valid_from <= day and (self.valid_until is None or day <= self.valid_until)


@dataclass(frozen=True, slots=True)
class LaterRegions:
    """The regions that an organisation stands for from the civil day `since` on."""

    since: date
    approved_at: datetime
    regions: frozenset[str]


@dataclass(frozen=True, slots=True)
class Organisation:
    """A party; `holding` groups parties of one concern for the contributor rules (Mw art. 6).

    `regions` are those that it stands for since its invitation, each as `classification/code`: of a purpose for the own
    region only it gets no other figures. `later_regions` are what two people made of them since (`region_change`), by
    day and, within a day, by approval: the last that has begun holds.
    """

    id: str
    name: str
    kinds: frozenset[OrganisationKind]
    holding: str
    agreement: Agreement
    regions: frozenset[str] = frozenset()
    identifiers: tuple[tuple[str, str], ...] = ()
    suspended: bool = False
    later_regions: tuple[LaterRegions, ...] = ()

    def __post_init__(self) -> None:
        """Refuse an id that cannot stand in an address, and an organisation without a role."""
        faults = []
        if not is_organisation_id(self.id):
            faults.append(("id", "organisation-id"))
        if not self.name.strip():
            faults.append(("name", "empty"))
        if not self.kinds:
            faults.append(("kinds", "empty"))
        if not self.holding.strip():
            faults.append(("holding", "empty"))
        faults += [("regions", "region-form") for region in sorted(self.regions) if not is_region(region)]
        if faults:
            raise Invalid("organisation", faults=tuple(faults))

    def regions_on(self, day: date) -> frozenset[str]:
        """The regions that it stands for on this civil day in Europe/Amsterdam."""
        begun = [later for later in self.later_regions if later.since <= day]
        return begun[-1].regions if begun else self.regions


ROLES_OF_KIND: Mapping[OrganisationKind, frozenset[Role]] = {
    OrganisationKind.SUPPLIER: frozenset({Role.SUPPLIER}),
    OrganisationKind.REGIONAL_OWNER: frozenset({Role.REGIONAL_OWNER}),
    OrganisationKind.TRUSTED_THIRD_PARTY: frozenset({Role.STEWARD, Role.PRIVACY_OFFICER, Role.AUDITOR}),
    OrganisationKind.AUDITOR: frozenset({Role.AUDITOR}),
}
"""Which roles somebody may hold for an organisation of a kind: no supplier or requester has a steward of its own."""


def held_roles(claimed: frozenset[Role], organisation: Organisation | None) -> frozenset[Role]:
    """Of the roles that a provider vouches for, those that the organisation may have people in."""
    kinds = organisation.kinds if organisation is not None else frozenset()
    return claimed & frozenset(role for kind in kinds for role in ROLES_OF_KIND[kind])


@dataclass(frozen=True, slots=True)
class Invitation:
    """A one-time code that lets an organisation register a key; only the code's SHA-256 is kept."""

    code_hash: str
    organisation: str
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ClientKey:
    """A public key that speaks for an organisation; revocation takes effect at once."""

    key_id: str
    organisation: str
    public_jwk: str
    registered_at: datetime
    revoked_at: datetime | None = None
