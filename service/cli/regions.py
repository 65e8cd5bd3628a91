"""`sluis region ...`: the regions that organisations stand for, as whoever logged in."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import quote

import typer

from service.cli.api import Url, ask_service
from service.ports.clock import Clock

_Id = Annotated[str, typer.Argument(help="Id van de wijziging / id of the change")]
_PATH = "/v1/region-changes"


def add_region_commands(app: typer.Typer, *, clock: Clock) -> None:
    """Add `region` to the commands."""
    region = typer.Typer(no_args_is_help=True, help="Regio's van organisaties / regions of organisations")
    app.add_typer(region, name="region")

    @region.command("list")
    def list_all(*, url: Url) -> None:
        """Toon de voorgestelde wijzigingen / show the changes that were proposed."""
        for found in ask_service(clock, url, "GET", _PATH).json()["items"]:
            typer.echo(_line(found))

    @region.command()
    def propose(
        organisation: Annotated[str, typer.Argument(help="Id van de organisatie / id of the organisation")],
        *,
        reason: Annotated[str, typer.Option(help="Waarom / why (10+)")],
        url: Url,
        region: Annotated[
            list[str],
            typer.Option(
                help="Alle regio's vanaf dan; meermaals; geen = staat voor geen regio meer / all regions from then on; "
                "repeatable; none = stands for no region any more",
                metavar="CLASSIFICATION/CODE",
            ),
        ] = [],  # noqa: B006 - typer reads it, nobody writes it
        valid_from: Annotated[
            str | None, typer.Option(help="Eerste dag; anders meteen / first day; else at once")
        ] = None,
    ) -> None:
        """Stel voor waarvoor een organisatie staat; een ander keurt goed / propose what an organisation stands for."""
        body: dict[str, Any] = {"organisation": organisation, "regions": region, "reason": reason}
        if valid_from is not None:
            body["validFrom"] = valid_from
        _sent(clock, url, _PATH, body)

    @region.command()
    def approve(change_id: _Id, *, url: Url) -> None:
        """Keur goed wat een ander voorstelde (vier ogen) / approve what somebody else proposed (four eyes)."""
        _sent(clock, url, f"{_PATH}/{quote(change_id, safe='')}/verdict", {"verdict": "approve"})

    @region.command()
    def reject(change_id: _Id, *, url: Url) -> None:
        """Wijs af wat een ander voorstelde / reject what somebody else proposed."""
        _sent(clock, url, f"{_PATH}/{quote(change_id, safe='')}/verdict", {"verdict": "reject"})


def _sent(clock: Clock, url: str, path: str, body: Mapping[str, Any]) -> None:
    typer.echo(_line(ask_service(clock, url, "POST", path, content=json.dumps(body).encode()).json()))


def _line(found: Mapping[str, Any]) -> str:
    regions = " ".join(found["regions"]) or "-"
    since = found.get("holdsFrom", found["validFrom"])
    return f"{found['id']} {found['state']} {found['organisation']}: {regions} ({since} - ...) {found['reason']}"
