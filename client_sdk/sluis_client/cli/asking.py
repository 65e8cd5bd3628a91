"""Whether to go on with what cannot be undone by giving the command again."""

import sys

import typer

from sluis_client.cli.exit_codes import ExitCode
from sluis_client.cli.screen import Screen
from sluis_client.errors import SetupError
from sluis_client.language import Text


def require_yes(screen: Screen, question: Text) -> None:
    """Go on only when somebody is there and says yes.

    Raises:
        SetupError: nobody is there to ask.
        typer.Exit: the answer is no.
    """
    if screen.for_machines or not sys.stdin.isatty():
        raise SetupError(
            Text("Er is niemand om te vragen of het mag.", "There is nobody to ask whether to go on."),
            Text("Geef `--yes` in een script.", "Give `--yes` in a script."),
        )
    if not typer.confirm(question.in_language(screen.language), default=False, err=True):
        raise typer.Exit(ExitCode.USAGE)
