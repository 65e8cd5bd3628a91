"""`sluis-client check`."""

from typing import Annotated

import typer

from sluis_client.check import CheckReport
from sluis_client.cli.exit_codes import ExitCode
from sluis_client.cli.options import FileArgument, JsonOption, LanguageOption, RoundOption
from sluis_client.cli.screen import Screen
from sluis_client.cli.secrets import opened_client
from sluis_client.client import Client
from sluis_client.language import Text, count_of_faults, count_of_rows


def check(
    file: FileArgument,
    round_id: RoundOption,
    offline: Annotated[
        bool,
        typer.Option("--offline", help="Met de laatst opgehaalde regels. (With the rules as fetched last.)"),
    ] = False,
    as_json: JsonOption = False,
    language: LanguageOption = "nl",
) -> None:
    """Controleer een bestand op deze computer; er wordt niets verstuurd. / Check a file; nothing is sent."""
    screen = Screen("check", language, as_json=as_json)
    with screen.reporting():
        with Client.from_profile() if offline else opened_client(language) as client:
            report = client.check(file, round_id, offline=offline)
        _show(screen, report)
    if not report.accepted:
        raise typer.Exit(ExitCode.CONTENT_REFUSED)


def _show(screen: Screen, report: CheckReport) -> None:
    screen.faults(report.faults)
    if report.accepted:
        rows = count_of_rows(report.rows)
        screen.say(
            Text(
                f"{rows.nl} gecontroleerd, geen fouten. Er is niets verstuurd.",
                f"{rows.en} checked, no faults. Nothing was sent.",
            )
        )
    else:
        fatal = count_of_faults(report.faults.fatal)
        screen.say(
            Text(f"{fatal.nl}. Er is niets verstuurd.", f"{fatal.en}. Nothing was sent."),
            good=False,
        )
    screen.document(
        "accepted" if report.accepted else "refused",
        exitCode=int(ExitCode.OK if report.accepted else ExitCode.CONTENT_REFUSED),
        round=report.round,
        rows=report.rows,
        contentDigest=report.content_digest,
        faults=report.faults.to_json(),
    )
