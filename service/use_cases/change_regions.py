"""The regions that an organisation stands for change: a steward proposes them, somebody else judges (four eyes)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from functools import partial

from service.domain import region_facts as facts
from service.domain.audit import DECIDED, Action, EventCode, Fact, Outcome
from service.domain.errors import Invalid, NotFound
from service.domain.region_change import REGION_CHANGE_LIFECYCLE, RegionChange, RegionChangeState
from service.domain.request import Verdict
from service.domain.request_facts import civil_day
from service.use_cases.call import Call, Step

PROPOSE = EventCode("organisation.propose-regions", Action.CREATE, "region-change", DECIDED | {Fact.AGREEMENT})
JUDGE = EventCode("organisation.judge-regions", Action.UPDATE, "region-change", DECIDED | {Fact.AGREEMENT})

REASON_AT_LEAST = 10
"""Characters: why the organisation stands for other regions, for whoever judges it and for the auditor."""


def propose_regions(
    call: Call, organisation: str, regions: Iterable[str], valid_from: date | None, reason: str
) -> RegionChange:
    """Store which regions, all of them, the organisation is to stand for; nothing follows until somebody approves.

    Args:
        call: by a steward.
        organisation: whose.
        regions: each as `classification/code`; none when it is to stand for none any more.
        valid_from: the civil day in Europe/Amsterdam from which; None for as soon as it is approved.
        reason: what it rests on.

    Raises:
        Denied: no steward.
        NotFound: no such organisation.
        Invalid: `region-change`, with every fault: what is no region of a code list, a day that is past, no reason.
    """
    with call.transact(PROPOSE) as step:
        found = step.known(step.data.organisations.get, organisation)
        step.object_id = call.services.randomness.new_id()
        step.authorise(facts.may_propose_regions(step.caller(), found), names_object=False)
        if found is None:
            raise NotFound("organisation")
        step.name(agreement=found.agreement.reference)
        today, named = civil_day(step.now), frozenset(regions)
        faults = [(f"regions: {name}", "unknown-region") for name in unknown_regions(step, named)]
        if valid_from is not None and valid_from < today:
            faults.append((f"validFrom: {valid_from.isoformat()}", "in-the-past"))
        if len(reason.strip()) < REASON_AT_LEAST:
            faults.append(("reason", "reason-too-short"))
        if faults:
            raise Invalid("region-change", faults=tuple(faults))
        change = RegionChange(
            id=step.object_id,
            organisation=organisation,
            regions=named,
            valid_from=valid_from or today,
            reason=reason,
            state=RegionChangeState.PROPOSED,
            proposer=call.principal.id,
            proposed_at=step.now,
        )
        step.data.region_changes.add(change)
        return change


def judge_regions(call: Call, change: str, verdict: Verdict) -> RegionChange:
    """Approve what somebody else proposed, or reject it.

    An approved change holds from its day on, and never for the time before its approval. From that moment the
    organisation asks for, is released and reads figures of these regions only; the worker decides its requests under
    way anew (`settle_regions`).

    Raises:
        Denied: neither steward nor privacy officer, or whoever proposed it.
        NotFound: no such change.
        Conflict: `region-change-state`: it was judged before.
    """
    with call.transact(JUDGE) as step:
        found = step.known(partial(step.data.region_changes.get, lock=True), change)
        step.object_id = change
        if found is not None:
            step.name(agreement=step.data.organisations.get(found.organisation).agreement.reference)
        step.authorise(facts.may_judge_regions(step.caller(), found))
        if found is None:
            raise NotFound("region-change")
        state = REGION_CHANGE_LIFECYCLE.after(found.state, verdict.value)
        holds_from = max(found.valid_from, civil_day(step.now)) if verdict is Verdict.APPROVE else None
        judged = replace(found, state=state, judge=call.principal.id, judged_at=step.now, holds_from=holds_from)
        step.conclude(Outcome.SUCCESS, (verdict.value,))
        step.data.region_changes.save(judged)
    call.services.jobs.wake()
    return judged


def unknown_regions(step: Step, regions: Iterable[str]) -> list[str]:
    """Of these names, in order, those that are no region of a code list in force."""
    trees = [tree for tree in step.catalogue.classifications if tree.regions]
    known = {tree.named(code) for tree in trees for code in tree.by_code}
    return sorted(set(regions) - known)
