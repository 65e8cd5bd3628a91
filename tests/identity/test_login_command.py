"""`sluis login`: what goes out, what may come back, and what stays behind."""

from __future__ import annotations

import base64
import hashlib
import json
import socket
import stat
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest
import typer
from openid_people import LocalProvider, browser_of
from token_maker import NOW, SetClock, b64, ec_jwk, ec_key, seal, seconds
from typer.testing import CliRunner

from service.adapters.clock import SystemClock, SystemRandomness
from service.adapters.identity.login_client import OpenIdLoginClient
from service.cli import login, login_session
from service.cli.login import BearerKind, LoginRequest, add_login_commands, sign_in
from service.cli.login_redirect import LoginFailedError
from service.ports.identity import (
    Algorithm,
    CodeExchange,
    NotAuthenticated,
    OpenIdLogin,
    ProviderEndpoints,
    ProviderTokens,
    TokenFault,
)

ISSUER = "https://login.example"
REQUEST = LoginRequest(client_id="sluis-cli", timeout=5)
TOKENS = ProviderTokens("me", "id.token", NOW + timedelta(minutes=5), "access", NOW + timedelta(minutes=9))


class Provider:
    """An `OpenIdLogin` that notes what it is given."""

    def __init__(self, *, names_issuer: bool = False, authorization: str = f"{ISSUER}/auth") -> None:
        self.names_issuer, self.authorization = names_issuer, authorization
        self.exchanged: list[CodeExchange] = []

    def endpoints(self) -> ProviderEndpoints:
        return ProviderEndpoints(ISSUER, self.authorization, f"{ISSUER}/token", self.names_issuer)

    def redeem(self, exchange: CodeExchange) -> ProviderTokens:
        self.exchanged.append(exchange)
        return TOKENS


def sent_back(*answers: dict[str, str] | str, asked: list[dict[str, str]] | None = None) -> Callable[[str], None]:
    """A browser that is sent back with these answers; `{state}` stands for the state that went out."""

    def show(address: str) -> None:
        question = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        if asked is not None:
            asked.append(question | {"address": address})
        for answer in answers:
            query = answer if isinstance(answer, str) else urlencode(answer)
            query = query.replace(urlencode({"": "{state}"})[1:], question["state"]).replace(
                "{state}", question["state"]
            )
            httpx.get(f"{question['redirect_uri']}?{query}")

    return show


GOOD = {"code": "the-code", "state": "{state}"}


def log_in(show: Callable[[str], None], provider: Provider | None = None, **request: Any) -> login_session.Session:
    asked = LoginRequest(**{"client_id": "sluis-cli", "timeout": 5, **request})
    return sign_in(provider or Provider(), asked, show=show, randomness=SystemRandomness())


def test_what_goes_out_and_what_proves_that_the_code_is_ours() -> None:
    provider, asked = Provider(authorization=f"{ISSUER}/auth?tenant=a"), list[dict[str, str]]()
    log_in(sent_back(GOOD, asked=asked), provider, acr_values="mfa", resource="https://sluis.example")
    (question,), (exchange,) = asked, provider.exchanged
    assert question["address"].startswith(f"{ISSUER}/auth?tenant=a&response_type=code&")
    assert question["redirect_uri"].startswith("http://127.0.0.1:") == exchange.redirect_uri.startswith(
        "http://127.0.0.1:"
    )
    assert question["redirect_uri"] == exchange.redirect_uri
    digest = hashlib.sha256(exchange.code_verifier.encode()).digest()
    assert question["code_challenge"] == base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    assert question["code_challenge_method"] == "S256"
    assert (question["nonce"], exchange.code) == (exchange.nonce, "the-code")
    assert (question["acr_values"], question["resource"]) == ("mfa", "https://sluis.example")
    secrets = {question["state"], exchange.nonce, exchange.code_verifier}
    assert len(secrets) == 3
    assert all(len(secret) == 43 for secret in secrets)
    assert not any(secret in repr(exchange) for secret in (exchange.code, exchange.nonce, exchange.code_verifier))


