"""Machine clients: assertions, proofs and access tokens; what each may not be used for."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from token_maker import NOW, SetClock, b64, ec_jwk, ec_key, rsa_jwk, rsa_key, seal, seconds

from service.adapters.identity.machine import JoseMachineTokens
from service.adapters.oidc import JoseBearerTokens, OpenIdProviders
from service.domain.organisation import ClientKey
from service.domain.principal import Supplier
from service.ports.identity import AuthenticatedClient, Identified, NotAuthenticated, TokenFault
from service.ports.identity_texts import FAULT_TEXTS
from sluis_client.keys import SupplierKey
from sluis_client.machine import Machine
from sluis_client.wire.jwk import jwk_thumbprint, published_jwk

ISSUER, ENDPOINT = "https://sluis.example", "https://sluis.example/v1/oauth/token"
CLIENT, KEY = "hospital-a", ec_key(1)
KEY_ID = jwk_thumbprint(ec_jwk(KEY))
REGISTERED = ClientKey(KEY_ID, CLIENT, json.dumps(ec_jwk(KEY)), NOW)
HEADER = {"alg": "ES256", "typ": "JWT", "kid": KEY_ID}
CLAIMS = {"iss": CLIENT, "sub": CLIENT, "aud": ENDPOINT, "iat": seconds(), "exp": seconds(seconds=60), "jti": "once"}
CODE_HASH = hashlib.sha256(b"code").hexdigest()
PROOF = {"sub": CODE_HASH, "aud": ISSUER, "iat": seconds(), "exp": seconds(seconds=60), "jti": "p"}


class Memory:
    """`UsedTokens` that remembers for ever, and tells what it was asked."""

    def __init__(self) -> None:
        self.seen: dict[tuple[str, str], datetime] = {}

    def remember(self, issuer: str, jti: str, until: datetime) -> bool:
        new = (issuer, jti) not in self.seen
        self.seen.setdefault((issuer, jti), until)
        return new


def machine(number: int = 100, **settings: Any) -> JoseMachineTokens:
    ids = iter(range(10**6))
    return JoseMachineTokens(
        issuer=ISSUER,
        token_endpoint=ENDPOINT,
        audience=ISSUER,
        signing_key=ec_key(number),
        new_id=lambda: f"id-{next(ids)}",
        **settings,
    )


TOKENS = machine()


def authenticate(
    assertion: str, *keys: ClientKey, used: Memory | None = None, now: datetime = NOW
) -> AuthenticatedClient:
    registered = {key.key_id: key for key in keys or (REGISTERED,)}
    memory = Memory() if used is None else used
    return TOKENS.authenticate_client(assertion, find_key=registered.get, used=memory, now=now)


def refused(assertion: str, *keys: ClientKey, used: Memory | None = None, now: datetime = NOW) -> TokenFault:
    memory = Memory() if used is None else used
    before = dict(memory.seen)
    with pytest.raises(NotAuthenticated) as refusal:
        authenticate(assertion, *keys, used=memory, now=now)
    assert memory.seen == before, "a refused assertion uses nothing up"
    return refusal.value.fault


@pytest.mark.parametrize("audience", [ISSUER, ENDPOINT])
def test_an_assertion_for_issuer_or_token_endpoint_holds(audience: str) -> None:
    used = Memory()
    client = authenticate(seal(HEADER, {**CLAIMS, "aud": audience}, KEY), used=used)
    assert client == AuthenticatedClient(CLIENT, KEY_ID)
    assert used.seen == {(CLIENT, "once"): NOW + timedelta(seconds=60)}, "kept until it expires"


def test_an_assertion_works_once() -> None:
    used = Memory()
    authenticate(seal(HEADER, CLAIMS, KEY), used=used)
    assert refused(seal(HEADER, CLAIMS, KEY), used=used) is TokenFault.REPLAYED
    assert refused(seal(HEADER, {**CLAIMS, "iat": seconds(seconds=1)}, KEY), used=used) is TokenFault.REPLAYED


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"aud": "https://sluis.example/"}, TokenFault.AUDIENCE),
        ({"aud": "https://other.example"}, TokenFault.AUDIENCE),
        ({"aud": [ENDPOINT]}, TokenFault.CLAIM),
        ({"sub": "hospital-b"}, TokenFault.SUBJECT),
        ({"iss": "hospital-b"}, TokenFault.KEY_UNKNOWN),
        ({"iss": "hospital-b", "sub": "hospital-b"}, TokenFault.KEY_UNKNOWN),
        ({"iss": None}, TokenFault.CLAIM),
        ({"iat": seconds(seconds=61)}, TokenFault.ISSUED_IN_FUTURE),
        ({"nbf": seconds(seconds=61)}, TokenFault.NOT_YET_VALID),
        ({"nbf": "soon"}, TokenFault.CLAIM),
        ({"exp": seconds()}, TokenFault.EXPIRED),
        ({"exp": seconds(seconds=301)}, TokenFault.LIFETIME),
        ({"iat": seconds(seconds=60), "exp": seconds(seconds=60)}, TokenFault.LIFETIME),
    ],
)
def test_what_an_assertion_may_not_say(change: dict[str, Any], fault: TokenFault) -> None:
    assert refused(seal(HEADER, CLAIMS | change, KEY)) is fault


def test_the_edges_of_time() -> None:
    assert authenticate(seal(HEADER, {**CLAIMS, "iat": seconds(seconds=60), "exp": seconds(seconds=360)}, KEY))
    assert authenticate(seal(HEADER, {**CLAIMS, "nbf": seconds(seconds=60)}, KEY))
    last_moment = NOW + timedelta(seconds=59, microseconds=999_999)
    assert authenticate(seal(HEADER, CLAIMS, KEY), now=last_moment)


def test_a_revoked_key_is_refused_at_once_and_looks_like_a_wrong_signature() -> None:
    fault = refused(seal(HEADER, CLAIMS, KEY), replace(REGISTERED, revoked_at=NOW))
    assert fault is TokenFault.KEY_REVOKED
    assert fault.told is TokenFault.KEY_UNKNOWN.told is TokenFault.SIGNATURE


@pytest.mark.parametrize("fault", TokenFault)
def test_every_fault_is_told_in_two_languages(fault: TokenFault) -> None:
    dutch, english = FAULT_TEXTS[fault.told]
    assert dutch != english
    assert all(text.endswith((".", "?")) for text in (dutch, english))


def test_another_organisations_key_cannot_speak() -> None:
    foreign = ClientKey(KEY_ID, "hospital-b", json.dumps(ec_jwk(KEY)), NOW)
    assert refused(seal(HEADER, CLAIMS, KEY), foreign) is TokenFault.KEY_UNKNOWN
    assert refused(seal(HEADER, CLAIMS, ec_key(2))) is TokenFault.SIGNATURE


def test_two_keys_overlap_while_one_replaces_the_other() -> None:
    new_id = jwk_thumbprint(ec_jwk(ec_key(2)))
    new = ClientKey(new_id, CLIENT, json.dumps(ec_jwk(ec_key(2))), NOW)
    for key_id, key in ((KEY_ID, KEY), (new_id, ec_key(2))):
        assert authenticate(seal({**HEADER, "kid": key_id}, CLAIMS, key), REGISTERED, new).key_id == key_id


def check_proof(proof: str, jwk: dict[str, Any] | None = None, now: datetime = NOW) -> str:
    given = ec_jwk(KEY) if jwk is None else jwk
    return TOKENS.check_registration_proof(proof, public_jwk=given, code_hash=CODE_HASH, now=now)


def test_a_registration_proof_yields_the_thumbprint() -> None:
    assert check_proof(seal(HEADER, PROOF, KEY)) == KEY_ID


@pytest.mark.parametrize(
    ("header", "claims", "number", "fault"),
    [
        ({}, {}, 2, TokenFault.SIGNATURE),
        ({"kid": "another"}, {}, 1, TokenFault.KEY_UNKNOWN),
        ({}, {"sub": hashlib.sha256(b"guess").hexdigest()}, 1, TokenFault.SUBJECT),
        ({}, {"aud": ENDPOINT}, 1, TokenFault.AUDIENCE),
        ({}, {"iss": CLIENT}, 1, TokenFault.ISSUER),
        ({}, {"exp": seconds(seconds=301)}, 1, TokenFault.LIFETIME),
        ({}, {"jti": None}, 1, TokenFault.CLAIM),
    ],
)
def test_what_is_no_proof(header: dict[str, Any], claims: dict[str, Any], number: int, fault: TokenFault) -> None:
    with pytest.raises(NotAuthenticated) as refusal:
        check_proof(seal(HEADER | header, PROOF | claims, ec_key(number)))
    assert refusal.value.fault is fault


@pytest.mark.parametrize(
    "jwk", [{}, {"kty": "oct", "k": b64(b"secret")}, rsa_jwk(rsa_key()), ec_jwk(KEY, use="enc"), ec_jwk(KEY, d="AA")]
)
def test_what_cannot_be_registered(jwk: dict[str, Any]) -> None:
    with pytest.raises(NotAuthenticated) as refusal:
        check_proof(seal(HEADER, PROOF, KEY), jwk)
    assert refusal.value.fault is TokenFault.KEY_UNSUITABLE


def test_an_access_token_comes_back_as_the_supplier() -> None:
    issued = machine().issue_access_token(AuthenticatedClient(CLIENT, KEY_ID), now=NOW)
    assert (issued.expires_in, issued.token_id) == (300, "id-0")
    supplier = TOKENS.verify_access_token(issued.token, now=NOW + timedelta(seconds=299)).principal
    assert supplier == Supplier(client_id=CLIENT, organisation=CLIENT, key_id=KEY_ID)
    assert issued.token not in repr(issued)


@pytest.mark.parametrize(
    ("number", "audience", "later", "fault"),
    [
        (100, ISSUER, 300, TokenFault.EXPIRED),
        (100, "https://other.example", 0, TokenFault.AUDIENCE),
        (101, ISSUER, 0, TokenFault.KEY_UNKNOWN),
    ],
)
def test_access_tokens_that_are_refused(number: int, audience: str, later: int, fault: TokenFault) -> None:
    maker = JoseMachineTokens(
        issuer=ISSUER, token_endpoint=ENDPOINT, audience=audience, signing_key=ec_key(number), new_id=lambda: "i"
    )
    issued = maker.issue_access_token(AuthenticatedClient(CLIENT, KEY_ID), now=NOW)
    with pytest.raises(NotAuthenticated) as refusal:
        TOKENS.verify_access_token(issued.token, now=NOW + timedelta(seconds=later))
    assert refusal.value.fault is fault


def test_a_token_of_the_key_before_holds_while_the_keys_overlap() -> None:
    issued = machine(1).issue_access_token(AuthenticatedClient(CLIENT, KEY_ID), now=NOW)
    after = machine(2, earlier_keys=machine(1).public_keys())
    assert after.verify_access_token(issued.token, now=NOW).principal == Supplier(CLIENT, CLIENT, KEY_ID)
    assert [key["kid"] for key in after.public_keys()] == [jwk_thumbprint(ec_jwk(ec_key(n))) for n in (2, 1)]
    with pytest.raises(NotAuthenticated):
        machine(2).verify_access_token(issued.token, now=NOW)


def test_the_published_key_is_public_and_says_what_it_is_for() -> None:
    (key,) = TOKENS.public_keys()
    assert key == published_jwk(ec_key(100).public_key())
    assert key.keys() == {"kty", "crv", "x", "y", "kid", "use", "alg"}


def test_what_the_sdk_makes_holds() -> None:
    key, machine_of_client = SupplierKey(KEY), Machine(now=lambda: NOW)
    proof = key.proof(machine_of_client, audience=ISSUER, subject=CODE_HASH)
    assert check_proof(proof, key.jwk) == key.key_id == KEY_ID
    assertion = key.proof(machine_of_client, audience=ISSUER, subject=CLIENT, iss=CLIENT)
    assert authenticate(assertion) == AuthenticatedClient(CLIENT, KEY_ID)


def test_no_kind_of_token_passes_for_another() -> None:
    assertion, proof = seal(HEADER, CLAIMS, KEY), seal(HEADER, PROOF, KEY)
    access = TOKENS.issue_access_token(AuthenticatedClient(CLIENT, KEY_ID), now=NOW).token
    for wrong in (proof, access):
        refused(wrong)
    for wrong in (assertion, access):
        with pytest.raises(NotAuthenticated):
            check_proof(wrong)
    for wrong in (assertion, proof):
        with pytest.raises(NotAuthenticated):
            TOKENS.verify_access_token(wrong, now=NOW)


def test_a_client_whose_claims_disagree_is_refused() -> None:
    header = {"alg": "ES256", "typ": "at+jwt", "kid": jwk_thumbprint(ec_jwk(ec_key(100)))}
    claims = {**CLAIMS, "iss": ISSUER, "aud": ISSUER, "client_id": CLIENT, "azp": "hospital-b", "client_key_id": "k"}
    with pytest.raises(NotAuthenticated) as refusal:
        TOKENS.verify_access_token(seal(header, claims, ec_key(100)), now=NOW)
    assert refusal.value.fault is TokenFault.SUBJECT


def test_the_bearer_of_a_machine_token_is_the_supplier_and_of_a_stranger_nobody() -> None:
    clock = SetClock()
    with httpx.Client() as http:
        bearer = JoseBearerTokens(TOKENS, OpenIdProviders((), clock, http), issuer=ISSUER, clock=clock)
    issued = TOKENS.issue_access_token(AuthenticatedClient(CLIENT, KEY_ID), now=NOW)
    assert bearer.identify(issued.token) == Identified(Supplier(CLIENT, CLIENT, KEY_ID))
    with pytest.raises(NotAuthenticated) as refusal:
        bearer.identify(seal(HEADER, CLAIMS, KEY))
    assert refusal.value.fault is TokenFault.ISSUER


GOOD = seal(HEADER, CLAIMS, KEY)
ACCESS = TOKENS.issue_access_token(AuthenticatedClient(CLIENT, KEY_ID), now=NOW).token
CHARACTERS = st.characters(codec="utf-8")


@given(place=st.integers(0, len(GOOD) - 1), character=CHARACTERS)
def test_an_assertion_with_any_character_replaced_is_refused(place: int, character: str) -> None:
    changed = GOOD[:place] + character + GOOD[place + 1 :]
    if changed != GOOD:
        refused(changed)


@given(start=st.integers(0, len(GOOD)), length=st.integers(0, 40), put=st.text(CHARACTERS, max_size=8))
def test_an_assertion_with_any_piece_cut_or_put_in_is_refused(start: int, length: int, put: str) -> None:
    changed = GOOD[:start] + put + GOOD[start + length :]
    if changed != GOOD:
        refused(changed)


@given(place=st.integers(0, len(ACCESS) - 1), character=st.sampled_from("ABYZabyz0189-_."))
def test_an_access_token_with_any_character_replaced_is_refused(place: int, character: str) -> None:
    changed = ACCESS[:place] + character + ACCESS[place + 1 :]
    if changed != ACCESS:
        with pytest.raises(NotAuthenticated):
            TOKENS.verify_access_token(changed, now=NOW)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(name=st.sampled_from(sorted(CLAIMS)), value=JSON)
def test_any_other_value_of_any_claim_is_refused_even_when_signed(name: str, value: object) -> None:
    harmless = {"jti": str, "iat": int, "exp": int}
    if name in harmless and type(value) is harmless[name]:
        return
    refused(seal(HEADER, {**CLAIMS, name: value}, KEY))


@given(st.binary(max_size=60), st.binary(max_size=60))
def test_bytes_that_were_signed_but_never_meant_as_token_are_refused(header: bytes, claims: bytes) -> None:
    refused(seal(header, claims, KEY))
