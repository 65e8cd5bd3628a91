"""Through a real forward proxy to a service whose certificate is of an authority that only this network knows."""

from __future__ import annotations

import base64
import logging
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import sluis_double
from own_certificate import own_authority
from sdk_samples import FakeTime
from sluis_double import Double, served
from typer.testing import CliRunner

from sluis_client import Client, ConnectionFailedError, Patience, SetupError, TrustError, wire
from sluis_client.cli import app
from sluis_client.network import Network

USER, PASSWORD = "ziekenhuis", "w@chtwoord/van:de proxy"
TYPED = "w%40chtwoord%2Fvan%3Ade%20proxy"
ROUND = "capacity-2019"
pytestmark = pytest.mark.xdist_group("network")


@dataclass(frozen=True)
class Authority:
    file: Path
    certificate: Path


@dataclass(frozen=True)
class ForwardProxy:
    """A proxy of its own process; `log` has a line for each connection that it made."""

    address: str
    log: Path

    @property
    def with_password(self) -> str:
        return self.address.replace("://", f"://{USER}:{TYPED}@")

    def passed(self) -> int:
        """How many connections it has told of; it does when they end."""
        return self.log.read_text().count("CONNECT 127.0.0.1:")


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(*own_authority(tmp_path_factory.mktemp("authority")))


