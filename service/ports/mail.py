"""Sending mail, as use cases see it."""

from __future__ import annotations

from typing import Protocol

from service.domain.reminder import Letter


class Mailer(Protocol):
    """A mail server. A letter that is sent again has the same Message-ID, by which doubles are told."""

    def send(self, letter: Letter) -> int:
        """Hand the letter over to the server.

        Returns:
            How many of its addresses the server refused, while it took the others.

        Raises:
            Unavailable: `mail-not-sent`: the server took it for nobody.
        """
        ...
