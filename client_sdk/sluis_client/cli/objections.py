"""`sluis-client objections`."""

import sys
from typing import Annotated

import typer

from sluis_client.cli.options import JsonOption, LanguageOption
from sluis_client.cli.screen import Screen, minute_text
from sluis_client.cli.secrets import opened_client
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
            found = client.persons.objections()
        _show(screen, found)


@objections.command("lodge")
def lodge(
    pseudonym: Annotated[
        list[str],
        typer.Argument(
            metavar="[PSEUDONIEM]...",
            show_default=False,
            help="Wat `sluis-client pseudonym` geeft, of stdin. (What `sluis-client pseudonym` prints, or stdin.)",
        ),
    ] = [],  # noqa: B006 - typer reads it, nobody writes it
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
        given = " ".join(pseudonym) or sys.stdin.read(_LONGEST)
        with opened_client(language) as client:
            made = client.persons.lodge_objection(given, data_sets=data_set, purposes=purpose)
        if len(made) < len(given.split()):
            screen.say(
                Text(
                    "Met de andere sleutel leverde u deze persoon nog niet aan. Meld het daarna opnieuw.",
                    "You did not deliver this person under the other key yet. Once you have, lodge it again.",
                )
            )
        _show(screen, made)


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
            ended = client.persons.withdraw_objection(objection)
        _show(screen, [ended])


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
