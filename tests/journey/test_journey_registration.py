"""Registering a key may be repeated after a lost answer, by the holder of that key and by nobody else."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from journey import OPERATOR, STRANGER, UNPROVEN, World
from token_maker import ec_jwk, ec_key

from service.domain.errors import Denied
from service.domain.organisation import OrganisationKind
from service.ports.identity import NotAuthenticated, TokenFault
from service.use_cases.invite_organisation import invite_again
from service.use_cases.issue_token import issue_token
from service.use_cases.register_key import Registration, register_key
from service.use_cases.revoke_key import revoke_key
from service.use_cases.suspend_organisation import suspend_organisation

KEY, OTHER_KEY = ec_key(71), ec_key(72)


def register(world: World, code: str, key: Any = KEY, proof: str | None = None) -> Registration:
    return register_key(world.call(STRANGER), code, ec_jwk(key), proof or world.proof(code, key))


def registrations(world: World) -> list[tuple[str, tuple[str, ...], str | None]]:
    events = [event for event in world.events() if event.code == "key.register" and event.on_behalf_of in {None, "new"}]
    return [(event.outcome, event.reasons, event.object_id) for event in events]


@pytest.fixture
def code(any_world: World) -> str:
    return any_world.invite("new", OrganisationKind.SUPPLIER)


def test_the_same_key_again_gets_the_same_answer(any_world: World, code: str) -> None:
    first = register(any_world, code)
    before = any_world.dump("audit_events"), len(any_world.events())
    any_world.clock.pass_by(days=30)
    assert register(any_world, code) == first
    assert (any_world.dump("audit_events"), len(any_world.events())) == (before[0], before[1] + 1)
    assert sorted(registrations(any_world)[:2]) == [
        ("success", (), first.key_id),
        ("success", ("repeated",), first.key_id),
    ]


def test_nobody_else_can_use_the_code_again(any_world: World, code: str) -> None:
    first = register(any_world, code)
    second_code = invite_again(any_world.call(OPERATOR), "new").code
    any_world.clock.pass_by(minutes=1)
    register(any_world, second_code, OTHER_KEY)
    attempts = {
        "another key": (code, ec_key(73), None),
        "the organisation's other key": (code, OTHER_KEY, None),
        "the key with its other code": (second_code, KEY, None),
        "a proof by another key": (code, KEY, any_world.proof(code, ec_key(73))),
        "a proof for another code": (code, KEY, any_world.proof(second_code, KEY)),
        "an old proof": (code, KEY, any_world.token(KEY, aud="elsewhere", sub="0")),
    }
    stored = any_world.dump("audit_events")
    for name, (tried, key, proof) in attempts.items():
        with pytest.raises(Denied) as refused:
            register(any_world, tried, key, proof)
        assert [reason.code for reason in refused.value.reasons] == ["code-not-valid"], name
    assert any_world.dump("audit_events") == stored
    denied = [event for event in any_world.events() if event.code == "key.register" and event.outcome == "denied"]
    assert [event.reasons for event in denied] == [("code-not-valid",)] * len(attempts)
    assert register(any_world, code) == first


def test_a_revoked_key_does_not_come_back(world: World) -> None:
    code = world.invite("new", OrganisationKind.SUPPLIER)
    revoke_key(world.call(OPERATOR), register(world, code).key_id)
    with pytest.raises(Denied, match="denied"):
        register(world, code)


def test_a_suspended_organisation_gets_no_answer_again(world: World) -> None:
    code = world.invite("new", OrganisationKind.SUPPLIER)
    register(world, code)
    suspend_organisation(world.call(OPERATOR), "new", suspended=True)
    with pytest.raises(Denied) as refused:
        register(world, code)
    assert [reason.code for reason in refused.value.reasons] == ["organisation-suspended"]


def test_a_code_that_was_never_used_is_not_used_up_by_a_bad_proof(world: World) -> None:
    code = world.invite("new", OrganisationKind.SUPPLIER)
    with pytest.raises(NotAuthenticated):
        register(world, code, proof=world.proof("another code", KEY))
    assert register(world, code).organisation.id == "new"


def test_an_expired_code_is_no_code(world: World) -> None:
    code = world.invite("new", OrganisationKind.SUPPLIER)
    world.clock.moment += timedelta(days=7)
    with pytest.raises(Denied, match="denied"):
        register(world, code)


def test_used_assertions_are_forgotten_once_they_expired_and_never_before(any_world: World) -> None:
    party = any_world.parties["north"]
    assertions = [any_world.assertion(party) for _ in range(3)]
    for assertion in assertions:
        issue_token(any_world.call(STRANGER), assertion, UNPROVEN)
    any_world.clock.pass_by(seconds=59)
    with pytest.raises(NotAuthenticated) as refused:
        issue_token(any_world.call(STRANGER), assertions[0], UNPROVEN)
    assert refused.value.fault is TokenFault.REPLAYED
    any_world.clock.pass_by(seconds=2)
    issue_token(any_world.call(STRANGER), any_world.assertion(party), UNPROVEN)
    assert len(any_world.dump("audit_events")["used_tokens"]) == 1
