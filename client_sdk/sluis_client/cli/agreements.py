"""`sluis-client agreements list | consent | leave`."""

from typing import Annotated

import typer

from sluis_client.agreements import Agreement
from sluis_client.cli.options import JsonOption, LanguageOption
from sluis_client.cli.screen import Screen
from sluis_client.cli.secrets import opened_client
from sluis_client.language import Text

agreements = typer.Typer(
    help="Overeenkomsten en toestemmingen van uw organisatie. (Agreements and consents of your organisation.)",
    no_args_is_help=True,
)


@agreements.command("list")
def list_all(as_json: JsonOption = False, language: LanguageOption = "nl") -> None:
    """Waaronder uw cijfers worden gebruikt. / What your figures are used under."""
    screen = Screen("agreements list", language, as_json=as_json)
    with screen.reporting():
        with opened_client(language) as client:
            found = client.agreements()
        _show(screen, found)


@agreements.command("consent")
def consent(
    data_set: Annotated[str, typer.Argument(metavar="DATASET", help="De gegevensset. (The data set.)")],
    *,
    purpose: Annotated[
        list[str], typer.Option(help="Alleen voor dit doel; mag vaker. (For this purpose only; may be repeated.)")
    ] = [],  # noqa: B006 - typer reads it, nobody writes it
    serves: Annotated[
        list[str] | None,
        typer.Option(
            help="Van een formulier: alleen voor deze gegevensset; mag vaker. (Of a form: for this one only.)"
        ),
    ] = None,
    until: Annotated[str | None, typer.Option(help="Laatste dag, als 2026-12-31. (Last day.)")] = None,
    as_json: JsonOption = False,
    language: LanguageOption = "nl",
) -> None:
    """Geef toestemming voor het gebruik van uw cijfers. / Consent to the use of your figures."""
    screen = Screen("agreements consent", language, as_json=as_json)
    with screen.reporting():
        with opened_client(language) as client:
            given = client.consent(data_set, purposes=purpose, valid_until=until, serves=serves or None)
        _show(screen, [given])


@agreements.command("leave")
def leave(
    agreement: Annotated[str, typer.Argument(metavar="ID", help="De overeenkomst. (The agreement.)")],
    reason: Annotated[str, typer.Option(help="Waarom. (Why.)")],
    as_json: JsonOption = False,
    language: LanguageOption = "nl",
) -> None:
    """Beëindig een overeenkomst of trek uw toestemming in, meteen. / End an agreement or your consent, at once."""
    screen = Screen("agreements leave", language, as_json=as_json)
    with screen.reporting():
        with opened_client(language) as client:
            left = client.leave_agreement(agreement, reason)
        _show(screen, [left])


def _show(screen: Screen, found: list[Agreement]) -> None:
    if found:
        screen.table(
            [
                Text("id", "id"),
                Text("soort", "kind"),
                Text("kenmerk", "reference"),
                Text("over", "about"),
                Text("geldt", "holds"),
                Text("vanaf", "from"),
                Text("tot en met", "until"),
            ],
            [
                (
                    one.id,
                    one.kind,
                    one.reference,
                    " ".join(one.data_sets),
                    (_YES if one.in_force else _NO).in_language(screen.language),
                    one.valid_from,
                    one.valid_until or "-",
                )
                for one in found
            ],
            whole={0},
        )
    else:
        screen.say(Text("Er zijn geen overeenkomsten met uw organisatie.", "Your organisation has no agreements."))
    screen.document("ok", exitCode=0, agreements=[one.to_json() for one in found])


_YES, _NO = Text("ja", "yes"), Text("nee", "no")
