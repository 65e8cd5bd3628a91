"""`sluis log ...`: for the operator: grow the log, see how it stands, hand it out, erase what was kept long enough."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import httpx
import typer

from service.cli.console import BAD_INPUT, FAILED, OpenCall, refusals_told
from service.use_cases.announce_log_key import announce_log_key
from service.use_cases.erase_expired_events import erase_expired_events
from service.use_cases.export_log import export_log
from sluis_client.wire.log.erasures import LEAST_YEARS

_TIMEOUT = 5.0


def add_log_commands(app: typer.Typer, sequence_until_told: Callable[[], None], open_call: OpenCall) -> None:
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

    _add_keeping(log, open_call)


def _add_keeping(log: typer.Typer, open_call: OpenCall) -> None:
    @log.command()
    def export(
        file: Annotated[Path, typer.Argument(metavar="BESTAND", help="Nieuw bestand, NDJSON / a new file")],
    ) -> None:
        """Schrijf het hele log, tot het nieuwste ijkpunt / write the whole log, up to the newest checkpoint."""
        try:
            descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)  # nobody else may read the log
        except OSError as error:
            typer.echo(f"{file}: niet te maken / cannot be made ({error.strerror})", err=True)
            raise typer.Exit(BAD_INPUT) from None
        try:
            with open(descriptor, "wb") as output, refusals_told(), open_call() as call:  # noqa: PTH123 - takes it over
                events = export_log(call, output.write)
        except BaseException:
            file.unlink()  # no half of a log, that would look like one that was cut off
            raise
        typer.echo(f"{events} gebeurtenissen / events")

    @log.command("announce-key")
    def announce_key(
        key: Annotated[str, typer.Argument(metavar="SLEUTEL", help="Regel van `sluis keys renew-log` / its line")],
    ) -> None:
        """Leg vast welke sleutel het log straks ondertekent / record which key is to sign the log."""
        with refusals_told(), open_call() as call:
            announced = announce_log_key(call, key)
        typer.echo(f"aangekondigd / announced: {announced.text()}")

    @log.command("erase-expired")
    def erase_expired(
        *,
        years: Annotated[
            int, typer.Option(help="Bewaartermijn in jaren, ten minste 5 / years to keep, 5 at least")
        ] = LEAST_YEARS,
    ) -> None:
        """Wis gebeurtenissen waarvan de bewaartermijn voorbij is / erase events whose retention is over."""
        with refusals_told(), open_call() as call:
            erased = erase_expired_events(call, years)
        typer.echo(f"{erased} gewist / erased")
