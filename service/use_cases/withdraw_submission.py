"""A supplier withdraws a delivery: from that moment it counts in nothing that is released later."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

from service.domain import facts
from service.domain.audit import DELIVERING, Action, EventCode, Fact
from service.domain.errors import NotFound
from service.domain.submission import SUBMISSION_LIFECYCLE, Submission, SubmissionState
from service.use_cases.call import Call, Step
from service.use_cases.counting import send_back
from service.use_cases.forms import came_with
from sluis_client.wire import WITHDRAWAL_PREFIX, SignedWithdrawal, Withdrawal, canonical_bytes

EVENT = EventCode("submission.withdraw", Action.UPDATE, "submission", DELIVERING | {Fact.KEYS, Fact.COMMITMENT})


def withdraw_submission(call: Call, submission: str) -> Submission:
    """Let the delivery count no longer, in whatever state its round is; withdrawing twice gives the same answer.

    1. Authorise; no reason is asked, and no agreement has to be in force.
    2. No release over these facts is made meanwhile, and nothing else of this supplier for this round.
    3. The delivery is withdrawn, with an acknowledgement that is signed and that the event commits to; and with that
       of a form what came with it, each likewise.
    4. Whatever is under way and rests on it is prepared anew (`counting.send_back`).
    5. Its rows are erased, unless a release was made of them: what that told stays known, and what is released next
       has to be compared with it (docs/adr/0021-withdrawal-and-objection.md).

    Raises:
        Denied: not this supplier's submission (or no such one).
        Conflict: `submission-state`: it does not count: it is receiving, refused, given up or superseded.
    """
    with call.transact(EVENT) as step:
        # 1
        found = step.known(step.data.submissions.get, submission)
        step.object_id = submission
        step.authorise(facts.may_withdraw_submission(step.caller(), found))
        if found is None:
            raise NotFound("submission")
        step.about(found.data_set)
        # 2
        step.data.releases.lock_facts(found.data_set)
        step.data.rounds.take_turn(found.round, found.organisation)
        found = step.data.submissions.get(submission, lock=True)
        if found.state is SubmissionState.WITHDRAWN:
            step.conclude(step.outcome, ("repeated",))
            return found
        withdrawn = _withdrawn(step, found)
        pairs = [(found, withdrawn)]
        for one in came_with(step, found):
            step.data.releases.lock_facts(one.data_set)
            step.data.rounds.take_turn(one.round, one.organisation)
            came = step.data.submissions.get(one.id, lock=True)
            if came.state is not SubmissionState.ACCEPTED:
                continue  # it was corrected by itself meanwhile
            beside = step.beside(EVENT)
            beside.object_id, beside.authorisation = came.id, step.authorisation
            beside.about(came.data_set)
            pairs.append((came, _withdrawn(beside, came)))
            step.more.append(beside)
    # 5
    for before, after in pairs:
        if after.part is None and before.part is not None:
            with suppress(OSError):  # an orphan from here, and swept later
                call.services.parts.remove(before.part)
    call.services.jobs.wake()
    return withdrawn


def _withdrawn(step: Step, found: Submission) -> Submission:
    # 3
    state = SUBMISSION_LIFECYCLE.after(found.state, "withdraw")
    part = found.part if step.data.releases.any_of(found.id) else None
    withdrawn = replace(found, state=state, part=part, withdrawal=_acknowledged(step, found))
    step.data.submissions.save(withdrawn)
    # 4
    send_back(step, found.data_set)
    return withdrawn


def _acknowledged(step: Step, found: Submission) -> str:
    """The signed acknowledgement; the event of this step commits to it, in the same transaction."""
    withdrawal = Withdrawal(
        submission_id=found.id,
        organisation=found.organisation,
        round=found.round,
        manifest_digest=found.manifest_digest,
        withdrawn_at=step.now,
        audit_event_id=step.event_id,
        issuer=step.call.services.issuer,
        nonce=step.nonce(),
    )
    step.commitment = withdrawal.commitment()
    signature = step.sign(WITHDRAWAL_PREFIX, withdrawal.canonical())
    return canonical_bytes(SignedWithdrawal(withdrawal, signature.key_id, signature.value).to_json()).decode()
