"""`sluis-client pseudonymise` and `sluis-client pseudonym`."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from sluis_client.cli.exit_codes import ExitCode
from sluis_client.cli.options import FileArgument, JsonOption, LanguageOption, RoundOption
from sluis_client.cli.screen import Screen
from sluis_client.cli.secrets import opened_client
from sluis_client.language import Text, count_of_rows


def pseudonymise(
    file: FileArgument,
    round_id: RoundOption,
    output: Annotated[
        Path, typer.Option("--output", metavar="BESTAND", help="Het CSV-bestand dat gemaakt wordt. (The CSV to write.)")
    ],
    *,
    as_json: JsonOption = False,
    language: LanguageOption = "nl",
) -> None:
    """Maak een bestand met pseudoniemen in plaats van BSN's. / Write a file with pseudonyms in place of BSNs.

    De BSN's verlaten deze computer niet. `submit` doet dit vanzelf met een kolom `bsn`. / The BSNs do not leave this
    machine. `submit` does this by itself with a column `bsn`.
    """
    screen = Screen("pseudonymise", language, as_json=as_json)
    with screen.reporting():
        with opened_client(language) as client, screen.progress(of_persons=True) as progress:
            number, persons = client.desk.pseudonymise(file, output, client.rules(round_id), progress)
        rows = count_of_rows(number)
        screen.say(
            Text(
                f"{output.name}: {rows.nl}, {persons} personen. Er staat geen BSN in.",
                f"{output.name}: {rows.en}, {persons} persons. There is no BSN in it.",
            )
        )
        screen.document("ok", exitCode=int(ExitCode.OK), round=round_id, rows=number, persons=persons)


def pseudonym(
    domain: Annotated[str, typer.Argument(metavar="DOMEIN", help="Waarvoor het is. (What it is for.)")],
    *,
    as_json: JsonOption = False,
    language: LanguageOption = "nl",
) -> None:
    """Maak het pseudoniem van één BSN, dat op stdin staat. / Make the pseudonym of one BSN, which stands on stdin.

    Voor een bezwaar of een vraag aan het log. Het BSN staat zo niet in de geschiedenis van uw opdrachten. / For an
    objection or a question to the log. This way the BSN is not in the history of your commands.
    """
    screen = Screen("pseudonym", language, as_json=as_json)
    with screen.reporting():
        bsn = typer.prompt("BSN", hide_input=True, err=True) if sys.stdin.isatty() else sys.stdin.readline()
        with opened_client(language) as client:
            (made,) = client.persons.pseudonyms([bsn], domain)
        found = made.split(" ")
        for one in found:
            screen.line(one)
        screen.document("ok", exitCode=int(ExitCode.OK), pseudonyms=found)
