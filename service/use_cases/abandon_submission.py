"""A supplier gives up a delivery that it had begun."""

from __future__ import annotations

from service.domain.audit import DELIVERING, Action, EventCode
from service.domain.submission import SUBMISSION_LIFECYCLE, SubmissionState
from service.use_cases.acceptance import remove_pieces
from service.use_cases.admission import without_content
from service.use_cases.call import Call
from service.use_cases.receive_part import own_submission

EVENT = EventCode("submission.abandon", Action.DELETE, "submission", DELIVERING)


def abandon_submission(call: Call, submission: str) -> None:
    """Drop the parts received so far; giving up twice is fine.

    Raises:
        Denied: not this supplier's submission (or no such one).
        Conflict: `submission-state`: it is accepted or refused already.
    """
    with call.transact(EVENT) as step:
        found = own_submission(step, submission)
        if found.state is SubmissionState.ABANDONED:
            return
        SUBMISSION_LIFECYCLE.after(found.state, "abandon")
        pieces = step.data.submissions.pieces(submission)
        step.data.submissions.save(without_content(found, SubmissionState.ABANDONED))
        step.data.submissions.drop_pieces(submission)
    remove_pieces(call.services, pieces)
