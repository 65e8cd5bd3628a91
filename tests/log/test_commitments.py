"""The log binds the service to figures and receipts, and tells nobody who reads it what they are."""

from __future__ import annotations

import copy
import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st
from log_double import SomeLog

from sluis_client.errors import LogError
from sluis_client.in_log import require_in_log
from sluis_client.wire import (
    RELEASE_PREFIX,
    Receipt,
    WireError,
    base64url,
    canonical_bytes,
    digest,
    from_base64url,
    jwk_thumbprint,
    public_jwk,
    published_jwk,
    sign_ed25519,
)
from sluis_client.wire.commitment import RECEIPT_COMMITMENT_PREFIX, RELEASE_COMMITMENT_PREFIX, commitment
from sluis_client.wire.release import CERTIFICATE_PREFIX, ReleaseError, release_commitment, verify_release

SERVICE = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
KEY_ID = jwk_thumbprint(public_jwk(SERVICE.public_key()))
JWKS = {"keys": [published_jwk(SERVICE.public_key())]}
ORIGIN = "sluis.example/v1/log"
NONCE = base64url(bytes(range(100, 132)))
NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)

CONTENT: dict[str, Any] = {
    "id": "rel-1",
    "version": 1,
    "request": "req-1",
    "purpose": {"id": "planning", "version": 1},
    "policyHash": "sha-256:aa",
    "issuer": "https://sluis.example",
    "cells": [{"value": 12}],
}
CERTIFIED: dict[str, Any] = {
    "certificateVersion": 2,
    "issuer": "https://sluis.example",
    "release": "rel-1",
    "version": 1,
    "contentDigest": digest(canonical_bytes(CONTENT)),
    "request": "req-1",
    "organisation": "north",
    "requester": "owner",
    "purpose": {"id": "planning", "version": 1},
    "policyHash": "sha-256:aa",
    "decision": {"outcome": "permit", "policies": ["p1"], "policyHash": "sha-256:aa"},
    "inputs": ["sha-256:bb"],
    "disclosure": {"safe": True, "profile": "operational", "evidence": "made-1"},
    "approvers": [{"steward": "one"}, {"steward": "two"}],
    "nonce": NONCE,
    "auditEvent": "ev-1",
}
EVENT: dict[str, Any] = {
    "id": "ev-1",
    "code": "release.create",
    "objectId": "rel-1",
    "outcome": "success",
    "authorisation": {"policyHash": "sha-256:aa", "purpose": "planning", "permit": "req-1"},
    "commitment": release_commitment(CERTIFIED),
}
RECEIPT = Receipt(
    submission_id="sub-1",
    organisation="a101h",
    round="capacity-2019",
    data_set="capacity",
    data_set_version=1,
    version=1,
    late=False,
    rows=3,
    manifest_digest=digest(b"manifest"),
    content_digest=digest(b"content"),
    accepted_at=NOW,
    audit_event_id="ev-1",
    issuer="https://sluis.example",
    nonce=NONCE,
)
ACCEPTED = {
    "id": "ev-1",
    "code": "submission.submit",
    "objectId": "sub-1",
    "outcome": "success",
    "commitment": RECEIPT.commitment(),
}


def logged(event: dict[str, Any]) -> SomeLog:
    log = SomeLog(ORIGIN, SERVICE)
    log.fill(3)
    log.add(**event)
    log.fill(2)
    return log


def signed(log: SomeLog, content: dict[str, Any], certified: dict[str, Any]) -> dict[str, Any]:
    """What whoever holds the service's key can sign: any content, any certificate, with a place that is there."""
    proof = log.proof(certified["auditEvent"])
    assert proof is not None
    certificate = {**certified, "logProof": proof.to_json()}
    return {
        "content": content,
        "keyId": KEY_ID,
        "signature": sign_ed25519(RELEASE_PREFIX, canonical_bytes(content), SERVICE),
        "certificate": {
            "certificate": certificate,
            "keyId": KEY_ID,
            "signature": sign_ed25519(CERTIFICATE_PREFIX, canonical_bytes(certificate), SERVICE),
        },
    }


def refused(log: SomeLog, content: dict[str, Any], certified: dict[str, Any]) -> ReleaseError:
    with pytest.raises(ReleaseError) as error:
        verify_release(signed(log, content, certified), JWKS, log.public)
    return error.value


def test_a_release_and_its_event_belong_together() -> None:
    log = logged(EVENT)
    assert verify_release(signed(log, CONTENT, CERTIFIED), JWKS, log.public).log_index == 3


def test_other_figures_cannot_be_signed_for_the_same_place() -> None:
    log, content = logged(EVENT), copy.deepcopy(CONTENT)
    content["cells"][0]["value"] = 13
    other = {**CERTIFIED, "contentDigest": digest(canonical_bytes(content))}
    error = refused(log, content, other)
    assert error.step == 9
    assert "commitment" in error.en
    assert refused(log, content, {**other, "nonce": base64url(bytes(32))}).step == 9


