"""A supplier sees its own deliveries; a steward sees that they are there."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from service.domain import facts
from service.domain.audit import Action, EventCode
from service.domain.errors import NotFound
from service.domain.principal import Role
from service.domain.submission import Submission, SubmissionState, UploadPart
from service.ports.unit_of_work import Page
from service.use_cases.call import Call, Step
from service.use_cases.read_log import prove
from sluis_client.wire import SignedReceipt
from sluis_client.wire.log import LogProof

LIST = EventCode("submission.list", Action.READ, "submission", refusals_only=True)
READ = EventCode("submission.read", Action.READ, "submission", refusals_only=True)


@dataclass(frozen=True, slots=True)
class SubmissionView:
    """A submission with the parts received so far, while it is receiving, and once accepted its place in the log.

    `served` came with it, when it is that of a form.
    """

    submission: Submission
    pieces: tuple[UploadPart, ...]
    proof: LogProof | None
    served: tuple[Submission, ...] = ()


def list_submissions(
    call: Call, page: Page, round_: str | None = None, state: SubmissionState | None = None
) -> Sequence[Submission]:
    """Newest first: the caller's own, or all of them for a steward.

    Raises:
        Denied: the caller is neither supplier nor steward.
    """
    with call.look(LIST) as step:
        step.authorise(facts.may_list_submissions(step.caller()))
        own = call.principal.organisation if Role.SUPPLIER in call.principal.roles else None
        return step.data.submissions.page(page, organisation=own, round_=round_, state=state)


def read_submission(call: Call, submission: str) -> SubmissionView:
    """One submission.

    Raises:
        Denied: another supplier's, or none: the answer is the same.
    """
    with call.look(READ) as step:
        found = step.known(step.data.submissions.get, submission)
        step.object_id = submission
        step.authorise(facts.may_read_submission(step.caller(), found))
        if found is None:
            raise NotFound("submission")
        receiving = found.state is SubmissionState.RECEIVING
        pieces = tuple(step.data.submissions.pieces(submission)) if receiving else ()
        proof = _proof(step, found) if Role.SUPPLIER in call.principal.roles else None
        return SubmissionView(found, pieces, proof, tuple(step.data.submissions.served_by(submission)))


def _proof(step: Step, found: Submission) -> LogProof | None:
    """That the event which the receipt names is in the log; the receipt did not wait for it."""
    if found.receipt is None:
        return None
    return prove(step.data.log, SignedReceipt.from_json(json.loads(found.receipt)).receipt.audit_event_id)
