"""`sluis-client check`."""

from pathlib import Path
from typing import Annotated

import typer

from sluis_client.check import CheckReport
from sluis_client.cli.describe import tell_serves
from sluis_client.cli.exit_codes import ExitCode
from sluis_client.cli.options import (
    DecimalOption,
    DelimiterOption,
    EncodingOption,
    FileArgument,
    JsonOption,
    LanguageOption,
    RoundOption,
    SheetOption,
)
from sluis_client.cli.screen import Screen, with_places
from sluis_client.cli.secrets import opened_client
from sluis_client.client import Client
from sluis_client.files.dialect import Dialect
from sluis_client.files.marked import write_marked
from sluis_client.files.prepare import require_file
from sluis_client.language import Text, count_of_faults, count_of_rows


def check(
    file: FileArgument,
    round_id: RoundOption,
    *,
    offline: Annotated[
        bool,
        typer.Option("--offline", help="Met de laatst opgehaalde regels. (With the rules as fetched last.)"),
    ] = False,
    marked: Annotated[
        Path | None,
        typer.Option(
            "--marked",
            metavar="BESTAND",
            help="Een kopie van de werkmap met elke fout in haar cel. (A copy of the workbook with comments.)",
        ),
    ] = None,
    sheet: SheetOption = None,
    delimiter: DelimiterOption = None,
    encoding: EncodingOption = None,
    decimal: DecimalOption = None,
    as_json: JsonOption = False,
    language: LanguageOption = "nl",
) -> None:
    """Controleer een bestand op deze computer; er wordt niets verstuurd. / Check a file; nothing is sent."""
    screen = Screen("check", language, as_json=as_json)
    with screen.reporting():
        with Client.from_profile() if offline else opened_client(language) as client:
            require_file(file)
            rules = client.rules(round_id, offline=offline)
            prepared = client.desk.prepare(file, rules, Dialect(delimiter, encoding, decimal, sheet))
        report = prepared.report
        if marked is not None:
            cells = write_marked(prepared, marked, language)
            screen.say(
                Text(
                    f"{marked.name} is gemaakt, met een opmerking in {cells} cellen.",
                    f"{marked.name} was made, with a comment in {cells} cells.",
                )
            )
        tell_serves(screen, rules.definition)
        _show(screen, report)
    if not report.accepted:
        raise typer.Exit(ExitCode.CONTENT_REFUSED)


def _show(screen: Screen, report: CheckReport) -> None:
    for told in report.told:
        screen.say(told)
    screen.faults(report.faults, report.places)
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
        read=[told.to_json() for told in report.told],
        faults=with_places(report.faults, report.places),
    )
