"""A supplier sends one part of the content; the same part may come twice, in any order."""

from __future__ import annotations

import json
from functools import partial

from service.domain import facts
from service.domain.audit import DELIVERING, Action, EventCode, Fact
from service.domain.errors import Conflict, Invalid, NotFound
from service.domain.submission import Submission, SubmissionState, UploadPart
from service.use_cases.call import Call, Step
from service.use_cases.opening import Sealed, opened, require_as_announced
from sluis_client.wire import Manifest, digest
from sluis_client.wire.sealing import SEALED_OVERHEAD

EVENT = EventCode("submission.receive-part", Action.UPDATE, "submission", DELIVERING | {Fact.CHECKS, Fact.KEYS})


def receive_part(call: Call, submission: str, number: int, sent: bytes | Sealed, content_digest: str) -> UploadPart:
    """Keep the part, encrypted and durable, until the delivery is completed.

    A part that comes sealed is opened at once, so that a key which ends meanwhile spoils nothing that arrived. Sealing
    it twice gives other bytes, so what is compared with the part that is there is what was in it.

    Args:
        call: by a supplier.
        submission: its delivery.
        number: of the part, from 0.
        sent: the bytes as they came.
        content_digest: what their sender says is their digest.

    Raises:
        Denied: not this supplier's submission (or no such one).
        Invalid: `content-digest` (the bytes are not what the sender hashed), `part-too-large`, `part-number`,
            `sealing-not-as-announced`, `sealed-content`.
        Conflict: `submission-state` (not receiving any more), `part-differs` (other bytes under this number),
            `sealing-key-not-active`.
    """
    with call.transact(EVENT) as step:
        found = own_submission(step, submission)
        if found.state is not SubmissionState.RECEIVING:
            raise Conflict("submission-state", {"state": found.state.value, "event": "receive-part"})
        limits = call.services.limits
        content, longer = (sent.content, SEALED_OVERHEAD) if isinstance(sent, Sealed) else (sent, 0)
        if len(content) > limits.piece_size + longer:
            raise Invalid("part-too-large", {"size": len(content), "limit": limits.piece_size})
        if digest(content) != content_digest:
            raise Invalid("content-digest")
        manifest = Manifest.from_json(json.loads(found.manifest))
        if not 0 <= number <= manifest.content_size // limits.piece_size:
            raise Invalid("part-number", {"number": number})
        require_as_announced(manifest, isinstance(sent, Sealed))
        step.checked("content-digest")
        plain = opened(step, manifest, sent, number) if isinstance(sent, Sealed) else sent
        key = call.services.keys.unwrap(step.data.rounds.wrapped_key(found.round))
        for piece in step.data.submissions.pieces(submission):
            if piece.number == number:
                same = piece.digest == content_digest
                if not same and manifest.sealed:
                    same = call.services.parts.read_piece(piece.stored_as, submission, number, key) == plain
                if not same:
                    raise Conflict("part-differs", {"number": number})
                step.conclude(step.outcome, ("repeated",))
                return piece
        step.uses_key("data-key", found.round)
        stored_as = call.services.parts.write_piece(submission, number, plain, key)
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
