"""From checked content to a delivery that counts: the part is durable first, then facts and event together.

A crash before the commit leaves a part that nothing refers to (swept later) and a delivery that can be repeated; a
crash after it leaves a delivery that counts, whose receipt the repeated call returns. Nothing is lost or doubled.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from contextlib import nullcontext, suppress
from dataclasses import dataclass, replace

import pyarrow as pa
import pyarrow.compute as pc

from service.domain.audit import Outcome as Ended
from service.domain.audit_terms import person_digest
from service.domain.errors import Conflict, Invalid
from service.domain.submission import SUBMISSION_LIFECYCLE, Submission, SubmissionState, UploadPart
from service.use_cases.admission import Admission, received, without_content
from service.use_cases.call import Services, Step
from service.use_cases.describe_data_set import wire_definition
from service.use_cases.forms import Serving
from service.use_cases.kept_pseudonyms import PseudonymKeeper
from service.use_cases.opening import Content
from sluis_client.wire import (
    RECEIPT_PREFIX,
    Faults,
    Kind,
    Manifest,
    Outcome,
    Receipt,
    SignedManifest,
    SignedReceipt,
    canonical_bytes,
    check_rows,
    content_of_records,
)
from sluis_client.wire import Limits as ContentLimits

LARGE = 1024 * 1024
"""Bytes of content from which a check waits its turn."""


_RECORDS_MADE_HERE = 2**31 - 1
"""Bytes of records that the service made of a form: nobody sent them in one call, and the form's size bounds them."""

PERSONS_AT_ONCE = 20_000
"""Persons that are made findable in one statement."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the checks found, and the durable part when the content is good.

    `person` names its column of persons, when its rows are of any; `domain` is the one of their pseudonyms. `served`
    are the deliveries that come with that of a form, each with the manifest that follows from the one of the form.
    """

    rows: int
    faults: Faults
    part: str | None
    person: str | None
    domain: str | None
    served: tuple[tuple[Manifest, Verdict], ...] = ()


@dataclass(frozen=True, slots=True)
class Delivered:
    """The submission that answers the call; `repeated` when it was there before. `served` came with it."""

    submission: Submission
    repeated: bool
    served: tuple[Submission, ...] = ()


def data_keys(step: Step, admission: Admission) -> Mapping[str, bytes]:
    """By round, the keys of all parts that a delivery will have."""
    rounds = (admission.round.id, *(serving.round.id for serving in admission.servings))
    return {name: step.call.services.keys.unwrap(step.data.rounds.wrapped_key(name)) for name in rounds}


def look_into(
    services: Services,
    admission: Admission,
    manifest: Manifest,
    content: Content,
    keys: Mapping[str, bytes],
    *,
    limits: ContentLimits | None = None,
) -> Verdict:
    """Check all rows and, when they are good, make the encrypted parts durable. No transaction is open meanwhile.

    The part holds no pseudonym as it was delivered (`kept_pseudonyms`). Rows come some at a time, and are in memory no
    longer: a large delivery takes no more of it than a small one. Only those of a form stay until what it serves is
    made of them: its definition bounds how many they are. Its own part keeps none of them. Nothing is released of it,
    and there they would outlive what was made of them, when that is withdrawn or was never consented to.

    Raises:
        MissingPartError: a piece of the content is not there any more.
        ServedRowsError: the rows that a form gives do not fit the data set that it serves.
    """
    round_, catalogue = admission.round, services.catalogue
    data_set = catalogue.data_set(round_.data_set, round_.data_set_version)
    periods = catalogue.allowed_periods(data_set, round_.period)
    definition = wire_definition(data_set, catalogue)
    keeper, domains, found = PseudonymKeeper(services, data_set, round_), set[str](), list[Outcome]()
    person = next((column.name for column in definition.columns if column.kind is Kind.PSEUDONYM), None)
    form: list[pa.Table] = []

    def fill(add: Callable[[pa.Table], None]) -> bool:
        def take(table: pa.Table) -> None:
            kept = keeper.keep(table)
            if person is not None:
                domains.update(_domains(kept[person]))
            if admission.servings:
                form.append(kept)
                kept = kept.slice(0, 0)
            add(kept)

        within = limits or ContentLimits(content=services.limits.content_size)
        found.append(check_rows(definition, periods, content.rows, manifest.format, take=take, limits=within))
        return found[0].ok and not keeper.faults.total

    with services.checking if manifest.content_size > LARGE else nullcontext():
        part = services.parts.write_part(fill, keys[round_.id])
    (outcome,) = found
    if part is None:
        return Verdict(outcome.rows, keeper.faults if outcome.ok else outcome.faults, None, None, None)
    served = tuple(_served(services, serving, (manifest, content.salt), form, keys) for serving in admission.servings)
    return Verdict(outcome.rows, outcome.faults, part, person, ",".join(sorted(domains)) or None, served)


