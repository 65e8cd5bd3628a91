"""`sluis db ...`, `sluis sweep`, `sluis retry`: keeping the service in order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Protocol

import typer

from service.cli.console import OpenCall, refusals_told
from service.use_cases.fail_request import retry_request
from service.use_cases.read_objections import erase_objections
from service.use_cases.sweep_store import sweep_store


class Schema(Protocol):
    """The database's schema, as the operator changes it."""

    def upgrade(self) -> str | None:
        """Bring it to the revision that this program needs; the revision."""
        ...

    def downgrade(self, revision: str) -> str | None:
        """Bring it back to `revision`; the revision."""
        ...

    def current(self) -> str | None:
        """The revision that it has, None when it is empty."""
        ...


@dataclass(frozen=True, slots=True)
class Maintenance:
    """What the commands work on."""

    schema: Schema
    open_call: OpenCall


def add_maintenance_commands(app: typer.Typer, maintenance: Maintenance) -> None:
    """Add `db`, `sweep` and `retry` to the operator's commands."""
    db = typer.Typer(no_args_is_help=True, help="Databaseschema / database schema")
    app.add_typer(db, name="db")

    @db.command()
    def upgrade() -> None:
        """Breng het schema naar deze versie / bring the schema to this version."""
        typer.echo(maintenance.schema.upgrade() or "-")

    @db.command()
    def downgrade(revision: Annotated[str, typer.Argument(help="'base' maakt leeg / empties")]) -> None:
        """Breng het schema terug / bring the schema back."""
        typer.echo(maintenance.schema.downgrade(revision) or "-")

    @db.command()
    def current() -> None:
        """Toon de versie van het schema / show the schema's revision."""
        typer.echo(maintenance.schema.current() or "-")

    @app.command()
    def sweep() -> None:
        """Ruim verlaten bestanden op en meld ontbrekende / remove orphans and report what is missing (exit 1)."""
        with refusals_told(), maintenance.open_call() as call:
            swept, erased = sweep_store(call), erase_objections(call)
        counted = f"abandoned {swept.abandoned}, removed {swept.removed}, missing {len(swept.missing)}"
        typer.echo(f"{counted}, objections erased {erased}")
        for name in swept.missing:
            typer.echo(f"ONTBREEKT / MISSING {name}", err=True)
        if swept.missing:
            raise typer.Exit(1)

    @app.command()
    def retry(request: Annotated[str, typer.Argument(help="id van de aanvraag / of the request")]) -> None:
        """Laat een mislukte aanvraag opnieuw voorbereiden / let a failed request be prepared again."""
        with refusals_told(), maintenance.open_call() as call:
            retry_request(call, request)
