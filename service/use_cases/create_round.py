"""A steward plans a collection round."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from service.domain import facts
from service.domain.audit import DECIDED, Action, EventCode, Fact
from service.domain.errors import Invalid, NotFound
from service.domain.organisation import OrganisationKind
from service.domain.round import Round, round_id
from service.use_cases.call import Call, Step

EVENT = EventCode("round.create", Action.CREATE, "round", DECIDED | {Fact.SENSITIVITY, Fact.KEYS})

DATA_KEY_SIZE = 32
"""Bytes of a round's data key: AES-256. Destroying the key erases the rows of the round."""


def create_round(call: Call, data_set: str, period: str, expected: Sequence[str], deadline: datetime) -> Round:
    """A round in draft, with the newest definition of its data set and a data key of its own.

    Raises:
        Denied: the caller is no steward.
        NotFound: no such data set.
        Invalid: `round`, naming every fault: the period, the deadline, each supplier that cannot deliver.
        Conflict: `round-exists`.
    """
    with call.transact(EVENT) as step:
        definition = step.known(call.services.catalogue.data_set, data_set)
        new = round_id(data_set, period)
        version = definition.version if definition else 0
        round_ = Round(new, data_set, version, period, frozenset(expected), deadline)
        step.authorise(facts.may_create_round(step.caller(), round_))
        if definition is None:
            raise NotFound("data-set")
        step.about(data_set)
        faults = []
        if not call.services.catalogue.allowed_periods(definition, period):
            faults.append(("period", "unknown-period"))
        if deadline <= step.now:
            faults.append(("deadline", "in-the-past"))
        if not expected:
            faults.append(("expected", "empty"))
        faults += [(f"expected: {name}", "no-supplier") for name in expected if not _can_deliver(step, name)]
        if faults:
            raise Invalid("round", {"round": new}, tuple(faults))
        services = call.services
        step.uses_key("data-key", round_.id)
        step.data.rounds.add(round_, services.keys.wrap(services.randomness.key(DATA_KEY_SIZE)))
        return round_


def _can_deliver(step: Step, organisation: str) -> bool:
    try:
        found = step.data.organisations.get(organisation)
    except NotFound:
        return False
    return OrganisationKind.SUPPLIER in found.kinds and not found.suspended
