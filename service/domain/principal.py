"""Who acts. A principal is made by the edge from verified credentials, never from a body (identity.md)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """The roles that a rule may name."""

    SUPPLIER = "supplier"
    REGIONAL_OWNER = "regional-owner"
    STEWARD = "steward"
    PRIVACY_OFFICER = "privacy-officer"
    AUDITOR = "auditor"
    OPERATOR = "operator"
    WORKER = "worker"
    ANONYMOUS = "anonymous"


@dataclass(frozen=True, slots=True)
class Supplier:
    """A machine client of an organisation, known by the key that signed its assertion."""

    client_id: str
    organisation: str
    key_id: str

    @property
    def id(self) -> str:
        """The client id: the audit log's user id."""
        return self.client_id

    @property
    def roles(self) -> frozenset[Role]:
        """A machine client delivers and does nothing else."""
        return frozenset({Role.SUPPLIER})


@dataclass(frozen=True, slots=True)
class Person:
    """Someone who logged in at an OpenID provider; `subject` is the provider's, `organisation` ours."""

    issuer: str
    subject: str
    roles: frozenset[Role]
    organisation: str | None
    acr: str | None = None

    @property
    def id(self) -> str:
        """Issuer and subject together: two providers may hand out the same subject."""
        return f"{self.issuer}#{self.subject}"


@dataclass(frozen=True, slots=True)
class Operator:
    """Someone with a shell on the service's machine, known by the account of the operating system."""

    account: str
    organisation: None = None

    @property
    def id(self) -> str:
        """The account, marked as one of the machine."""
        return f"os:{self.account}"

    @property
    def roles(self) -> frozenset[Role]:
        """An operator administers and sees no figures."""
        return frozenset({Role.OPERATOR})


@dataclass(frozen=True, slots=True)
class Worker:
    """The service itself, carrying on with work that a person's permitted request started."""

    name: str
    organisation: None = None

    @property
    def id(self) -> str:
        """The name of the work."""
        return f"worker:{self.name}"

    @property
    def roles(self) -> frozenset[Role]:
        """The worker prepares; it cannot approve or read a release."""
        return frozenset({Role.WORKER})


@dataclass(frozen=True, slots=True)
class Anonymous:
    """A caller without verified credentials: may register with a code and ask for a token."""

    organisation: None = None

    @property
    def id(self) -> str:
        """No identity."""
        return "anonymous"

    @property
    def roles(self) -> frozenset[Role]:
        """The role of a stranger."""
        return frozenset({Role.ANONYMOUS})


Principal = Supplier | Person | Operator | Worker | Anonymous
