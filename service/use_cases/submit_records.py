"""A supplier hands in records inline, in one call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from service.domain.audit import DELIVERING, Action, EventCode, Fact
from service.domain.errors import Invalid
from service.domain.submission import Submission
from service.use_cases.acceptance import Delivered, data_keys, look_into, settle
from service.use_cases.admission import Admission, admission_of, received, require_same_clock
from service.use_cases.call import Call, Step
from service.use_cases.forms import take_turns
from service.use_cases.opening import Content, Sealed, opened, require_as_announced, without_salt
from sluis_client.wire import Manifest, SignedManifest, digest

EVENT = EventCode(
    "submission.submit", Action.CREATE, "submission", DELIVERING | {Fact.CHECKS, Fact.KEYS, Fact.COMMITMENT}
)


def submit_records(call: Call, signed: SignedManifest, given: bytes | Sealed, idempotency_key: str) -> Delivered:
    """Take the delivery in, or refuse it whole with all its faults.

    1. Admit it, or answer a repeated call with what it made the first time; the content is what was signed.
    2. Check all rows and make the part durable.
    3. Admit again inside the one transaction that stores facts and event.

    Args:
        call: by a supplier.
        signed: the manifest with its signature.
        given: the canonical JSON (RFC 8785) of the list of records, over which the content digest was made; or that,
            sealed.
        idempotency_key: the caller's own name for this call.

    Raises:
        Denied, Conflict, Invalid: see `admission_of`; `content-digest` when the content is not what was signed;
            `sealing-key-not-active`, `sealing-not-as-announced`, `sealed-content`.
    """
    # 1
    ready = _admit(call, signed, given, idempotency_key)
    if isinstance(ready, Submission):
        with call.transact(EVENT) as step:
            return repeated(step, ready)
    # 2
    with call.between(EVENT):
        verdict = look_into(call.services, ready.admission, signed.manifest, ready.content, ready.keys)
    with call.transact(EVENT) as step:
        # 3
        take_turns(step, signed.manifest.round, signed.manifest.supplier)
        admission = admission_of(step, signed, idempotency_key)
        if isinstance(admission, Submission):
            return repeated(step, admission)
        step.object_id = call.services.randomness.new_id()
        draft = received(step, signed, idempotency_key, admission.round, step.object_id)
        return settle(step, draft, admission, verdict, new=True)


@dataclass(frozen=True, slots=True, repr=False)
class _Ready:
    admission: Admission
    keys: Mapping[str, bytes]
    content: Content


def _admit(call: Call, signed: SignedManifest, given: bytes | Sealed, idempotency_key: str) -> _Ready | Submission:
    with call.look(EVENT) as step:
        admission = admission_of(step, signed, idempotency_key)
        if isinstance(admission, Submission):
            return admission
        require_same_clock(step, signed)
        require_as_announced(signed.manifest, isinstance(given, Sealed))
        content = opened(step, signed.manifest, given, 0) if isinstance(given, Sealed) else given
        require_signed_content(signed.manifest, content)
        return _Ready(admission, data_keys(step, admission), without_salt(signed.manifest, content))


def repeated(step: Step, submission: Submission) -> Delivered:
    """Answer with what is there; the event says that nothing was added."""
    step.object_id = submission.id
    step.conclude(step.outcome, ("repeated",))
    return Delivered(submission, repeated=True, served=tuple(step.data.submissions.served_by(submission.id)))


def require_signed_content(manifest: Manifest, content: bytes) -> None:
    """The content is byte for byte what the supplier signed.

    Raises:
        Invalid: `content-digest`.
    """
    if len(content) != manifest.content_size or digest(content) != manifest.content_digest:
        raise Invalid("content-digest")
