"""Failed log-ins: who guesses fast leaves how often, and cannot fill the log; who an assertion claims to be is told."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from api_world import ISSUER, MANY, World, open_world
from hypothesis import given
from hypothesis import strategies as st
from token_maker import ec_key, seal

from service.adapters.identity.machine import JoseMachineTokens
from service.api.failed_logins import Recording, record_due
from service.api.logins import OTHERS, FailedLogins
from service.domain.audit import AuditEvent
from service.domain.principal import Role

FORM = b"application/x-www-form-urlencoded"
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
REPEATED = "login.failed-repeatedly"
TOKENS = JoseMachineTokens(
    issuer=ISSUER, token_endpoint=f"{ISSUER}/token", audience=ISSUER, signing_key=ec_key(1), new_id=lambda: "id"
)


@pytest.fixture
def world(tmp_path: Any) -> Iterator[World]:
    with open_world(tmp_path, rates=replace(MANY, failed_logins=3)) as made:
        yield made


def ask_token(world: World, assertion: str, address: str = "192.0.2.1") -> Any:
    body = (
        f"grant_type=client_credentials&client_assertion_type={ASSERTION_TYPE}&client_assertion={assertion}"
    ).encode()
    return world.client.raw("POST", "/v1/oauth/token", [(b"content-type", FORM)], [body], address=address)


def assertion(claimed: object, number: int = 99) -> str:
    """Signed by a key that nobody registered."""
    key = ec_key(number)
    now = 1_772_366_400
    claims = {"iss": claimed, "sub": claimed, "aud": ISSUER, "iat": now, "exp": now + 60, "jti": f"jti-{number}"}
    return seal({"alg": "ES256", "typ": "JWT", "kid": "k" * 43}, claims, key)


def told(event: AuditEvent) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(event.query or "{}")
    return found


def record(world: World, seconds: float) -> None:
    world.clock.pass_by(seconds=seconds)
    record_due(world.app.state.edge, world.clock.now() - timedelta(minutes=1), world.log)


def test_what_is_above_the_limit_is_one_event_a_minute_with_its_number(world: World) -> None:
    statuses = [world.call("GET", "/v1/rounds", "garbage").status_code for _ in range(40)]
    assert statuses == [401] * 3 + [429] * 37
    assert len(world.events(code="login.failed")) == 3
    record(world, 30)
    assert world.events(code=REPEATED) == []
    record(world, 31)
    (event,) = world.events(code=REPEATED)
    assert told(event)["failures"] == 37
    assert (event.outcome, event.reasons, event.user) == ("denied", ("too-many-requests",), "anonymous")
    assert event.source.access_point.startswith("api:")
    record(world, 600)
    assert len(world.events(code=REPEATED)) == 1


def test_assertions_above_the_limit_are_counted_and_good_ones_get_in(world: World) -> None:
    world.onboard("hospital-a")
    before = len(world.events(code="token.issue", outcome="denied"))
    answers = [ask_token(world, assertion("hospital-a")).status for _ in range(10)]
    assert answers == [401] * 3 + [429] * 7
    assert len(world.events(code="token.issue", outcome="denied")) - before == 3
    assert world.token("hospital-a")
    record(world, 61)
    assert [told(event)["failures"] for event in world.events(code=REPEATED)] == [7]


def test_each_address_has_its_own_event_and_the_number_of_addresses_is_bounded(world: World) -> None:
    counts = FailedLogins()
    for number in range(5_000):
        counts.add(f"2001:db8::{number:x}", world.clock.now())
    taken = counts.take(world.clock.now())
    assert len(taken) == 1_001
    assert sum(one.count for one in taken) == 5_000
    assert {one.address: one.count for one in taken}[OTHERS] == 4_000
    assert counts.take(world.clock.now()) == []


def test_what_the_database_does_not_take_is_counted_again(world: World) -> None:
    for _ in range(8):
        world.call("GET", "/v1/rounds", "garbage")
    with world.services.database._engines.write.connect() as connection, connection.begin():
        connection.exec_driver_sql(
            "CREATE TRIGGER no_events BEFORE INSERT ON audit_events BEGIN SELECT RAISE(ABORT, 'full'); END"
        )
    record(world, 61)
    assert world.log.failures
    assert world.events(code=REPEATED) == []
    with world.services.database._engines.write.connect() as connection, connection.begin():
        connection.exec_driver_sql("DROP TRIGGER no_events")
    record(world, 1)
    assert [told(event)["failures"] for event in world.events(code=REPEATED)] == [5]


def test_a_service_that_stops_records_what_it_counted(world: World) -> None:
    for _ in range(5):
        world.call("GET", "/v1/rounds", "garbage")

    async def lifetime() -> None:
        async with Recording(world.log)(world.app):
            await asyncio.sleep(0)

    asyncio.run(lifetime())
    assert [told(event)["failures"] for event in world.events(code=REPEATED)] == [2]


def test_a_provider_that_is_away_is_no_way_to_fill_the_log(world: World) -> None:
    world.people.unreachable = True
    statuses = [world.call("GET", "/v1/rounds", "garbage").status_code for _ in range(9)]
    assert statuses == [503] * 9
    assert len(world.events(code="login.failed", outcome="failed")) == 3
    world.people.unreachable = False
    good = world.people.add("good", Role.STEWARD, organisation="hospital-x")
    assert world.call("GET", "/v1/rounds", good).status_code not in {401, 429, 503}
    record(world, 61)
    assert [told(event)["failures"] for event in world.events(code=REPEATED)] == [6]


def test_a_refused_assertion_names_whom_it_claims_to_be_and_the_answer_is_the_same(tmp_path: Any) -> None:
    with open_world(tmp_path) as world:
        world.onboard("hospital-a")
        known, unknown = (ask_token(world, assertion(name)) for name in ("hospital-a", "hospital-z"))
        assert known.body == unknown.body
        events = world.events(code="token.issue", outcome="denied")
        claims = [told(event) for event in events]
        assert {"claimedClient": "hospital-a", "verified": False} in claims
        assert {"claimedClient": "hospital-z", "verified": False} in claims
        assert {event.user for event in events} == {"anonymous"}
        assert {event.on_behalf_of for event in events} == {None}
        world.token("hospital-a")
        assert world.events(code="token.issue", outcome="success")[0].query is None


@given(st.one_of(st.text(max_size=80), st.integers(), st.sampled_from(["123456782", "12345-6782", "A", "a b", "é"])))
def test_only_what_has_the_form_of_a_client_gets_into_the_log(claimed: object) -> None:
    found = TOKENS.claimed_client(assertion(claimed))
    assert found in {None, claimed}
    if found is not None:
        assert found.isascii()
        assert len(found) <= 64
        assert not found.replace("-", "").isdigit()
        assert all(character.isalnum() or character == "-" for character in found)
