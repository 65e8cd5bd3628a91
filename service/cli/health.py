"""`sluis health`: whether the service on this machine can do its work.

`python -m service.cli.health` is the same without the rest of the program: what a container engine asks every half
minute has to cost next to nothing.
"""

from __future__ import annotations

import time
from typing import Annotated

import httpx
import typer

_FAILED = 1  # as `service.cli.console` has it, which would load the whole program
_TIMEOUT = 5.0
_PAUSE = 0.25


def add_health_command(app: typer.Typer) -> None:
    """Add `health` to the operator's commands."""
    app.command()(health)


def health(
    *,
    port: Annotated[
        int, typer.Option(envvar="SLUIS_PORT", min=1, max=65535, help="Poort van de dienst / port of the service")
    ] = 8000,
    wait: Annotated[
        float, typer.Option(min=0, help="Zoveel seconden wachten tot het goed is / seconds to wait for it")
    ] = 0.0,
) -> None:
    """Zeg of de dienst op deze computer haar werk kan doen / say whether the service here can work (exit 1 if not)."""
    until = time.monotonic() + wait
    while not _ready(port):
        if time.monotonic() >= until:
            typer.echo("niet gereed / not ready", err=True)
            raise typer.Exit(_FAILED)
        time.sleep(_PAUSE)
    typer.echo("gereed / ready")


def _ready(port: int) -> bool:
    """Asks over loopback and past any proxy in the environment."""
    try:
        with httpx.Client(trust_env=False, timeout=_TIMEOUT) as http:
            return http.get(f"http://127.0.0.1:{port}/v1/readiness").is_success
    except httpx.TransportError:
        return False


if __name__ == "__main__":
    typer.run(health)
