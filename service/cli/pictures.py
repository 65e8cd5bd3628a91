"""`sluis working-model` and `sluis catchment`: pictures of a release that lies in a file, without the service.

Whoever holds a release can make them, and they hold nothing that is not in it.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from service.cli.console import BAD_INPUT, refusals_told
from service.domain.catchment import catchment
from service.domain.picture_forms import catchment_csv, catchment_text, working_model_csv, working_model_text
from service.domain.released import Released, read_released
from service.domain.working_model import working_model
from sluis_client.wire import WireError, parse_json

Picture = TypeVar("Picture")


class Form(StrEnum):
    """What a picture is written as."""

    TEXT = "text"
    CSV = "csv"


_File = Annotated[
    Path,
    typer.Argument(metavar="FILE", exists=True, dir_okay=False, help="Antwoord van / answer of GET /v1/releases/{id}"),
]
_Form = Annotated[Form, typer.Option("--format", help="Vorm / form")]


def add_picture_commands(app: typer.Typer) -> None:
    """Add `working-model` and `catchment` to the commands."""

    @app.command("working-model")
    def show_working_model(file: _File, form: _Form = Form.TEXT) -> None:
        """Vul het werkmodel cruciale ggz in uit een vrijgave / fill in the working model from a release."""
        _show(file, working_model, working_model_text if form is Form.TEXT else working_model_csv)

    @app.command("catchment")
    def show_catchment(file: _File, form: _Form = Form.TEXT) -> None:
        """Toon wie waarheen gaat, uit een vrijgave / show who goes where, from a release."""
        _show(file, catchment, catchment_text if form is Form.TEXT else catchment_csv)


def _show(file: Path, draw: Callable[[Released], Picture], write: Callable[[Picture], str | bytes]) -> None:
    with refusals_told():
        written = write(draw(read_released(_content(file))))
    typer.echo(written, nl=False)


def _content(file: Path) -> object:
    """The signed content; the whole answer of the service may stand around it."""
    try:
        document = parse_json(file.read_bytes())
    except WireError as error:
        typer.echo(f"{file}: {error}", err=True)
        raise typer.Exit(BAD_INPUT) from error
    return document.get("content", document) if isinstance(document, dict) else document
