"""`sluis policy check` and `sluis policy hash`: the bundle, without a server."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Protocol

import typer

from service.cli.console import BAD_INPUT


class Fault(Protocol):
    """Something wrong with a bundle: where, and in both languages what and how to mend it."""

    @property
    def place(self) -> str: ...  # noqa: D102 - the class docstring says it
    @property
    def nl(self) -> str: ...  # noqa: D102
    @property
    def en(self) -> str: ...  # noqa: D102


class Report(Protocol):
    """A bundle looked at as a whole: faults, or a hash and what is in it."""

    @property
    def directory(self) -> Path: ...  # noqa: D102 - the class docstring says it
    @property
    def faults(self) -> Sequence[Fault]: ...  # noqa: D102
    @property
    def policy_hash(self) -> str | None: ...  # noqa: D102
    @property
    def counts(self) -> Mapping[str, int] | None: ...  # noqa: D102


_Directory = Annotated[
    Path | None,
    typer.Option("--policies", exists=True, file_okay=False, help="Standaard de meegeleverde / default: our own"),
]


def add_policy_commands(app: typer.Typer, report: Callable[[Path | None], Report]) -> None:
    """Add `policy` to the operator's commands."""
    policy = typer.Typer(no_args_is_help=True, help="Beleid: doelen, gegevenssets en regels / policy bundle")
    app.add_typer(policy, name="policy")

    @policy.command()
    def check(policies: _Directory = None) -> None:
        """Controleer de hele bundel; exit 2 bij fouten / check the whole bundle, exit 2 when it has faults."""
        sound = _sound(report(policies))
        typer.echo(f"{sound.directory}: in orde / in order")
        for kind, number in (sound.counts or {}).items():
            typer.echo(f"  {number:4} {kind}")
        typer.echo(sound.policy_hash)

    @policy.command("hash")
    def show_hash(policies: _Directory = None) -> None:
        """Toon de inhoudshash van een bundel die in orde is / show the content hash of a bundle that is in order."""
        typer.echo(_sound(report(policies)).policy_hash)


def _sound(found: Report) -> Report:
    """The report when the bundle has no faults; else all of them on standard error, and exit status 2."""
    if not found.faults:
        return found
    for fault in found.faults:
        typer.echo(f"{fault.place}\n  nl: {fault.nl}\n  en: {fault.en}", err=True)
    typer.echo(f"{found.directory}: {len(found.faults)} fouten / faults", err=True)
    raise typer.Exit(BAD_INPUT)
