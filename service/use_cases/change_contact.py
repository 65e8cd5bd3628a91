"""Where an organisation gets its reminders: recorded by an operator, or changed by the organisation itself."""

from __future__ import annotations

import json

from service.domain import reminder_facts as facts
from service.domain.audit import DECIDED, Action, EventCode, Fact
from service.domain.reminder import Contact
from service.use_cases.call import Call, Step

RECORD = EventCode("contact.record", Action.UPDATE, "contact", DECIDED | {Fact.QUERY})
CHANGE = EventCode("contact.change", Action.UPDATE, "contact", DECIDED | {Fact.QUERY, Fact.AGREEMENT})


def record_contact(call: Call, organisation: str, contact: Contact) -> Contact:
    """An operator records the addresses of an organisation, in place of those that were there; none for none.

    The event says how many there are, and not which.

    Raises:
        Denied: no operator.
        NotFound: no such organisation.
    """
    with call.transact(RECORD) as step:
        step.object_id = organisation
        step.authorise(facts.may_record_contact(step.caller(), organisation))
        step.data.organisations.get(organisation)
        return _changed(step, organisation, contact)


def change_own_contact(call: Call, contact: Contact) -> Contact:
    """A supplier changes its own addresses; none for no reminders.

    Raises:
        Denied: no supplier.
    """
    with call.transact(CHANGE) as step:
        own = call.principal.organisation or ""
        step.object_id = own or None
        step.authorise(facts.may_change_own_contact(step.caller()))
        return _changed(step, own, contact)


def _changed(step: Step, organisation: str, contact: Contact) -> Contact:
    step.query = json.dumps({"addresses": len(contact.addresses)})
    step.data.reminders.set_contact(organisation, contact, step.now)
    return contact
