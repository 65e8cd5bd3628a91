"""What the real service refuses of a supplier who signs well but may not, comes late, lies, or sends it again."""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from supplier_place import (
    CLOSED,
    DRAFT,
    GOOD,
    HEADER,
    LATE,
    OPEN,
    RECORDS,
    CraftingSupplier,
    SupplierPlace,
)
from token_maker import ec_jwk, ec_key, seal

from demo.installation import run
from service.adapters import jose_tokens
from service.adapters.keystore import load_service_keys
from sluis_client import wire

pytestmark = pytest.mark.xdist_group("supplier")

CONTENT = GOOD.encode()
NONCE = wire.base64url(b"0" * 16)


@pytest.fixture(scope="module")
def supplier(supplier_place: SupplierPlace) -> CraftingSupplier:
    """A supplier of whom nothing here may count."""
    return supplier_place.crafting()


@pytest.fixture(autouse=True)
def _still_healthy(supplier_place: SupplierPlace, supplier: CraftingSupplier) -> Iterator[None]:
    supplier.token(for_seconds=60)
    yield
    assert supplier.counting() == []
    supplier_place.require_healthy()


def require_problem(answer: httpx.Response, status: int, code: str) -> Mapping[str, Any]:
    """The answer is this problem (RFC 9457), in Dutch and English."""
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json"), answer.text
    problem: Mapping[str, Any] = answer.json()
    assert problem["code"] == code
    assert problem["titleNl"] != problem["title"]
    assert problem["detailNl"] != problem["detail"]
    return problem


@pytest.mark.parametrize("inline", [False, True])
@pytest.mark.parametrize(
    ("round_", "code"),
    [(CLOSED, "round-closed"), (DRAFT, "round-not-open")],
)
def test_a_round_that_takes_nothing(
    supplier_place: SupplierPlace, supplier: CraftingSupplier, inline: bool, round_: str, code: str
) -> None:
    event = "submission.submit" if inline else "submission.begin"
    with supplier_place.leaves((event, "failed", [code])):
        answer = supplier.deliver_records(RECORDS, round=round_) if inline else supplier.announce(CONTENT, round=round_)
    problem = require_problem(answer, 409, code)
    assert round_ in problem["detailNl"]
    assert problem["mend"]["nl"]


def test_after_the_deadline_it_is_taken_and_marked(supplier_place: SupplierPlace) -> None:
    late = supplier_place.crafting()
    supplier_place.wait_until_late()
    late.token()
    records = [{**RECORDS[0], "period": "2020Q1"}]
    with supplier_place.leaves(("submission.submit", "success", [])):
        answer = late.deliver_records(records, round=LATE)
    assert (answer.status_code, answer.json()["late"], answer.json()["receipt"]["receipt"]["late"]) == (201, True, True)


def test_a_second_delivery_says_what_it_corrects(supplier_place: SupplierPlace) -> None:
    party = supplier_place.crafting()
    first = party.deliver_records(RECORDS).json()["id"]
    other = [{**RECORDS[0], "staffed_bed_days": 95}]
    with supplier_place.leaves(("submission.submit", "failed", ["already-delivered"])):
        answer = party.deliver_records(other)
    assert first in require_problem(answer, 409, "already-delivered")["detailNl"]
    with supplier_place.leaves(("submission.submit", "failed", ["corrects-outdated"])):
        answer = party.deliver_records(other, corrects="01a20000-0000-7000-8000-000000000000")
    require_problem(answer, 409, "corrects-outdated")
    with supplier_place.leaves(("submission.submit", "success", [])):
        corrected = party.deliver_records(other, corrects=first)
    assert (corrected.status_code, corrected.json()["version"]) == (201, 2)
    with supplier_place.leaves(("submission.submit", "success", ["repeated"])):
        double = party.deliver_records(other, corrects=first)
    assert (double.status_code, double.headers["sluis-outcome"]) == (200, "duplicate")
    assert double.json()["receipt"] == corrected.json()["receipt"]
    assert [(one["version"], one["state"]) for one in party.counting()] == [(2, "accepted"), (1, "superseded")]


