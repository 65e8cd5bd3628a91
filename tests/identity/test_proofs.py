"""Proofs of possession (DPoP, RFC 9449): whoever took a token, a proof or an assertion on its way gets nowhere."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from token_maker import NOW, b64, ec_jwk, ec_key, rsa_jwk, rsa_key, seal, seconds

from service.adapters.identity.machine import JoseMachineTokens
from service.adapters.identity.proofs import checked_proof
from service.ports.identity import AuthenticatedClient, NotAuthenticated, ProofNotValid, Shown, TokenFault, UsedProof
from sluis_client.keys import SupplierKey
from sluis_client.machine import Machine
from sluis_client.wire.jwk import jwk_thumbprint

KEY = ec_key(1)
KEY_ID = jwk_thumbprint(ec_jwk(KEY))
URL = "https://sluis.example/v1/submissions/0190/parts/0"
TOKEN = "a.bound.token"
ATH = b64(hashlib.sha256(TOKEN.encode()).digest())
HEADER: Mapping[str, Any] = {"alg": "ES256", "typ": "dpop+jwt", "jwk": ec_jwk(KEY)}
CLAIMS: Mapping[str, Any] = {"htm": "PUT", "htu": URL, "ath": ATH, "iat": seconds(), "jti": "once"}
NEVER: Any = object()


def shown(*proofs: str, **changes: Any) -> Shown:
    return replace(Shown(scheme="dpop", proofs=proofs, method="PUT", url=URL), **changes)


def check(proof: str, **changes: Any) -> UsedProof:
    return checked_proof(shown(proof, **changes), token=TOKEN, key_id=KEY_ID, now=NOW)


def refused(*proofs: str, **changes: Any) -> TokenFault:
    with pytest.raises(ProofNotValid) as refusal:
        checked_proof(shown(*proofs, **changes), token=TOKEN, key_id=KEY_ID, now=NOW)
    return refusal.value.fault


def made(header: Mapping[str, Any] | None = None, key: Any = KEY, **claims: Any) -> str:
    said = {name: value for name, value in {**CLAIMS, **claims}.items() if value is not NEVER}
    return seal(HEADER if header is None else header, said, key)


def test_a_proof_holds_for_its_own_request() -> None:
    used = check(made())
    assert (used.key_id, used.jti, used.until.timestamp()) == (KEY_ID, "once", seconds(seconds=300))


def test_what_the_client_makes_holds() -> None:
    key = SupplierKey(KEY)
    proof = key.request_proof(Machine(now=lambda: NOW), method="PUT", url=URL, token=TOKEN)
    assert check(proof).key_id == key.key_id
    header = json.loads(_decoded(proof, 0))
    assert header == {"alg": "ES256", "typ": "dpop+jwt", "jwk": key.jwk}
    at_the_door = key.request_proof(Machine(now=lambda: NOW), method="POST", url=URL, token=None)
    assert "ath" not in json.loads(_decoded(at_the_door, 1))
    checked_proof(shown(at_the_door, scheme="", method="POST"), token=None, key_id=KEY_ID, now=NOW)


@pytest.mark.parametrize(
    ("claims", "fault"),
    [
        ({"htm": "POST"}, TokenFault.PROOF_METHOD),
        ({"htm": "put"}, TokenFault.PROOF_METHOD),
        ({"htm": NEVER}, TokenFault.CLAIM),
        ({"htu": "https://sluis.example/v1/submissions/0190/parts/1"}, TokenFault.PROOF_ADDRESS),
        ({"htu": "https://sluis.example.evil/v1/submissions/0190/parts/0"}, TokenFault.PROOF_ADDRESS),
        ({"htu": "http://sluis.example/v1/submissions/0190/parts/0"}, TokenFault.PROOF_ADDRESS),
        ({"htu": "https://sluis.example:8443/v1/submissions/0190/parts/0"}, TokenFault.PROOF_ADDRESS),
        ({"htu": "https://sluis.example@evil.example/v1/submissions/0190/parts/0"}, TokenFault.PROOF_ADDRESS),
        ({"htu": "https://a@sluis.example/v1/submissions/0190/parts/0"}, TokenFault.PROOF_ADDRESS),
        ({"htu": "https://sluis.example:port/v1/submissions/0190/parts/0"}, TokenFault.PROOF_ADDRESS),
        ({"htu": "/v1/submissions/0190/parts/0"}, TokenFault.PROOF_ADDRESS),
        ({"htu": "https://sluis.example/v1/submissions/0190%2Fparts/0"}, TokenFault.PROOF_ADDRESS),
        ({"htu": "https://sluis.example/v1/submissions/0190/parts/0/"}, TokenFault.PROOF_ADDRESS),
        ({"htu": NEVER}, TokenFault.CLAIM),
        ({"ath": b64(hashlib.sha256(b"another").digest())}, TokenFault.PROOF_TOKEN),
        ({"ath": ATH + "="}, TokenFault.PROOF_TOKEN),
        ({"ath": NEVER}, TokenFault.CLAIM),
        ({"jti": NEVER}, TokenFault.CLAIM),
        ({"jti": ""}, TokenFault.CLAIM),
        ({"jti": "x" * 256}, TokenFault.CLAIM),
        ({"iat": NEVER}, TokenFault.CLAIM),
        ({"iat": str(seconds())}, TokenFault.CLAIM),
        ({"iat": True}, TokenFault.CLAIM),
        ({"iat": seconds(seconds=61)}, TokenFault.PROOF_TIME),
        ({"iat": seconds(seconds=-300)}, TokenFault.PROOF_TIME),
    ],
)
def test_what_a_proof_may_not_say(claims: dict[str, Any], fault: TokenFault) -> None:
    assert refused(made(**claims)) is fault


@pytest.mark.parametrize(
    "same",
    [
        "HTTPS://Sluis.Example/v1/submissions/0190/parts/0",
        "https://sluis.example:443/v1/submissions/0190/parts/0",
        "https://sluis.example/v1/submissions/0190/parts/0?a=b",
        "https://sluis.example/v1/submissions/0190/parts/0#a",
        "https://sluis.example/v1/%73ubmissions/0190/parts/0",
    ],
)
def test_one_address_may_be_written_in_more_ways(same: str) -> None:
    assert check(made(htu=same)).key_id == KEY_ID


@pytest.mark.parametrize("seconds_off", [-299, 60])
def test_a_clock_may_be_off_by_so_much(seconds_off: int) -> None:
    assert check(made(iat=seconds(seconds=seconds_off))).until.timestamp() == seconds(seconds=seconds_off + 300)


@pytest.mark.parametrize(
    ("header", "key", "fault"),
    [
        ({**HEADER, "alg": "none"}, KEY, TokenFault.ALGORITHM),
        ({**HEADER, "alg": "HS256"}, json.dumps(ec_jwk(KEY)).encode(), TokenFault.ALGORITHM),
        ({**HEADER, "alg": "ES384"}, KEY, TokenFault.ALGORITHM),
        ({**HEADER, "alg": "RS256", "jwk": rsa_jwk(rsa_key())}, rsa_key(), TokenFault.ALGORITHM),
        ({**HEADER, "typ": "JWT"}, KEY, TokenFault.TYPE),
        ({"alg": "ES256", "jwk": ec_jwk(KEY)}, KEY, TokenFault.TYPE),
        ({"alg": "ES256", "typ": "dpop+jwt"}, KEY, TokenFault.PROOF_HEADER),
        ({**HEADER, "jwk": "x"}, KEY, TokenFault.PROOF_HEADER),
        ({**HEADER, "crit": ["exp"]}, KEY, TokenFault.PROOF_HEADER),
        ({**HEADER, "jku": "https://evil.example/keys"}, KEY, TokenFault.PROOF_HEADER),
        ({**HEADER, "kid": KEY_ID}, KEY, TokenFault.PROOF_HEADER),
        ({**HEADER, "jwk": {**ec_jwk(KEY), "d": b64(bytes(32))}}, KEY, TokenFault.KEY_UNSUITABLE),
        ({**HEADER, "jwk": {"kty": "oct", "k": b64(b"secret")}}, b"secret", TokenFault.KEY_UNSUITABLE),
        ({**HEADER, "jwk": ec_jwk(KEY, use="enc")}, KEY, TokenFault.KEY_UNSUITABLE),
        ({**HEADER, "jwk": {**ec_jwk(KEY), "y": b64(bytes(32))}}, KEY, TokenFault.KEY_UNSUITABLE),
        (HEADER, ec_key(2), TokenFault.SIGNATURE),
        ({**HEADER, "jwk": ec_jwk(ec_key(2))}, ec_key(2), TokenFault.PROOF_KEY),
    ],
)
def test_keys_and_algorithms_that_an_attacker_would_try(header: Any, key: Any, fault: TokenFault) -> None:
    assert refused(made(header, key)) is fault


def test_one_proof_and_the_right_scheme() -> None:
    assert refused() is TokenFault.PROOF_MISSING
    assert refused(made(), made(jti="two")) is TokenFault.PROOF_MISSING
    assert refused(made(), scheme="bearer") is TokenFault.PROOF_MISSING


@given(st.integers(0, len(made()) - 1), st.sampled_from("AZaz09-_."))
def test_no_character_of_a_proof_may_change(place: int, character: str) -> None:
    proof = PROOF_OF_THIS_MODULE
    changed = proof[:place] + character + proof[place + 1 :]
    if changed != proof:
        assert refused(changed)


PROOF_OF_THIS_MODULE = made()
TOKENS = JoseMachineTokens(
    issuer="https://sluis.example",
    token_endpoint="https://sluis.example/v1/oauth/token",
    audience="https://sluis.example",
    signing_key=ec_key(100),
    new_id=lambda: "id",
)
STRICT = JoseMachineTokens(
    issuer="https://sluis.example",
    token_endpoint="https://sluis.example/v1/oauth/token",
    audience="https://sluis.example",
    signing_key=ec_key(100),
    new_id=lambda: "id",
    bound_only=True,
)
CLIENT = AuthenticatedClient("hospital-a", KEY_ID)


def test_a_token_names_the_key_that_it_is_bound_to() -> None:
    bound = TOKENS.issue_access_token(CLIENT, now=NOW, bound=True).token
    assert json.loads(_decoded(bound, 1))["cnf"] == {"jkt": KEY_ID}
    assert TOKENS.verify_access_token(bound, now=NOW).bound_to == KEY_ID
    plain = TOKENS.issue_access_token(CLIENT, now=NOW).token
    assert "cnf" not in json.loads(_decoded(plain, 1))
    assert TOKENS.verify_access_token(plain, now=NOW).bound_to is None


def test_where_bound_tokens_are_demanded_no_other_is_given_or_taken() -> None:
    with pytest.raises(NotAuthenticated) as at_the_door:
        STRICT.issue_access_token(CLIENT, now=NOW)
    with pytest.raises(NotAuthenticated) as later:
        STRICT.verify_access_token(TOKENS.issue_access_token(CLIENT, now=NOW).token, now=NOW)
    assert {at_the_door.value.fault, later.value.fault} == {TokenFault.UNBOUND}
    bound = STRICT.issue_access_token(CLIENT, now=NOW, bound=True).token
    assert STRICT.verify_access_token(bound, now=NOW).bound_to == KEY_ID


@pytest.mark.parametrize(
    "confirmation",
    [None, {}, KEY_ID, {"jkt": "another-key"}, {"jkt": 1}, {"x5t#S256": KEY_ID}, {"jkt": KEY_ID, "x": 1}],
)
def test_a_binding_that_is_not_understood_is_not_taken_for_none(confirmation: Any) -> None:
    claims = json.loads(_decoded(TOKENS.issue_access_token(CLIENT, now=NOW).token, 1)) | {"cnf": confirmation}
    header = {"alg": "ES256", "typ": "at+jwt", "kid": jwk_thumbprint(ec_jwk(ec_key(100)))}
    with pytest.raises(NotAuthenticated) as refusal:
        TOKENS.verify_access_token(seal(header, claims, ec_key(100)), now=NOW)
    assert (refusal.value.fault, refusal.value.claim) == (TokenFault.CLAIM, "cnf")


def _decoded(token: str, part: int) -> bytes:
    return base64.urlsafe_b64decode(token.split(".")[part] + "==")
