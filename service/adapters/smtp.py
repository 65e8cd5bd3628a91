"""Mail over SMTP (RFC 5321) with TLS: STARTTLS (RFC 3207) or from the first byte (RFC 8314).

What the server answers is never repeated in errors or logs: it may hold addresses.
"""

from __future__ import annotations

import smtplib
import ssl
from contextlib import suppress
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from pathlib import Path
from typing import Literal

from service.domain.errors import Unavailable
from service.domain.reminder import Letter
from service.domain.texts_reminder import mail_text
from service.ports.clock import Clock

Security = Literal["starttls", "implicit", "none"]
_PATIENCE = 20.0
"""Seconds for each answer of the server. A letter takes some fifteen of them, which ends before another process may
take it up (`domain.reminder.wait_after`)."""


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where and how mail is handed over; `certificates` is a file with the authorities that are believed of it."""

    host: str
    port: int
    security: Security
    sender: str
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    certificates: Path | None = None


class SmtpMailer:
    """Implements `service.ports.mail.Mailer`; one connection for each letter."""

    def __init__(self, server: MailServer, clock: Clock) -> None:
        self._server = server
        self._clock = clock

    def send(self, letter: Letter) -> int:
        """As the port says; without TLS, where it is asked for, no word is said to the server but the greeting.

        Once the server took the letter it is sent, whatever becomes of the goodbye.
        """
        message = self._message(letter)
        try:
            connection = self._connected()
            try:
                refused = connection.send_message(message, self._server.sender, list(letter.to))
                with suppress(smtplib.SMTPException, OSError):
                    connection.quit()
            finally:
                connection.close()
            return len(refused)
        except smtplib.SMTPResponseException as error:
            raise Unavailable("mail-not-sent", {"why": f"SMTP {error.smtp_code}"}) from None
        except (smtplib.SMTPException, OSError) as error:
            raise Unavailable("mail-not-sent", {"why": type(error).__name__}) from None

    def _connected(self) -> smtplib.SMTP:
        """A connection that is encrypted and, where there is a user, logged in."""
        server, own_name = self._server, self._server.sender.rpartition("@")[2]
        if server.security == "implicit":
            connection: smtplib.SMTP = smtplib.SMTP_SSL(
                server.host, server.port, local_hostname=own_name, timeout=_PATIENCE, context=self._trust()
            )
        else:
            connection = smtplib.SMTP(server.host, server.port, local_hostname=own_name, timeout=_PATIENCE)
        try:
            if server.security == "starttls":
                connection.starttls(context=self._trust())
            if server.user is not None and server.password is not None:
                connection.login(server.user, server.password)
        except BaseException:
            connection.close()
            raise
        return connection

    def _trust(self) -> ssl.SSLContext:
        found = ssl.create_default_context(cafile=self._server.certificates)
        found.minimum_version = ssl.TLSVersion.TLSv1_2
        return found

    def _message(self, letter: Letter) -> EmailMessage:
        text = mail_text(letter)
        message = EmailMessage(policy=SMTP_POLICY)
        message["From"] = self._server.sender
        message["To"] = ", ".join(letter.to)
        message["Subject"] = text.subject
        message["Date"] = self._clock.now()
        message["Message-ID"] = f"<{letter.id}@{self._server.sender.rpartition('@')[2]}>"
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's holiday answers it
        message["Content-Language"] = "nl, en"
        message.set_content(text.body)
        return message
