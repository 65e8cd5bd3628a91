"""The supplier's key: where it rests, how the next one takes over, and that no secret shows in arguments or logs."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import keyring
import pytest
import typer
from cryptography import x509
from cutting_proxy import Cut, CuttingProxy
from keyring.backend import KeyringBackend
from keyring.backends.fail import Keyring as NoKeyring
from sluis_double import Double
from typer.testing import CliRunner

from sluis_client import Client, PassphraseError, ServiceRefusedError, SetupError, TrustError, passphrases
from sluis_client.cli import app
from sluis_client.network import Network
from sluis_client.passphrases import given_passphrase

ROUND = "capacity-2019"
PASSPHRASE = "correct horse battery staple"


class Memory(KeyringBackend):
    priority = 1  # type: ignore[assignment]

    def __init__(self) -> None:
        super().__init__()
        self.held: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.held.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.held[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.held[service, username]


@pytest.fixture
def system_keyring() -> Iterator[Memory]:
    before, memory = keyring.get_keyring(), Memory()
    keyring.set_keyring(memory)
    yield memory
    keyring.set_keyring(before)


# the next key


def test_the_next_key_takes_over_and_the_old_one_holds_until_it_is_revoked(
    opened: Client, double: Double, registered: Path
) -> None:
    old = opened.registration.key_id
    first = opened.submit("capacity.csv", ROUND)
    made = opened.keys.rotate()
    assert made.key_id != old
    assert {old, made.key_id} <= set(double.clients), "both hold"
    second = opened.submit("long.csv", ROUND, first.submission)
    assert json.loads((registered / "config.json").read_text())["keyId"] == made.key_id
    assert opened.keys.revoke(old).revoked_at is not None
    assert [(key.key_id == made.key_id, key.revoked_at is None) for key in opened.keys.all()] == [
        (True, True),
        (False, False),
    ]
    with Client.from_profile() as again:
        assert again.submit("capacity.csv", ROUND, second.submission).version == 3
    assert not (registered / "new-key.pem").exists()


@pytest.mark.parametrize("cut", [{"sent": 0}, {"received": 0}])
def test_a_rotation_that_was_cut_off_goes_on_with_the_same_key(
    through_proxy: Callable[[float], Client], proxy: CuttingProxy, double: Double, cut: dict[str, int]
) -> None:
    client = through_proxy(0)
    proxy.cuts.append(Cut("POST /v1/organisations/me/keys", **cut))
    with pytest.raises(Exception, match="again"):
        client.keys.rotate()
    assert client.submit("capacity.csv", ROUND).rows == 2, "the present key still works"
    client.keys.rotate()
    assert len(double.clients) == 2


def test_a_key_that_was_stolen_is_out_at_once(opened: Client, double: Double) -> None:
    opened.rounds()
    opened.keys.revoke(opened.registration.key_id)
    with pytest.raises(ServiceRefusedError):
        opened.rounds()
    with pytest.raises(SetupError):
        opened.keys.revoke("../../me")


# where the key rests


def test_a_key_in_the_keyring_is_in_no_file(double: Double, home: Path, system_keyring: Memory) -> None:
    with Client.for_service(double.url, in_keyring=True) as client:
        old = client.register(double.invite()).key_id
    for file in home.rglob("*"):
        assert not file.is_file() or b"PRIVATE" not in file.read_bytes()
    assert list(system_keyring.held) == [("sluis-client", old)]
    with Client.from_profile() as client:
        client.submit("capacity.csv", ROUND)
        new = client.keys.rotate().key_id
        client.rounds()
    assert list(system_keyring.held) == [("sluis-client", new)], "the next one too, and the old one is gone"
    system_keyring.held.clear()
    with Client.from_profile() as client, pytest.raises(TrustError, match="keyring"):
        client.rounds()


def test_without_a_keyring_one_is_told_what_to_do(double: Double, home: Path) -> None:
    before = keyring.get_keyring()
    keyring.set_keyring(NoKeyring())
    try:
        with Client.for_service(double.url, in_keyring=True) as client, pytest.raises(SetupError) as refused:
            client.register(double.invite())
    finally:
        keyring.set_keyring(before)
    assert "--passphrase" in refused.value.mend.nl
    assert not double.clients, "the service heard of no key"


def test_a_passphrase_comes_through_a_descriptor(
    double: Double, home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def handed_over(text: bytes) -> None:
        readable, writable = os.pipe()
        os.write(writable, text)
        os.close(writable)
        monkeypatch.setenv("SLUIS_CLIENT_PASSPHRASE_FD", str(readable))
        passphrases._read.cache_clear()

    handed_over(PASSPHRASE.encode() + b"\r\nmore")
    with Client.for_service(double.url) as client:
        client.register(double.invite())
    assert given_passphrase() == PASSPHRASE, "a pipe is read once, and asked more than once"
    assert b"ENCRYPTED" in (home / "key.pem").read_bytes()
    with Client.from_profile() as client:
        client.unlock()
        client.keys.rotate()
    assert b"ENCRYPTED" in (home / "key.pem").read_bytes(), "the next one too"
    handed_over(b"another")
    with Client.from_profile() as client, pytest.raises(PassphraseError):
        client.unlock()
    for wrong in ("x", "987654"):
        monkeypatch.setenv("SLUIS_CLIENT_PASSPHRASE_FD", wrong)
        with pytest.raises(SetupError):
            Client.from_profile()


# the network


def test_proxy_and_authority_are_kept_with_the_registration(double: Double, home: Path, tmp_path: Path) -> None:
    authority = tmp_path / "authority.pem"
    authority.write_bytes(next(iter(_system_authorities())))
    network = Network("http://proxy.example:8080", authority)
    with Client.for_service(double.url, network=network) as client:
        client.register(double.invite())
    with Client.from_profile() as client:
        assert client.registration.network == network
        client.keys.rotate()
        assert client.registration.network == network


@pytest.mark.parametrize(
    "proxy",
    ["http://user:secret@proxy.example:8080", "proxy.example", "socks5://x", "http://", "http://x:y", "http://x:0"],
)
def test_a_proxy_that_cannot_be_or_holds_a_password_is_refused(proxy: str) -> None:
    with pytest.raises(SetupError) as refused:
        Network(proxy)
    assert "secret" not in str(refused.value)


def test_a_file_without_certificates_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty.pem").write_text("")
    for file in (tmp_path / "empty.pem", tmp_path / "missing.pem"):
        with pytest.raises(SetupError):
            Network(ca_file=file)


# nothing shows


def test_no_command_takes_a_secret_as_an_argument() -> None:
    secrets = {"passphrase", "password", "code", "token", "secret", "pin", "wachtwoord", "wachtzin"}
    for name, command in _commands(typer.main.get_command(app)):
        for parameter in command.params:
            words = set(parameter.name.split("_")) if parameter.name else set()
            assert not words & secrets or getattr(parameter, "is_flag", False), (name, parameter.name)


def test_no_secret_is_in_a_log_line_or_on_the_screen(
    double: Double, home: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = double.invite()
    monkeypatch.setenv("SLUIS_CLIENT_CODE", code)
    monkeypatch.setenv("SLUIS_CLIENT_PASSPHRASE", PASSPHRASE)
    caplog.set_level(logging.DEBUG)
    shown = ""
    for words in (
        ["init", "--url", double.url, "--passphrase"],
        ["submit", "capacity.csv", "--round", ROUND, "--yes"],
        ["keys", "rotate"],
        ["keys", "list", "--json"],
        ["status"],
    ):
        done = CliRunner().invoke(app, words)
        assert done.exit_code == 0, done.output
        shown += done.output
    with Client.from_profile() as client:
        shown += repr(client)
    said = shown + caplog.text
    assert "HTTP Request" in caplog.text, "there are lines to look at"
    hidden = [code, PASSPHRASE, "PRIVATE", *double.tokens, (home / "content-secret").read_bytes().hex()]
    assert not [secret for secret in hidden if secret in said]
    assert "eyJ" not in said, "no assertion, proof or token of any kind"


def _commands(command: click.Command, name: str = "sluis-client") -> Iterator[tuple[str, click.Command]]:
    yield name, command
    for word, inner in getattr(command, "commands", {}).items():
        yield from _commands(inner, f"{name} {word}")


def _system_authorities() -> Iterator[bytes]:
    import certifi

    pems = Path(certifi.where()).read_bytes().split(b"-----END CERTIFICATE-----\n")
    for pem in pems:
        if b"BEGIN CERTIFICATE" in pem:
            whole = pem[pem.index(b"-----BEGIN") :] + b"-----END CERTIFICATE-----\n"
            x509.load_pem_x509_certificate(whole)
            yield whole
