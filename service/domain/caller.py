"""Who asks the policy something."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from service.domain.organisation import Organisation
from service.domain.policy import Value
from service.domain.principal import Principal
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
