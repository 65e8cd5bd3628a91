"""`sluis classification ...`: lists of regions that people bring in, as whoever logged in."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from typing import Annotated, Any, TextIO
from urllib.parse import quote

import typer

from service.cli.api import Url, ask_service
from service.ports.clock import Clock

_Id = Annotated[str, typer.Argument(help="Id met versie, zoals / id with version, as iza-v1")]
_PATH = "/v1/region-lists"
_COLUMNS = ["municipality_code", "region_code", "region_name"]


def add_classification_commands(app: typer.Typer, *, clock: Clock) -> None:
    """Add `classification` to the commands."""
    commands = typer.Typer(no_args_is_help=True, help="Regio-indelingen / classifications of regions")
    app.add_typer(commands, name="classification")

    @commands.command("import")
    def import_list(
        file: Annotated[typer.FileText, typer.Argument(help="CSV: " + ", ".join(_COLUMNS) + "; - = stdin")],
        *,
        name: Annotated[str, typer.Option("--id", help="Id zonder versie / id without version")],
        title_nl: Annotated[str, typer.Option(help="Titel")],
        title_en: Annotated[str, typer.Option(help="Title in English")],
        source: Annotated[str, typer.Option(help="Bron, met datum / source, with its date")],
        year: Annotated[int, typer.Option(help="Jaar van de gemeenten / year of the municipalities")],
        url: Url,
        cluster: Annotated[
            bool, typer.Option(help="Eigen cluster: niet alle gemeenten / own cluster: not all municipalities")
        ] = False,
    ) -> None:
        """Breng een indeling in; een steward keurt goed / bring a classification in; a steward approves."""
        body = {
            "id": name,
            "title": {"nl": title_nl, "en": title_en},
            "source": source,
            "year": year,
            "cluster": cluster,
            "rows": _rows(file),
        }
        _sent(clock, url, _PATH, body)

    @commands.command("list")
    def list_all(*, url: Url) -> None:
        """Toon wat mensen inbrachten / show what people brought in."""
        for found in ask_service(clock, url, "GET", _PATH).json()["items"]:
            typer.echo(_line(found))

    @commands.command()
    def approve(classification: _Id, *, url: Url) -> None:
        """Keur goed wat een ander inbracht / approve what somebody else brought in."""
        _sent(clock, url, f"{_PATH}/{quote(classification, safe='')}/verdict", {"verdict": "approve"})

    @commands.command()
    def reject(classification: _Id, *, url: Url) -> None:
        """Wijs af wat een ander inbracht / reject what somebody else brought in."""
        _sent(clock, url, f"{_PATH}/{quote(classification, safe='')}/verdict", {"verdict": "reject"})


def _rows(file: TextIO) -> list[dict[str, str]]:
    """The rows as they stand; what is in them the service judges, with the rows of this file in its faults."""
    reader = csv.reader(file, delimiter=",", strict=True)
    header, *rows = list(reader) or [[]]
    wrong = [number for number, row in enumerate(rows, start=2) if len(row) != len(_COLUMNS)]
    if header != _COLUMNS or wrong:
        if header != _COLUMNS:
            typer.echo("rij/row 1: kolommen/columns: " + ", ".join(_COLUMNS), err=True)
        for number in wrong:
            typer.echo(f"rij/row {number}: {len(_COLUMNS)} velden/fields", err=True)
        raise typer.Exit(2)
    return [{"municipality": one, "region": region, "name": name} for one, region, name in rows]


def _sent(clock: Clock, url: str, path: str, body: Mapping[str, Any]) -> None:
    typer.echo(_line(ask_service(clock, url, "POST", path, content=json.dumps(body).encode()).json()))


def _line(found: Mapping[str, Any]) -> str:
    return f"{found['id']} {found['state']} {found['digest']}"
