"""A supplier announces a delivery whose content follows in parts."""

from __future__ import annotations

import json

from service.domain.audit import DELIVERING, Action, EventCode, Fact
from service.domain.errors import Invalid
from service.domain.submission import Submission
from service.use_cases.acceptance import Delivered
from service.use_cases.admission import admission_of, received, require_same_clock
from service.use_cases.call import Call, Step
from service.use_cases.describe_data_set import wire_definition
from service.use_cases.forms import take_turns
from service.use_cases.submit_records import repeated
from sluis_client.wire import Manifest, SignedManifest
from sluis_client.wire.content.room import room

EVENT = EventCode("submission.begin", Action.CREATE, "submission", DELIVERING | {Fact.CHECKS})


def begin_submission(call: Call, signed: SignedManifest, idempotency_key: str) -> Delivered:
    """Admit the delivery and wait for its parts; a repeated call gets what the first one made.

    Raises:
        Denied, Conflict, Invalid: see `admission_of`; `content-too-large` with the limit, which is what the rows of the
            data set can take at most; `uploads-too-large` when too much of this organisation still comes in.
    """
    with call.transact(EVENT) as step:
        take_turns(step, signed.manifest.round, signed.manifest.supplier)
        admission = admission_of(step, signed, idempotency_key)
        if isinstance(admission, Submission):
            return repeated(step, admission)
        require_same_clock(step, signed)
        _require_room(step, signed.manifest)
        step.object_id = call.services.randomness.new_id()
        submission = received(step, signed, idempotency_key, admission.round, step.object_id)
        step.data.submissions.add(submission)
        return Delivered(submission, repeated=False)


_LEAST = 1024 * 1024
"""Bytes that a delivery under way counts for at least: each has a place in the database."""


def _require_room(step: Step, manifest: Manifest) -> None:
    limits, catalogue = step.call.services.limits, step.call.services.catalogue
    definition = wire_definition(catalogue.data_set(manifest.data_set, manifest.data_set_version), catalogue)
    limit = room(definition, definition.max_rows, limits.content_size)
    if manifest.content_size > limit:
        raise Invalid("content-too-large", {"size": manifest.content_size, "limit": limit})
    under_way = (json.loads(text)["contentSize"] for text in step.data.submissions.announced(manifest.supplier))
    total = sum(max(size, _LEAST) for size in (*under_way, manifest.content_size))
    if total > limits.uploads_size:
        raise Invalid("uploads-too-large", {"size": total, "limit": limits.uploads_size})