class ServedRowsError(RuntimeError):
    """The bundle lets a form serve a data set that its rows do not fit; nothing was stored."""


def _served(
    services: Services,
    serving: Serving,
    signed: tuple[Manifest, bytes],
    form: list[pa.Table],
    keys: Mapping[str, bytes],
) -> tuple[Manifest, Verdict]:
    """What the delivery of a form gives another data set, held against its definition like any other delivery."""
    manifest, salt = signed
    content = content_of_records([record for table in form for record in serving.served.records(table)])
    there = serving.served.manifest(manifest, serving.round.id, content, salt)
    made_here = ContentLimits(records=_RECORDS_MADE_HERE)
    admission = Admission(serving.round, serving.replaces)
    found = look_into(services, admission, there, Content(content, b""), keys, limits=made_here)
    if found.part is None:
        raise ServedRowsError(f"{manifest.data_set} serves {there.data_set}: {dict(found.faults.by_code)}")
    return there, found


def settle(step: Step, submission: Submission, admission: Admission, verdict: Verdict, *, new: bool) -> Delivered:
    """Store the delivery as accepted or refused, with its persons and all that comes with it, beside its event.

    Args:
        step: of the event.
        submission: as it was received.
        admission: as it is now, inside this transaction.
        verdict: of its content.
        new: whether it is not stored yet.

    Raises:
        Invalid: `rows-differ`: the supplier signed for another number of rows.
        Conflict: `try-again`: what a form serves changed since its rows were looked into.
    """
    settled = _settled(step, submission, admission, verdict)
    if settled.state is SubmissionState.ACCEPTED:
        _supersede(step, admission.replaces)
    (step.data.submissions.add if new else step.data.submissions.save)(settled)
    _keep_persons(step, settled, verdict)
    return Delivered(settled, repeated=False, served=_serve(step, settled, admission, verdict))


def _settled(step: Step, submission: Submission, admission: Admission, verdict: Verdict) -> Submission:
    """The submission as accepted, with its receipt, or as refused, with its faults.

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


def _serve(step: Step, form: Submission, admission: Admission, verdict: Verdict) -> tuple[Submission, ...]:
    """Store what comes with the delivery of a form, which was stored just before; each with its own event.

    With a refused one nothing comes, and with one of no form neither.

    Raises:
        Conflict: `try-again`: what it serves changed since its rows were looked into.
    """
    if form.state is not SubmissionState.ACCEPTED:
        return ()
    if [there.round for there, _ in verdict.served] != [serving.round.id for serving in admission.servings]:
        raise Conflict("try-again")
    stored = []
    for serving, (manifest, found) in zip(admission.servings, verdict.served, strict=True):
        made = serving.step
        made.object_id = step.call.services.randomness.new_id()
        signed = SignedManifest(manifest, form.manifest_key_id, form.manifest_signature)
        draft = received(made, signed, made.object_id, serving.round, made.object_id)
        replaced = serving.replaces.id if serving.replaces is not None else None
        draft = replace(draft, served_by=form.id, corrects=replaced)
        stored.append(settle(made, draft, Admission(serving.round, serving.replaces), found, new=True).submission)
        step.more.append(made)
    return tuple(stored)


def _keep_persons(step: Step, submission: Submission, verdict: Verdict) -> None:
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


def _supersede(step: Step, replaced: Submission | None) -> None:
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