@pytest.fixture(scope="module")
def another(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(*own_authority(tmp_path_factory.mktemp("another")))


@contextmanager
def forward_proxy(folder: Path, *options: str) -> Iterator[ForwardProxy]:
    port, log = folder / "port", folder / "log"
    command = [sys.executable, "-m", "proxy", "--hostname", "127.0.0.1", "--port", "0", "--port-file", str(port)]
    command += ["--num-acceptors", "1", "--num-workers", "1", "--basic-auth", f"{USER}:{PASSWORD}"]
    command += ["--log-file", str(log), "--log-level", "INFO", *options]
    with (folder / "printed").open("wb") as printed:
        process = subprocess.Popen(command, stdout=printed, stderr=printed)
        try:
            until = time.monotonic() + 60
            while not (port.exists() and port.read_text().strip()):
                assert process.poll() is None, (folder / "printed").read_text()
                assert time.monotonic() < until
                time.sleep(0.05)
            scheme = "https" if options else "http"
            yield ForwardProxy(f"{scheme}://127.0.0.1:{port.read_text().strip()}", log)
        finally:
            process.terminate()
            process.wait(30)


@pytest.fixture(scope="module")
def proxies(tmp_path_factory: pytest.TempPathFactory, authority: Authority) -> Iterator[dict[str, ForwardProxy]]:
    pem = str(authority.certificate)
    with (
        forward_proxy(tmp_path_factory.mktemp("plain")) as plain,
        forward_proxy(tmp_path_factory.mktemp("tls"), "--cert-file", pem, "--key-file", pem) as encrypted,
    ):
        yield {"http": plain, "https": encrypted}


@pytest.fixture(params=["http", "https"])
def proxy(request: pytest.FixtureRequest, proxies: dict[str, ForwardProxy]) -> ForwardProxy:
    return proxies[request.param]


@pytest.fixture
def service(
    definition: wire.Definition, authority: Authority, monkeypatch: pytest.MonkeyPatch, home: Path
) -> Iterator[Double]:
    with served(Double(definition), authority.certificate) as running:
        monkeypatch.setattr(sluis_double, "ISSUER", running.url)
        yield running


def require_no_secret(seen: str) -> None:
    encoded = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    assert not [secret for secret in (PASSWORD, TYPED, encoded, USER) if secret in seen]


@pytest.mark.parametrize("said", ["in the environment", "kept with the registration"])
def test_a_delivery_goes_through_the_proxy(
    *,
    service: Double,
    proxy: ForwardProxy,
    authority: Authority,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    home: Path,
    said: str,
) -> None:
    caplog.set_level(logging.DEBUG)
    before, network = proxy.passed(), None
    monkeypatch.setenv("HTTPS_PROXY", proxy.with_password)
    if said == "in the environment":
        monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    else:
        network = Network(proxy.address, authority.file)
    with Client.for_service(service.url, network=network) as client:
        client.register(service.invite())
    with Client.from_profile() as client:
        delivered = client.submit("long.csv", ROUND)
        seen = repr(client) + repr(vars(client._session)) + repr(vars(client._session.transport))
    assert delivered.receipt.signed == service.accepted[0].receipt
    assert proxy.passed() > before
    require_no_secret(caplog.text + seen)
    for path in home.rglob("*"):
        require_no_secret(path.read_bytes().decode(errors="replace") if path.is_file() else "")


@pytest.mark.parametrize("given", ["", f"{USER}:wrong@"])
def test_a_proxy_that_wants_another_password_is_told_at_once(
    *,
    service: Double,
    proxy: ForwardProxy,
    authority: Authority,
    monkeypatch: pytest.MonkeyPatch,
    time_here: FakeTime,
    given: str,
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", proxy.address.replace("://", f"://{given}"))
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    client = Client.for_service(service.url, machine=time_here.machine())
    with client, pytest.raises(SetupError) as caught:
        client.register(service.invite())
    assert "naam en wachtwoord" in caught.value.text.nl
    assert "HTTPS_PROXY" in caught.value.mend.en
    assert "wrong" not in str(caught.value)
    assert not time_here.waits
    assert not service.calls


def test_another_authority_is_told_with_what_to_do(
    service: Double,
    proxies: dict[str, ForwardProxy],
    another: Authority,
    monkeypatch: pytest.MonkeyPatch,
    time_here: FakeTime,
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", proxies["http"].with_password)
    for network in (None, Network(ca_file=another.file)):  # nobody's word, and that of somebody else
        client = Client.for_service(service.url, network=network, machine=time_here.machine())
        with client, pytest.raises(TrustError) as caught:
            client.register(service.invite())
        assert "certificaat van de dienst" in caught.value.text.nl
        assert "SSL_CERT_FILE" in caught.value.mend.nl
        assert "--ca-file" in caught.value.mend.en
    assert not time_here.waits
    assert not service.calls


def test_a_proxy_of_another_authority_gets_no_password(
    service: Double,
    proxies: dict[str, ForwardProxy],
    another: Authority,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    proxy = proxies["https"]
    monkeypatch.setenv("HTTPS_PROXY", proxy.with_password)
    monkeypatch.setenv("SSL_CERT_FILE", str(another.file))
    before = proxy.passed()
    with Client.for_service(service.url) as client, pytest.raises(TrustError) as caught:
        client.register(service.invite())
    assert "of van de proxy" in caught.value.text.nl
    assert "or of the proxy" in caught.value.text.en
    assert proxy.passed() == before


def test_a_password_goes_to_the_proxy_that_it_is_for(
    service: Double, proxies: dict[str, ForwardProxy], authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", proxies["https"].with_password)
    network = Network(proxies["http"].address, authority.file)
    with Client.for_service(service.url, network=network) as client, pytest.raises(SetupError, match="asks for a name"):
        client.register(service.invite())


def test_what_needs_no_proxy_goes_past_it(
    service: Double, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    with Client.for_service(service.url, patience=Patience(total=0)) as client:
        with pytest.raises(ConnectionFailedError) as caught:
            client.register(service.invite())
        assert "proxy" in caught.value.text.nl
    monkeypatch.setenv("NO_PROXY", "elsewhere.example,127.0.0.1")
    with Client.for_service(service.url) as client:
        assert client.register(service.invite()).name


@pytest.mark.parametrize(
    "address", ["socks5://u:geheim@proxy.example", "http://u:geheim@", "http://u:ge/heim@proxy:80"]
)
def test_what_is_no_proxy_is_told_and_not_repeated(home: Path, monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setenv("HTTPS_PROXY", address)
    with pytest.raises(SetupError) as caught:
        Client.for_service("https://sluis.example")
    assert "HTTPS_PROXY" in caught.value.text.nl
    assert "%40" in caught.value.mend.nl
    assert "heim" not in str(caught.value)


def test_what_holds_no_certificates_is_told(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "empty.pem").write_text("")
    for file in ("empty.pem", "absent.pem"):
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / file))
        with pytest.raises(SetupError, match="SSL_CERT_FILE"):
            Client.for_service("https://sluis.example")


def test_on_the_command_line(
    service: Double, proxy: ForwardProxy, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLUIS_CLIENT_CODE", service.invite())
    arguments = ["init", "--url", service.url, "--ca-file", str(authority.file)]
    refused = CliRunner().invoke(app, [*arguments, "--proxy", proxy.with_password])
    assert refused.exit_code == 2
    assert "HTTPS_PROXY" in refused.output
    require_no_secret(refused.output)
    monkeypatch.setenv("HTTPS_PROXY", proxy.with_password)
    done = CliRunner().invoke(app, [*arguments, "--proxy", proxy.address, "--json"])
    assert done.exit_code == 0, done.output
    require_no_secret(done.output)
    delivered = CliRunner().invoke(app, ["submit", "capacity.csv", "--round", ROUND, "--yes"])
    assert delivered.exit_code == 0, delivered.output
    assert "Aangenomen" in delivered.output
