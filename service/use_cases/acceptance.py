"""From checked content to a delivery that counts: the part is durable first, then facts and event together.

A crash before the commit leaves a part that nothing refers to (swept later) and a delivery that can be repeated; a
crash after it leaves a delivery that counts, whose receipt the repeated call returns. Nothing is lost or doubled.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from contextlib import nullcontext, suppress
from dataclasses import dataclass, replace

import pyarrow as pa

from service.domain.audit import Outcome
from service.domain.audit_terms import person_digest
from service.domain.errors import Invalid
from service.domain.submission import SUBMISSION_LIFECYCLE, Submission, UploadPart
from service.use_cases.admission import Admission, without_content
from service.use_cases.call import Services, Step
from service.use_cases.describe_data_set import wire_definition
from service.use_cases.kept_pseudonyms import keep_pseudonyms
from sluis_client.wire import (
    RECEIPT_PREFIX,
    Checked,
    Definition,
    Faults,
    Kind,
    Manifest,
    Receipt,
    SignedReceipt,
    canonical_bytes,
    check_content,
)

LARGE = 1024 * 1024
"""Bytes of content from which a check waits its turn: unpacked it may take a thousand times as much."""


@dataclass(frozen=True, slots=True, repr=False)
class Persons:
    """Who is in a delivery: the domain of their pseudonyms (None when its rows are of nobody), and their digests."""

    domain: str | None
    digests: frozenset[bytes]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the checks found, and the durable part when the content is good."""

    rows: int
    faults: Faults
    part: str | None
    persons: Persons


def look_into(services: Services, admission: Admission, manifest: Manifest, content: bytes, data_key: bytes) -> Verdict:
    """Check all rows and, when they are good, make the encrypted part durable. No transaction is open meanwhile.

    The part holds no pseudonym as it was delivered (`kept_pseudonyms`).
    """
    round_, catalogue = admission.round, services.catalogue
    data_set = catalogue.data_set(round_.data_set, round_.data_set_version)
    periods = catalogue.allowed_periods(data_set, round_.period)
    definition = wire_definition(data_set, catalogue)
    with services.checking if len(content) > LARGE else nullcontext():
        checked: Checked = check_content(definition, periods, content, manifest.format)
    if not checked.ok:
        return Verdict(checked.rows, checked.faults, None, _NOBODY)
    found = keep_pseudonyms(services, data_set, round_, checked.table)
    if found.faults is not None:
        return Verdict(checked.rows, found.faults, None, _NOBODY)
    part = services.parts.write_part(found.table, data_key)
    return Verdict(checked.rows, checked.faults, part, _persons(definition, found.table))


def settle(step: Step, submission: Submission, admission: Admission, verdict: Verdict) -> Submission:
    """The submission as accepted, with its receipt, or as refused, with its faults; the caller stores it.

    Raises:
        Invalid: `rows-differ`: the supplier signed for another number of rows.
    """
    step.checked("content-digest", "content")
    step.uses_key("data-key", submission.round)
    manifest = json.loads(submission.manifest)
    # What came sealed does not go back in the open.
    faults = verdict.faults.without_values() if manifest.get("sealed") else verdict.faults
    found = json.dumps(faults.to_json(), ensure_ascii=False, separators=(",", ":"))
    if verdict.part is None:
        step.conclude(Outcome.FAILED, tuple(sorted(verdict.faults.by_code)))
        state = SUBMISSION_LIFECYCLE.after(submission.state, "refuse")
        return replace(without_content(submission, state), rows=verdict.rows, faults=found)
    announced = manifest["rows"]
    if announced not in {None, verdict.rows}:
        raise Invalid("rows-differ", {"announced": announced, "rows": verdict.rows})
    accepted = replace(
        submission,
        state=SUBMISSION_LIFECYCLE.after(submission.state, "accept"),
        version=step.data.submissions.last_version(submission.organisation, submission.round) + 1,
        rows=verdict.rows,
        late=admission.round.is_late(step.now),
        accepted_at=step.now,
        part=verdict.part,
        warnings=found,
    )
    return replace(accepted, receipt=_receipt(step, accepted))


def keep_persons(step: Step, submission: Submission, verdict: Verdict) -> None:
    """Let the persons of a delivery that was just stored be found; a refused one holds nobody (Wabvpz article 15e)."""
    step.pseudonym_domain = verdict.persons.domain
    if submission.part is not None:
        step.data.submissions.add_persons(submission.id, verdict.persons.digests)


def supersede(step: Step, replaced: Submission | None) -> None:
    """Let the delivery that counted until now count no longer; it and its part stay."""
    if replaced is not None:
        state = SUBMISSION_LIFECYCLE.after(replaced.state, "supersede")
        step.data.submissions.save(replace(replaced, state=state))


def remove_pieces(services: Services, pieces: Iterable[UploadPart]) -> None:
    """Remove what no submission refers to any more; what cannot be removed now is an orphan, and swept later."""
    for piece in pieces:
        with suppress(OSError):
            services.parts.remove(piece.stored_as)


_NOBODY = Persons(None, frozenset())


def _persons(definition: Definition, table: pa.Table) -> Persons:
    """The pseudonyms are `type.purpose.version.digest`: the domain is the first three."""
    columns = [column.name for column in definition.columns if column.kind is Kind.PSEUDONYM]
    found = {str(one) for name in columns for one in table[name].unique().to_pylist() if one is not None}
    domains = sorted({pseudonym.rpartition(".")[0] for pseudonym in found})
    return Persons(",".join(domains) or None, frozenset(map(person_digest, found)))


def _receipt(step: Step, submission: Submission) -> str:
    """The signed receipt; the event of this step commits to it, in the same transaction."""
    receipt = Receipt(
        submission_id=submission.id,
        organisation=submission.organisation,
        round=submission.round,
        data_set=submission.data_set,
        data_set_version=submission.data_set_version,
        version=submission.version,
        late=submission.late,
        rows=submission.rows or 0,
        manifest_digest=submission.manifest_digest,
        content_digest=submission.content_digest,
        accepted_at=step.now,
        audit_event_id=step.event_id,
        issuer=step.call.services.issuer,
        nonce=step.nonce(),
    )
    step.commitment = receipt.commitment()
    signature = step.sign(RECEIPT_PREFIX, receipt.canonical())
    return canonical_bytes(SignedReceipt(receipt, signature.key_id, signature.value).to_json()).decode()
