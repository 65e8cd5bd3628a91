"""Who asks the policy something."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from service.domain.organisation import Organisation
from service.domain.policy import Query, Resource, Value
from service.domain.principal import Principal, Role
from service.domain.request_facts import agreement_facts, civil_day, epoch_day, standing


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, as verified, with the stored organisation of that principal, at the time `at` (aware).

    `organisation` is None when the principal names none or one that is not stored. One that is not the principal's own
    counts as unknown.
    """

    principal: Principal
    organisation: Organisation | None
    at: datetime

    def facts(self) -> dict[str, Value]:
        """What every rule may look at: the day, and the standing and agreement of the caller's organisation."""
        named = self.principal.organisation
        own = self.organisation if self.organisation is not None and self.organisation.id == named else None
        status = "none" if named is None and self.organisation is None else standing(own)
        return {
            "today": epoch_day(civil_day(self.at)),
            "organisationStatus": status,
            **agreement_facts("agreement", own),
        }

    @property
    def is_consumer(self) -> bool:
        """Whether it only asks and reads: it knows of what is there as far as some purpose lets it."""
        more = {Role.STEWARD, Role.PRIVACY_OFFICER, Role.AUDITOR}
        return Role.REGIONAL_OWNER in self.principal.roles and more.isdisjoint(self.principal.roles)

    def question(self, action: str, resource: Resource, context: Mapping[str, Value] | None = None) -> Query:
        """Whether this caller may do this to that, with the facts that every rule may look at."""
        return Query(self.principal, action, resource, {**self.facts(), **(context or {})})

    def of_service(self, action: str) -> Query:
        """Whether this caller may do what is about no object in particular."""
        return self.question(action, Resource("Service", "sluis"))
