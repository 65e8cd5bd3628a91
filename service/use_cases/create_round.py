"""A steward plans a collection round."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial

from service.domain import facts
from service.domain.audit import DECIDED, Action, EventCode, Fact
from service.domain.errors import Invalid, NotFound
from service.domain.organisation import OrganisationKind
from service.domain.round import Round, round_id
from service.use_cases.call import Call, Step

EVENT = EventCode("round.create", Action.CREATE, "round", DECIDED | {Fact.SENSITIVITY, Fact.KEYS})

DATA_KEY_SIZE = 32
"""Bytes of a round's data key: AES-256. Destroying the key erases the rows of the round."""


def create_round(
    call: Call, data_set: str, period: str, expected: Sequence[str], deadline: datetime, *, version: int | None = None
) -> Round:
    """A round in draft, with a definition of its data set that stays and a data key of its own.

    The definition is the newest unless a version is named: a correction of an earlier agreement may need an older one.

    Raises:
        Denied: the caller is no steward.
        NotFound: no such data set or version.
        Invalid: `round`, naming every fault: the period, the deadline, each supplier that cannot deliver.
        Conflict: `round-exists`.
    """
    with call.transact(EVENT) as step:
        definition = step.known(partial(call.services.catalogue.data_set, version=version), data_set)
        new = round_id(data_set, period)
        fixed = definition.version if definition else version or 0
        round_ = Round(new, data_set, fixed, period, frozenset(expected), deadline)
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
