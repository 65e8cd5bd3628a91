"""Floods, slow senders and broken connections."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from api_world import MANY, World, open_world
from hypothesis import given
from hypothesis import strategies as st

from service.api.limiting import Counted, RateLimits
from service.api.problems import Refused
from service.domain.principal import Role


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    rates = replace(MANY, per_principal=20, failed_logins=3, wrong_codes=5)
    directory = tmp_path_factory.mktemp("small")
    with open_world(directory, rates=rates, body_idle_seconds=0.05, body_total_seconds=0.3) as world:
        yield world


def refused(answer: Any) -> None:
    assert (answer.status_code, answer.json()["code"]) == (429, "too-many-requests")
    assert 1 <= int(answer.headers["retry-after"]) <= 60
    assert answer.headers["content-type"] == "application/problem+json"


def test_one_caller_may_not_ask_too_often(small: World) -> None:
    eager = small.people.add("eager", Role.STEWARD, organisation="hospital-x")
    statuses = [small.call("GET", "/v1/rounds", eager).status_code for _ in range(25)]
    assert statuses.count(429) == 5
    refused(small.call("GET", "/v1/rounds", eager))
    calm = small.people.add("calm", Role.STEWARD, organisation="hospital-x")
    assert small.call("GET", "/v1/rounds", calm).status_code != 429


def test_bad_tokens_stop_being_recorded_but_good_ones_go_on(small: World) -> None:
    good = small.people.add("good", Role.STEWARD, organisation="hospital-x")
    before = len(small.events(code="login.failed"))
    statuses = [small.call("GET", "/v1/rounds", "garbage").status_code for _ in range(6)]
    assert statuses == [401, 401, 401, 429, 429, 429]
    assert len(small.events(code="login.failed")) - before == 3
    assert small.call("GET", "/v1/rounds", good).status_code != 429


def test_codes_cannot_be_guessed(small: World) -> None:
    code = small.invite("hospital-late")
    for _ in range(5):
        wrong = small.call("POST", "/v1/registrations", json=small.registration("WRONG-CODE", 7))
        assert (wrong.status_code, wrong.json()["reasons"][0]["code"]) == (403, "code-not-valid")
    refused(small.call("POST", "/v1/registrations", json=small.registration(code, 7)))
    elsewhere = small.client.raw(
        "POST", "/v1/registrations", [(b"content-type", b"application/json")], [b"{}"], address="198.51.100.7"
    )
    assert elsewhere.status == 400


def test_an_address_may_not_flood(tmp_path: Any) -> None:
    with open_world(tmp_path, rates=replace(MANY, per_address=10)) as world:
        for number in range(12):
            answer = world.client.raw("GET", "/v1/health", address=f"2001:db8::{number:x}")
        assert answer.status == 429
        assert answer.headers["api-version"]
        assert world.client.raw("GET", "/v1/health", address="2001:db8:0:1::1").status == 200


def headers(who: str) -> list[tuple[bytes, bytes]]:
    return [(b"authorization", f"Bearer {who}".encode()), (b"content-type", b"application/json")]


def test_a_sender_that_stops_is_not_waited_for(small: World) -> None:
    who = small.people.add("slow-1", Role.STEWARD, organisation="hospital-x")

    async def stuck() -> Any:
        await asyncio.sleep(5)

    answer = small.client.raw("POST", "/v1/rounds", headers(who), stuck)
    assert (answer.status, answer.json()["code"], answer.headers["connection"]) == (408, "request-timeout", "close")


def test_a_sender_that_drips_is_not_waited_for(small: World) -> None:
    who = small.people.add("slow-2", Role.STEWARD, organisation="hospital-x")
    small.app.state.edge = replace(
        small.app.state.edge, settings=replace(small.app.state.edge.settings, body_total_seconds=-0.7)
    )

    async def drip() -> Any:
        await asyncio.sleep(0.03)
        return {"type": "http.request", "body": b" ", "more_body": True}

    answer = small.client.raw("POST", "/v1/rounds", headers(who), drip)
    assert (answer.status, answer.json()["code"]) == (408, "request-timeout")


def test_a_broken_connection_is_no_error_of_ours(small: World) -> None:
    who = small.people.add("gone", Role.STEWARD, organisation="hospital-x")
    answer = small.client.raw("POST", "/v1/rounds", headers(who), [b"{"], then={"type": "http.disconnect"})
    assert (answer.status, answer.json()["code"]) == (400, "body-incomplete")
    assert not small.log.failures


class Time:
    """A clock that a test turns."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@given(st.lists(st.floats(0, 30), min_size=1, max_size=60))
def test_no_minute_holds_more_than_its_limit(pauses: list[float]) -> None:
    clock, counted, waited = Time(), [], None
    limits = RateLimits(replace(MANY, wrong_codes=5), clock)
    for pause in pauses:
        clock.now += pause
        try:
            limits.count(Counted.WRONG_CODE, "somebody")
        except Refused as refusal:
            waited = int(refusal.headers["Retry-After"])
            assert sum(clock.now - moment < 60 for moment in counted) == 5
        else:
            counted.append(clock.now)
            assert sum(clock.now - moment < 60 for moment in counted) <= 5
    if waited is not None:
        clock.now += 60
        limits.count(Counted.WRONG_CODE, "somebody")
    limits.require_room(Counted.WRONG_CODE, "somebody else")


def test_who_waits_as_long_as_told_is_let_in() -> None:
    clock = Time()
    limits = RateLimits(replace(MANY, wrong_codes=1), clock)
    limits.count(Counted.WRONG_CODE, "a")
    clock.now += 12.5
    with pytest.raises(Refused) as refused_:
        limits.count(Counted.WRONG_CODE, "a")
    clock.now += int(refused_.value.headers["Retry-After"])
    limits.count(Counted.WRONG_CODE, "a")


def test_the_silent_are_forgotten() -> None:
    clock = Time()
    limits = RateLimits(MANY, clock)
    for number in range(10_000):
        limits.count(Counted.ADDRESS, str(number))
    for _ in range(3):
        clock.now += 61
        limits.count(Counted.ADDRESS, "still here")
    assert len(limits._lately) + len(limits._before) <= 2
