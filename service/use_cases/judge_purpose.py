"""What is done to a proposed purpose: the privacy officer reviews it, then two stewards approve it (four eyes)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from service.domain import purpose_facts as facts
from service.domain.audit import Action, EventCode, Outcome
from service.domain.errors import Invalid, NotFound
from service.domain.purpose import PURPOSE_LIFECYCLE, PurposeState, PurposeVerdict, StatedPurpose
from service.domain.request import Verdict
from service.use_cases.call import Call, Step

REVIEW = EventCode("purpose.review", Action.UPDATE, "purpose")
APPROVE = EventCode("purpose.approve", Action.UPDATE, "purpose")
CHANGE = EventCode("purpose.change", Action.UPDATE, "purpose")

REASON_AT_LEAST = 10
"""Characters: whoever decides says why, to the proposer and to the auditor."""

_ACTIONS = {"suspend": "suspendPurpose", "resume": "resumePurpose", "withdraw": "withdrawPurpose"}


def review_purpose(call: Call, purpose: str, version: int, verdict: Verdict, reason: str) -> StatedPurpose:
    """The privacy officer's review (GDPR article 35(2), 39(1)): it opens the way to approval, or ends the proposal.

    The privacy officer advises and does not decide (article 38(6)): the review is none of the two approvals.

    Raises:
        Denied: no privacy officer, or the proposer.
        NotFound: no such version.
        Conflict: `purpose-state`: it does not wait for a review.
        Invalid: `purpose-reason`.
    """
    with call.transact(REVIEW) as step:
        stated = _authorised(step, "reviewPurpose", purpose, version)
        state = PURPOSE_LIFECYCLE.after(stated.state, "review" if verdict is Verdict.APPROVE else "reject")
        _note(step, stated, "review" if verdict is Verdict.APPROVE else "reject", reason)
        step.conclude(Outcome.SUCCESS, (verdict.value,))
        return _saved(step, replace(stated, state=state, reviewer=call.principal.id))


def approve_purpose(call: Call, purpose: str, version: int, verdict: Verdict, reason: str) -> StatedPurpose:
    """A steward's verdict: at the second approval the version holds at once, and the one before it no longer.

    The document is held against the catalogue of today once more: what it names may be gone since. What was asked under
    the version before it is not released any more: the worker ends it (`end_request`).

    Raises:
        Denied: no steward, the proposer, or somebody who judged it before.
        NotFound: no such version.
        Conflict: `purpose-state`: it does not wait for approval.
        Faulty: `purpose`: it does not fit the catalogue any more.
        Invalid: `purpose-reason`.
    """
    with call.transact(APPROVE) as step:
        stated = _authorised(step, "approvePurpose", purpose, version)
        state = PURPOSE_LIFECYCLE.after(stated.state, verdict.value)
        _note(step, stated, verdict.value, reason)
        step.conclude(Outcome.SUCCESS, (verdict.value,))
        if verdict is Verdict.REJECT:
            return _saved(step, replace(stated, state=state))
        call.services.purposes.check_again(stated.document, step.catalogue)
        if state is PurposeState.APPROVED:
            _supersede(step, stated)
        approved = _saved(step, replace(stated, state=state, approvers=(*stated.approvers, call.principal.id)))
    call.services.jobs.wake()
    return approved


def change_purpose(call: Call, purpose: str, version: int, change: str, reason: str) -> StatedPurpose:
    """Suspend an approved purpose, lift that again, or withdraw it for good; it works on the next decision.

    Suspending and withdrawing protect, so one person may; whoever suspended it does not lift that. Requests under a
    purpose that is withdrawn end (`end_request`), those under one that is suspended go on waiting.

    Args:
        call: by a steward, or (not to resume) the privacy officer.
        purpose: its id.
        version: the version that holds.
        change: `suspend`, `resume` or `withdraw`.
        reason: at least ten characters.

    Raises:
        Denied: another role; `own-suspension`.
        NotFound: no such version.
        Conflict: `purpose-state`.
        Invalid: `purpose-reason`.
    """
    with call.transact(CHANGE) as step:
        stated = _authorised(step, _ACTIONS[change], purpose, version)
        state = PURPOSE_LIFECYCLE.after(stated.state, change)
        _note(step, stated, change, reason)
        by = call.principal.id if state is PurposeState.SUSPENDED else None
        changed = _saved(step, replace(stated, state=state, suspended_by=by))
    call.services.jobs.wake()
    return changed


def _authorised(step: Step, action: str, purpose: str, version: int) -> StatedPurpose:
    get: Callable[[str], StatedPurpose] = partial(step.data.purposes.get, version=version, lock=True)
    stated = step.known(get, purpose)
    step.object_id = purpose
    described = step.call.services.purposes.read(stated.document) if stated else None
    if described is not None:
        step.name(purpose=purpose, described=described)
    step.authorise(facts.may_do_to_purpose(step.caller(), action, stated, described))
    if stated is None:
        raise NotFound("purpose")
    return stated


def _note(step: Step, stated: StatedPurpose, done: str, reason: str) -> None:
    if len(reason.strip()) < REASON_AT_LEAST:
        raise Invalid("purpose-reason", {"minimum": REASON_AT_LEAST})
    person = step.call.principal.id
    verdict_id = step.call.services.randomness.new_id()
    verdict = PurposeVerdict(verdict_id, stated.id, stated.version, person, done, reason, step.now)
    step.data.purposes.add_verdict(verdict)


def _saved(step: Step, changed: StatedPurpose) -> StatedPurpose:
    step.data.purposes.save(changed)
    return changed


def _supersede(step: Step, stated: StatedPurpose) -> None:
    """The version that held until now, if any, does so no longer."""
    for before in step.data.purposes.all():
        if before.id == stated.id and PURPOSE_LIFECYCLE.allows(before.state, "supersede"):
            state = PURPOSE_LIFECYCLE.after(before.state, "supersede")
            step.data.purposes.save(replace(before, state=state, suspended_by=None))