@pytest.mark.parametrize(
    ("bearer", "kept", "minutes"), [(BearerKind.ACCESS, "access", 9), (BearerKind.ID, "id.token", 5)]
)
def test_the_token_that_the_service_takes_is_kept(bearer: BearerKind, kept: str, minutes: int) -> None:
    session = log_in(sent_back(GOOD), bearer=bearer)
    assert (session.bearer, session.expires_at) == (kept, NOW + timedelta(minutes=minutes))
    assert kept not in repr(session)


def test_strangers_at_the_port_change_nothing() -> None:
    provider = Provider()
    strangers = ({"code": "evil", "state": "guess"}, {"code": "evil"}, "code=evil&state={state}&state={state}", "", "%")
    log_in(sent_back(*strangers, GOOD, {"code": "second", "state": "{state}"}), provider)
    assert [exchange.code for exchange in provider.exchanged] == ["the-code"]


def test_only_the_redirect_itself_is_answered() -> None:
    seen: list[int] = []

    def show(address: str) -> None:
        question = parse_qs(urlsplit(address).query)
        (redirect,), (state,) = question["redirect_uri"], question["state"]
        elsewhere = redirect.replace("/callback", "/")
        seen.append(httpx.get(elsewhere, params={"code": "evil", "state": state}).status_code)
        seen.append(httpx.post(redirect, params={"code": "evil", "state": state}).status_code)
        answer = httpx.get(redirect, params={"code": "the-code", "state": state})
        seen.append(answer.status_code)
        assert answer.headers["cache-control"] == "no-store"
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert "the-code" not in answer.text

    provider = Provider()
    log_in(show, provider)
    assert seen == [400, 501, 200]
    assert provider.exchanged[0].code == "the-code"


def test_the_port_is_free_again_and_reachable_from_here_only() -> None:
    asked: list[dict[str, str]] = []
    log_in(sent_back(GOOD, asked=asked))
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", urlsplit(asked[0]["redirect_uri"]).port)) != 0


@pytest.mark.parametrize(
    ("answer", "names_issuer", "told"),
    [
        ({"error": "access_denied", "state": "{state}"}, False, "access_denied"),
        ({"error": "\x1b[31m evil", "state": "{state}"}, False, "(error)"),
        (GOOD | {"iss": "https://evil.example"}, False, "another provider"),
        (GOOD, True, "another provider"),
        ({"state": "{state}"}, False, "no code"),
        ({"code": "x" * 3000, "state": "{state}"}, False, "no code"),
        ({"code": "a\nb", "state": "{state}"}, False, "no code"),
    ],
)
def test_answers_that_end_the_log_in(answer: dict[str, str], names_issuer: bool, told: str) -> None:
    provider = Provider(names_issuer=names_issuer)
    with pytest.raises(LoginFailedError, match=told.replace("(", r"\(").replace(")", r"\)")) as refusal:
        log_in(sent_back(answer), provider)
    assert "\x1b" not in str(refusal.value)
    assert provider.exchanged == []


def test_an_answer_that_names_its_issuer() -> None:
    assert log_in(sent_back(GOOD | {"iss": ISSUER}), Provider(names_issuer=True)).subject == "me"


def test_nobody_comes() -> None:
    with pytest.raises(LoginFailedError, match="in time"):
        log_in(sent_back(), timeout=0.05)


def test_a_browser_that_opens_a_line_and_says_nothing_holds_nobody_up() -> None:
    lines: list[socket.socket] = []

    def show(address: str) -> None:
        (redirect,) = parse_qs(urlsplit(address).query)["redirect_uri"]
        lines.append(socket.create_connection(("127.0.0.1", urlsplit(redirect).port or 0)))
        sent_back(GOOD)(address)

    assert log_in(show).subject == "me"
    for line in lines:
        line.close()


KEY = ec_key(1)
CLAIMS = {"iss": ISSUER, "sub": "me", "aud": "sluis-cli", "iat": seconds(), "exp": seconds(seconds=60), "nonce": "n"}
AT_HASH = b64(hashlib.sha256(b"access").digest()[:16])
EXCHANGE = CodeExchange(
    code="c", redirect_uri="http://127.0.0.1:1/", code_verifier="v", nonce="n", client_id="sluis-cli"
)


