"""The questions to the policy about the calendar of a supplier and its reminders (see `facts`).

readCalendar, remind     Service {}
recordContact, changeOwnContact
                         Organisation {name (its id), status}
"""

from __future__ import annotations

from service.domain.caller import Caller
from service.domain.policy import Query, Resource
from service.domain.request_facts import standing


def may_read_calendar(caller: Caller) -> Query:
    """A supplier reads what it has to deliver when."""
    return caller.of_service("readCalendar")


def may_record_contact(caller: Caller, organisation: str) -> Query:
    """An operator records where an organisation gets its reminders."""
    return caller.question(
        "recordContact", Resource("Organisation", organisation, {"name": organisation, "status": standing(None)})
    )


def may_change_own_contact(caller: Caller) -> Query:
    """A supplier changes where it gets its reminders."""
    own = caller.principal.organisation or "unknown"
    return caller.question(
        "changeOwnContact", Resource("Organisation", own, {"name": own, "status": standing(caller.organisation)})
    )


def may_remind(caller: Caller) -> Query:
    """The service itself, or an operator by hand, sends the reminders that are due."""
    return caller.of_service("remind")