def test_a_manifest_of_another_organisation(supplier_place: SupplierPlace, supplier: CraftingSupplier) -> None:
    other, _ = supplier_place.invited()
    with supplier_place.leaves(("submission.begin", "denied", ["other-organisation"])):
        answer = supplier.announce(CONTENT, supplier=other)
    problem = require_problem(answer, 403, "denied")
    assert [reason["code"] for reason in problem["reasons"]] == ["other-organisation"]
    assert all(reason["nl"] and reason["en"] and reason["mend"]["nl"] for reason in problem["reasons"])


def test_somebody_elses_manifest_sent_again(supplier_place: SupplierPlace, supplier: CraftingSupplier) -> None:
    """A signed manifest that leaked is of no use to another supplier."""
    other = supplier_place.crafting()
    leaked = other.signed(other.manifest(CONTENT))
    with supplier_place.leaves(
        ("submission.begin", "denied", ["key-of-another-organisation", "other-organisation"]),
    ):
        answer = supplier.post(leaked)
    require_problem(answer, 403, "denied")


def test_somebody_elses_submission_does_not_exist(supplier_place: SupplierPlace, supplier: CraftingSupplier) -> None:
    other = supplier_place.crafting()
    submission, _ = other.uploaded(CONTENT)
    for answer in (
        supplier.send(submission, 0, CONTENT),
        supplier.complete(submission, 1),
        supplier.call("GET", f"/v1/submissions/{submission}"),
        supplier.call("DELETE", f"/v1/submissions/{submission}"),
    ):
        require_problem(answer, 404, "not-found")
    assert other.complete(submission, 1).json()["state"] == "accepted"


def test_a_round_and_a_data_set_that_do_not_fit(supplier_place: SupplierPlace, supplier: CraftingSupplier) -> None:
    for changes in ({"round": "staffed-beds-1999"}, {"data_set": "cancelled-operations"}, {"data_set_version": 2}):
        answer = supplier.announce(CONTENT, **changes)
        assert require_problem(answer, 403, "denied")["reasons"], changes


@pytest.mark.parametrize("minutes", [-6, 6])
def test_a_clock_that_is_off(supplier_place: SupplierPlace, supplier: CraftingSupplier, minutes: int) -> None:
    created = datetime.now(UTC).replace(microsecond=0) + timedelta(minutes=minutes)
    with supplier_place.leaves(("submission.begin", "failed", ["clock-skew"])):
        answer = supplier.announce(CONTENT, created_at=created)
    problem = require_problem(answer, 400, "clock-skew")
    assert abs(problem["data"]["seconds"] - 60 * minutes) < 30
    assert problem["data"]["now"] in problem["detailNl"]


def test_a_wrong_signature(supplier_place: SupplierPlace, supplier: CraftingSupplier) -> None:
    manifest = supplier.manifest(CONTENT)
    good = supplier.signed(manifest)
    wrong = {
        "of another key": wire.sign_manifest(manifest, ec_key(9)),
        "over another manifest": wire.sign_manifest(supplier.manifest(CONTENT, nonce=NONCE), supplier.key),
        "of nothing": "A" * 86,
    }
    for name, signature in wrong.items():
        with supplier_place.leaves(("submission.begin", "failed", ["manifest-signature"])):
            answer = supplier.post({**good, "signature": signature})
        require_problem(answer, 400, "manifest-signature")
        assert name
    changed = {**good, "manifest": {**good["manifest"], "round": LATE}}
    require_problem(supplier.post(changed), 400, "manifest-signature")


def test_content_that_is_not_what_was_signed(supplier_place: SupplierPlace, supplier: CraftingSupplier) -> None:
    submission = supplier.announce(CONTENT).json()["id"]
    with supplier_place.leaves(("submission.receive-part", "failed", ["content-digest"])):
        answer = supplier.send(submission, 0, CONTENT, hashlib.sha256(b"other").digest())
    require_problem(answer, 400, "content-digest")
    assert supplier.send(submission, 0, CONTENT.replace(b"90", b"99")).status_code == 204
    with supplier_place.leaves(("submission.complete", "failed", ["content-digest"])):
        answer = supplier.complete(submission, 1)
    require_problem(answer, 400, "content-digest")
    with supplier_place.leaves(("submission.receive-part", "failed", ["part-differs"])):
        answer = supplier.send(submission, 0, CONTENT)
    require_problem(answer, 409, "part-differs")
    with supplier_place.leaves(("submission.complete", "failed", ["incomplete"])):
        answer = supplier.complete(submission, 3)
    assert require_problem(answer, 409, "incomplete")["data"]["missing"] == "1, 2"
    with supplier_place.leaves(("submission.submit", "failed", ["content-digest"])):
        answer = supplier.post({**supplier.signed(supplier.manifest(CONTENT, "json")), "records": RECORDS})
    require_problem(answer, 400, "content-digest")


