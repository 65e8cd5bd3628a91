"""A release and its certificate: figures that anybody who holds the file can check, without the service.

The release says the figures; the certificate says how they came to be: purpose and version, bundle of policies,
decision, deliveries, disclosure profile and outcome of the attack, who approved, and the place in the audit log.
Both are signed by the service, under prefixes of their own.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sluis_client.wire.canonical import canonical_bytes, digest
from sluis_client.wire.commitment import NONCE, RELEASE_COMMITMENT_PREFIX, commitment
from sluis_client.wire.jwk import KeySet
from sluis_client.wire.log import (
    Checkpoint,
    CheckpointError,
    EntryError,
    LogKey,
    LogKeys,
    LogProof,
    verify_log_proof,
)
from sluis_client.wire.manifest import SignatureError
from sluis_client.wire.receipt import RELEASE_PREFIX, verify_ed25519
from sluis_client.wire.strict import Fields, StepError, WireError, string

CERTIFICATE_PREFIX = b"sluis-certificate-v1\n"
RELEASE_EVENT = "release.create"
"""The event by which a release came about, and which commits to it."""

CERTIFICATE_VERSION = 2
"""Version 1 had no nonce, and no event committed to it: it proves nothing about figures."""

_APPROVERS = 2
_MEMBERS = frozenset(
    {
        "certificateVersion",
        "issuer",
        "release",
        "version",
        "contentDigest",
        "request",
        "organisation",
        "requester",
        "purpose",
        "policyHash",
        "decision",
        "inputs",
        "disclosure",
        "approvers",
        "nonce",
        "auditEvent",
        "logProof",
    }
)


def release_commitment(certificate: Mapping[str, Any]) -> str:
    """What the event of a release says of it: of every member of its certificate but the place in the log.

    The place is not known yet when the event is written; the id of the event is.

    Raises:
        ValueError: the certificate has no nonce, or no canonical form.
    """
    members = {name: value for name, value in certificate.items() if name != "logProof"}
    return commitment(RELEASE_COMMITMENT_PREFIX, members)


def input_digest(release: str, manifest_digest: str) -> str:
    """How a certificate names a delivery: by its manifest's digest, bound to the release.

    Whoever holds the receipt can tell that the delivery is among the inputs. Whoever holds two certificates cannot
    tell which deliveries they share, nor how many were corrected in between.
    """
    return "sha-256:" + hashlib.sha256(f"{release}\n{manifest_digest}".encode()).hexdigest()


class ReleaseError(StepError):
    """A file is not a release of this service, or not as it was approved. Steps are those of `verify_release`."""


@dataclass(frozen=True, slots=True)
class VerifiedRelease:
    """What was proven: the figures, how they came to be, and their place in the log."""

    content: Mapping[str, Any]
    certificate: Mapping[str, Any]
    log_index: int
    checkpoint: Checkpoint


def verify_release(
    document: Any, jwks: Any, log_key: LogKey | LogKeys, *, issuer: str | None = None, seen: str | None = None
) -> VerifiedRelease:
    """Prove a release with nothing but the file and two public keys.

    1. The file is a release with its certificate, as the service gives it.
    2. The service signed the figures.
    3. The service signed the certificate.
    4. The certificate is about these figures: release, version, digest, purpose, bundle of policies, issuer.
    5. The policy permitted the release, under that bundle.
    6. The attack found nothing: the table was judged safe, under the profile that is named.
    7. Two different stewards approved, and neither is who asked. That they did is the service's word.
    8. The log's key signed the checkpoint in the certificate.
    9. The event of the release is in the log at that place, and commits to exactly this: it is the making
       (`release.create`) of this release, with the bundle of policies, the purpose and the permit of the certificate,
       and its `commitment` is that of all that the certificate says, the digest of the figures among it. So the
       service cannot sign other figures, deliveries or approvers for the same place.
    10. The checkpoint does not contradict the one that was seen before (when one is given).

    Args:
        document: what `GET /v1/releases/{id}` answered, as parsed JSON.
        jwks: the service's JWKS document.
        log_key: the key of its audit log; or one before it, or after it, that the release shows to belong together.
        issuer: the service's issuer URL, when it is known.
        seen: a checkpoint of the log that was seen before, as signed note.

    Raises:
        ReleaseError: a step failed; it says which and what that means.
    """
    content, certificate, signatures = _parts(document)  # 1
    keys = _keys(jwks)
    _verify_signature(2, RELEASE_PREFIX, content, signatures["content"], keys)
    _verify_signature(3, CERTIFICATE_PREFIX, certificate, signatures["certificate"], keys)
    _require_same(content, certificate, issuer)  # 4
    decision = _object(5, certificate, "decision")
    if decision.get("outcome") != "permit" or not _are_names(decision.get("policies")):
        raise ReleaseError(5, "De policy stond de aanvraag niet toe.", "The policy did not permit the request.")
    if decision.get("policyHash") != certificate["policyHash"]:
        raise ReleaseError(
            5,
            "De policy besloot onder een andere bundel dan die van het certificaat.",
            "The policy decided under another bundle than the one of the certificate.",
        )
    disclosure = _object(6, certificate, "disclosure")
    if disclosure.get("safe") is not True or not all(_is_name(disclosure.get(one)) for one in ("profile", "evidence")):
        raise ReleaseError(6, "De tabel is niet veilig bevonden.", "The table was not found to be safe.")
    _require_four_eyes(certificate)  # 7
    proof = _log_proof(certificate, document)
    try:
        proven = verify_log_proof(proof, log_key, _expected_event(certificate))
    except EntryError as error:
        raise ReleaseError(8 if error.step == 1 else 9, error.nl, error.en) from error  # 8, 9
    if seen is not None:
        _require_not_contradicted(proven.checkpoint, seen, proven.keys)  # 10
    return VerifiedRelease(content, certificate, proven.index, proven.checkpoint)


def _parts(document: Any) -> tuple[Mapping[str, Any], Mapping[str, Any], Mapping[str, tuple[str, str]]]:
    release = document if isinstance(document, dict) else {}
    signed = release.get("certificate")
    if not isinstance(signed, dict):
        raise ReleaseError(
            1,
            "Dit bestand is geen vrijgave met certificaat. Haal haar opnieuw op met GET /v1/releases/{id}.",
            "This file is no release with its certificate. Fetch it again by GET /v1/releases/{id}.",
        )
    content, certificate = release.get("content"), signed.get("certificate")
    texts = [release.get("keyId"), release.get("signature"), signed.get("keyId"), signed.get("signature")]
    malformed = ReleaseError(1, "Vrijgave of certificaat is misvormd.", "Release or certificate is malformed.")
    if not isinstance(content, dict) or not isinstance(certificate, dict) or set(certificate) != _MEMBERS:
        raise malformed
    if certificate["certificateVersion"] != CERTIFICATE_VERSION or not all(isinstance(text, str) for text in texts):
        raise malformed
    if not isinstance(certificate["nonce"], str) or not NONCE.fullmatch(certificate["nonce"]):
        raise malformed
    named = (certificate["organisation"], certificate["requester"], certificate["request"], certificate["auditEvent"])
    if not all(map(_is_name, named)) or not _are_names(certificate["inputs"]):
        raise malformed
    key_id, signature, certificate_key, certificate_signature = (str(text) for text in texts)
    return (
        content,
        certificate,
        {"content": (key_id, signature), "certificate": (certificate_key, certificate_signature)},
    )


def _keys(jwks: Any) -> KeySet:
    try:
        return KeySet.from_json(jwks)
    except WireError:
        raise ReleaseError(2, "De sleutels van de dienst zijn misvormd.", "The service's keys are malformed.") from None


def _verify_signature(
    step: int, prefix: bytes, signed: Mapping[str, Any], signature: tuple[str, str], keys: KeySet
) -> None:
    key = keys.ed25519(signature[0])
    if key is None:
        raise ReleaseError(
            step,
            f"Getekend met sleutel {signature[0]}, en die is niet van deze dienst.",
            f"Signed with key {signature[0]}, which is not of this service.",
        )
    try:
        verify_ed25519(prefix, canonical_bytes(signed), signature[1], key)
    except (SignatureError, WireError):
        certified = prefix == CERTIFICATE_PREFIX
        nl, en = ("Het certificaat is", "The certificate was") if certified else ("De cijfers zijn", "The figures were")
        raise ReleaseError(
            step,
            f"{nl} gewijzigd: de handtekening klopt niet.",
            f"{en} altered: the signature does not hold.",
        ) from None


def _require_same(content: Mapping[str, Any], certificate: Mapping[str, Any], issuer: str | None) -> None:
    purpose, certified = _object(4, content, "purpose"), _object(4, certificate, "purpose")
    said: Mapping[str, tuple[object, object]] = {
        "release": (certificate["release"], content.get("id")),
        "version": (certificate["version"], content.get("version")),
        "request": (certificate["request"], content.get("request")),
        "contentDigest": (certificate["contentDigest"], digest(canonical_bytes(content))),
        "purpose": ((certified.get("id"), certified.get("version")), (purpose.get("id"), purpose.get("version"))),
        "policyHash": (certificate["policyHash"], content.get("policyHash")),
        "issuer": (certificate["issuer"], content.get("issuer") if issuer is None else issuer),
    }
    differing = ", ".join(name for name, (there, here) in said.items() if there != here)
    if differing:
        raise ReleaseError(
            4,
            f"Het certificaat hoort bij andere cijfers ({differing}).",
            f"The certificate belongs to other figures ({differing}).",
        )


def _require_four_eyes(certificate: Mapping[str, Any]) -> None:
    listed: Sequence[Any] = certificate["approvers"] if isinstance(certificate["approvers"], list) else ()
    named = [one.get("steward") if isinstance(one, dict) else None for one in listed]
    stewards = {name for name in named if _is_name(name)}
    requester = certificate["requester"]
    well_formed = len(stewards) == len(named) and _is_name(requester)
    if not well_formed or len(stewards) < _APPROVERS or requester in stewards:
        raise ReleaseError(
            7,
            "Er zijn geen twee verschillende stewards die los van de aanvrager akkoord gaven.",
            "There are no two different stewards, apart from the requester, who approved.",
        )


def _is_name(value: object) -> bool:
    """A text without spaces around it: two that differ by those are one to whoever reads them."""
    return isinstance(value, str) and value != "" and value == value.strip()


def _are_names(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(map(_is_name, value))


def _expected_event(certificate: Mapping[str, Any]) -> Mapping[str, object]:
    """What the event has to say; the commitment covers it all, and what stands in the open is compared apart."""
    try:
        committed = release_commitment(certificate)
    except ValueError as error:
        raise ReleaseError(1, "Het certificaat is misvormd.", "The certificate is malformed.") from error
    return {
        "id": certificate["auditEvent"],
        "code": RELEASE_EVENT,
        "objectId": certificate["release"],
        "outcome": "success",
        "authorisation.policyHash": certificate["policyHash"],
        "authorisation.purpose": _object(9, certificate, "purpose").get("id"),
        "authorisation.permit": certificate["request"],
        "commitment": committed,
    }


def _log_proof(certificate: Mapping[str, Any], release: Mapping[str, Any]) -> LogProof:
    """With the successions of keys since: they stand beside the certificate, for the keys of the log vouch for them."""
    try:
        proof = LogProof.from_json(certificate["logProof"])
        fields = Fields(release, set(release))
        since = fields.each("logSuccessions", string) if "logSuccessions" in release else ()
        fields.finish()
        return replace(proof, successions=(*proof.successions, *since))
    except WireError as error:
        raise ReleaseError(
            8, f"De plaats in het log is misvormd: {error}", f"The place is malformed: {error}"
        ) from error


def _require_not_contradicted(checkpoint: Checkpoint, seen: str, keys: LogKeys) -> None:
    try:
        before = keys.open(seen)
    except CheckpointError as error:
        raise ReleaseError(10, error.nl, error.en) from error
    if before.size == checkpoint.size and before.root != checkpoint.root:
        raise ReleaseError(
            10,
            f"Er zijn twee auditlogs: bij {before.size} gebeurtenissen zag u eerder een ander.",
            f"There are two audit logs: at {before.size} events you saw another before.",
        )


def _object(step: int, holder: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = holder.get(name)
    if not isinstance(found, dict):
        raise ReleaseError(step, f"{name} ontbreekt.", f"{name} is missing.")
    return found
