"""The client seals to the service's own key of this moment, or sends nothing of the content."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st
from sdk_samples import GOOD, LONG, RECORDS
from sluis_double import ISSUER, ORGANISATION, Double

from sluis_client import Client, SluisClientError, TrustError, wire
from sluis_client.content import FileContent, HeldContent
from sluis_client.sealing import SealedContent
from sluis_client.wire.sealing import (
    SEALING_KEYS_PREFIX,
    PublishedSealingKey,
    SealedPlace,
    SealError,
    SealingKeys,
    SealingState,
    SignedSealingKeys,
    open_sealed,
    seal,
    sealing_jwk,
)

ROUND = "capacity-2019"
PLACE = SealedPlace("sha-256:" + "0" * 64, "hospital-a", "k" * 43, 3)
PRIVATE = bytes(range(32))


def sent(double: Double) -> int:
    return sum(count for call, count in double.calls.items() if call.startswith(("PUT", "POST /v1/submissions")))


def test_files_and_records_go_sealed(opened: Client, double: Double) -> None:
    first = opened.submit("capacity.csv", ROUND)
    held = double.accepted[0]
    assert held.manifest.sealed
    assert held.manifest.content_digest != wire.digest(GOOD.encode())
    assert b"".join(part for _, part in sorted(held.parts.items()))[32:] == GOOD.encode()
    second = opened.submit_records(RECORDS, ROUND, first.submission)
    assert second.rows == 1
    assert opened.submit("capacity.csv", ROUND, second.submission).version == 3
    assert opened.submit("capacity.csv", ROUND).outcome == "duplicate", "the same file is the same content"


def document(double: Double, **changes: Any) -> SealingKeys:
    key = PublishedSealingKey(sealing_jwk(double.sealing_key), SealingState.ACTIVE, double.started)
    return replace(SealingKeys(ISSUER, double.clock().replace(microsecond=0), (key,)), **changes)


def signed(double: Double, told: SealingKeys, by: Ed25519PrivateKey | None = None) -> dict[str, Any]:
    key_id = wire.jwk_thumbprint(wire.public_jwk(double.signing_key.public_key()))
    signature = wire.sign_ed25519(SEALING_KEYS_PREFIX, told.canonical(), by or double.signing_key)
    return SignedSealingKeys(told, key_id, signature).to_json()


def _of_a_stranger(double: Double) -> dict[str, Any]:
    key = PublishedSealingKey(sealing_jwk(PRIVATE), SealingState.ACTIVE, double.started)
    return signed(double, document(double, keys=(key,)), Ed25519PrivateKey.generate())


def _under_a_strangers_name(double: Double) -> dict[str, Any]:
    stranger = Ed25519PrivateKey.generate()
    answer = signed(double, document(double), stranger)
    return {**answer, "keyId": wire.jwk_thumbprint(wire.public_jwk(stranger.public_key()))}


def _altered(double: Double) -> dict[str, Any]:
    answer = signed(double, document(double))
    answer["sealingKeys"]["keys"][0] |= {"publicKey": (jwk := sealing_jwk(PRIVATE)), "keyId": wire.jwk_thumbprint(jwk)}
    return answer


def _pending(double: Double) -> dict[str, Any]:
    key = PublishedSealingKey(sealing_jwk(double.sealing_key), SealingState.PENDING, double.started)
    return signed(double, document(double, keys=(key,)))


@pytest.mark.parametrize(
    "forged",
    [
        _of_a_stranger,
        _under_a_strangers_name,
        _altered,
        _pending,
        lambda d: signed(d, document(d, issuer="https://other.example")),
        lambda d: signed(d, document(d, issued_at=d.clock().replace(microsecond=0) - timedelta(days=1, minutes=1))),
        lambda d: signed(d, document(d, issued_at=d.clock().replace(microsecond=0) + timedelta(days=1, minutes=1))),
        lambda d: signed(d, document(d, keys=())),
        lambda _: {},
        lambda d: {**signed(d, document(d)), "more": 1},
    ],
)
def test_keys_that_are_not_the_services_own_of_now_stop_everything(
    opened: Client, double: Double, forged: Callable[[Double], dict[str, Any]]
) -> None:
    double.sealing_keys = lambda: forged(double)  # type: ignore[method-assign]
    for deliver in (lambda: opened.submit("long.csv", ROUND), lambda: opened.submit_records(RECORDS, ROUND)):
        with pytest.raises(TrustError):
            deliver()
    assert not double.held, "nothing was even announced"


def test_a_service_that_says_it_has_no_such_keys_gets_nothing_in_the_open(opened: Client, double: Double) -> None:
    double.fail_next("GET /v1/sealing-keys", 404)
    with pytest.raises(SluisClientError):
        opened.submit("long.csv", ROUND)
    assert not double.held
    assert opened.submit("long.csv", ROUND).rows == 8


def test_a_key_that_ends_under_way_is_followed_by_the_next(opened: Client, double: Double) -> None:
    def end_after_two(phase: str, call: str) -> None:
        if phase == "after" and call.endswith("/parts/1"):
            double.sealing_key = secrets.token_bytes(32)

    double.hook = end_after_two
    assert opened.submit("long.csv", ROUND).outcome == "accepted"
    assert double.calls["GET /v1/sealing-keys"] == 2
    assert b"".join(part for _, part in sorted(double.accepted[0].parts.items()))[32:] == LONG.encode()


def test_a_key_that_is_refused_twice_is_told(opened: Client, double: Double) -> None:
    double.hook = lambda phase, call: (
        setattr(double, "sealing_key", secrets.token_bytes(32)) if phase == "before" and "/parts/" in call else None
    )
    with pytest.raises(SluisClientError) as refused:
        opened.submit("capacity.csv", ROUND)
    assert refused.value.code == "sealing-key-not-active"


def test_a_receipt_is_held_against_the_file_with_what_went_before_it(opened: Client) -> None:
    delivered = opened.submit("capacity.csv", ROUND)
    opened.verify_receipt(delivered.submission, "capacity.csv")
    with pytest.raises(TrustError):
        opened.verify_receipt(delivered.submission, "long.csv")


@given(st.binary(max_size=300), st.integers(33, 100))
def test_parts_are_the_salt_and_the_file(tmp_path_factory: pytest.TempPathFactory, content: bytes, size: int) -> None:
    path = tmp_path_factory.getbasetemp() / "content.csv"
    path.write_bytes(content)
    sealed = SealedContent.of(FileContent.read(path), PRIVATE)
    parts = list(sealed.parts(size))
    assert {len(part) for part in parts[:-1]} <= {size}
    assert 0 < len(parts[-1]) <= size
    together = b"".join(parts)
    assert together == sealed.salt + content
    assert (wire.digest(together), len(together)) == (sealed.digest, sealed.size)
    assert SealedContent.of(FileContent.read(path), PRIVATE) == sealed, "the same for the same file"
    assert SealedContent.of(FileContent.read(path), bytes(32)).digest != sealed.digest


def test_the_secret_is_the_profiles_own_and_stays(opened: Client, registered: Path) -> None:
    opened.submit("capacity.csv", ROUND)
    file = registered / "content-secret"
    secret = file.read_bytes()
    assert (len(secret), file.stat().st_mode & 0o777) == (32, 0o600)
    opened.submit_records(RECORDS, ROUND, next(iter(opened.receipts())).submission)
    assert file.read_bytes() == secret
    file.write_bytes(b"short")
    with pytest.raises(TrustError):
        opened.submit("long.csv", ROUND)


@given(st.data())
def test_what_is_sealed_opens_for_its_key_and_place_only(data: st.DataObject) -> None:
    sealed = seal(b"rows", PLACE, sealing_jwk(PRIVATE))
    assert open_sealed(sealed, PLACE, PRIVATE) == b"rows"
    name, value = data.draw(
        st.sampled_from(
            [
                ("manifest_digest", "sha-256:" + "1" * 64),
                ("supplier", ORGANISATION),
                ("key_id", "l" * 43),
                ("part", data.draw(st.integers(0, 10**6).filter(lambda part: part != PLACE.part))),
            ]
        )
    )
    with pytest.raises(SealError):
        open_sealed(sealed, replace(PLACE, **{name: value}), PRIVATE)
    place = data.draw(st.integers(0, len(sealed) - 1))
    altered = bytearray(sealed)
    altered[place] ^= data.draw(st.integers(1, 255))
    with pytest.raises(SealError):
        open_sealed(bytes(altered), PLACE, PRIVATE)
    with pytest.raises(SealError):
        open_sealed(sealed[: data.draw(st.integers(0, len(sealed) - 1))], PLACE, PRIVATE)
    with pytest.raises(SealError):
        open_sealed(sealed, PLACE, bytes(32))


def test_records_and_files_of_the_same_bytes_are_salted_alike() -> None:
    content = HeldContent.of_records(RECORDS)
    assert SealedContent.of(content, PRIVATE).digest == wire.digest(
        SealedContent.of(content, PRIVATE).salt + content.source
    )
