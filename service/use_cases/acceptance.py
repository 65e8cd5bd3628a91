"""From checked content to a delivery that counts: the part is durable first, then facts and event together.

A crash before the commit leaves a part that nothing refers to (swept later) and a delivery that can be repeated; a
crash after it leaves a delivery that counts, whose receipt the repeated call returns. Nothing is lost or doubled.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from contextlib import nullcontext, suppress
from dataclasses import dataclass, replace
from typing import BinaryIO

import pyarrow as pa
import pyarrow.compute as pc

from service.domain.audit import Outcome as Ended
from service.domain.audit_terms import person_digest
from service.domain.errors import Invalid
from service.domain.submission import SUBMISSION_LIFECYCLE, Submission, UploadPart
from service.use_cases.admission import Admission, without_content
from service.use_cases.call import Services, Step
from service.use_cases.describe_data_set import wire_definition
from service.use_cases.kept_pseudonyms import PseudonymKeeper
from sluis_client.wire import (
    RECEIPT_PREFIX,
    Faults,
    Kind,
    Manifest,
    Outcome,
    Receipt,
    SignedReceipt,
    canonical_bytes,
    check_rows,
)
from sluis_client.wire import Limits as ContentLimits

LARGE = 1024 * 1024
"""Bytes of content from which a check waits its turn."""


PERSONS_AT_ONCE = 20_000
"""Persons that are made findable in one statement."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the checks found, and the durable part when the content is good.

    `person` names its column of persons, when its rows are of any; `domain` is the one of their pseudonyms.
    """

    rows: int
    faults: Faults
    part: str | None
    person: str | None
    domain: str | None


def look_into(
    services: Services, admission: Admission, manifest: Manifest, content: bytes | BinaryIO, data_key: bytes
) -> Verdict:
    """Check all rows and, when they are good, make the encrypted part durable. No transaction is open meanwhile.

    The part holds no pseudonym as it was delivered (`kept_pseudonyms`). Rows come some at a time, and are in memory no
    longer: a large delivery takes no more of it than a small one.

    Raises:
        MissingPartError: a piece of the content is not there any more.
    """
    round_, catalogue = admission.round, services.catalogue
    data_set = catalogue.data_set(round_.data_set, round_.data_set_version)
    periods = catalogue.allowed_periods(data_set, round_.period)
    definition = wire_definition(data_set, catalogue)
    keeper, domains, found = PseudonymKeeper(services, data_set, round_), set[str](), list[Outcome]()
    person = next((column.name for column in definition.columns if column.kind is Kind.PSEUDONYM), None)

    def fill(add: Callable[[pa.Table], None]) -> bool:
        def take(table: pa.Table) -> None:
            kept = keeper.keep(table)
            if person is not None:
                domains.update(_domains(kept[person]))
            add(kept)

        limits = ContentLimits(content=services.limits.content_size)
        found.append(check_rows(definition, periods, content, manifest.format, take=take, limits=limits))
        return found[0].ok and not keeper.faults.total

    with services.checking if manifest.content_size > LARGE else nullcontext():
        part = services.parts.write_part(fill, data_key)
    (outcome,) = found
    if part is None:
        return Verdict(outcome.rows, keeper.faults if outcome.ok else outcome.faults, None, None, None)
    return Verdict(outcome.rows, outcome.faults, part, person, ",".join(sorted(domains)) or None)


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
        step.conclude(Ended.FAILED, tuple(sorted(verdict.faults.by_code)))
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
    """Let the persons of a delivery that was just stored be found; a refused one holds nobody (Wabvpz article 15e).

    They are read from the part, some at a time.
    """
    step.pseudonym_domain = verdict.domain
    if submission.part is None or verdict.person is None:
        return
    services = step.call.services
    data_key = services.keys.unwrap(step.data.rounds.wrapped_key(submission.round))
    persons: set[bytes] = set()
    for column in services.parts.read_column(submission.part, verdict.person, data_key):
        persons.update(person_digest(one) for one in column.unique().to_pylist() if one is not None)
        if len(persons) >= PERSONS_AT_ONCE:
            step.data.submissions.add_persons(submission.id, persons)
            persons = set()
    step.data.submissions.add_persons(submission.id, persons)


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


def _domains(pseudonyms: pa.ChunkedArray) -> list[str]:
    """The pseudonyms are `type.purpose.version.digest`: the domain is the first three."""
    without_digest = pc.replace_substring_regex(pseudonyms, r"\.[^.]*$", "")
    return [one for one in pc.unique(without_digest).to_pylist() if one is not None]


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
