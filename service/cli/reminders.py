"""`sluis remind` and `sluis contact`: reminders by e-mail, by hand, and where they go to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import typer

from service.cli.console import FAILED, OpenCall, refusals_told
from service.domain.reminder import Contact
from service.use_cases.call import Call
from service.use_cases.change_contact import record_contact

Remind = Callable[[Call], tuple[int, int, int, int]]
"""Fills and empties the outbox: how many were queued, sent, dropped, and failed."""


def add_reminder_commands(app: typer.Typer, open_call: OpenCall, remind: Remind) -> None:
    """Add `remind` and `contact` to the operator's commands."""

    @app.command("remind")
    def send() -> None:
        """Verstuur nu de herinneringen die aan de beurt zijn / send the reminders that are due now.

        The service does so by itself every quarter of an hour; this shows at once whether the mail server takes them.
        """
        with refusals_told(), open_call() as call:
            queued, sent, dropped, failed = remind(call)
        typer.echo(f"queued {queued}, sent {sent}, dropped {dropped}, failed {failed}")
        if failed:
            raise typer.Exit(FAILED)

    @app.command("contact")
    def contact(
        organisation_id: str,
        address: Annotated[list[str] | None, typer.Argument(help="Geen is: geen herinneringen / none for none")] = None,
    ) -> None:
        """Leg vast waar een organisatie haar herinneringen krijgt / record where an organisation gets its reminders."""
        with refusals_told(), open_call() as call:
            recorded = record_contact(call, organisation_id, Contact(tuple(address or ())))
        typer.echo(f"{organisation_id}: {len(recorded.addresses)} adres(sen) / address(es)")
