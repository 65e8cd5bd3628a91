"""Where a log-in is kept: one file that only its owner can read, with the bearer token and nothing that outlives it.

No refresh token and no ID token of the person is kept (GDPR art. 5.1.c): when the bearer token ends, one logs in again.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

import typer

from service.cli.private_file import write_private
from service.ports.clock import Clock

_OTHERS: Final = 0o077
_WINDOWS: Final = "nt"


class NotLoggedInError(Exception):
    """There is no log-in that can be used; the message says in Dutch and English what to do."""


@dataclass(frozen=True, slots=True)
class Session:
    """A log-in at one provider."""

    issuer: str
    client_id: str
    subject: str
    bearer: str = field(repr=False)
    expires_at: datetime


def session_file() -> Path:
    """The user's own file, in the place that the operating system has for it."""
    return Path(typer.get_app_dir("sluis")) / "session.json"


def save(session: Session, path: Path) -> None:
    """Put the session in place at once, readable by its owner only; an earlier one is replaced."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    document = json.dumps(
        {
            "issuer": session.issuer,
            "clientId": session.client_id,
            "subject": session.subject,
            "bearer": session.bearer,
            "expiresAt": session.expires_at.isoformat(),
        }
    )
    write_private(path, document.encode())


def load(path: Path) -> Session:
    """The session in the file.

    Raises:
        NotLoggedInError: there is none, it cannot be read, or others than its owner can read it.
    """
    try:
        if os.name != _WINDOWS and path.stat().st_mode & _OTHERS:
            raise NotLoggedInError(
                f"Anderen kunnen {path} lezen: doe `sluis logout` en log opnieuw in. / "
                f"Others can read {path}: run `sluis logout` and log in again."
            )
        members = json.loads(path.read_text(encoding="utf-8"))
        return Session(
            issuer=str(members["issuer"]),
            client_id=str(members["clientId"]),
            subject=str(members["subject"]),
            bearer=str(members["bearer"]),
            expires_at=datetime.fromisoformat(str(members["expiresAt"])),
        )
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise NotLoggedInError(
            "U bent niet ingelogd: doe `sluis login`. / You are not logged in: run `sluis login`."
        ) from error


def remove(path: Path) -> bool:
    """Forget the log-in; whether there was one."""
    try:
        path.unlink()
    except FileNotFoundError:
        return False
    return True


def current_token(clock: Clock, path: Path | None = None) -> str:
    """The bearer token of the present log-in, never a stale one.

    Raises:
        NotLoggedInError: there is no log-in, or it has ended.
    """
    session = load(path or session_file())
    if session.expires_at <= clock.now():
        raise NotLoggedInError("Uw log-in is verlopen: doe `sluis login`. / Your log-in has ended: run `sluis login`.")
    return session.bearer
