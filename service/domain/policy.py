"""A question to the policy, and its answer. Deny is the default; only a clean Permit permits (policy.md)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from service.domain.principal import Principal
from service.domain.reason import Reason

Value = str | int | bool | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Resource:
    """What is acted on: a type of the policy schema, an id, and the attributes that the rules look at."""

    type: str
    id: str
    attributes: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Obligation:
    """What must be fulfilled when the permitted action is carried out, e.g. minimum contributors."""

    code: str
    value: str | int | float


WITH_TERMS = frozenset({"requestAggregate", "release"})
"""The actions that a permit for obliges to something; a permit without terms is none."""


@dataclass(frozen=True, slots=True)
class Query:
    """May `principal` do `action` to `resource`, given `context`? Times are UTC epoch days or seconds as integers.

    `terms` are what a permit would oblige to, under the catalogue that the question was made from.
    """

    principal: Principal
    action: str
    resource: Resource
    context: Mapping[str, Value] = field(default_factory=dict)
    terms: tuple[Obligation, ...] = ()


@dataclass(frozen=True, slots=True)
class Permit:
    """Allowed, under obligations; `policies` determined it, under the bundle `policy_hash`."""

    policy_hash: str
    policies: tuple[str, ...]
    obligations: tuple[Obligation, ...] = ()


@dataclass(frozen=True, slots=True)
class Deny:
    """Not allowed, with every reason; never empty."""

    policy_hash: str
    reasons: tuple[Reason, ...]

    def __post_init__(self) -> None:
        """A denial explains itself."""
        if not self.reasons:
            raise ValueError("a denial needs a reason")


Decision = Permit | Deny