def test_ten_million_rows_of_csv_are_refused_at_their_announcement(
    supplier_place: SupplierPlace, supplier: CraftingSupplier
) -> None:
    size = 10_000_000 * len(GOOD.splitlines()[1]) + len(HEADER)
    with supplier_place.leaves(("submission.begin", "failed", ["content-too-large"])):
        answer = supplier.announce(CONTENT, rows=10_000_000, content_size=size)
    problem = require_problem(answer, 413, "content-too-large")
    assert problem["data"]["size"] == size > problem["data"]["limit"]  # what the rows of this data set can need
    assert "Parquet" in problem["mend"]["nl"]


def test_an_idempotency_key_used_again(supplier_place: SupplierPlace, supplier: CraftingSupplier) -> None:
    key = secrets.token_hex(8)
    body = supplier.signed(supplier.manifest(CONTENT))
    first = supplier.post(body, key)
    with supplier_place.leaves(("submission.begin", "success", ["repeated"])):
        again = supplier.post(body, key)
    assert (first.status_code, again.status_code, again.json()["id"]) == (201, 200, first.json()["id"])
    with supplier_place.leaves(("submission.begin", "failed", ["idempotency-key-reused"])):
        answer = supplier.post(supplier.signed(supplier.manifest(CONTENT)), key)
    require_problem(answer, 409, "idempotency-key-reused")


def test_a_compressed_request_and_other_media_types(supplier: CraftingSupplier) -> None:
    encoded = supplier.call("POST", "/v1/submissions", content=b"{}", headers={"Content-Encoding": "gzip"})
    require_problem(encoded, 415, "unsupported-content-encoding")
    submission = supplier.announce(CONTENT).json()["id"]
    part = supplier.call(
        "PUT", f"/v1/submissions/{submission}/parts/0", content=CONTENT, headers={"Content-Type": "text/csv"}
    )
    require_problem(part, 415, "unsupported-media-type")
    large = supplier.call(
        "PUT",
        f"/v1/submissions/{submission}/parts/0",
        content=b"0" * (9 * 2**20),
        headers={"Content-Type": "application/octet-stream"},
    )
    require_problem(large, 413, "body-too-large")


def test_an_assertion_sent_again(supplier_place: SupplierPlace, supplier: CraftingSupplier) -> None:
    assertion = supplier.assertion()
    with supplier_place.leaves(("token.issue", "success", []), ("token.issue", "denied", ["token-replayed"])):
        first, again = supplier.ask_token(assertion), supplier.ask_token(assertion)
    assert (first.status_code, again.status_code, again.json()["error"]) == (200, 401, "invalid_client")
    assert "token-replayed" in again.json()["error_description"]


def test_assertions_that_do_not_hold(supplier_place: SupplierPlace, supplier: CraftingSupplier) -> None:
    now = int(time.time())
    stranger = seal(
        {"alg": "ES256", "typ": "JWT", "kid": wire.jwk_thumbprint(ec_jwk(ec_key(8)))},
        {"iss": supplier.id, "sub": supplier.id, "aud": supplier.url, "iat": now, "exp": now + 60, "jti": "1"},
        ec_key(8),
    )
    for assertion, reason in (
        (supplier.assertion(iat=now - 400, exp=now - 100), "token-expired"),
        (supplier.assertion(iat=now + 400, exp=now + 500), "token-issued-in-future"),
        (supplier.assertion(aud="https://elsewhere.example"), "token-audience"),
        (supplier.assertion(exp=now + 3600), "token-lifetime"),
        (stranger, "token-key-unknown"),
    ):
        with supplier_place.leaves(("token.issue", "denied", [reason])):
            answer = supplier.ask_token(assertion)
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client"), reason


