"""What is done to a recorded agreement: confirmed by a second person, or rejected; withdrawn; left by a party."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from service.domain import purpose_facts as facts
from service.domain.agreement import AGREEMENT_LIFECYCLE, LEAVABLE, RecordedAgreement
from service.domain.audit import Action, EventCode, Outcome
from service.domain.errors import Conflict, Invalid, NotFound
from service.domain.request import Verdict
from service.use_cases.call import Call, Step

JUDGE = EventCode("agreement.judge", Action.UPDATE, "agreement")
WITHDRAW = EventCode("agreement.withdraw", Action.UPDATE, "agreement")
LEAVE = EventCode("agreement.leave", Action.UPDATE, "agreement")

REASON_AT_LEAST = 10
"""Characters: whoever ends an agreement says why, to the parties and to the auditor."""


def judge_agreement(call: Call, agreement: str, verdict: Verdict) -> RecordedAgreement:
    """Confirm what somebody else recorded (four eyes), after a look at the document itself; or reject it.

    Raises:
        Denied: neither steward nor privacy officer, or whoever recorded it.
        NotFound: no such agreement.
        Conflict: `agreement-state`: it was judged before.
    """
    with call.transact(JUDGE) as step:
        found = _authorised(step, "confirmAgreement", agreement)
        event = "confirm" if verdict is Verdict.APPROVE else "reject"
        state = AGREEMENT_LIFECYCLE.after(found.state, event)
        step.conclude(Outcome.SUCCESS, (verdict.value,))
        judged = replace(found, state=state, confirmer=call.principal.id)
        step.data.agreements.save(judged)
        return judged


def withdraw_agreement(call: Call, agreement: str, reason: str) -> RecordedAgreement:
    """End it for everybody, at once: no delivery, request or release rests on it any more; what was released stays.

    Raises:
        Denied: neither steward nor privacy officer.
        NotFound: no such agreement.
        Conflict: `agreement-state`: it does not hold.
        Invalid: `agreement-reason`.
    """
    with call.transact(WITHDRAW) as step:
        found = _authorised(step, "withdrawAgreement", agreement)
        state = AGREEMENT_LIFECYCLE.after(found.state, "withdraw")
        _require_reason(reason)
        ended = replace(found, state=state, withdrawn_at=step.now, withdrawal_reason=reason)
        step.data.agreements.save(ended)
        return ended


def leave_agreement(call: Call, agreement: str, reason: str) -> RecordedAgreement:
    """A supplier ends an agreement, or its consent, for itself, at once; the other parties stay under it.

    Raises:
        Denied: no supplier, or no party.
        NotFound: no such agreement.
        Conflict: `agreement-state`: it does not hold; `agreement-left`: the supplier left before;
            `agreement-not-left`: an assessment or a law, which nobody is a party to by its own will.
        Invalid: `agreement-reason`.
    """
    with call.transact(LEAVE) as step:
        found = _authorised(step, "leaveAgreement", agreement)
        AGREEMENT_LIFECYCLE.after(found.state, "leave")
        if found.kind not in LEAVABLE:
            raise Conflict("agreement-not-left")
        _require_reason(reason)
        own = call.principal.organisation or ""
        if own in found.left:
            raise Conflict("agreement-left")
        step.data.agreements.leave(agreement, own, step.now, reason)
        return step.data.agreements.get(agreement)


def _authorised(step: Step, action: str, agreement: str) -> RecordedAgreement:
    found = step.known(partial(step.data.agreements.get, lock=True), agreement)
    step.object_id = agreement
    if found is not None:
        step.name(agreement=found.reference)
    step.authorise(facts.may_do_to_agreement(step.caller(), action, found))
    if found is None:
        raise NotFound("agreement")
    return found


def _require_reason(reason: str) -> None:
    if len(reason.strip()) < REASON_AT_LEAST:
        raise Invalid("agreement-reason", {"minimum": REASON_AT_LEAST})
