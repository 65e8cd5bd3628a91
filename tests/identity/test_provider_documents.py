"""What a provider publishes, and providers that are slow, large, lying or silent."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from pydantic import ValidationError
from token_maker import NOW, SetClock, ec_jwk, ec_key, rsa_jwk, rsa_key, seal, seconds

from service.adapters.identity.provider_documents import checked_address
from service.adapters.identity.provider_settings import ProviderSettings, providers_from_json
from service.adapters.oidc import OpenIdProviders
from service.domain.principal import Role
from service.ports.identity import NotAuthenticated, TokenFault

ISSUER, API = "https://login.example/realm", "https://sluis.example"
JWKS = "https://keys.login.example/jwks"
SETTINGS: dict[str, Any] = {
    "issuer": ISSUER,
    "token": "access",
    "audience": API,
    "algorithm": "ES256",
    "roles_claim": ["roles"],
    "roles": {"board": "regional-owner"},
    "organisation_claim": ["organisation"],
    "organisations": ["board-1"],
    "acr_required": {},
}
CLAIMS = {
    "iss": ISSUER,
    "sub": "me",
    "aud": [API, "account"],
    "iat": seconds(),
    "exp": seconds(seconds=3600),
    "jti": "1",
    "client_id": "sluis-cli",
    "roles": ["board"],
    "organisation": "board-1",
}


class Drip(httpx.SyncByteStream):
    """A body that comes piece by piece."""

    def __init__(self, *pieces: bytes, between: Callable[[], object] = lambda: None) -> None:
        self._pieces, self._between = pieces, between

    def __iter__(self) -> Iterator[bytes]:
        for piece in self._pieces:
            self._between()
            yield piece


class Provider:
    """A provider made of answers; counts what it is asked."""

    def __init__(self) -> None:
        self.discovery: Any = {
            "issuer": ISSUER,
            "jwks_uri": JWKS,
            "authorization_endpoint": f"{ISSUER}/auth",
            "token_endpoint": f"{ISSUER}/token",
        }
        self.keys: list[Any] = [ec_jwk(ec_key(1), kid="one", use="sig", alg="ES256")]
        self.asked: list[str] = []
        self.clock = SetClock()
        self.instead: Callable[[httpx.Request], httpx.Response] | None = None
        self.http = httpx.Client(transport=httpx.MockTransport(self._answer))
        self.people = self.resource_server()

    def resource_server(self, **changes: Any) -> OpenIdProviders:
        return OpenIdProviders([ProviderSettings(**SETTINGS | changes)], self.clock, self.http)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(str(request.url))
        time.sleep(0.01)  # long enough for a second caller to come in
        found = {"keys": self.keys} if str(request.url) == JWKS else self.discovery
        answer = httpx.Response(200, json=found) if self.instead is None else self.instead(request)
        if answer.is_stream_consumed:  # as if it had come over a line
            return httpx.Response(answer.status_code, headers=answer.headers, stream=Drip(answer.content))
        return answer

    def fault(self, token: str) -> TokenFault:
        with pytest.raises(NotAuthenticated) as refusal:
            self.people.identify(token)
        return refusal.value.fault


@pytest.fixture
def provider() -> Iterator[Provider]:
    made = Provider()
    with made.http:
        yield made


def token(number: int = 1, kid: str | None = "one", typ: str = "at+jwt", **changes: object) -> str:
    header = {"alg": "ES256", "typ": typ} | ({} if kid is None else {"kid": kid})
    return seal(header, CLAIMS | changes, ec_key(number))


def test_an_access_token_of_a_provider(provider: Provider) -> None:
    principal = provider.people.identify(token()).principal
    assert (principal.roles, principal.organisation) == ({Role.REGIONAL_OWNER}, "board-1")


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"aud": "sluis-cli"}, TokenFault.AUDIENCE),
        ({"aud": []}, TokenFault.CLAIM),
        ({"aud": [API, 1]}, TokenFault.CLAIM),
        ({"aud": None}, TokenFault.CLAIM),
        ({"jti": None}, TokenFault.CLAIM),
        ({"typ": "JWT"}, TokenFault.TYPE),
        ({"iss": ISSUER + "/"}, TokenFault.ISSUER),
        ({"organisation": "board-2"}, TokenFault.ORGANISATION),
        ({"exp": seconds(seconds=3601)}, TokenFault.LIFETIME),
        ({"number": 2}, TokenFault.SIGNATURE),
    ],
)
def test_access_tokens_that_are_refused(provider: Provider, changes: dict[str, Any], fault: TokenFault) -> None:
    assert provider.fault(token(**changes)) is fault


def test_a_jwks_of_many_kinds(provider: Provider) -> None:
    provider.keys = [
        rsa_jwk(rsa_key(), kid="one", use="sig"),
        {"kty": "OKP", "crv": "Ed25519", "x": "AA", "kid": "one"},
        ec_jwk(ec_key(3), kid="one", use="enc"),
        "no key at all",
        {"kid": ["one"]},
        *provider.keys,
    ]
    assert provider.people.identify(token()).principal.roles
    provider.people = provider.resource_server(algorithm="RS256")
    header = {"alg": "RS256", "typ": "at+jwt", "kid": "one"}
    assert provider.people.identify(seal(header, CLAIMS, rsa_key())).principal.roles


def test_a_key_id_that_stands_twice_chooses_nothing(provider: Provider) -> None:
    provider.keys.append(ec_jwk(ec_key(2), kid="one"))
    assert provider.fault(token()) is provider.fault(token(number=2)) is TokenFault.KEY_UNKNOWN


def test_without_key_id_only_an_only_key_is_used(provider: Provider) -> None:
    provider.people = provider.resource_server(key_id_required=False)
    assert provider.people.identify(token(kid=None)).principal.roles
    provider.clock.pass_by(minutes=10)
    provider.keys.append(ec_jwk(ec_key(2), kid="two"))
    assert provider.fault(token(kid=None)) is TokenFault.KEY_ID
    assert provider.people.identify(token(number=2, kid="two")).principal.roles


def test_keys_are_fetched_once_and_again_after_ten_minutes(provider: Provider) -> None:
    for _ in range(3):
        provider.people.identify(token())
    assert len(provider.asked) == 2, "the discovery document and the keys"
    provider.clock.pass_by(minutes=10)
    provider.people.identify(token())
    assert len(provider.asked) == 4


def test_many_callers_at_once_make_us_ask_once(provider: Provider) -> None:
    everybody_is_here = threading.Barrier(4)

    def call() -> None:
        everybody_is_here.wait()
        provider.people.identify(token())

    callers = [threading.Thread(target=call) for _ in range(4)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert len(provider.asked) == 2


def test_an_unknown_key_id_makes_us_ask_once_a_minute(provider: Provider) -> None:
    provider.people.identify(token())
    provider.keys = [ec_jwk(ec_key(2), kid="two")]
    new = token(number=2, kid="two")
    assert provider.fault(new) is TokenFault.KEY_UNKNOWN
    provider.clock.pass_by(seconds=59)
    assert provider.fault(new) is TokenFault.KEY_UNKNOWN
    assert len(provider.asked) == 2
    provider.clock.pass_by(seconds=1)
    assert provider.people.identify(new).principal.roles
    for number in range(20):
        provider.fault(token(kid=f"invented-{number}"))
    assert len(provider.asked) == 4


def test_a_known_key_holds_while_the_provider_is_down(provider: Provider) -> None:
    provider.people.identify(token())
    provider.clock.pass_by(minutes=2)
    provider.instead = lambda _: httpx.Response(503)
    assert provider.fault(token(kid="new")) is TokenFault.PROVIDER_UNREACHABLE
    assert provider.people.identify(token()).principal.roles


def test_a_provider_that_is_down_is_asked_every_five_seconds(provider: Provider) -> None:
    provider.instead = lambda _: httpx.Response(503)
    for _ in range(5):
        assert provider.fault(token()) is TokenFault.PROVIDER_UNREACHABLE
    assert len(provider.asked) == 1
    provider.instead = None
    provider.clock.pass_by(seconds=5)
    assert provider.people.identify(token()).principal.roles


def silent(request: httpx.Request) -> httpx.Response:
    raise httpx.ReadTimeout("too slow", request=request)


def unreachable(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("nobody there", request=request)


def endless() -> Iterator[bytes]:
    while True:
        yield b" " * 65536


@pytest.mark.parametrize(
    ("instead", "fault"),
    [
        (silent, TokenFault.PROVIDER_UNREACHABLE),
        (unreachable, TokenFault.PROVIDER_UNREACHABLE),
        (lambda _: httpx.Response(500), TokenFault.PROVIDER_UNREACHABLE),
        (lambda _: httpx.Response(404), TokenFault.PROVIDER_INVALID),
        (lambda _: httpx.Response(302, headers={"Location": "http://127.0.0.1/"}), TokenFault.PROVIDER_INVALID),
        (lambda _: httpx.Response(200, content=b"<html>"), TokenFault.PROVIDER_INVALID),
        (lambda _: httpx.Response(200, content=b"[]"), TokenFault.PROVIDER_INVALID),
        (lambda _: httpx.Response(200, content=endless()), TokenFault.PROVIDER_INVALID),
        (lambda _: httpx.Response(200, content=b'{"issuer":"a","issuer":"b"}'), TokenFault.PROVIDER_INVALID),
    ],
)
def test_documents_that_cannot_be_had(
    provider: Provider, instead: Callable[[httpx.Request], httpx.Response], fault: TokenFault
) -> None:
    provider.instead = instead
    assert provider.fault(token()) is fault


def test_a_compressed_answer_is_not_unpacked(provider: Provider) -> None:
    provider.instead = lambda _: httpx.Response(200, headers={"Content-Encoding": "gzip"}, stream=Drip(b"\x1f\x8b"))
    assert provider.fault(token()) is TokenFault.PROVIDER_INVALID


def test_an_answer_that_drips_is_cut_off(provider: Provider) -> None:
    drip = Drip(*[b" "] * 1000, between=lambda: provider.clock.pass_by(seconds=2))
    provider.instead = lambda _: httpx.Response(200, stream=drip)
    assert provider.fault(token()) is TokenFault.PROVIDER_UNREACHABLE
    assert (provider.clock.now() - NOW).total_seconds() < 10


@pytest.mark.parametrize(
    "change",
    [
        {"issuer": ISSUER + "/"},
        {"issuer": "https://evil.example"},
        {"issuer": None},
        {"jwks_uri": None},
        {"jwks_uri": "http://keys.login.example/jwks"},
        {"jwks_uri": "http://127.0.0.1/jwks"},
        {"jwks_uri": "https://user:secret@keys.login.example/jwks"},
        {"jwks_uri": "file:///etc/passwd"},
        {"token_endpoint": "http://login.example/token"},
    ],
)
def test_discovery_documents_that_are_not_right(provider: Provider, change: dict[str, Any]) -> None:
    provider.discovery |= change
    assert provider.fault(token()) is TokenFault.PROVIDER_INVALID
    assert JWKS not in provider.asked


@pytest.mark.parametrize("keys", [None, {}, [{}] * 101])
def test_a_jwks_that_is_none(provider: Provider, keys: Any) -> None:
    provider.keys = keys
    assert provider.fault(token()) is TokenFault.PROVIDER_INVALID


@pytest.mark.parametrize(
    ("address", "good"),
    [
        ("https://login.example", True),
        ("http://127.0.0.1:8080/a", True),
        ("http://[::1]:8080", True),
        ("http://localhost:1", True),
        ("http://localhost.evil.example", False),
        ("http://127.0.0.1.evil.example", False),
        ("http://127.0.0.1@evil.example", False),
        ("http://10.0.0.1", False),
        ("https://", False),
        ("login.example", False),
        ("https://login.example/#x", False),
        ("https://login.example/\n", False),
        ("ftp://127.0.0.1", False),
        ("https://[::1", False),
        ("https://login.example:99999", False),
        ("https://login\u2100.example", False),
    ],
)
def test_which_addresses_may_be_asked(address: str, good: bool) -> None:
    if good:
        assert checked_address(address, loopback=True) == address
        return
    with pytest.raises(ValueError):
        checked_address(address, loopback=True)


def test_settings_are_read_from_json() -> None:
    (settings,) = providers_from_json(json.dumps([SETTINGS]))
    assert (settings.header_type, settings.roles) == ("at+jwt", {"board": Role.REGIONAL_OWNER})
    assert providers_from_json("[]") == ()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"issuer": "http://login.example"}, "https is required"),
        ({"roles": {"x": "operator"}}, "no provider may give the role operator"),
        ({"roles": {"x": "supplier"}}, "no provider may give the role supplier"),
        ({"roles": {"x": "steward"}}, "the role steward needs a second factor"),
        ({"roles": {"x": "auditor"}, "acr_required": {"steward": ["a"]}}, "the role auditor needs a second factor"),
        ({"roles": {"x": "steward"}, "acr_required": {"steward": []}}, "at least 1 item"),
        ({"organisations": []}, "at least 1 item"),
        ({"algorithm": "HS256"}, "algorithm"),
        ({"algorithm": "none"}, "algorithm"),
        ({"algorithms": ["ES256"]}, "algorithms"),
        ({"max_lifetime_seconds": 10**6}, "max_lifetime_seconds"),
        ({"audience": ""}, "audience"),
    ],
)
def test_weak_settings_are_refused(change: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        providers_from_json(json.dumps([SETTINGS | change]))


def test_an_issuer_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="twice"):
        providers_from_json(json.dumps([SETTINGS, SETTINGS]))


def test_all_faults_of_settings_are_told_at_once() -> None:
    weak = SETTINGS | {"issuer": "http://login.example", "roles": {"a": "steward", "b": "worker"}}
    with pytest.raises(ValidationError) as refusal:
        providers_from_json(json.dumps([weak]))
    for told in ("https is required", "role worker", "role steward"):
        assert told in str(refusal.value)
