"""Signatures: forgeries that must fail, and vectors from the RFCs."""

import base64
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from hypothesis import given, settings
from hypothesis import strategies as st

from sluis_client.wire import (
    MANIFEST_PREFIX,
    RECEIPT_PREFIX,
    RELEASE_PREFIX,
    Format,
    KeySet,
    Manifest,
    Receipt,
    ReceiptError,
    SignatureError,
    SignedManifest,
    SignedReceipt,
    WireError,
    base64url,
    canonical_bytes,
    content_of_records,
    digest,
    from_base64url,
    is_digest,
    jwk_thumbprint,
    parse_json,
    parse_public_jwk,
    public_jwk,
    published_jwk,
    sign_ed25519,
    sign_manifest,
    sign_receipt,
    verify_ed25519,
    verify_manifest,
    verify_receipt,
    verify_receipt_alone,
)

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)
SUPPLIER = ec.derive_private_key(0x5107, ec.SECP256R1())
STRANGER = ec.derive_private_key(0xBAD, ec.SECP256R1())
SERVICE = ed25519.Ed25519PrivateKey.from_private_bytes(b"s" * 32)
IMPOSTOR = ed25519.Ed25519PrivateKey.from_private_bytes(b"i" * 32)
JWKS = {"keys": [published_jwk(STRANGER.public_key()), published_jwk(SERVICE.public_key())]}
ISSUER = "https://sluis.example"

MANIFEST = Manifest(
    data_set="capacity",
    data_set_version=1,
    round="capacity-2019",
    supplier="a101h",
    format=Format.CSV,
    rows=3,
    content_digest=digest(b"content"),
    content_size=7,
    nonce=base64url(b"0123456789abcdef"),
    created_at=NOW,
)
RECEIPT = Receipt(
    submission_id="sub-1",
    organisation="a101h",
    round="capacity-2019",
    data_set="capacity",
    data_set_version=1,
    version=1,
    late=False,
    rows=3,
    manifest_digest=MANIFEST.digest(),
    content_digest=MANIFEST.content_digest,
    accepted_at=NOW,
    audit_event_id="event-1",
    issuer=ISSUER,
)
SIGNED = sign_receipt(RECEIPT, SERVICE)


def failing_step(signed, manifest=MANIFEST, jwks=JWKS, issuer=ISSUER):
    with pytest.raises(ReceiptError) as failed:
        verify_receipt(signed, manifest, jwks, issuer=issuer)
    assert failed.value.nl
    assert failed.value.en
    return failed.value.step


def test_manifest_and_receipt_survive_the_wire():
    signature = sign_manifest(MANIFEST, SUPPLIER)
    signed = SignedManifest(MANIFEST, jwk_thumbprint(public_jwk(SUPPLIER.public_key())), signature)
    again = SignedManifest.from_json(parse_json(canonical_bytes(signed.to_json())))
    assert again == signed
    again.verify(SUPPLIER.public_key())
    assert verify_receipt(parse_json(json.dumps(SIGNED.to_json()).encode()), MANIFEST, JWKS, issuer=ISSUER) == RECEIPT
    assert verify_receipt_alone(SIGNED, JWKS) == RECEIPT


