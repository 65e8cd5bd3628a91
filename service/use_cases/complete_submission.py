"""A supplier says that all parts are there; the delivery is accepted or refused as a whole."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass

from service.domain import facts
from service.domain.audit import DELIVERING, Action, EventCode, Fact
from service.domain.errors import Conflict, NotFound
from service.domain.submission import Submission, SubmissionState, UploadPart
from service.ports.parts import MissingPartError
from service.use_cases.acceptance import Delivered, Verdict, data_keys, look_into, remove_pieces, settle
from service.use_cases.admission import Admission, admit, authorise_delivery, signed_manifest, without_content
from service.use_cases.call import Call, Step
from service.use_cases.forms import take_turns
from service.use_cases.opening import Content
from service.use_cases.pieces_together import PiecesTogether
from service.use_cases.receive_part import own_submission
from service.use_cases.submit_records import repeated
from sluis_client.wire import Manifest

EVENT = EventCode(
    "submission.complete", Action.UPDATE, "submission", DELIVERING | {Fact.CHECKS, Fact.KEYS, Fact.COMMITMENT}
)
_NAMED_AT_MOST = 20


@dataclass(frozen=True, slots=True, repr=False)
class _Ready:
    manifest: Manifest
    admission: Admission
    pieces: tuple[UploadPart, ...]
    keys: Mapping[str, bytes]
    content: PiecesTogether


def complete_submission(call: Call, submission: str, parts: int) -> Delivered:
    """Put the parts together, check all rows, and accept or refuse.

    1. Authorise; a delivery that is settled already is the answer.
    2. All parts are there and together are what was signed.
    3. Check all rows and make the part durable.
    4. Admit again inside the one transaction that stores facts and event; then drop the uploaded pieces.

    Raises:
        Denied: not this supplier's submission (or no such one).
        Conflict: `incomplete`, naming the missing parts; `submission-state`; see `admission.admit`.
        Invalid: `content-digest`: the parts together are not what was signed.
    """
    with call.services.completing(submission):
        return _complete(call, submission, parts)


def _complete(call: Call, submission: str, parts: int) -> Delivered:
    ready = _look(call, submission, parts)
    verdict = None if ready is None else _look_into(call, submission, ready)
    if ready is None or verdict is None:
        with call.transact(EVENT) as step:
            return _settled_before(step, submission)
    with call.transact(EVENT) as step:
        # 4
        found = own_submission(step, submission)
        if found.state is not SubmissionState.RECEIVING:
            return _settled_before(step, submission)
        take_turns(step, found.round, found.organisation)
        signed = signed_manifest(found)
        admission = admit(step, signed, *authorise_delivery(step, signed))
        if isinstance(admission, Submission):
            return _abandon_double(step, found, admission)
        delivered = settle(step, found, admission, verdict, new=False)
        step.data.submissions.drop_pieces(submission)
    remove_pieces(call.services, ready.pieces)
    return delivered


def _look(call: Call, submission: str, parts: int) -> _Ready | None:
    """Everything for the checks, or None when the submission is settled, or its content counts already."""
    with call.look(EVENT) as step:
        # 1
        found = step.known(step.data.submissions.get, submission)
        step.object_id = submission
        step.authorise(facts.may_continue_submission(step.caller(), found))
        if found is None:
            raise NotFound("submission")
        step.about(found.data_set)
        if found.state is not SubmissionState.RECEIVING:
            return None
        signed = signed_manifest(found)
        admission = admit(step, signed, *authorise_delivery(step, signed))
        if isinstance(admission, Submission):
            return None
        # 2
        pieces = tuple(step.data.submissions.pieces(submission))
        missing = sorted(set(range(parts)) - {piece.number for piece in pieces})
        if missing or len(pieces) != parts:
            named = ", ".join(map(str, missing[:_NAMED_AT_MOST])) or "-"
            raise Conflict("incomplete", {"missing": named, "received": len(pieces), "parts": parts})
        keys = data_keys(step, admission)
        content = PiecesTogether(call.services.parts, signed.manifest, pieces, keys[found.round])
        return _Ready(signed.manifest, admission, pieces, keys, content)


def _look_into(call: Call, submission: str, ready: _Ready) -> Verdict | None:
    """What the checks found; None when a call that was quicker settled the delivery and removed its pieces meanwhile.

    Raises:
        Invalid: `content-digest`.
        MissingPartError: a piece of a delivery that still waits for its completion is not there.
    """
    with call.between(EVENT, submission):
        try:
            ready.content.require_signed()  # 2
            content = Content(io.BufferedReader(ready.content), ready.content.salt())
            return look_into(call.services, ready.admission, ready.manifest, content, ready.keys)  # 3
        except MissingPartError:
            with call.services.database.look() as data:  # a transaction of its own: this one sees what was
                if data.submissions.get(submission).state is SubmissionState.RECEIVING:
                    raise
            return None


def _settled_before(step: Step, submission: str) -> Delivered:
    found = own_submission(step, submission)
    match found.state:
        case (
            SubmissionState.ACCEPTED | SubmissionState.SUPERSEDED | SubmissionState.WITHDRAWN | SubmissionState.REFUSED
        ):
            return repeated(step, found)
        case SubmissionState.ABANDONED:
            counting = step.data.submissions.counting(found.organisation, found.round)
            if counting is not None and counting.content_digest == found.content_digest:
                return repeated(step, counting)
            raise Conflict("submission-state", {"state": found.state.value, "event": "complete"})
        case SubmissionState.RECEIVING:
            take_turns(step, found.round, found.organisation)
            signed = signed_manifest(found)
            admission = admit(step, signed, *authorise_delivery(step, signed))
            if isinstance(admission, Submission):
                return _abandon_double(step, found, admission)
            raise Conflict("try-again", {"submission": submission})


def _abandon_double(step: Step, found: Submission, counting: Submission) -> Delivered:
    """Content that counts already under another submission: that one is the answer, this one ends."""
    step.data.submissions.save(without_content(found, SubmissionState.ABANDONED))
    step.data.submissions.drop_pieces(found.id)
    return repeated(step, counting)
