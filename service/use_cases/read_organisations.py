"""What is kept of an organisation: for itself, and of all of them for the operator."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from service.domain import facts
from service.domain.audit import Action, EventCode
from service.domain.errors import NotFound
from service.domain.organisation import ClientKey, Organisation
from service.domain.principal import Role
from service.domain.reminder import Contact
from service.use_cases.call import Call

READ = EventCode("organisation.read", Action.READ, "organisation", refusals_only=True)
LIST = EventCode("organisation.list", Action.READ, "organisation")


@dataclass(frozen=True, slots=True)
class OrganisationView:
    """An organisation with its keys; `contact` is for operators, and for itself where it speaks as a supplier."""

    organisation: Organisation
    keys: Sequence[ClientKey]
    contact: Contact | None


def read_own_organisation(call: Call) -> OrganisationView:
    """The caller's own organisation.

    Raises:
        Denied: the caller acts for none that is known.
    """
    with call.look(READ) as step:
        caller = step.caller()
        step.authorise(facts.may_read_own_organisation(caller))
        if caller.organisation is None:
            raise NotFound("organisation")
        own = caller.organisation
        supplies = Role.SUPPLIER in call.principal.roles
        contact = step.data.reminders.contact(own.id) if supplies else None
        return OrganisationView(own, step.data.organisations.keys_of(own.id), contact)


def list_organisations(call: Call) -> Sequence[OrganisationView]:
    """All organisations with their keys.

    Raises:
        Denied: the caller is no operator.
    """
    with call.transact(LIST) as step:
        step.authorise(facts.may_list_organisations(step.caller()))
        organisations = step.data.organisations
        contacts = step.data.reminders.contacts()
        return [
            OrganisationView(found, organisations.keys_of(found.id), contacts.get(found.id, Contact(())))
            for found in organisations.all()
        ]
