"""`sluis public ...`: figures that others publish, fetched by the operator and read by everyone, beside releases."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any
from urllib.parse import quote, urlencode

import typer

from service.cli.api import Url, ask_service
from service.cli.console import OpenCall, refusals_told
from service.domain.public_figures import PublicCopy
from service.ports.clock import Clock
from service.use_cases.fetch_public_figures import fetch_public_figures
from service.use_cases.read_public_figures import list_public_figures

_Source = Annotated[str, typer.Argument(help="Bijvoorbeeld / for example demography")]
_Period = Annotated[str, typer.Option(help="Jaar / year")]


def add_public_commands(app: typer.Typer, open_call: OpenCall, *, clock: Clock) -> None:
    """Add `public` to the commands."""
    public = typer.Typer(no_args_is_help=True, help="Openbare cijfers / public figures")
    app.add_typer(public, name="public")

    @public.command()
    def fetch(source: _Source, *, period: _Period) -> None:
        """Haal een jaar op bij het CBS en bewaar het / fetch a year from CBS and keep it (operator)."""
        with refusals_told(), open_call() as call:
            kept = fetch_public_figures(call, source, period)
        typer.echo(_head(kept.copy))
        for said, codes in (("ontbreekt / missing", kept.missing), ("onbekend / unknown", kept.unknown)):
            if codes:
                typer.echo(f"{said}: {len(codes)}: {' '.join(codes)}")
        typer.echo("opgehaald / fetched" if kept.new else "ongewijzigd / unchanged")

    @public.command("list")
    def list_all() -> None:
        """Toon wat er is opgehaald, en door wie / show what was fetched, and by whom (operator)."""
        with refusals_told(), open_call() as call:
            for _, copy in list_public_figures(call):
                typer.echo(f"{_head(copy)}\t{copy.retrieved_by}")

    @public.command()
    def show(
        source: _Source,
        *,
        period: _Period,
        classification: Annotated[str | None, typer.Option(help="Indeling / classification")] = None,
        level: Annotated[str | None, typer.Option(help="Niveau / level")] = None,
        url: Url,
    ) -> None:
        """Toon de cijfers per regio met hun bron / show the figures by region with their source."""
        query = {name: value for name, value in (("classification", classification), ("level", level)) if value}
        path = f"/v1/public-figures/{quote(source, safe='')}/{quote(period, safe='')}?{urlencode(query)}"
        for line in figure_lines(ask_service(clock, url, "GET", path).json()):
            typer.echo(line)


def _head(copy: PublicCopy) -> str:
    return "\t".join((copy.source, copy.period, copy.source_table, copy.table_version, copy.status or "-", copy.digest))


def figure_lines(answer: Mapping[str, Any]) -> Iterator[str]:
    """The answer of `readPublicFigures`, line by line: where it is from, each figure, and what is missing."""
    source = answer["source"]
    yield f"Bron / source: {source['publisher']}, {source['table']}: {source['tableTitle']} ({source['status']})"
    yield f"{source['licence']}; {source['address']}; {source['retrievedAt']}"
    yield answer["note"]["nl"]
    yield answer["note"]["en"]
    for figure in answer["figures"]:
        value = "-" if figure["value"] is None else str(figure["value"])
        cell = " ".join(figure["codes"])
        line = f"{figure['region']}\t{cell}\t{figure['measure']}\t{value}"
        yield line + "".join(f"\t{one['municipality']}: {one['why']}" for one in figure.get("missing", ()))
    for code in answer["unknown"]:
        yield f"{code}: onbekende gemeente / unknown municipality"
