"""Reminders through a real mail server: with TLS, with a password, and when it says no."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from mail_server import PASSWORD, Inbox, running
from own_certificate import own_certificate
from token_maker import SetClock

from service.adapters.smtp import MailServer, SmtpMailer
from service.composition.settings import SettingsError, read_settings
from service.domain.classification import Label
from service.domain.errors import Unavailable
from service.domain.reminder import DueLine, Letter

NOW = datetime(2026, 7, 1, 9, 0, tzinfo=UTC)
LINE = DueLine("beds-2025", Label("Bedden: bezet én vrij", "Beds"), "2025", NOW + timedelta(days=3), 3, overdue=False)
LETTER = Letter("m-1", "north", "Ziekenhuis 't Noorden", ("a@north.example", "b@north.example"), (LINE,), "https://s")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return own_certificate(tmp_path_factory.mktemp("tls") / "server.pem")


def context_of(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


def mailer(port: int, **changes: Any) -> SmtpMailer:
    values: dict[str, Any] = {"host": "127.0.0.1", "port": port, "security": "none", "sender": "sluis@ttp.example"}
    return SmtpMailer(MailServer(**values | changes), SetClock(NOW))


def test_a_letter_arrives_as_it_was_written() -> None:
    inbox = Inbox()
    with running(inbox) as port:
        assert mailer(port).send(LETTER) == 0
        assert mailer(port).send(LETTER) == 0
    first, second = inbox.taken
    inbox.taken.pop()
    assert first.rcpt_tos == second.rcpt_tos == list(LETTER.to)
    message = inbox.message()
    assert (message["From"], message["To"]) == ("sluis@ttp.example", "a@north.example, b@north.example")
    assert message["Message-ID"] == "<m-1@ttp.example>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Date"].datetime == NOW
    text = message.get_content()
    assert "Ziekenhuis 't Noorden" in text
    assert "Bedden: bezet én vrij, 2025: uiterlijk 2026-07-04 11:00 CEST (3 dagen)" in text


@pytest.mark.parametrize("security", ["starttls", "implicit"])
def test_with_tls_and_a_password(certificate: Path, security: str) -> None:
    inbox, context = Inbox(), context_of(certificate)
    how: dict[str, Any] = {"authenticator": inbox.log_in}
    if security == "starttls":
        how |= {"tls_context": context, "require_starttls": True}
    else:
        how |= {"ssl_context": context, "auth_require_tls": False}
    with running(inbox, **how) as port:
        known = {"security": security, "certificates": certificate, "user": "sluis", "password": PASSWORD}
        assert mailer(port, **known).send(LETTER) == 0
        with pytest.raises(Unavailable) as refused:
            mailer(port, **known | {"password": "another"}).send(LETTER)
    assert refused.value.data == {"why": "SMTP 535"}
    assert len(inbox.taken) == 1
    assert inbox.logins[0] == PASSWORD.encode()


def test_a_certificate_that_is_not_known_gets_nothing(certificate: Path) -> None:
    inbox = Inbox()
    tls = {"tls_context": context_of(certificate), "authenticator": inbox.log_in}
    with running(inbox, **tls) as port, pytest.raises(Unavailable) as refused:
        mailer(port, security="starttls", user="sluis", password=PASSWORD).send(LETTER)
    assert refused.value.data == {"why": "SSLCertVerificationError"}
    assert (inbox.taken, inbox.logins) == ([], [])


def test_a_server_without_tls_gets_nothing() -> None:
    """Somebody in between who strips STARTTLS gets neither password nor letter."""
    inbox = Inbox()
    with running(inbox, authenticator=inbox.log_in, auth_require_tls=False) as port, pytest.raises(Unavailable):
        mailer(port, security="starttls", user="sluis", password=PASSWORD).send(LETTER)
    assert (inbox.taken, inbox.logins) == ([], [])


@pytest.mark.parametrize("goodbye", ["221 Bye", "421 too busy", "500 what?"])
def test_what_was_taken_is_sent_whatever_becomes_of_the_goodbye(goodbye: str) -> None:
    """Otherwise it would be sent again, and again."""
    inbox = Inbox(goodbye=goodbye)
    with running(inbox) as port:
        assert mailer(port).send(LETTER) == 0
    assert len(inbox.taken) == 1


@pytest.mark.parametrize(
    ("inbox", "why"),
    [
        (Inbox(answer="451 try later"), "SMTP 451"),
        (Inbox(answer="554 we want no mail of yours"), "SMTP 554"),
        (Inbox(refused=frozenset(LETTER.to)), "SMTPRecipientsRefused"),
    ],
)
def test_what_the_server_answers_is_not_repeated(inbox: Inbox, why: str) -> None:
    with running(inbox) as port, pytest.raises(Unavailable) as refused:
        mailer(port).send(LETTER)
    assert refused.value.data == {"why": why}
    assert refused.value.__cause__ is None
    assert "north.example" not in str(refused.value)


def test_one_address_that_is_refused_keeps_no_other_from_its_mail() -> None:
    inbox = Inbox(refused=frozenset({"b@north.example"}))
    with running(inbox) as port:
        assert mailer(port).send(LETTER) == 1
    assert [envelope.rcpt_tos for envelope in inbox.taken] == [["a@north.example"]]


def test_nobody_there() -> None:
    with running(Inbox()) as port:
        pass
    with pytest.raises(Unavailable) as refused:
        mailer(port).send(LETTER)
    assert refused.value.data == {"why": "ConnectionRefusedError"}


# --- settings


def settings(tmp_path: Path, **changes: str) -> Callable[[], Any]:
    (tmp_path / "password").write_text(f"{PASSWORD}\n")
    (tmp_path / "accents").write_text("geheim-é")
    (tmp_path / "two-lines").write_text("one\ntwo")
    given = {"SMTP_HOST": "mail.example.nl", "MAIL_FROM": "sluis@example.nl"} | changes
    named = {name: value.replace("FOLDER", str(tmp_path)) for name, value in given.items() if value}
    return lambda: read_settings({f"SLUIS_{name}": value for name, value in named.items()})


def test_the_password_is_in_a_file_and_shown_nowhere(tmp_path: Path) -> None:
    found = settings(tmp_path, SMTP_USER="sluis", SMTP_PASSWORD_FILE=str(tmp_path / "password"))()
    assert found.mail_server.password == PASSWORD
    assert (found.mail_server.port, found.mail_server.security) == (587, "starttls")
    assert PASSWORD not in f"{found!r}{found.mail_server!r}"
    assert read_settings({}).mail_server is None


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"SMTP_HOST": ""}, "SMTP_HOST"),
        ({"SMTP_HOST": "mail example"}, "SMTP_HOST"),
        ({"MAIL_FROM": ""}, "MAIL_FROM"),
        ({"MAIL_FROM": "Sluis <sluis@example.nl>"}, "MAIL_FROM"),
        ({"SMTP_SECURITY": "none"}, "SMTP_SECURITY"),
        ({"SMTP_SECURITY": "ssl"}, "SMTP_SECURITY"),
        ({"SMTP_USER": "sluis"}, "SMTP_USER"),
        ({"SMTP_USER": "sluis", "SMTP_PASSWORD_FILE": "/nowhere/password"}, "SMTP_PASSWORD_FILE"),
        ({"SMTP_USER": "sluis", "SMTP_PASSWORD_FILE": "FOLDER/accents"}, "SMTP_PASSWORD_FILE"),
        ({"SMTP_USER": "sluis", "SMTP_PASSWORD_FILE": "FOLDER/two-lines"}, "SMTP_PASSWORD_FILE"),
        ({"SMTP_USER": "slüis", "SMTP_PASSWORD_FILE": "FOLDER/password"}, "SMTP_USER"),
        ({"SMTP_CA_FILE": "/nowhere/ca.pem"}, "SMTP_CA_FILE"),
        ({"SMTP_PORT": "0"}, "SMTP_PORT"),
    ],
)
def test_settings_that_are_unsafe_or_incomplete_are_refused(
    tmp_path: Path, changes: dict[str, str], place: str
) -> None:
    with pytest.raises(SettingsError) as refused:
        settings(tmp_path, **changes)()
    assert [fault.partition(":")[0] for fault in refused.value.faults] == [f"SLUIS_{place}"]