@given(st.integers(0, 511))
@settings(deadline=None, max_examples=60)
def test_no_bit_of_a_signature_may_flip(bit):
    raw = bytearray(from_base64url(sign_manifest(MANIFEST, SUPPLIER)))
    raw[bit // 8] ^= 1 << bit % 8
    with pytest.raises(SignatureError):
        verify_manifest(MANIFEST, base64url(bytes(raw)), SUPPLIER.public_key())
    raw = bytearray(from_base64url(SIGNED.signature))
    raw[bit // 8] ^= 1 << bit % 8
    assert failing_step(replace(SIGNED, signature=base64url(bytes(raw)))) == 3


@pytest.mark.parametrize(
    "changed",
    [
        {"data_set": "rejections"}, {"data_set_version": 2}, {"round": "capacity-2020"}, {"supplier": "b101h"},
        {"format": Format.NDJSON}, {"rows": 4}, {"rows": None}, {"content_digest": digest(b"other")},
        {"content_size": 8}, {"nonce": base64url(b"0" * 16)}, {"created_at": NOW + timedelta(seconds=1)},
        {"corrects": "sub-0"},
    ],
)  # fmt: skip
def test_every_field_of_a_manifest_is_signed(changed):
    signature = sign_manifest(MANIFEST, SUPPLIER)
    with pytest.raises(SignatureError):
        verify_manifest(replace(MANIFEST, **changed), signature, SUPPLIER.public_key())


@pytest.mark.parametrize(
    "changed",
    [
        {"submission_id": "sub-2"}, {"organisation": "b101h"}, {"round": "x"}, {"data_set": "x"},
        {"data_set_version": 2}, {"version": 2}, {"late": True}, {"rows": 4}, {"manifest_digest": digest(b"x")},
        {"content_digest": digest(b"x")}, {"accepted_at": NOW + timedelta(microseconds=1)},
        {"audit_event_id": "event-2"}, {"issuer": "https://other.example"},
    ],
)  # fmt: skip
def test_every_field_of_a_receipt_is_signed(changed):
    assert failing_step(replace(SIGNED, receipt=replace(RECEIPT, **changed))) == 3


def test_another_key_is_no_key():
    signature = sign_manifest(MANIFEST, STRANGER)
    with pytest.raises(SignatureError):
        verify_manifest(MANIFEST, signature, SUPPLIER.public_key())
    assert failing_step(sign_receipt(RECEIPT, IMPOSTOR)) == 2
    forged = replace(sign_receipt(RECEIPT, IMPOSTOR), key_id=SIGNED.key_id)
    assert failing_step(forged) == 3
    # the id of a published key of another type
    assert failing_step(replace(SIGNED, key_id=jwk_thumbprint(public_jwk(STRANGER.public_key())))) == 2
    # a document that puts the impostor's key under the service's id
    lying = {**public_jwk(IMPOSTOR.public_key()), "kid": SIGNED.key_id}
    assert failing_step(forged, jwks={"keys": [lying]}) == 2
    assert failing_step(SIGNED, jwks={"keys": []}) == 2
    assert failing_step(SIGNED, jwks=[]) == 2


@pytest.mark.parametrize("signature", ["", "A" * 86, "A" * 85, "A" * 87, "=" * 86, "é" * 86, base64url(b"\0" * 64)])
def test_no_signature_is_no_signature(signature):
    with pytest.raises(SignatureError):
        verify_manifest(MANIFEST, signature, SUPPLIER.public_key())


def test_a_signature_has_one_spelling():
    signature = sign_manifest(MANIFEST, SUPPLIER)
    der = base64url(SUPPLIER.sign(MANIFEST_PREFIX + MANIFEST.canonical(), ec.ECDSA(hashes.SHA256())))
    last = signature[-1]
    other = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    stray = signature[:-1] + other[other.index(last) ^ 1]
    for spelling in (signature + "==", stray, signature + "\n", der):
        with pytest.raises(SignatureError):
            verify_manifest(MANIFEST, spelling, SUPPLIER.public_key())


def test_prefixes_keep_signatures_apart():
    payload = RECEIPT.canonical()
    signature = sign_ed25519(RELEASE_PREFIX, payload, SERVICE)
    verify_ed25519(RELEASE_PREFIX, payload, signature, SERVICE.public_key())
    with pytest.raises(SignatureError):
        verify_ed25519(RECEIPT_PREFIX, payload, signature, SERVICE.public_key())
    assert failing_step(replace(SIGNED, signature=signature)) == 3


def test_a_receipt_of_another_delivery_service_or_version_proves_nothing():
    swapped = replace(MANIFEST, nonce=base64url(b"f" * 16))
    assert failing_step(SIGNED, manifest=swapped) == 5
    assert failing_step(SIGNED, issuer="https://other.example") == 4
    for changed in ({"organisation": "b101h"}, {"rows": 2}, {"round": "capacity-2020"}):
        assert failing_step(sign_receipt(replace(RECEIPT, **changed), SERVICE)) == 6
    uncounted = replace(MANIFEST, rows=None)
    receipt = replace(RECEIPT, manifest_digest=uncounted.digest(), rows=2)
    verify_receipt(sign_receipt(receipt, SERVICE), uncounted, JWKS)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("receipt", "extra"), 1), (("receipt", "rows"), True), (("receipt", "rows"), 1.0), (("receipt", "rows"), -1),
        (("receipt", "late"), 0), (("receipt", "receiptVersion"), 2), (("receipt", "manifestDigest"), "sha-256:0"),
        (("receipt", "acceptedAt"), "2026-01-31T12:00:00+00:00"), (("receipt", "acceptedAt"), "2026-01-31T12:00:00.0Z"),
        (("receipt", "acceptedAt"), "2026-02-31T12:00:00Z"), (("keyId",), "short"), (("signature",), None),
        (("extra",), 1), (("receipt",), []),
    ],
)  # fmt: skip
def test_a_malformed_receipt_is_told_as_such(path, value):
    document = SIGNED.to_json()
    place = document
    for name in path[:-1]:
        place = place[name]
    place[path[-1]] = value
    assert failing_step(document) == 1