def redeem(
    claims: dict[str, Any], status: int = 200, exchange: CodeExchange = EXCHANGE, **answer: Any
) -> ProviderTokens:
    id_token = seal({"alg": "ES256", "typ": "JWT", "kid": "one"}, CLAIMS | claims, KEY)
    tokens = {"access_token": "access", "id_token": id_token, "token_type": "Bearer", "expires_in": 30} | answer
    documents: dict[str, Any] = {
        "/.well-known/openid-configuration": {
            "issuer": ISSUER,
            "jwks_uri": f"{ISSUER}/jwks",
            "authorization_endpoint": f"{ISSUER}/auth",
            "token_endpoint": f"{ISSUER}/token",
        },
        "/jwks": {"keys": [ec_jwk(KEY, kid="one")]},
        "/token": tokens,
    }

    def handle(request: httpx.Request) -> httpx.Response:
        code = status if request.url.path == "/token" else 200
        content = json.dumps(documents[request.url.path]).encode()
        return httpx.Response(code, stream=httpx.ByteStream(content))

    with httpx.Client(transport=httpx.MockTransport(handle)) as http:
        return OpenIdLoginClient(ISSUER, "ES256", http=http, clock=SetClock()).redeem(exchange)


def test_tokens_that_belong_together() -> None:
    tokens = redeem({"at_hash": AT_HASH})
    assert (tokens.subject, tokens.access_token) == ("me", "access")
    assert tokens.access_token_expires_at == NOW + timedelta(seconds=30)
    assert redeem({}, expires_in=None).access_token_expires_at == NOW + timedelta(seconds=60)
    assert redeem({"aud": ["sluis-cli"], "azp": "sluis-cli"}).subject == "me"


@pytest.mark.parametrize(
    ("claims", "answer", "fault"),
    [
        ({"nonce": "of another log-in"}, {}, TokenFault.CLAIM),
        ({"nonce": None}, {}, TokenFault.CLAIM),
        ({"at_hash": b64(b"x" * 16)}, {}, TokenFault.CLAIM),
        ({"at_hash": AT_HASH}, {"access_token": "another"}, TokenFault.CLAIM),
        ({"at_hash": None}, {}, TokenFault.CLAIM),
        ({"aud": ["sluis-cli", "another"]}, {}, TokenFault.CLAIM),
        ({"aud": "another"}, {}, TokenFault.AUDIENCE),
        ({"azp": "another"}, {}, TokenFault.AUDIENCE),
        ({"iss": "https://evil.example"}, {}, TokenFault.ISSUER),
        ({"exp": seconds()}, {}, TokenFault.EXPIRED),
        ({}, {"id_token": None}, TokenFault.PROVIDER_INVALID),
        ({}, {"access_token": "two words"}, TokenFault.PROVIDER_INVALID),
        ({}, {"access_token": "a\r\nHost: evil"}, TokenFault.PROVIDER_INVALID),
        ({}, {"access_token": ""}, TokenFault.PROVIDER_INVALID),
        ({}, {"status": 400}, TokenFault.PROVIDER_REFUSED),
        ({}, {"status": 503}, TokenFault.PROVIDER_UNREACHABLE),
    ],
)
def test_tokens_that_do_not(claims: dict[str, Any], answer: dict[str, Any], fault: TokenFault) -> None:
    with pytest.raises(NotAuthenticated) as refusal:
        redeem(claims, **answer)
    assert refusal.value.fault is fault


SESSION = login_session.Session(ISSUER, "sluis-cli", "me", "bearer", NOW + timedelta(minutes=5))


def test_a_session_is_kept_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "made" / "session.json"
    for _ in range(2):
        login_session.save(SESSION, path)
    assert login_session.load(path) == SESSION
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert [found.name for found in path.parent.iterdir()] == ["session.json"]


