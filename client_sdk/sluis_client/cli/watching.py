"""`sluis-client submit --watch`: unattended delivery."""

import signal
from pathlib import Path

import typer

from sluis_client.cli.exit_codes import ExitCode, exit_code
from sluis_client.cli.screen import Screen
from sluis_client.cli.secrets import opened_client
from sluis_client.errors import SetupError
from sluis_client.files.watch import Outcome, Watch
from sluis_client.language import Text

_EVERY = 5.0


def watch_folder(screen: Screen, folder: Path, *, round_id: str | None, correct: bool, rest: float, once: bool) -> None:
    """Delivers what is laid in a folder, until told to stop (SIGINT, SIGTERM) or once.

    Raises:
        SetupError: there is no such folder, or another process watches it.
        typer.Exit: with `once`, the worst of what became of the files.
    """
    if not folder.is_dir():
        raise SetupError(
            Text(f"{folder} is geen map.", f"{folder} is no folder."), Text("Maak haar eerst.", "Make it first.")
        )
    stopped: list[int] = []

    def stop(number: int, _frame: object) -> None:
        stopped.append(number)

    def told(outcome: Outcome) -> None:
        state = _STATE.get(outcome.state, Text(outcome.state, outcome.state))
        why = Text("", "") if outcome.error is None else outcome.error.text
        screen.say(
            Text(
                f"{outcome.name}: {state.nl} ({outcome.round or '-'}). {why.nl} → {outcome.moved}",
                f"{outcome.name}: {state.en} ({outcome.round or '-'}). {why.en} → {outcome.moved}",
            ),
            good=outcome.error is None,
        )

    with opened_client(screen.language) as client:
        watch = Watch(client, folder, round_id=round_id, correct=correct, rest=rest)
        if once:
            outcomes = watch.once(told)
        else:
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, stop)
            outcomes = watch.forever(told, lambda: bool(stopped), _EVERY)
    worst = max((exit_code(each.error) for each in outcomes if each.error is not None), default=ExitCode.OK)
    code = worst if once else ExitCode.OK
    screen.document("watched", exitCode=int(code), files=[each.to_json() for each in outcomes])
    if code is not ExitCode.OK:
        raise typer.Exit(code)


def wrong_use() -> SetupError:
    """What was asked does not go together."""
    return SetupError(
        Text(
            "Deze opdracht is niet volledig, of niet te combineren.",
            "This command is not whole, or cannot be combined.",
        ),
        Text(
            "Geef een bestand met --round, of --watch MAP (met --once, --rest, --correct, --round).",
            "Give a file and --round, or --watch FOLDER (with --once, --rest, --correct, --round).",
        ),
    )


_STATE = {
    "accepted": Text("aangenomen", "accepted"),
    "late": Text("aangenomen, te laat", "accepted, late"),
    "duplicate": Text("telde al", "counted already"),
    "refused": Text("geweigerd", "refused"),
    "waiting": Text("wacht op verbinding", "waits for a connection"),
}
