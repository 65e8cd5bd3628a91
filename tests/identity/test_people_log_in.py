"""People, over real sockets: from `sluis login` at a real provider to the principal that the service sees."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from openid_people import CLIENT_ID, SECOND_FACTOR, LocalProvider, person, running_provider
from token_maker import SetClock

from service.adapters.clock import SystemClock
from service.adapters.oidc import OpenIdProviders
from service.cli.login import BearerKind
from service.domain.principal import Person, Role
from service.ports.identity import Identified, NotAuthenticated, TokenFault


@pytest.fixture
def http() -> Iterator[httpx.Client]:
    with httpx.Client() as client:
        yield client


def fault_of(people: OpenIdProviders, token: str) -> TokenFault:
    with pytest.raises(NotAuthenticated) as refusal:
        people.identify(token)
    return refusal.value.fault


def test_a_steward_logs_in_and_is_known(openid_provider: LocalProvider, http: httpx.Client) -> None:
    people = OpenIdProviders([openid_provider.settings()], SystemClock(), http)
    expected = Person(openid_provider.issuer, "steward-1", frozenset({Role.STEWARD}), "ttp", SECOND_FACTOR)
    assert people.identify(openid_provider.log_in("steward-1")) == Identified(expected)


def test_without_second_factor_the_role_is_withheld(openid_provider: LocalProvider, http: httpx.Client) -> None:
    people = OpenIdProviders([openid_provider.settings()], SystemClock(), http)
    identified = people.identify(openid_provider.log_in("steward-without-second-factor"))
    assert identified.principal.roles == frozenset()
    assert identified.roles_withheld == {Role.STEWARD}


def test_another_acr_than_the_one_required_is_too_weak(openid_provider: LocalProvider, http: httpx.Client) -> None:
    strong = {"privacy-officer": [SECOND_FACTOR], "auditor": [SECOND_FACTOR]}
    settings = openid_provider.settings(acr_required={"steward": ["stronger"], **strong})
    identified = OpenIdProviders([settings], SystemClock(), http).identify(openid_provider.log_in("steward-1"))
    assert identified.roles_withheld == {Role.STEWARD}


@pytest.mark.parametrize(
    ("subject", "roles", "organisation"),
    [("owner-1", {Role.REGIONAL_OWNER}, "board-1"), ("auditor-1", {Role.AUDITOR}, "ttp"), ("visitor", set(), None)],
)
def test_roles_and_organisation_come_from_the_claims(
    openid_provider: LocalProvider, http: httpx.Client, subject: str, roles: set[Role], organisation: str | None
) -> None:
    people = OpenIdProviders([openid_provider.settings()], SystemClock(), http)
    principal = people.identify(openid_provider.log_in(subject)).principal
    assert (principal.roles, principal.organisation) == (roles, organisation)


@pytest.mark.parametrize(
    ("changes", "roles"),
    [
        ({"roles": {"steward": "auditor"}, "acr_required": {"auditor": [SECOND_FACTOR]}}, {Role.AUDITOR}),
        ({"roles": {"Steward": "regional-owner"}}, set()),
        ({"roles": {}}, set()),
        ({"roles_claim": ("realm_access", "roles")}, {Role.AUDITOR}),
        ({"roles_claim": ("job",)}, {Role.REGIONAL_OWNER}),
        ({"roles_claim": ("job", "roles")}, set()),
    ],
)
def test_roles_are_mapped_by_the_settings(http: httpx.Client, changes: dict[str, Any], roles: set[Role]) -> None:
    somebody = person("me", "steward", "operator", realm_access={"roles": ["auditor", 7]}, job="regional-owner")
    with running_provider([somebody]) as provider:
        people = OpenIdProviders([provider.settings(**changes)], SystemClock(), http)
        assert people.identify(provider.log_in("me")).principal.roles == roles


@pytest.mark.parametrize(
    ("claims", "fault"),
    [
        ({"roles": {"steward": True}}, TokenFault.CLAIM),
        ({"organisation": ["board-1"]}, TokenFault.CLAIM),
        ({"organisation": "board-2"}, TokenFault.ORGANISATION),
        ({"acr": 2}, TokenFault.CLAIM),
        ({"azp": "another-client"}, TokenFault.AUDIENCE),
    ],
)
def test_claims_that_a_provider_cannot_make(http: httpx.Client, claims: dict[str, object], fault: TokenFault) -> None:
    with running_provider([{"sub": "me", **claims}]) as provider:
        people = OpenIdProviders([provider.settings(organisations=["board-1"])], SystemClock(), http)
        token = provider.log_in("me") if "azp" not in claims else _token_with_foreign_azp(provider)
        assert fault_of(people, token) is fault


def _token_with_foreign_azp(provider: LocalProvider) -> str:
    """`sluis login` itself refuses such a token, so it is fetched by hand."""
    redirect = "http://127.0.0.1:1/callback"
    question = {"response_type": "code", "client_id": CLIENT_ID, "redirect_uri": redirect, "scope": "openid"}
    with httpx.Client(base_url=provider.issuer) as browser:
        sent_back = browser.post("/oauth2/authorize", params=question, data={"sub": "me"})
        code = httpx.URL(sent_back.headers["location"]).params["code"]
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect}
        answer = browser.post("/oauth2/token", data=form, auth=(CLIENT_ID, "x"))
    return str(answer.json()["id_token"])


def test_a_token_for_another_client_is_refused(openid_provider: LocalProvider, http: httpx.Client) -> None:
    people = OpenIdProviders([openid_provider.settings()], SystemClock(), http)
    assert fault_of(people, openid_provider.log_in("steward-1", client_id="somebody-elses-app")) is TokenFault.AUDIENCE


def test_a_token_of_another_provider_is_refused(openid_provider: LocalProvider, http: httpx.Client) -> None:
    with running_provider([person("steward-1", "steward", organisation="ttp")]) as stranger:
        token = stranger.log_in("steward-1")
        people = OpenIdProviders([openid_provider.settings()], SystemClock(), http)
        assert fault_of(people, token) is TokenFault.ISSUER


def test_an_opaque_token_is_refused(openid_provider: LocalProvider, http: httpx.Client) -> None:
    people = OpenIdProviders([openid_provider.settings()], SystemClock(), http)
    opaque = openid_provider.session("steward-1", bearer=BearerKind.ACCESS).bearer
    assert fault_of(people, opaque) is TokenFault.MALFORMED


def test_a_token_ends(openid_provider: LocalProvider, http: httpx.Client) -> None:
    clock = SetClock(datetime.now(UTC) + timedelta(hours=1, seconds=1))
    people = OpenIdProviders([openid_provider.settings()], clock, http)
    assert fault_of(people, openid_provider.log_in("steward-1")) is TokenFault.EXPIRED


def test_a_token_that_lives_too_long_is_refused(openid_provider: LocalProvider, http: httpx.Client) -> None:
    people = OpenIdProviders([openid_provider.settings(max_lifetime_seconds=3599)], SystemClock(), http)
    assert fault_of(people, openid_provider.log_in("steward-1")) is TokenFault.LIFETIME


def test_a_token_under_another_algorithm_is_refused(openid_provider: LocalProvider, http: httpx.Client) -> None:
    people = OpenIdProviders([openid_provider.settings(algorithm="ES256")], SystemClock(), http)
    assert fault_of(people, openid_provider.log_in("steward-1")) is TokenFault.ALGORITHM


def test_a_token_without_key_id_is_refused_where_one_is_required(
    openid_provider: LocalProvider, http: httpx.Client
) -> None:
    people = OpenIdProviders([openid_provider.settings(key_id_required=True)], SystemClock(), http)
    assert fault_of(people, openid_provider.log_in("steward-1")) is TokenFault.KEY_ID


def test_a_provider_that_is_down_lets_nobody_in(http: httpx.Client) -> None:
    clock = SetClock(datetime.now(UTC))
    with running_provider([person("me", "regional-owner")]) as provider:
        token = provider.log_in("me")
        known = OpenIdProviders([provider.settings()], clock, http)
        known.identify(token)
    unknown = OpenIdProviders([provider.settings()], clock, http)
    assert fault_of(unknown, token) is TokenFault.PROVIDER_UNREACHABLE
    assert known.identify(token).principal.roles == {Role.REGIONAL_OWNER}, "keys of today still hold"
    clock.pass_by(minutes=10)
    assert fault_of(known, token) is TokenFault.PROVIDER_UNREACHABLE, "and older ones do not"


def test_a_new_key_is_fetched_and_the_old_one_is_forgotten(http: httpx.Client) -> None:
    clock = SetClock(datetime.now(UTC))
    me = person("me", "regional-owner")
    with running_provider([me]) as provider:
        old = provider.log_in("me")
        people = OpenIdProviders([provider.settings()], clock, http)
        people.identify(old)
    with running_provider([me], port=provider.port) as provider:
        new = provider.log_in("me")
        assert fault_of(people, new) is TokenFault.SIGNATURE, "asked again once a minute at most"
        clock.pass_by(seconds=61)
        assert people.identify(new).principal.roles == {Role.REGIONAL_OWNER}
        assert fault_of(people, old) is TokenFault.SIGNATURE
