"""`sluis sealing ...`: the keys to which suppliers seal what they deliver."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import typer

from service.cli.console import OpenCall, refusals_told
from service.domain.sealing import SealingKey
from service.use_cases.call import Call
from service.use_cases.expire_sealing_key import expire_sealing_key
from service.use_cases.read_sealing_keys import list_sealing_keys
from service.use_cases.rotate_sealing_key import LEAD, OVERLAP, rotate_sealing_key
from sluis_client.wire import time_text

_HOURS = timedelta(hours=1)


def add_sealing_commands(app: typer.Typer, open_call: OpenCall) -> None:
    """Add `sealing` to the operator's commands."""
    sealing = typer.Typer(no_args_is_help=True, help="Sleutels om aan te verzegelen / keys to seal to")
    app.add_typer(sealing, name="sealing")

    @sealing.command()
    def rotate(
        lead_hours: Annotated[
            int, typer.Option(min=0, help="Uren tussen aankondigen en gebruiken / hours until it is used")
        ] = LEAD // _HOURS,
        overlap_hours: Annotated[
            int, typer.Option(min=25, help="Uren dat de vorige nog opent / hours that the one before still opens")
        ] = OVERLAP // _HOURS,
    ) -> None:
        """Maak een nieuwe sleutel; de vorige loopt daarna af / make a new key; the one before ends after it."""
        with refusals_told(), open_call() as call:
            made = rotate_sealing_key(call, lead=lead_hours * _HOURS, overlap=overlap_hours * _HOURS)
            typer.echo(_line(call, made))

    @sealing.command("list")
    def list_all() -> None:
        """Toon de sleutels, de oudste eerst / show the keys, the oldest first."""
        with refusals_told(), open_call() as call:
            for key in list_sealing_keys(call.services):
                typer.echo(_line(call, key))

    @sealing.command()
    def expire(key_id: Annotated[str, typer.Argument(help="Sleutel / key id")]) -> None:
        """Beëindig een sleutel nu, omdat een ander hem kan hebben / end a key now, for another may have it."""
        with refusals_told(), open_call() as call:
            typer.echo(_line(call, expire_sealing_key(call, key_id)))


def _line(call: Call, key: SealingKey) -> str:
    until = "-" if key.expires_at is None else time_text(key.expires_at.replace(microsecond=0))
    since = time_text(key.active_from.replace(microsecond=0))
    return f"{key.key_id}\t{key.state(call.services.clock.now())}\t{since}\t{until}"
