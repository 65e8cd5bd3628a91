"""`sluis-client submit`."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from sluis_client.cli.exit_codes import ExitCode
from sluis_client.cli.options import FileArgument, JsonOption, LanguageOption, RoundOption
from sluis_client.cli.screen import Screen
from sluis_client.cli.secrets import opened_client
from sluis_client.delivery import Delivered
from sluis_client.errors import SetupError
from sluis_client.language import Text, count_of_rows


def submit(
    file: FileArgument,
    round_id: RoundOption,
    corrects: Annotated[
        str | None,
        typer.Option("--corrects", metavar="ID", help="De aanlevering die deze vervangt. (What this one replaces.)"),
    ] = None,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Vraag niets. (Ask nothing.)")] = False,
    as_json: JsonOption = False,
    language: LanguageOption = "nl",
) -> None:
    """Controleer, onderteken en lever een bestand aan. / Check, sign and deliver a file.

    Wordt de verbinding of de opdracht afgebroken, geef dan dezelfde opdracht opnieuw: er wordt nooit dubbel geteld.
    / After an interruption give the same command again: nothing is ever counted twice.
    """
    screen = Screen("submit", language, as_json=as_json)
    with screen.reporting():
        if not yes:
            _ask(screen, file, round_id)
        with opened_client(language) as client, screen.progress() as progress:
            delivered = client.submit(file, round_id, corrects, progress=progress)
        _show(screen, delivered)


def _ask(screen: Screen, file: Path, round_id: str) -> None:
    if screen.for_machines or not sys.stdin.isatty():
        raise SetupError(
            Text("Er is niemand om te vragen of het mag.", "There is nobody to ask whether to go on."),
            Text("Geef `--yes` in een script.", "Give `--yes` in a script."),
        )
    question = Text(f"{file.name} aanleveren voor {round_id}?", f"Deliver {file.name} for {round_id}?")
    if not typer.confirm(question.in_language(screen.language), default=False, err=True):
        raise typer.Exit(ExitCode.USAGE)


def _show(screen: Screen, delivered: Delivered) -> None:
    said = {
        "accepted": Text("Aangenomen", "Accepted"),
        "late": Text("Aangenomen, na de termijn", "Accepted, after the deadline"),
        "duplicate": Text("Deze inhoud telde al", "This content counted already"),
    }[delivered.outcome]
    rows = count_of_rows(delivered.rows)
    screen.say(
        Text(
            f"{said.nl}: {rows.nl}, versie {delivered.version}. "
            f"Ontvangstbewijs {delivered.submission} is geverifieerd en bewaard.",
            f"{said.en}: {rows.en}, version {delivered.version}. Receipt {delivered.submission} was verified and kept.",
        )
    )
    screen.document(
        delivered.outcome,
        exitCode=int(ExitCode.OK),
        submissionId=delivered.submission,
        version=delivered.version,
        rows=delivered.rows,
        warnings=[fault.to_json() for fault in delivered.warnings],
        receipt=delivered.receipt.to_json(),
    )
