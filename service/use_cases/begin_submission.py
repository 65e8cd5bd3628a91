"""A supplier announces a delivery whose content follows in parts."""

from __future__ import annotations

from service.domain.audit import DELIVERING, Action, EventCode, Fact
from service.domain.errors import Invalid
from service.domain.submission import Submission
from service.use_cases.admission import admission_of, received, require_same_clock
from service.use_cases.call import Call
from service.use_cases.submit_records import Delivered, repeated
from sluis_client.wire import SignedManifest

EVENT = EventCode("submission.begin", Action.CREATE, "submission", DELIVERING | {Fact.CHECKS})


def begin_submission(call: Call, signed: SignedManifest, idempotency_key: str) -> Delivered:
    """Admit the delivery and wait for its parts; a repeated call gets what the first one made.

    Raises:
        Denied, Conflict, Invalid: see `admission_of`; `content-too-large` with the limit.
    """
    with call.transact(EVENT) as step:
        step.data.rounds.take_turn(signed.manifest.round, signed.manifest.supplier)
        admission = admission_of(step, signed, idempotency_key)
        if isinstance(admission, Submission):
            return repeated(step, admission)
        require_same_clock(step, signed)
        limit = call.services.limits.content_size
        if signed.manifest.content_size > limit:
            raise Invalid("content-too-large", {"size": signed.manifest.content_size, "limit": limit})
        step.object_id = call.services.randomness.new_id()
        submission = received(step, signed, idempotency_key, admission.round, step.object_id)
        step.data.submissions.add(submission)
        return Delivered(submission, repeated=False)