def test_all_problems_of_a_manifest_are_told_at_once():
    document = {**MANIFEST.to_json(), "rows": "3", "nonce": "x", "format": "xlsx", "surprise": 1}
    del document["round"]
    with pytest.raises(WireError) as refused:
        Manifest.from_json(document)
    assert {p.path for p in refused.value.problems} == {"/rows", "/nonce", "/format", "/surprise", "/round"}
    for document in (None, [], "x", {}):
        with pytest.raises(WireError):
            Manifest.from_json(document)


def test_made_values_obey_the_rules_of_read_ones():
    for changed in ({"rows": -1}, {"nonce": "x"}, {"data_set": "a b"}, {"created_at": NOW.replace(tzinfo=None)}):
        with pytest.raises(WireError):
            replace(MANIFEST, **changed)
    elsewhere = replace(MANIFEST, created_at=NOW.astimezone(timezone(timedelta(hours=1))))
    assert elsewhere.digest() == MANIFEST.digest()


# RFC 8785, section 3.2.2 and appendix B; RFC 7638, section 3.1 is for RSA, RFC 8037, appendix A.3 for Ed25519.


def test_canonical_json_of_rfc_8785():
    value = json.loads(
        r"""{"numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
             "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/", "literals": [null, true, false]}"""
    )
    assert canonical_bytes(value).decode() == (
        '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],'
        '"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'
    )
    keys = {"\u20ac": "Euro Sign", "\r": "Carriage Return", "\ufb33": "Hebrew", "1": "One", "\U0001f600": "Emoji",
            "\x80": "Control", "\u00f6": "o"}  # fmt: skip
    assert list(json.loads(canonical_bytes(keys))) == ["\r", "1", "\x80", "\u00f6", "\u20ac", "\U0001f600", "\ufb33"]


@pytest.mark.parametrize(
    ("bits", "text"),
    [
        ("0000000000000000", "0"), ("8000000000000000", "0"), ("0000000000000001", "5e-324"),
        ("7fefffffffffffff", "1.7976931348623157e+308"), ("4340000000000000", "9007199254740992"),
        ("44b52d02c7e14af5", "9.999999999999997e+22"), ("44b52d02c7e14af6", "1e+23"),
        ("444b1ae4d6e2ef4e", "999999999999999700000"), ("444b1ae4d6e2ef50", "1e+21"),
        ("3eb0c6f7a0b5ed8c", "9.999999999999997e-7"), ("3eb0c6f7a0b5ed8d", "0.000001"),
        ("41b3de4355555557", "333333333.33333343"), ("becbf647612f3696", "-0.0000033333333333333333"),
    ],
)  # fmt: skip
def test_numbers_of_rfc_8785(bits, text):
    import struct

    (number,) = struct.unpack(">d", bytes.fromhex(bits))
    assert canonical_bytes(number).decode() == text


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 2**53, "\ud800", {"a": object()}])
def test_what_has_no_canonical_form_is_refused(value):
    with pytest.raises(WireError):
        canonical_bytes(value)


def test_records_have_one_content_whatever_their_spelling():
    assert content_of_records([{"b": 1.0, "a": "é"}]) == content_of_records(({"a": "é", "b": 1},))
    assert is_digest(digest(b""))
    assert digest(b"") == "sha-256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert not is_digest("sha-256:E3" + "0" * 62)


