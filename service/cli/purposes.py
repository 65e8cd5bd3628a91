"""`sluis purpose ...` and `sluis register`: purposes and the record of processing, as whoever logged in."""

from __future__ import annotations

import json
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import typer
import yaml

from service.cli.api import Url, ask_service
from service.cli.console import BAD_INPUT
from service.ports.clock import Clock

_Reason = Annotated[str, typer.Option(help="Waarom / why (10+)")]
_Version = Annotated[int, typer.Option(min=1, help="Versie / version")]
_Id = Annotated[str, typer.Argument(help="Id van het doel / id of the purpose")]


class Form(StrEnum):
    """What the record of processing is written as."""

    JSON = "json"
    CSV = "csv"
    HTML = "html"


class Said(StrEnum):
    """A verdict."""

    APPROVE = "approve"
    REJECT = "reject"


def add_purpose_commands(app: typer.Typer, *, clock: Clock) -> None:
    """Add `purpose` and `register` to the commands."""
    purpose = typer.Typer(no_args_is_help=True, help="Doelen / purposes")
    app.add_typer(purpose, name="purpose")

    @purpose.command("list")
    def list_all(*, url: Url) -> None:
        """Toon de doelen die u mag zien / show the purposes that you may see."""
        for found in ask_service(clock, url, "GET", "/v1/purposes").json()["items"]:
            typer.echo(_line(found))

    @purpose.command()
    def show(purpose_id: _Id, *, url: Url) -> None:
        """Toon de nieuwste versie in JSON / show the newest version in JSON."""
        found = ask_service(clock, url, "GET", f"/v1/purposes/{quote(purpose_id, safe='')}").json()
        typer.echo(json.dumps(found, ensure_ascii=False, indent=2))

    @purpose.command()
    def propose(
        file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="YAML, als in policies/purposes")],
        *,
        url: Url,
    ) -> None:
        """Stel een doel of een nieuwe versie voor / propose a purpose or a new version."""
        content = json.dumps({"document": _document(file)}, default=str).encode()
        typer.echo(_line(ask_service(clock, url, "POST", "/v1/purposes", content=content).json()))

    _add_verdicts(purpose, clock)
    _add_changes(purpose, clock)

    @app.command()
    def register(*, url: Url, form: Annotated[Form, typer.Option("--format")] = Form.JSON) -> None:
        """Toon het register van verwerkingen (AVG art. 30) / show the record of processing (GDPR art. 30)."""
        typer.echo(ask_service(clock, url, "GET", f"/v1/processing-register?format={form}", accept="*/*").text)


def _add_verdicts(purpose: typer.Typer, clock: Clock) -> None:
    @purpose.command()
    def review(purpose_id: _Id, *, version: _Version, reason: _Reason, url: Url, verdict: Said = Said.APPROVE) -> None:
        """Beoordeel als functionaris gegevensbescherming / review as the privacy officer."""
        body = {"version": version, "verdict": verdict.value, "reason": reason}
        _sent(clock, url, "POST", f"{quote(purpose_id, safe='')}/review", body)

    @purpose.command()
    def approve(purpose_id: _Id, *, version: _Version, reason: _Reason, url: Url, verdict: Said = Said.APPROVE) -> None:
        """Keur goed of af als datasteward (vier ogen) / approve or reject as a steward (four eyes)."""
        body = {"version": version, "verdict": verdict.value, "reason": reason}
        _sent(clock, url, "POST", f"{quote(purpose_id, safe='')}/approvals", body)


def _add_changes(purpose: typer.Typer, clock: Clock) -> None:
    @purpose.command()
    def suspend(purpose_id: _Id, *, version: _Version, reason: _Reason, url: Url) -> None:
        """Schors een doel; werkt meteen / suspend a purpose at once."""
        _changed(clock, url, purpose_id, {"version": version, "change": "suspend", "reason": reason})

    @purpose.command()
    def resume(purpose_id: _Id, *, version: _Version, reason: _Reason, url: Url) -> None:
        """Hef de schorsing op; een ander dan wie schorste / lift the suspension, by another than who suspended."""
        _changed(clock, url, purpose_id, {"version": version, "change": "resume", "reason": reason})

    @purpose.command()
    def withdraw(purpose_id: _Id, *, version: _Version, reason: _Reason, url: Url) -> None:
        """Trek een doel voorgoed in; werkt meteen / withdraw a purpose for good, at once."""
        _changed(clock, url, purpose_id, {"version": version, "change": "withdraw", "reason": reason})


def _changed(clock: Clock, url: str, purpose: str, body: Mapping[str, Any]) -> None:
    _sent(clock, url, "PUT", f"{quote(purpose, safe='')}/state", body)


def _sent(clock: Clock, url: str, method: str, path: str, body: Mapping[str, Any]) -> None:
    content = json.dumps(body).encode()
    typer.echo(_line(ask_service(clock, url, method, f"/v1/purposes/{path}", content=content).json()))


def _document(file: Path) -> Any:
    try:
        return yaml.safe_load(file.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        typer.echo(f"{file}: geen geldige YAML / not valid YAML ({type(error).__name__})", err=True)
        raise typer.Exit(BAD_INPUT) from error


def _line(found: Mapping[str, Any]) -> str:
    mark = "*" if found["inForce"] else " "
    return f"{mark} {found['id']} {found['version']} {found['status']} {found['digest']} ({found['origin']})"