def test_an_expired_token(supplier_place: SupplierPlace, supplier: CraftingSupplier) -> None:
    """Made by the service's own key, an hour ago."""
    key = load_service_keys(supplier_place.place.directory / "service/keys", create=False).token_key
    then = int(time.time()) - 3600
    claims = {
        "iss": supplier.url,
        "aud": supplier.url,
        "sub": supplier.id,
        "client_id": supplier.id,
        "azp": supplier.id,
        "client_key_id": supplier.key_id,
        "iat": then,
        "exp": then + 300,
        "jti": "1",
        "cnf": {"jkt": supplier.key_id},
    }
    made = {"key": key, "key_id": wire.jwk_thumbprint(ec_jwk(key)), "typ": "at+jwt"}
    with supplier_place.leaves(("login.failed", "denied", ["token-expired"])):
        answer = supplier.call("GET", "/v1/rounds", jose_tokens.sign(claims, **made))
    assert require_problem(answer, 401, "not-authenticated")["fault"] == "token-expired"
    assert 'error="invalid_token"' in answer.headers["www-authenticate"]
    fresh = jose_tokens.sign({**claims, "iat": then + 3600, "exp": then + 3900}, **made)
    assert supplier.call("GET", "/v1/rounds", fresh).status_code == 200, "but for its time it was a good one"


def test_a_revoked_key_is_out_at_once(supplier_place: SupplierPlace) -> None:
    lost = supplier_place.crafting()
    token = lost.token()
    submission, parts = lost.uploaded(CONTENT)
    run("key", "revoke", lost.key_id, environment=supplier_place.place.environment)
    with supplier_place.leaves(("login.failed", "denied", ["token-key-revoked"])):
        answer = lost.call("PUT", f"/v1/submissions/{submission}/completion", token, json={"parts": parts})
    assert require_problem(answer, 401, "not-authenticated")["fault"] == "token-signature"
    with supplier_place.leaves(("token.issue", "denied", ["token-key-revoked"])):
        assert lost.ask_token(lost.assertion()).json()["error"] == "invalid_client"


def test_a_code_is_used_by_one_key(supplier_place: SupplierPlace) -> None:
    organisation, code = supplier_place.invited()

    def register(number: int, code_said: str = code) -> httpx.Response:
        key, now = ec_key(number), int(time.time())
        proof = seal(
            {"alg": "ES256", "typ": "JWT", "kid": wire.jwk_thumbprint(ec_jwk(key))},
            {
                "aud": supplier_place.url,
                "sub": hashlib.sha256(code_said.encode()).hexdigest(),
                "iat": now,
                "exp": now + 60,
                "jti": secrets.token_hex(8),
            },
            key,
        )
        body = {"code": code_said, "publicKey": ec_jwk(key), "proof": proof}
        return supplier_place.http.post(f"{supplier_place.url}/v1/registrations", json=body)

    with supplier_place.leaves(("key.register", "success", []), ("key.register", "success", ["repeated"])):
        first, again = register(31), register(31)
    assert (first.status_code, first.json()["organisationId"]) == (201, organisation)
    assert (again.status_code, again.json()) == (first.status_code, first.json())
    for refused in (lambda: register(32), lambda: register(33, "A" * 26)):
        with supplier_place.leaves(("key.register", "denied", ["code-not-valid"])):
            problem = require_problem(refused(), 403, "denied")
        assert problem["detailNl"] == "Deze code is onbekend, gebruikt of verlopen."


def test_what_was_delivered_well_beside_all_this_counts(supplier_place: SupplierPlace) -> None:
    party = supplier_place.crafting()
    with supplier_place.leaves(
        ("token.issue", "success", []),
        ("submission.begin", "success", []),
        ("submission.receive-part", "success", []),
        ("submission.complete", "success", []),
    ):
        answer = party.deliver(CONTENT)
    assert (answer.status_code, answer.json()["state"], answer.json()["round"]) == (200, "accepted", OPEN)