def test_thumbprint_of_rfc_8037():
    jwk = {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}
    assert jwk_thumbprint({**jwk, "use": "sig"}) == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
    assert public_jwk(parse_public_jwk(jwk)) == jwk


EC_JWK = public_jwk(SUPPLIER.public_key())
OKP_JWK = public_jwk(SERVICE.public_key())


def off_the_curve():
    return base64url(bytes(31) + b"\x05")


@pytest.mark.parametrize(
    "jwk",
    [
        None, [], {}, {"kty": "RSA"}, {"kty": ["EC"]}, {**EC_JWK, "crv": "P-384"}, {**EC_JWK, "crv": "Ed25519"},
        {**OKP_JWK, "crv": "X25519"}, {**OKP_JWK, "y": EC_JWK["y"]}, {**EC_JWK, "d": EC_JWK["x"]},
        {**EC_JWK, "use": "enc"}, {**EC_JWK, "alg": "HS256"}, {**EC_JWK, "alg": "EdDSA"}, {**EC_JWK, "key_ops": ["sign"]},
        {**EC_JWK, "kid": "another"}, {**EC_JWK, "kid": 7}, {**EC_JWK, "x5c": []}, {**EC_JWK, "y": off_the_curve()},
        {**EC_JWK, "x": EC_JWK["x"] + "="}, {**EC_JWK, "x": base64url(b"\0" + from_base64url(EC_JWK["x"]))},
        {**EC_JWK, "x": base64.b64encode(b"\xff" * 32).decode()}, {"kty": "EC", "crv": "P-256", "x": EC_JWK["x"]},
    ],
)  # fmt: skip
def test_only_public_p256_and_ed25519_keys_are_keys(jwk):
    with pytest.raises(WireError) as refused:
        parse_public_jwk(jwk)
    assert EC_JWK["x"] not in str(refused.value)


def test_keys_of_other_kinds_are_passed_over_and_never_made():
    with pytest.raises(ValueError, match="P-256"):
        public_jwk(ec.derive_private_key(7, ec.SECP384R1()).public_key())
    with pytest.raises(ValueError, match="P-256"):
        sign_manifest(MANIFEST, ec.derive_private_key(7, ec.SECP384R1()))
    with pytest.raises(SignatureError):
        verify_manifest(
            MANIFEST, sign_manifest(MANIFEST, SUPPLIER), ec.derive_private_key(7, ec.SECP384R1()).public_key()
        )
    foreign = rsa.generate_private_key(65537, 2048).public_key().public_numbers()
    keys = KeySet.from_json(
        {"keys": [{"kty": "RSA", "n": base64url(foreign.n.to_bytes(256, "big")), "e": "AQAB"}, EC_JWK, OKP_JWK, 7]}
    )
    ec_id, okp_id = jwk_thumbprint(EC_JWK), jwk_thumbprint(OKP_JWK)
    assert keys.p256(ec_id) is not None
    assert keys.p256(okp_id) is None
    assert keys.ed25519(okp_id) is not None
    assert keys.ed25519(ec_id) is None
    with pytest.raises(WireError):
        KeySet.from_json({"keys": [EC_JWK, {**EC_JWK, "use": "sig"}]})


@pytest.mark.parametrize(
    "text",
    ['{"a":1,"a":2}', '{"a":{"b":1,"b":1}}', "NaN", "[Infinity]", "1e999", "[" * 70 + "]" * 70, "[" * 100_000, "{", "",
     r'"\ud800"', r'{"\uDFFF":1}', r'["\udc00\ud800"]',
     "'a'", "1" * 5_000],
)  # fmt: skip
def test_json_that_two_readers_may_understand_differently_is_refused(text):
    with pytest.raises(WireError):
        parse_json(text.encode())


def test_json_that_is_not_utf8_is_refused():
    with pytest.raises(WireError):
        parse_json(b'"\xff"')
    assert parse_json(rb'["\ud83d\ude00", "\\ud800"]') == ["\U0001f600", r"\ud800"]
    assert parse_json('{"a":["é",1.5,null]}'.encode()) == {"a": ["é", 1.5, None]}


def test_signed_receipt_is_read_strictly():
    assert SignedReceipt.from_json(SIGNED.to_json()) == SIGNED
    with pytest.raises(WireError):
        SignedReceipt.from_json({**SIGNED.to_json(), "surprise": 1})
