"""Who may see what of objections: the privacy officer whose they are, a supplier its own, a steward how many."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from service.domain import facts as service_facts
from service.domain import objection_facts as facts
from service.domain.audit import DECIDED, Action, EventCode, Fact
from service.domain.errors import Invalid
from service.domain.objection import Objection
from service.domain.principal import Role
from service.ports.unit_of_work import Page
from service.use_cases.call import Call
from sluis_client.wire.log.erasures import LEAST_YEARS, years_before
from sluis_client.wire.strict import time_text

LIST = EventCode("objection.list", Action.READ, "objection")
COUNT = EventCode("objection.count", Action.READ, "objection", refusals_only=True)
ERASE = EventCode("objection.erase", Action.DELETE, "objection", DECIDED | {Fact.QUERY})

ALL = "*"
"""In place of a data set: an objection that is against all of them."""


def list_objections(call: Call, page: Page) -> Sequence[Objection]:
    """Newest first: all, with their pseudonyms, for the privacy officer; for a supplier those that it lodged, without.

    The privacy officer's looking is an event about each person shown, before anything is returned.

    Raises:
        Denied: neither supplier nor privacy officer.
    """
    with call.transact(LIST) as step:
        step.authorise(facts.may_list_objections(step.caller()))
        if Role.PRIVACY_OFFICER in call.principal.roles:
            found = step.data.objections.page(page)
            step.persons = tuple(sorted({one.pseudonym for one in found if one.pseudonym is not None}))
            return found
        own = step.data.objections.page(page, organisation=call.principal.organisation or "")
        return [replace(one, pseudonym=None, person=None) for one in own]


def count_objections(call: Call) -> Mapping[str, int]:
    """How many are in force, by the data set that they are against; `*` are against all.

    Raises:
        Denied: neither steward nor privacy officer.
    """
    with call.look(COUNT) as step:
        step.authorise(facts.may_count_objections(step.caller()))
        against = (name for one in step.data.objections.in_force() for name in one.data_sets or (ALL,))
        return dict(sorted(Counter(against).items()))


def erase_objections(call: Call, years: int = LEAST_YEARS) -> int:
    """Erase whose objections those were that were withdrawn more than `years` ago.

    Returns:
        How many.

    Raises:
        Denied: the caller is no operator.
        Invalid: `retention`: fewer years than events have to be kept.
    """
    with call.transact(ERASE) as step:
        step.authorise(service_facts.may_administer(step.caller()))
        if years < LEAST_YEARS:
            raise Invalid("retention", {"years": LEAST_YEARS})
        before = years_before(step.now, years)
        erased = step.data.objections.erase(before)
        step.query = f"before={time_text(before)}&objections={erased}"
        return erased