@pytest.mark.parametrize(
    "change",
    [
        {"organisation": "south"},
        {"requester": "somebody"},
        {"purpose": {"id": "planning", "version": 1, "statute": "other"}},
        {"decision": {"outcome": "permit", "policies": ["p2"], "policyHash": "sha-256:aa"}},
        {"inputs": ["sha-256:other"]},
        {"disclosure": {"safe": True, "profile": "other", "evidence": "made-1"}},
        {"approvers": [{"steward": "one"}, {"steward": "three"}]},
        {"nonce": base64url(bytes(32))},
    ],
    ids=lambda change: next(iter(change)),
)
def test_nothing_else_of_the_certificate_can_be_signed_for_the_same_place(change: dict[str, Any]) -> None:
    assert refused(logged(EVENT), CONTENT, CERTIFIED | change).step == 9


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("code", {"code": "release.read"}),
        ("objectId", {"objectId": "rel-2"}),
        ("outcome", {"outcome": "denied"}),
        ("authorisation.policyHash", {"authorisation": {**EVENT["authorisation"], "policyHash": "sha-256:cc"}}),
        ("authorisation.purpose", {"authorisation": {**EVENT["authorisation"], "purpose": "other"}}),
        ("authorisation.permit", {"authorisation": {**EVENT["authorisation"], "permit": "req-2"}}),
        ("authorisation.permit", {"authorisation": None}),
        ("commitment", {"commitment": None}),
        ("commitment", {"commitment": commitment(RECEIPT_COMMITMENT_PREFIX, CERTIFIED)}),
    ],
)
def test_an_event_that_says_something_else_is_refused(name: str, change: dict[str, Any]) -> None:
    error = refused(logged(EVENT | change), CONTENT, CERTIFIED)
    assert (error.step, name in error.en) == (9, True)


def test_a_certificate_to_which_no_event_commits_proves_nothing() -> None:
    """Version 1, from before events did; or one without a nonce that hides what is committed to."""
    before = {name: value for name, value in EVENT.items() if name != "commitment"}
    first = {name: value for name, value in CERTIFIED.items() if name != "nonce"} | {"certificateVersion": 1}
    assert refused(logged(before), CONTENT, first).step == 1
    assert refused(logged(before), CONTENT, CERTIFIED).step == 9
    for nonce in ("", "x" * 43, base64url(bytes(16)), None, 3):
        assert refused(logged(EVENT), CONTENT, {**CERTIFIED, "nonce": nonce}).step in {1, 9}


def told(log: SomeLog, receipt: Receipt) -> str:
    with pytest.raises(LogError) as error:
        require_in_log(receipt, log.proof("ev-1"), log.public, None)
    assert error.value.text.nl != error.value.text.en
    return error.value.text.en


def test_another_receipt_cannot_be_signed_for_the_same_place() -> None:
    log = logged(ACCEPTED)
    require_in_log(RECEIPT, log.proof("ev-1"), log.public, None)
    for change in ({"rows": 4}, {"content_digest": digest(b"other")}, {"late": True}, {"nonce": base64url(bytes(32))}):
        assert "commitment" in told(log, replace(RECEIPT, **change))
    assert "code" in told(logged(ACCEPTED | {"code": "submission.read"}), RECEIPT)
    assert "commitment" in told(logged(ACCEPTED | {"commitment": None}), RECEIPT)
    assert "before the log committed" in told(log, replace(RECEIPT, nonce=None))


def test_a_receipt_of_the_first_version_is_still_read() -> None:
    first = replace(RECEIPT, nonce=None)
    document = first.to_json()
    assert (document["receiptVersion"], "nonce" in document) == (1, False)
    assert Receipt.from_json(document) == first
    for mixed in ({**document, "receiptVersion": 2}, {**RECEIPT.to_json(), "receiptVersion": 1}):
        with pytest.raises(WireError):
            Receipt.from_json(mixed)


def test_who_has_the_event_only_cannot_try_figures() -> None:
    """Every figure from 0 to 999 is tried, the true one among them, in each way that leaves the nonce out."""
    said = EVENT["commitment"]
    for value in range(1000):
        content = {**CONTENT, "cells": [{"value": value}]}
        guess = {**CERTIFIED, "contentDigest": digest(canonical_bytes(content))}
        bare = {name: one for name, one in guess.items() if name != "nonce"}
        tried = [
            digest(canonical_bytes(content)),
            digest(canonical_bytes(bare)),
            "sha-256:" + hashlib.sha256(RELEASE_COMMITMENT_PREFIX + canonical_bytes(bare)).hexdigest(),
            release_commitment({**guess, "nonce": base64url(bytes(32))}),
        ]
        assert said not in tried
        assert (said == release_commitment(guess)) == (value == 12)  # with the nonce the true one is found
    assert NONCE not in json.dumps(EVENT)
    assert CERTIFIED["contentDigest"] not in json.dumps(EVENT)


def test_the_commitment_is_what_the_documents_say() -> None:
    rest = canonical_bytes({name: value for name, value in CERTIFIED.items() if name != "nonce"})
    expected = hashlib.sha256(b"sluis-release-commitment-v1\n" + from_base64url(NONCE) + rest).hexdigest()
    assert EVENT["commitment"] == "sha-256:" + expected


@given(st.dictionaries(st.text(max_size=8), st.integers(0, 2**53 - 1), max_size=4), st.binary(min_size=32, max_size=32))
def test_the_place_in_the_log_is_no_part_and_everything_else_is(members: dict[str, Any], nonce: bytes) -> None:
    given_ = {**members, "nonce": base64url(nonce)}
    said = release_commitment(given_)
    assert release_commitment({**given_, "logProof": 1}) == said
    for name in members.keys() - {"logProof", "nonce"}:
        assert release_commitment({**given_, name: -1}) != said
        assert release_commitment({one: value for one, value in given_.items() if one != name}) != said
    assert commitment(RECEIPT_COMMITMENT_PREFIX, given_) != said or "logProof" in members
