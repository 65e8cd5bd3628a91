"""Which regions organisations are to stand for, and what became of it."""

from __future__ import annotations

from collections.abc import Sequence

from service.domain import region_facts as facts
from service.domain.audit import Action, EventCode
from service.domain.region_change import RegionChange
from service.use_cases.call import Call

LIST = EventCode("organisation.list-region-changes", Action.READ, "region-change", refusals_only=True)


def list_region_changes(call: Call) -> Sequence[RegionChange]:
    """All of them, in the order of proposing.

    Raises:
        Denied: neither steward nor privacy officer nor auditor.
    """
    with call.look(LIST) as step:
        step.authorise(facts.may_list_region_changes(step.caller()))
        return step.data.region_changes.all()
