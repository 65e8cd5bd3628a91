"""`sluis-client objections`."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from sluis_client.cli.options import JsonOption, LanguageOption
from sluis_client.cli.screen import Screen, minute_text
from sluis_client.cli.secrets import opened_client
from sluis_client.errors import FileError, SetupError
from sluis_client.language import Text
from sluis_client.objections import Objection

objections = typer.Typer(
    no_args_is_help=True, help="Bezwaren van personen die u aanleverde. (Objections of persons whom you delivered.)"
)

_LONGEST = 1_000


@objections.command("list")
def show(as_json: JsonOption = False, language: LanguageOption = "nl") -> None:
    """De bezwaren die u meldde, zonder pseudoniem. / The objections that you lodged, without pseudonym."""
    screen = Screen("objections list", language, as_json=as_json)
    with screen.reporting():
        with opened_client(language) as client:
            found = client.objections()
        _show(screen, found)


@objections.command("lodge")
def lodge(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="BESTAND",
            help="Met één pseudoniem; - is stdin. Zo komt het niet in de geschiedenis van de shell. "
            "(With one pseudonym; - is stdin. It stays out of the shell's history.)",
            allow_dash=True,
        ),
    ],
    data_set: Annotated[
        list[str], typer.Option(help="Alleen tegen deze gegevensset; mag vaker. (Against this data set only.)")
    ] = [],  # noqa: B006 - typer reads it, nobody writes it
    purpose: Annotated[
        list[str], typer.Option(help="Alleen tegen dit doel; mag vaker. (Against this purpose only.)")
    ] = [],  # noqa: B006 - as above
    as_json: JsonOption = False,
    language: LanguageOption = "nl",
) -> None:
    """Meld een bezwaar: de persoon telt vanaf nu nergens meer in mee. / Lodge an objection of a person."""
    screen = Screen("objections lodge", language, as_json=as_json)
    with screen.reporting():
        pseudonym = _pseudonym(file)
        with opened_client(language) as client:
            made = client.lodge_objection(pseudonym, data_sets=data_set, purposes=purpose)
        _show(screen, [made])


@objections.command("withdraw")
def withdraw(
    objection: Annotated[str, typer.Argument(metavar="ID", help="Het bezwaar. (The objection.)")],
    as_json: JsonOption = False,
    language: LanguageOption = "nl",
) -> None:
    """Trek een bezwaar in: de persoon telt weer mee. / Withdraw an objection: the person counts again."""
    screen = Screen("objections withdraw", language, as_json=as_json)
    with screen.reporting():
        with opened_client(language) as client:
            ended = client.withdraw_objection(objection)
        _show(screen, [ended])


def _pseudonym(file: Path) -> str:
    """The one line of the file; no message repeats it."""
    try:
        with sys.stdin if str(file) == "-" else file.open(encoding="utf-8") as source:
            lines = source.read(_LONGEST).split()
    except (OSError, UnicodeDecodeError) as error:
        raise FileError(file, error) from error
    if len(lines) != 1:
        raise SetupError(
            Text(f"In {file} staat niet één pseudoniem.", f"{file} does not hold one pseudonym."),
            Text("Zet er precies één in.", "Put exactly one in it."),
        )
    return lines[0]


def _show(screen: Screen, found: list[Objection]) -> None:
    if found:
        screen.table(
            [
                Text("id", "id"),
                Text("tegen gegevenssets", "against data sets"),
                Text("tegen doelen", "against purposes"),
                Text("sinds", "since"),
                Text("ingetrokken", "withdrawn"),
            ],
            [
                (
                    one.id,
                    " ".join(one.data_sets) or "*",
                    " ".join(one.purposes) or "*",
                    minute_text(one.lodged_at),
                    minute_text(one.withdrawn_at) if one.withdrawn_at else "-",
                )
                for one in found
            ],
            whole={0},
        )
    else:
        screen.say(Text("U meldde geen bezwaren.", "You lodged no objections."))
    screen.document("ok", exitCode=0, objections=[one.to_json() for one in found])
