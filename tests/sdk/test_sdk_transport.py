"""What the SDK sends over HTTP, what it tries again, and what it refuses to do."""

import logging
import socket
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from own_certificate import own_certificate
from sdk_samples import FakeTime
from sluis_double import Double, Refusal

from sluis_client import (
    Client,
    ClockSkewError,
    ConnectionFailedError,
    Patience,
    ServiceRefusedError,
    SetupError,
    TrustError,
    UnexpectedAnswerError,
)
from sluis_client.transport import USER_AGENT, checked_url


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_what_may_pass_is_tried_again(opened: Client, double: Double, time_here: FakeTime, status: int):
    double.fail_next("GET /v1/rounds", status)
    assert opened.rounds()
    assert double.calls["GET /v1/rounds"] == 2
    assert len(time_here.waits) == 1


@pytest.mark.parametrize("status", [400, 403, 404, 409, 413, 415, 422, 500, 501])
def test_an_answer_is_not_tried_again(opened: Client, double: Double, time_here: FakeTime, status: int):
    double.fail_next("GET /v1/rounds", status)
    with pytest.raises(ServiceRefusedError) as caught:
        opened.rounds()
    assert caught.value.status == status
    assert caught.value.trace.startswith("urn:uuid:")
    assert double.calls["GET /v1/rounds"] == 1
    assert not time_here.waits


def test_retry_after_in_seconds_is_honoured(opened: Client, double: Double, time_here: FakeTime):
    double.fail_next("GET /v1/rounds", 429, Retry_After="37")
    opened.rounds()
    assert time_here.waits == [37]


def test_retry_after_as_a_date_is_honoured(opened: Client, double: Double, time_here: FakeTime):
    moment = datetime.now(UTC) + timedelta(seconds=30)
    double.fail_next("GET /v1/rounds", 503, Retry_After=format_datetime(moment, usegmt=True))
    opened.rounds()
    assert 25 < time_here.waits[0] <= 30


def test_a_wait_beyond_the_patience_is_told_at_once(opened: Client, double: Double, time_here: FakeTime):
    double.fail_next("GET /v1/rounds", 503, Retry_After="3600")
    with pytest.raises(ConnectionFailedError) as caught:
        opened.rounds()
    assert "3600" in caught.value.mend.en
    assert not time_here.waits


def test_one_token_serves_many_calls(opened: Client, double: Double):
    opened.rounds()
    opened.rounds()
    assert double.calls["POST /v1/oauth/token"] == 1


def test_a_token_is_renewed_before_it_expires(opened: Client, double: Double, time_here: FakeTime):
    opened.rounds()
    time_here.offset = timedelta(seconds=275)
    double.clock = time_here.machine().now
    opened.rounds()
    assert double.calls["POST /v1/oauth/token"] == 2
    assert double.calls["GET /v1/rounds"] == 2


def test_a_refused_token_is_renewed_once(opened: Client, double: Double):
    opened.rounds()
    double.revoke_tokens()
    opened.rounds()
    assert double.calls["POST /v1/oauth/token"] == 2
    assert double.calls["GET /v1/rounds"] == 3


def test_a_token_refused_twice_is_a_refusal(opened: Client, double: Double):
    double.token_lifetime = -1
    with pytest.raises(ServiceRefusedError) as caught:
        opened.rounds()
    assert caught.value.status == 401
    assert double.calls["GET /v1/rounds"] == 2


def test_a_lost_token_answer_is_asked_again_with_a_new_assertion(opened: Client, double: Double):
    double.fail_next("POST /v1/oauth/token", 502)
    opened.rounds()  # the double refuses an assertion that it has seen
    assert double.calls["POST /v1/oauth/token"] == 2


def test_an_unknown_key_says_how_to_get_another(opened: Client, double: Double):
    double.clients.clear()
    with pytest.raises(ServiceRefusedError) as caught:
        opened.rounds()
    assert "init --force" in caught.value.mend.nl


def test_how_to_mend_and_every_place_come_from_the_service(opened: Client, double: Double):
    mend = {"nl": "Noem de ronde.", "en": "Name the round."}
    places = [{"in": "body", "pointer": "/manifest/round", "code": "missing", "nl": "ontbreekt", "en": "is missing"}]

    def refuse() -> None:
        raise Refusal(400, "invalid-request", mend=mend, errors=places, reasons="odd")

    double.round = refuse
    with pytest.raises(ServiceRefusedError) as caught:
        opened.rounds()
    assert caught.value.mend.to_json() == mend
    assert [(each.code, each.rule, each.text.nl) for each in caught.value.reasons] == [
        ("missing", "/manifest/round", "ontbreekt")
    ]


def test_a_wrong_clock_is_recognised_when_logging_in(opened: Client, time_here: FakeTime):
    time_here.offset = timedelta(minutes=-42)
    with pytest.raises(ClockSkewError) as caught:
        opened.rounds()
    assert "42 minuten achter" in caught.value.text.nl
    assert "42 minutes behind" in caught.value.text.en