def test_a_session_that_cannot_be_put_in_place_leaves_no_token_behind(tmp_path: Path) -> None:
    (tmp_path / "session.json").mkdir()
    with pytest.raises(OSError):
        login_session.save(SESSION, tmp_path / "session.json")
    assert [found.name for found in tmp_path.iterdir()] == ["session.json"]


def test_the_current_token_is_never_a_stale_one(tmp_path: Path) -> None:
    path, clock = tmp_path / "session.json", SetClock()
    with pytest.raises(login_session.NotLoggedInError, match="not logged in"):
        login_session.current_token(clock, path)
    login_session.save(SESSION, path)
    assert login_session.current_token(clock, path) == "bearer"
    clock.pass_by(minutes=5)
    with pytest.raises(login_session.NotLoggedInError, match="ended"):
        login_session.current_token(clock, path)


@pytest.mark.parametrize("content", ["", "{}", "[]", "null", '{"issuer":1}', "\x00"])
def test_a_broken_session_is_no_session(tmp_path: Path, content: str) -> None:
    path = tmp_path / "session.json"
    path.touch(mode=0o600)
    path.write_text(content)
    with pytest.raises(login_session.NotLoggedInError):
        login_session.load(path)


def test_a_session_that_others_can_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "session.json"
    login_session.save(SESSION, path)
    path.chmod(0o640)
    with pytest.raises(login_session.NotLoggedInError, match="Others can read"):
        login_session.load(path)


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., Any]:
    """Runs `sluis login` and `sluis logout` with a home of their own."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))

    @contextmanager
    def open_provider(issuer: str, algorithm: Algorithm) -> Iterator[OpenIdLogin]:
        with httpx.Client() as http:
            yield OpenIdLoginClient(issuer, algorithm, http=http, clock=SystemClock())

    app = typer.Typer()
    add_login_commands(app, open_provider=open_provider, randomness=SystemRandomness())

    def run(*arguments: str) -> Any:
        return CliRunner().invoke(app, arguments)

    return run


def browse(monkeypatch: pytest.MonkeyPatch, subject: str) -> None:
    """The person's browser: opens by itself, in its own time."""

    def open_page(address: str) -> bool:
        threading.Thread(target=browser_of(subject), args=(address,)).start()
        return True

    monkeypatch.setattr(login.webbrowser, "open", open_page)


def test_login_and_logout(
    command: Callable[..., Any], openid_provider: LocalProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    browse(monkeypatch, "steward-1")
    monkeypatch.setenv("SLUIS_LOGIN_CLIENT_SECRET", "not a secret")
    result = command("login", "--issuer", openid_provider.issuer, "--client-id", "sluis-cli", "--bearer", "id")
    assert result.exit_code == 0, result.output
    assert "Ingelogd tot" in result.output
    token = login_session.current_token(SystemClock())
    assert token.count(".") == 2
    assert token not in result.output
    assert "Logged out" in command("logout").output
    assert "not logged in" in command("logout").output


def test_login_without_browser_prints_the_address(command: Callable[..., Any], openid_provider: LocalProvider) -> None:
    arguments = ("--issuer", openid_provider.issuer, "--client-id", "c", "--no-browser", "--timeout", "1")
    result = command("login", *arguments)
    assert result.exit_code == 1
    assert f"{openid_provider.issuer}/oauth2/authorize?" in result.output
    assert "Nobody logged in in time" in result.output


@pytest.mark.parametrize(
    ("issuer", "told"),
    [
        ("http://login.example", "https address"),
        ("http://localhost:1", "cannot be reached"),
    ],
)
def test_login_says_what_to_mend(command: Callable[..., Any], issuer: str, told: str) -> None:
    result = command("login", "--issuer", issuer, "--client-id", "c", "--no-browser")
    assert result.exit_code == 1
    assert told in result.output
    assert "Traceback" not in result.output


def test_login_at_a_provider_that_wants_a_secret(
    command: Callable[..., Any], openid_provider: LocalProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    browse(monkeypatch, "steward-1")
    result = command("login", "--issuer", openid_provider.issuer, "--client-id", "sluis-cli")
    assert result.exit_code == 1
    assert "client secret" in result.output
