"""An operator suspends an organisation, or lifts the suspension: no token, submission, request or reading meanwhile."""

from __future__ import annotations

from dataclasses import replace

from service.domain import facts
from service.domain.audit import Action, EventCode
from service.domain.errors import NotFound
from service.domain.organisation import Organisation
from service.use_cases.call import Call

EVENT = EventCode("organisation.suspend", Action.UPDATE, "organisation")


def suspend_organisation(call: Call, organisation: str, *, suspended: bool) -> Organisation:
    """Store whether the organisation is suspended.

    Raises:
        Denied: the caller is no operator.
        NotFound: no such organisation.
    """
    with call.transact(EVENT) as step:
        found = step.known(step.data.organisations.get, organisation)
        step.object_id = organisation
        step.authorise(facts.may_suspend_organisation(step.caller(), found))
        if found is None:
            raise NotFound("organisation")
        changed = replace(found, suspended=suspended)
        step.data.organisations.save(changed)
        return changed
