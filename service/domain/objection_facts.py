"""The questions to the policy about objections; see `service.domain.facts`.

lodgeObjection, listObjections, countObjections
                     Service {}
withdrawObjection    Objection {organisation}
"""

from __future__ import annotations

from service.domain.caller import Caller
from service.domain.facts import NOBODY
from service.domain.objection import Objection
from service.domain.policy import Query, Resource, Value


def may_lodge_objection(caller: Caller) -> Query:
    """A supplier for a person that it knows, or the privacy officer."""
    return caller.of_service("lodgeObjection")


def may_list_objections(caller: Caller) -> Query:
    """The privacy officer sees all; the use case shows a supplier those that it lodged."""
    return caller.of_service("listObjections")


def may_count_objections(caller: Caller) -> Query:
    """Steward and privacy officer see how many there are."""
    return caller.of_service("countObjections")


def may_withdraw_objection(caller: Caller, objection: Objection | None) -> Query:
    """Whoever lodged it, or the privacy officer."""
    known = objection.id if objection else NOBODY
    attributes: dict[str, Value] = {"organisation": objection.organisation if objection else ""}
    return caller.question("withdrawObjection", Resource("Objection", known, attributes))
