"""A supplier sends one part of the content; the same part may come twice, in any order."""

from __future__ import annotations

import json
from functools import partial

from service.domain import facts
from service.domain.audit import DELIVERING, Action, EventCode, Fact
from service.domain.errors import Conflict, Invalid, NotFound
from service.domain.submission import Submission, SubmissionState, UploadPart
from service.use_cases.call import Call, Step
from sluis_client.wire import Manifest, digest

EVENT = EventCode("submission.receive-part", Action.UPDATE, "submission", DELIVERING | {Fact.CHECKS, Fact.KEYS})


def receive_part(call: Call, submission: str, number: int, content: bytes, content_digest: str) -> UploadPart:
    """Keep the part, sealed and durable, until the delivery is completed.

    Raises:
        Denied: not this supplier's submission (or no such one).
        Invalid: `content-digest` (the bytes are not what the sender hashed), `part-too-large`, `part-number`.
        Conflict: `submission-state` (not receiving any more), `part-differs` (other bytes under this number).
    """
    with call.transact(EVENT) as step:
        found = own_submission(step, submission)
        if found.state is not SubmissionState.RECEIVING:
            raise Conflict("submission-state", {"state": found.state.value, "event": "receive-part"})
        limits = call.services.limits
        if len(content) > limits.piece_size:
            raise Invalid("part-too-large", {"size": len(content), "limit": limits.piece_size})
        if digest(content) != content_digest:
            raise Invalid("content-digest")
        announced = Manifest.from_json(json.loads(found.manifest)).content_size
        if not 0 <= number <= announced // limits.piece_size:
            raise Invalid("part-number", {"number": number})
        for piece in step.data.submissions.pieces(submission):
            if piece.number == number:
                if piece.digest != content_digest:
                    raise Conflict("part-differs", {"number": number})
                step.conclude(step.outcome, ("repeated",))
                return piece
        key = call.services.keys.unwrap(step.data.rounds.wrapped_key(found.round))
        step.uses_key("data-key", found.round)
        step.checked("content-digest")
        stored_as = call.services.parts.write_piece(submission, number, content, key)
        new = UploadPart(submission, number, len(content), content_digest, stored_as)
        step.data.submissions.add_piece(new)
        return new


def own_submission(step: Step, submission: str) -> Submission:
    """The caller's own submission, locked until the end of the transaction.

    Raises:
        Denied: it is another's, or there is none: the answer is the same.
    """
    found = step.known(partial(step.data.submissions.get, lock=True), submission)
    step.object_id = submission
    step.authorise(facts.may_continue_submission(step.caller(), found))
    if found is None:
        raise NotFound("submission")
    step.about(found.data_set)
    return found
