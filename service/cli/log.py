"""`sluis log ...`: the sequencer as a process of its own, and how the log stands."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import httpx
import typer

from service.cli.console import FAILED

_TIMEOUT = 5.0


def add_log_commands(app: typer.Typer, sequence_until_told: Callable[[], None]) -> None:
    """Add `log` to the operator's commands."""
    log = typer.Typer(no_args_is_help=True, help="Auditlog / audit log")
    app.add_typer(log, name="log")

    @log.command()
    def sequence() -> None:
        """Geef gebeurtenissen hun plaats in het log, tot een signaal komt / give events their place, until a signal."""
        sequence_until_told()

    @log.command()
    def status(
        *,
        port: Annotated[
            int, typer.Option(envvar="SLUIS_PORT", min=1, max=65535, help="Poort van de dienst / port of the service")
        ] = 8000,
    ) -> None:
        """Zeg hoe het log ervoor staat (exit 1 als het achterloopt) / say how the log stands (exit 1 when behind)."""
        try:
            with httpx.Client(trust_env=False, timeout=_TIMEOUT) as http:
                found = http.get(f"http://127.0.0.1:{port}/v1/log/status").raise_for_status().json()
        except httpx.HTTPError:
            typer.echo("geen antwoord / no answer", err=True)
            raise typer.Exit(FAILED) from None
        typer.echo(f"size {found['size']}, waiting {found['waiting']}, lag {found['lagSeconds']} s")
        if found["behind"]:
            typer.echo("LOOPT ACHTER / BEHIND", err=True)
            raise typer.Exit(FAILED)
