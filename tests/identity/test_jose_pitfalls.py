"""What python-jose lets through, and that the hardened module does not (identity.md). Each case shows both."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from jose import jwt
from jose.exceptions import JOSEError
from token_maker import b64, ec_jwk, ec_key, rsa_jwk, rsa_key, seal, signature

from service.adapters import jose_tokens
from service.adapters.identity.key_choice import verification_key
from service.adapters.jose_tokens import AudienceForm, Profile
from service.ports.identity import NotAuthenticated, TokenFault

AUDIENCE, ISSUER = "https://sluis.example", "https://issuer.example"
KEY, RSA = ec_key(1), rsa_key()
NOW_SECONDS = int(time.time()) + 3600  # python-jose has no clock to set: its tokens have to outlast the whole suite
NOW = datetime.fromtimestamp(NOW_SECONDS, UTC)
HEADER = {"alg": "ES256", "typ": "JWT", "kid": "one"}
CLAIMS = {"iss": ISSUER, "sub": "me", "aud": AUDIENCE, "jti": "1", "iat": NOW_SECONDS, "exp": NOW_SECONDS + 60}
ES256 = Profile(
    algorithm="ES256",
    typ="JWT",
    issuer=ISSUER,
    audiences=frozenset({AUDIENCE}),
    audience_form=AudienceForm.STRING,
    max_lifetime=timedelta(seconds=300),
)
RS256 = replace(ES256, algorithm="RS256")


def without(*names: str) -> dict[str, Any]:
    return {name: value for name, value in CLAIMS.items() if name not in names}


def jose_accepts(token: str, key: Any, algorithms: Any = ("ES256",)) -> None:
    listed = algorithms if algorithms is None or isinstance(algorithms, str) else list(algorithms)
    jwt.decode(token, key, algorithms=listed, audience=AUDIENCE, issuer=ISSUER)


def fault_of(token: str, jwk: dict[str, Any], profile: Profile = ES256, *, kid: str = "one") -> TokenFault:
    with pytest.raises(NotAuthenticated) as refusal:
        jose_tokens.verify(token, profile, {kid: jwk}.get, NOW)
    return refusal.value.fault


def test_the_token_that_all_cases_spoil_is_good() -> None:
    token = seal(HEADER, CLAIMS, KEY)
    jose_accepts(token, ec_jwk(KEY))
    assert jose_tokens.verify(token, ES256, {"one": ec_jwk(KEY)}.get, NOW).subject == "me"


@pytest.mark.parametrize(
    ("claims", "fault"),
    [
        pytest.param(without("aud"), TokenFault.CLAIM, id="no audience although one is asked for"),
        pytest.param(without("exp"), TokenFault.CLAIM, id="never expires"),
        pytest.param(without("iat"), TokenFault.CLAIM, id="no time of issue"),
        pytest.param(without("jti"), TokenFault.CLAIM, id="no token id"),
        pytest.param(without("sub"), TokenFault.CLAIM, id="no subject"),
        pytest.param({**CLAIMS, "iat": NOW_SECONDS + 61}, TokenFault.ISSUED_IN_FUTURE, id="from the future"),
        pytest.param({**CLAIMS, "iat": str(NOW_SECONDS)}, TokenFault.CLAIM, id="time as text"),
        pytest.param({**CLAIMS, "exp": NOW_SECONDS + 60.5}, TokenFault.CLAIM, id="time as fraction"),
        pytest.param({**CLAIMS, "iat": True}, TokenFault.CLAIM, id="time as truth value"),
        pytest.param({**CLAIMS, "exp": 10**15}, TokenFault.CLAIM, id="time after the year 9999"),
        pytest.param({**CLAIMS, "exp": NOW_SECONDS + 10**9}, TokenFault.LIFETIME, id="lives for thirty years"),
        pytest.param({**CLAIMS, "aud": [AUDIENCE]}, TokenFault.CLAIM, id="audience as list where text is due"),
        pytest.param({**CLAIMS, "aud": [AUDIENCE, "https://other.example"]}, TokenFault.CLAIM, id="two audiences"),
        pytest.param({**CLAIMS, "sub": ""}, TokenFault.CLAIM, id="empty subject"),
        pytest.param({**CLAIMS, "sub": "a\x00b"}, TokenFault.CLAIM, id="NUL in the subject"),
        pytest.param({**CLAIMS, "jti": "x" * 256}, TokenFault.CLAIM, id="token id without end"),
    ],
)
def test_claims_that_python_jose_lets_through(claims: dict[str, Any], fault: TokenFault) -> None:
    token = seal(HEADER, claims, KEY)
    jose_accepts(token, ec_jwk(KEY))
    assert fault_of(token, ec_jwk(KEY)) is fault


@pytest.mark.parametrize(
    ("header", "fault"),
    [
        pytest.param({"crit": ["unheard-of"], "unheard-of": 1}, TokenFault.CRITICAL_HEADER, id="unknown crit"),
        pytest.param({"crit": []}, TokenFault.CRITICAL_HEADER, id="empty crit"),
        pytest.param({"b64": False}, TokenFault.CRITICAL_HEADER, id="unencoded payload"),
        pytest.param({"zip": "DEF"}, TokenFault.CRITICAL_HEADER, id="compressed"),
        pytest.param({"jwk": ec_jwk(ec_key(9))}, TokenFault.EMBEDDED_KEY, id="key inside"),
        pytest.param({"jku": "https://evil.example/jwks"}, TokenFault.EMBEDDED_KEY, id="address of keys"),
        pytest.param({"x5u": "https://evil.example/pem"}, TokenFault.EMBEDDED_KEY, id="address of a certificate"),
        pytest.param({"x5c": ["MII"]}, TokenFault.EMBEDDED_KEY, id="certificate inside"),
        pytest.param({"typ": "at+jwt"}, TokenFault.TYPE, id="another kind of token"),
        pytest.param({"typ": None}, TokenFault.TYPE, id="no kind of token"),
        pytest.param({"kid": "two"}, TokenFault.KEY_UNKNOWN, id="another key id"),
        pytest.param({"kid": None}, TokenFault.KEY_ID, id="no key id"),
        pytest.param({"kid": ["one"]}, TokenFault.KEY_ID, id="key id as list"),
        pytest.param({"kid": "one\n"}, TokenFault.KEY_ID, id="key id with line end"),
    ],
)
def test_headers_that_python_jose_lets_through(header: dict[str, Any], fault: TokenFault) -> None:
    token = seal({**HEADER, **header}, CLAIMS, KEY)
    jose_accepts(token, ec_jwk(KEY, kid="one"))
    assert fault_of(token, ec_jwk(KEY, kid="one")) is fault


@pytest.mark.parametrize(
    "jwk",
    [
        pytest.param(ec_jwk(KEY, use="enc"), id="encryption key"),
        pytest.param(ec_jwk(KEY, key_ops=["deriveKey"]), id="key agreement key"),
        pytest.param(ec_jwk(KEY, key_ops="verify"), id="operations as text"),
        pytest.param(ec_jwk(KEY, alg="ES384"), id="key for another algorithm"),
        pytest.param(ec_jwk(KEY, d=b64(KEY.private_numbers().private_value.to_bytes(32, "big"))), id="private key"),
        pytest.param(ec_jwk(KEY) | {"x": ec_jwk(KEY)["x"] + "="}, id="coordinate with padding"),
        pytest.param(
            ec_jwk(KEY) | {"x": b64(b"\0" + KEY.public_key().public_numbers().x.to_bytes(32, "big"))}, id="long x"
        ),
    ],
)
def test_keys_that_python_jose_uses(jwk: dict[str, Any]) -> None:
    token = seal(HEADER, CLAIMS, KEY)
    try:
        jose_accepts(token, jwk)
    except JOSEError:
        assert "d" in jwk, "python-jose refuses this one too, by accident: its private keys cannot verify"
    assert fault_of(token, jwk) is TokenFault.KEY_UNSUITABLE


def test_p384_under_es256() -> None:
    key = ec_key(1, ec.SECP384R1())
    token = seal(HEADER, CLAIMS, key)
    jose_accepts(token, ec_jwk(key))
    assert fault_of(token, ec_jwk(key)) is TokenFault.KEY_UNSUITABLE


def test_rsa_of_1024_bits() -> None:
    token = seal({**HEADER, "alg": "RS256"}, CLAIMS, rsa_key(1024))
    jose_accepts(token, rsa_jwk(rsa_key(1024)), ["RS256"])
    assert fault_of(token, rsa_jwk(rsa_key(1024)), RS256) is TokenFault.KEY_UNSUITABLE


def test_algorithms_as_text_match_substrings() -> None:
    token = seal({**HEADER, "alg": "HS256"}, CLAIMS, b"guessed")
    jose_accepts(token, "guessed", "ES256 or, long ago, HS256")
    assert fault_of(token, ec_jwk(KEY)) is TokenFault.ALGORITHM


def test_a_token_forged_with_the_public_key_as_secret() -> None:
    der = KEY.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    token = seal({**HEADER, "alg": "HS256"}, CLAIMS, der)
    jose_accepts(token, der, None)
    assert fault_of(token, ec_jwk(KEY)) is TokenFault.ALGORITHM


@pytest.mark.parametrize(
    "algorithm", ["none", "None", "", "HS256", "es256", "RS256", "PS256", "EdDSA", "ES256K", None, 1]
)
def test_every_other_algorithm_is_refused(algorithm: object) -> None:
    assert fault_of(seal({**HEADER, "alg": algorithm}, CLAIMS, KEY), ec_jwk(KEY)) is TokenFault.ALGORITHM


def test_a_token_without_signature_is_refused() -> None:
    signed = seal({**HEADER, "alg": "none"}, CLAIMS, KEY)
    unsigned = signed.rsplit(".", 1)[0] + "."
    assert fault_of(unsigned, ec_jwk(KEY)) is TokenFault.MALFORMED


def test_a_jwks_of_mixed_types_makes_python_jose_raise() -> None:
    token = seal(HEADER, CLAIMS, KEY)
    mixed = {"rsa": rsa_jwk(RSA), "one": ec_jwk(KEY)}
    with pytest.raises(JOSEError):
        jose_accepts(token, {"keys": list(mixed.values())})
    assert jose_tokens.verify(token, ES256, mixed.get, NOW).subject == "me"


def test_a_key_of_the_other_type_under_the_right_id() -> None:
    assert fault_of(seal(HEADER, CLAIMS, KEY), rsa_jwk(RSA)) is TokenFault.KEY_UNSUITABLE
    token = seal({**HEADER, "alg": "RS256"}, CLAIMS, RSA)
    assert fault_of(token, ec_jwk(KEY), RS256) is TokenFault.KEY_UNSUITABLE


@pytest.mark.parametrize("part", ["header", "claims"])
def test_a_name_twice(part: str) -> None:
    header, claims = json.dumps(HEADER).encode(), json.dumps(CLAIMS).encode()
    if part == "header":
        header = b'{"kid":"two",' + header[1:]
    else:
        claims = b'{"sub":"somebody else",' + claims[1:]
    token = seal(header, claims, KEY)
    jose_accepts(token, ec_jwk(KEY))
    assert fault_of(token, ec_jwk(KEY)) is TokenFault.DUPLICATE_NAME


def test_a_name_twice_deep_inside() -> None:
    claims = json.dumps(CLAIMS).encode()[:-1] + b',"realm":{"roles":[{"a":1,"a":2}]}}'
    token = seal(HEADER, claims, KEY)
    jose_accepts(token, ec_jwk(KEY))
    assert fault_of(token, ec_jwk(KEY)) is TokenFault.DUPLICATE_NAME


@pytest.mark.parametrize("junk", ["=", "!!!!", "    ", "\n\n\n\n", "éé"])
def test_a_signature_with_junk_behind_it(junk: str) -> None:
    token = seal(HEADER, CLAIMS, KEY) + junk
    jose_accepts(token, ec_jwk(KEY))
    assert fault_of(token, ec_jwk(KEY)) is TokenFault.MALFORMED


def test_a_signature_with_stray_bits() -> None:
    token = seal(HEADER, CLAIMS, KEY)
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    stray = token[:-1] + alphabet[alphabet.index(token[-1]) + 1]
    jose_accepts(stray, ec_jwk(KEY))
    assert fault_of(stray, ec_jwk(KEY)) is TokenFault.MALFORMED


def test_json_nested_without_end() -> None:
    header = b"[" * 3000
    token = f"{b64(header)}.{b64(header)}.{b64(b'x')}"
    with pytest.raises(RecursionError):
        jwt.decode(token, ec_jwk(KEY), algorithms=["ES256"])
    assert fault_of(token, ec_jwk(KEY)) is TokenFault.MALFORMED


@pytest.mark.parametrize(
    "claims",
    [
        b'{"exp":NaN}',
        b'{"exp":Infinity}',
        b'{"sub":"\\ud800"}',
        b'{"sub":"' + b"\xff" + b'"}',
        b'{"exp":' + b"9" * 5000 + b"}",
        b"\xef\xbb\xbf{}",
        b"[]",
        b"null",
        b"",
    ],
)
def test_payloads_that_are_no_json_object(claims: bytes) -> None:
    assert fault_of(seal(HEADER, claims, KEY), ec_jwk(KEY)) is TokenFault.MALFORMED


def test_a_token_larger_than_any_honest_one() -> None:
    token = seal(HEADER, {**CLAIMS, "padding": "x" * 9000}, KEY)
    jose_accepts(token, ec_jwk(KEY))
    assert fault_of(token, ec_jwk(KEY)) is TokenFault.TOO_LARGE


def test_a_signature_in_der_is_refused() -> None:
    signing_input = seal(HEADER, CLAIMS, KEY).rsplit(".", 1)[0]
    raw = signature(signing_input.encode(), KEY)
    der = b"\x30\x44\x02\x20" + raw[:32] + b"\x02\x20" + raw[32:]
    assert fault_of(f"{signing_input}.{b64(der)}", ec_jwk(KEY)) is TokenFault.SIGNATURE


def test_a_payload_that_python_jose_read_otherwise_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jose_tokens.jws, "verify", lambda *_: b"{}")
    assert fault_of(seal(HEADER, CLAIMS, KEY), ec_jwk(KEY)) is TokenFault.MALFORMED


def test_a_point_off_the_curve_is_no_key() -> None:
    with pytest.raises(NotAuthenticated) as refusal:
        verification_key(ec_jwk(KEY) | {"x": b64(b"\x01" * 32)}, "ES256")
    assert refusal.value.fault is TokenFault.KEY_UNSUITABLE
