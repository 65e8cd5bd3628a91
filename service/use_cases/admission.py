"""What must hold before a delivery is looked into, and again at the moment that it is stored."""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass, replace

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey

from service.domain import facts
from service.domain.errors import Conflict, Denied, Invalid
from service.domain.organisation import ClientKey
from service.domain.reason import Reason
from service.domain.round import Round
from service.domain.submission import Submission, SubmissionState
from service.use_cases.call import Step
from service.use_cases.ended_periods import require_ended
from service.use_cases.forms import Serving, came_with, servings_of
from sluis_client.wire import SignatureError, SignedManifest, WireError, parse_public_jwk


@dataclass(frozen=True, slots=True)
class Admission:
    """A delivery that may come in: its round, what it replaces, and what else it serves when it is that of a form."""

    round: Round
    replaces: Submission | None
    servings: tuple[Serving, ...] = ()


def admission_of(step: Step, signed: SignedManifest, idempotency_key: str) -> Admission | Submission:
    """Whether this delivery may come in: an admission, or the submission that is already the answer.

    1. The policy permits this supplier, round and key, and the signature proves that the key was used.
    2. A call that was made before gets what it made then (RFC 9110 idempotence).
    3. The delivery fits the round and what counts in it now.

    Raises:
        Denied: with every reason of the policy.
        Invalid: `manifest-signature`, `clock-skew`.
        Conflict: `idempotency-key-reused`, `round-not-open`, `round-closed`, `period-not-ended`, `already-delivered`,
            `corrects-outdated`; see `forms.servings_of`.
    """
    round_, key = authorise_delivery(step, signed)
    return find_known(step, signed, idempotency_key) or admit(step, signed, round_, key)


def authorise_delivery(step: Step, signed: SignedManifest) -> tuple[Round, ClientKey]:
    """The policy's answer for this supplier, round and key, and the proof that the key was used; round and key.

    Raises:
        Denied: with every reason.
        Invalid: `manifest-signature`.
    """
    manifest = signed.manifest
    round_ = step.known(step.data.rounds.get, manifest.round)
    key = step.data.organisations.find_key(signed.key_id)
    claims = facts.ManifestClaims(manifest.supplier, manifest.data_set, manifest.data_set_version)
    caller = step.caller()
    # The question is about the round; the event is about a submission, which there may never be.
    grounds = step.own_grounds(
        round_.data_set if round_ else "",
        round_.data_set_version if round_ else 0,
        caller.principal.organisation or facts.NOBODY,
    )
    step.authorise(facts.may_submit(caller, round_, claims, key, grounds), names_object=False)
    if key is None or round_ is None or caller.organisation is None:
        raise Denied((Reason("policy-not-sure"),))
    step.name(agreement=caller.organisation.agreement.reference)
    step.about(round_.data_set)
    try:
        signed.verify(_public_key(key.public_jwk))
    except (SignatureError, WireError) as error:
        raise Invalid("manifest-signature") from error
    step.checked("manifest-signature")
    return round_, key


@functools.lru_cache(maxsize=1024)
def _public_key(stored: str) -> EllipticCurvePublicKey:
    public = parse_public_jwk(json.loads(stored))
    if not isinstance(public, EllipticCurvePublicKey):
        raise SignatureError("a manifest is signed with an EC P-256 key")
    return public


def find_known(step: Step, signed: SignedManifest, idempotency_key: str) -> Submission | None:
    """The submission that this same call, or this same manifest, made before.

    Raises:
        Conflict: `idempotency-key-reused`: the key came with another manifest.
    """
    organisation, manifest_digest = signed.manifest.supplier, signed.manifest.digest()
    submissions = step.data.submissions
    by_key = submissions.find_by_key(organisation, idempotency_key)
    if by_key is not None and by_key.manifest_digest != manifest_digest:
        raise Conflict("idempotency-key-reused", {"submission": by_key.id})
    return by_key or submissions.find_by_manifest(organisation, manifest_digest)


def admit(step: Step, signed: SignedManifest, round_: Round, key: ClientKey) -> Admission | Submission:
    """Whether a delivery fits the round now.

    1. The round is open (late is taken and marked; draft, cancelled and closed are not), and its period is over.
    2. Content that counts already, and serves the same, is not taken again: the submission that holds it is the answer.
    3. A delivery that differs from what counts says that it corrects exactly that.

    Raises:
        Conflict: `round-not-open`, `round-closed`, `period-not-ended`, `already-delivered`, `corrects-outdated`; see
            `forms.servings_of`.
    """
    manifest = signed.manifest
    # 1
    round_.require_open()
    require_ended(step, round_)
    # 2
    counting = step.data.submissions.counting(manifest.supplier, round_.id)
    servings = servings_of(step, round_, key, counting)
    if counting is not None and counting.content_digest == manifest.content_digest:
        serves = {found.round for found in came_with(step, counting)}
        if serves == {serving.round.id for serving in servings}:
            return counting
    # 3
    if counting is not None and manifest.corrects is None:
        raise Conflict("already-delivered", {"submission": counting.id})
    if manifest.corrects != (counting.id if counting else None):
        raise Conflict("corrects-outdated", {"submission": counting.id if counting else "-"})
    return Admission(round_, counting, servings)


def require_same_clock(step: Step, signed: SignedManifest) -> None:
    """A new manifest was signed by a clock that agrees with ours: a receipt's time must mean the same to both.

    Raises:
        Invalid: `clock-skew`, with the service's time.
    """
    skew = round((signed.manifest.created_at - step.now).total_seconds())
    if abs(skew) > step.call.services.limits.clock_skew:
        raise Invalid("clock-skew", {"seconds": skew, "now": step.now.strftime("%Y-%m-%dT%H:%M:%SZ")})
    step.checked("clock")


def received(step: Step, signed: SignedManifest, idempotency_key: str, round_: Round, submission: str) -> Submission:
    """The submission as it stands before anything is known of its content."""
    manifest = signed.manifest
    return Submission(
        id=submission,
        organisation=manifest.supplier,
        round=round_.id,
        data_set=round_.data_set,
        data_set_version=round_.data_set_version,
        state=SubmissionState.RECEIVING,
        version=0,
        idempotency_key=idempotency_key,
        manifest=manifest.canonical().decode(),
        manifest_digest=manifest.digest(),
        manifest_key_id=signed.key_id,
        manifest_signature=signed.signature,
        content_digest=manifest.content_digest,
        format=manifest.format.value,
        received_at=step.now,
        corrects=manifest.corrects,
    )


def signed_manifest(submission: Submission) -> SignedManifest:
    """The signed manifest as it was stored."""
    return SignedManifest.from_json(
        {
            "manifest": json.loads(submission.manifest),
            "keyId": submission.manifest_key_id,
            "signature": submission.manifest_signature,
        }
    )


def without_content(submission: Submission, state: SubmissionState) -> Submission:
    """The submission in an end state in which none of its content is kept."""
    return replace(submission, state=state, part=None)
