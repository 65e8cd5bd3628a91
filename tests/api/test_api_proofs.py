"""Bound tokens over HTTP: what a machine in between, or a log, can do with what it saw."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from api_world import ISSUER, World, open_world
from token_maker import b64, ec_jwk, ec_key, seal

ME = "/v1/organisations/me"
TOKEN = "/v1/oauth/token"
WHO = "hospital-a"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with open_world(tmp_path_factory.mktemp("world")) as made:
        made.onboard(WHO)
        made.onboard("hospital-b")
        yield made


def proof(world: World, method: str, path: str, token: str | None = None, *, of: str = WHO, **claims: Any) -> str:
    key = world.keys[of]
    said: dict[str, Any] = {"htm": method, "htu": ISSUER + path, "iat": int(world.clock.now().timestamp())}
    said["jti"] = world.services.randomness.new_id()
    if token is not None:
        said["ath"] = b64(hashlib.sha256(token.encode()).digest())
    return seal({"alg": "ES256", "typ": "dpop+jwt", "jwk": ec_jwk(key)}, said | claims, key)


def bound(world: World) -> str:
    headers = {"DPoP": proof(world, "POST", TOKEN)}
    answer = world.call("POST", TOKEN, data=world.token_form(WHO), headers=headers)
    assert (answer.status_code, answer.json()["token_type"]) == (200, "DPoP"), answer.text
    token: str = answer.json()["access_token"]
    return token


def use(world: World, token: str, *proofs: str, scheme: str = "DPoP", path: str = ME) -> Any:
    headers = [("Authorization", f"{scheme} {token}"), *(("DPoP", one) for one in proofs)]
    return world.client.request("GET", path, headers=headers)


def fault(answer: Any) -> str:
    assert answer.status_code == 401, answer.text
    told: str = answer.json()["fault"]
    assert answer.headers["www-authenticate"].startswith('DPoP realm="sluis", algs="ES256", error="invalid_dpop_proof"')
    return told


def test_each_request_with_its_own_proof_gets_in(world: World) -> None:
    token = bound(world)
    for path in (ME, "/v1/rounds", "/v1/rounds?limit=1"):
        answer = use(world, token, proof(world, "GET", path.partition("?")[0], token), path=path)
        assert answer.status_code == 200, answer.text


def test_a_stolen_token_is_of_no_use(world: World) -> None:
    token = bound(world)
    seen = proof(world, "GET", ME, token)
    assert use(world, token, seen).status_code == 200
    thief = {"of": "hospital-b"}
    assert fault(use(world, token, scheme="Bearer")) == "proof-missing"
    assert fault(use(world, token, proof(world, "GET", ME, token), scheme="Bearer")) == "proof-missing"
    assert fault(use(world, token)) == "proof-missing"
    assert fault(use(world, token, seen, proof(world, "GET", ME, token))) == "proof-missing"
    assert fault(use(world, token, seen)) == "proof-replayed"
    assert fault(use(world, token, proof(world, "POST", ME, token))) == "proof-method"
    assert fault(use(world, token, proof(world, "GET", "/v1/rounds", token))) == "proof-address"
    assert fault(use(world, token, proof(world, "GET", ME, token, **thief))) == "proof-key"
    assert fault(use(world, token, proof(world, "GET", ME, bound(world)))) == "proof-token"
    assert fault(use(world, token, proof(world, "GET", ME))) == "token-claim"
    refused = {event.reasons for event in world.events(code="login.failed", outcome="denied")}
    assert {("proof-missing",), ("proof-replayed",), ("proof-key",)} <= refused


def test_a_refused_proof_is_not_used_up(world: World) -> None:
    token = bound(world)
    mine = proof(world, "GET", ME, token)
    assert fault(use(world, token, mine, path="/v1/rounds")) == "proof-address"
    assert use(world, token, mine).status_code == 200


def test_a_proof_cannot_come_back_when_it_is_forgotten(world: World) -> None:
    token = bound(world)
    seen = proof(world, "GET", ME, token)
    assert use(world, token, seen).status_code == 200
    world.clock.pass_by(seconds=299)
    assert fault(use(world, token, seen)) == "proof-replayed"
    world.clock.pass_by(seconds=2)
    later = bound(world)
    assert use(world, later, proof(world, "GET", ME, later)).status_code == 200  # forgets what has ended
    assert fault(use(world, later, proof(world, "GET", ME, later, iat=_at(world, -300)))) == "proof-time"
    assert fault(use(world, later, proof(world, "GET", ME, later, iat=_at(world, 61)))) == "proof-time"


def test_the_address_is_the_one_outside_whatever_the_server_sees(world: World) -> None:
    token = bound(world)
    inside = {"Host": "10.0.0.7:8000", "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "http"}
    shown = {"Authorization": f"DPoP {token}", "DPoP": proof(world, "GET", ME, token)}
    assert world.client.request("GET", ME, headers={**inside, **shown}).status_code == 200
    shown["DPoP"] = proof(world, "GET", ME, token, htu=f"https://10.0.0.7:8000{ME}")
    assert fault(world.client.request("GET", ME, headers={**inside, **shown})) == "proof-address"


def test_who_holds_an_assertion_back_cannot_have_the_token_bound_to_another_key(world: World) -> None:
    form = world.token_form(WHO)
    thief = ec_key(77)
    claims = {"htm": "POST", "htu": ISSUER + TOKEN, "iat": _at(world, 0), "jti": "thief"}
    theirs = seal({"alg": "ES256", "typ": "dpop+jwt", "jwk": ec_jwk(thief)}, claims, thief)
    refused = world.call("POST", TOKEN, data=form, headers={"DPoP": theirs})
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_dpop_proof")
    mine = proof(world, "POST", TOKEN)
    granted = world.call("POST", TOKEN, data=form, headers={"DPoP": mine})
    assert granted.status_code == 200, "the assertion was not used up by the thief"
    again = world.call("POST", TOKEN, data=world.token_form(WHO), headers={"DPoP": mine})
    assert (again.status_code, again.json()["error"]) == (400, "invalid_dpop_proof")


def test_a_plain_token_is_a_bearer_token(world: World) -> None:
    token = world.token(WHO)
    assert world.call("GET", ME, token).status_code == 200
    refused = use(world, token, proof(world, "GET", ME, token))
    assert (refused.status_code, refused.json()["fault"]) == (401, "proof-unwanted")


def test_where_bound_tokens_are_demanded_a_client_without_proof_is_told(tmp_path: Path) -> None:
    with open_world(tmp_path, bound_only=True) as strict:
        code = strict.invite(WHO)
        strict.keys[WHO] = ec_key(1)
        assert strict.call("POST", "/v1/registrations", json=strict.registration(code, 1)).status_code == 201
        refused = strict.call("POST", TOKEN, data=strict.token_form(WHO))
        assert (refused.status_code, refused.json()["error"]) == (400, "invalid_dpop_proof")
        assert "DPoP" in refused.json()["error_description"]
        token = bound(strict)
        assert use(strict, token, proof(strict, "GET", ME, token)).status_code == 200


def test_a_caller_without_token_is_told_both_ways(world: World) -> None:
    challenge = world.call("GET", ME).headers["www-authenticate"]
    assert challenge == 'Bearer realm="sluis", DPoP realm="sluis", algs="ES256"'
    told = world.call("GET", "/.well-known/oauth-authorization-server").json()
    assert told["dpop_signing_alg_values_supported"] == ["ES256"]


def _at(world: World, seconds: int) -> int:
    return int(world.clock.now().timestamp()) + seconds
