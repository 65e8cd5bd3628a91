"""An operator takes an organisation in and gets the one-time code with which it registers its key."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from service.domain import facts
from service.domain.audit import DECIDED, Action, EventCode, Fact
from service.domain.errors import Invalid
from service.domain.organisation import Invitation, Organisation
from service.use_cases.call import Call, Step
from service.use_cases.change_regions import unknown_regions

EVENT = EventCode("organisation.invite", Action.CREATE, "organisation", DECIDED | {Fact.AGREEMENT})
AGAIN = EventCode("organisation.invite-again", Action.CREATE, "organisation", DECIDED | {Fact.AGREEMENT})


@dataclass(frozen=True, slots=True, repr=False)
class InvitationLetter:
    """What goes to the organisation, once, over a channel of its own; the service keeps only the code's hash."""

    organisation: str
    code: str
    expires_at: datetime


def invite_organisation(call: Call, organisation: Organisation) -> InvitationLetter:
    """Store the organisation with its agreement, and a one-time code.

    Raises:
        Denied: the caller is no operator.
        Invalid: `organisation`: it is to stand for something that is no region of the catalogue.
        Conflict: `organisation-exists`.
    """
    with call.transact(EVENT) as step:
        step.authorise(facts.may_invite_organisation(step.caller(), organisation.id))
        step.name(agreement=organisation.agreement.reference)
        _require_regions(step, organisation)
        step.data.organisations.add(organisation)
        return _letter(step, organisation.id)


def invite_again(call: Call, organisation: str) -> InvitationLetter:
    """A new one-time code for a known organisation: for a lost code, or a new key beside the present one.

    Raises:
        Denied: the caller is no operator.
        NotFound: no such organisation.
    """
    with call.transact(AGAIN) as step:
        step.authorise(facts.may_invite_organisation(step.caller(), organisation))
        step.name(agreement=step.data.organisations.get(organisation).agreement.reference)
        return _letter(step, organisation)


def hash_of(code: str) -> str:
    """What is kept of a one-time code, whatever case or blanks it was typed with; 128 random bits need no salt."""
    return hashlib.sha256("".join(code.split()).upper().encode()).hexdigest()


def _require_regions(step: Step, organisation: Organisation) -> None:
    if unknown := unknown_regions(step, organisation.regions):
        raise Invalid("organisation", faults=tuple((f"regions: {name}", "unknown-region") for name in unknown))


def _letter(step: Step, organisation: str) -> InvitationLetter:
    services = step.call.services
    code = services.randomness.secret()
    expires_at = step.now + timedelta(seconds=services.limits.invitation_life)
    step.data.organisations.add_invitation(Invitation(hash_of(code), organisation, step.now, expires_at))
    return InvitationLetter(organisation, code, expires_at)