def test_the_user_agent_names_the_version(opened: Client, double: Double):
    double.agents.clear()
    opened.rounds()
    assert double.agents == {USER_AGENT}


@pytest.mark.parametrize(
    "url",
    [
        "http://sluis.example",
        "http://127.0.0.1.sluis.example",
        "http://10.0.0.1",
        "ftp://sluis.example",
        "https://user:secret@sluis.example",
        "https://sluis.example/?a=b",
        "https://",
        "https://[::1",
        "https://sluis.example:99999",
        "sluis.example",
        "",
    ],
)
def test_other_addresses_are_refused_and_not_repeated(url: str):
    with pytest.raises(SetupError) as caught:
        checked_url(url)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "url", ["https://sluis.example/", "http://127.0.0.1:8000", "http://[::1]:1", "http://localhost"]
)
def test_https_and_this_machine_are_good_addresses(url: str):
    assert checked_url(url) == url.rstrip("/")


class _Odd(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        match self.path:
            case "/redirect/.well-known/oauth-authorization-server":
                self.send_response(307)
                self.send_header("Location", "https://elsewhere.example/")
                self.end_headers()
            case "/page/.well-known/oauth-authorization-server":
                self._say(b"<html>log in to the network</html>", "text/html")
            case "/list/.well-known/oauth-authorization-server":
                self._say(b"[]", "application/json")
            case _:
                self._say(b'{"issuer": "https://other.example"}', "application/json")

    def _say(self, body: bytes, kind: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Quiet."""


def _serve(server: HTTPServer) -> Iterator[str]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def odd(home: Path) -> Iterator[str]:
    yield from _serve(HTTPServer(("127.0.0.1", 0), _Odd))


@pytest.mark.parametrize(
    ("path", "error"),
    [("redirect", ServiceRefusedError), ("page", UnexpectedAnswerError), ("list", UnexpectedAnswerError)],
)
def test_what_is_no_service_is_recognised(odd: str, path: str, error: type[Exception]):
    with Client.for_service(f"http://{odd}/{path}") as client, pytest.raises(error):
        client.register("code")


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return own_certificate(tmp_path_factory.mktemp("tls") / "service.pem")


class _QuietServer(HTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """A client that does not trust the certificate hangs up."""


@pytest.fixture
def over_tls(authority: Path, home: Path) -> Iterator[str]:
    server = _QuietServer(("127.0.0.1", 0), _Odd)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    yield from _serve(server)


def test_a_certificate_that_is_not_trusted_ends_it_at_once(over_tls: str, time_here: FakeTime):
    client = Client.for_service(f"https://{over_tls}", machine=time_here.machine())
    with client, pytest.raises(TrustError) as caught:
        client.register("code")
    assert "SSL_CERT_FILE" in caught.value.mend.en
    assert not time_here.waits


def test_an_issuer_other_than_the_address_is_refused(over_tls: str, authority: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(authority))
    with Client.for_service(f"https://{over_tls}") as client, pytest.raises(TrustError) as caught:
        client.register("code")
    assert "calls itself other" in caught.value.text.en


def test_an_address_without_a_service_is_a_connection_problem(home: Path):
    client = Client.for_service("http://127.0.0.1:1", patience=Patience(total=0))
    with client, pytest.raises(ConnectionFailedError):
        client.register("code")


def test_what_is_not_encrypted_never_goes_through_a_proxy(
    registered: Path, double: Double, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    with Client.from_profile() as client:
        assert client.rounds()


def test_an_encrypted_connection_goes_through_the_proxy(home: Path, monkeypatch: pytest.MonkeyPatch):
    asked: list[bytes] = []

    def refuse() -> None:
        connection, _ = listener.accept()
        with connection:
            asked.append(connection.recv(4096).splitlines()[0])
            connection.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{listener.getsockname()[1]}")
        proxy = threading.Thread(target=refuse)
        proxy.start()
        client = Client.for_service("https://sluis.invalid", patience=Patience(total=0))
        with client, pytest.raises(ConnectionFailedError) as caught:
            client.register("code")
        proxy.join()
    assert asked == [b"CONNECT sluis.invalid:443 HTTP/1.1"]
    assert "proxy" in caught.value.text.nl


def test_nothing_secret_is_logged_or_represented(double: Double, home: Path, caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.DEBUG)
    code = double.invite()
    with Client.for_service(double.url) as client:
        client.register(code)
        client.submit("capacity.csv", double.round_id)
        seen = caplog.text + repr(client) + repr(vars(client)) + repr(vars(client._session))
    assert "Client(" in seen
    secrets = [code, *double.tokens, *(home / "key.pem").read_text().splitlines()[1:-1]]
    assert len(secrets) > 3
    assert not [secret for secret in secrets if secret in seen]
