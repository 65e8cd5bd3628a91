"""`sluis-client calendar` and `sluis-client contact`."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from sluis_client.calendar import CalendarEntry, icalendar
from sluis_client.cli.options import JsonOption, LanguageOption
from sluis_client.cli.screen import Screen
from sluis_client.cli.secrets import opened_client
from sluis_client.cli.status import attempt_text
from sluis_client.language import Text


def calendar(
    ics: Annotated[
        Path | None,
        typer.Option(metavar="BESTAND", help="Schrijf wat open staat als iCalendar-bestand. (As an iCalendar file.)"),
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Ook wat al is aangeleverd of voorbij is. (Also what is done or past.)")
    ] = False,
    as_json: JsonOption = False,
    language: LanguageOption = "nl",
) -> None:
    """Wat wanneer aangeleverd moet worden, en wat ontbreekt. / What is due when, and what is missing."""
    screen = Screen("calendar", language, as_json=as_json)
    with screen.reporting():
        with opened_client(language) as client:
            found = client.calendar.all()
        shown = [one for one in found if everything or one.open]
        if ics is not None:
            ics.write_bytes(icalendar(found, datetime.now(UTC)))
            screen.say(Text(f"Geschreven: {ics}", f"Written: {ics}"))
        elif shown:
            _show(screen, shown)
        else:
            screen.say(Text("Er staat niets open.", "Nothing is due."))
        screen.document("ok", exitCode=0, calendar=[one.to_json() for one in found])


def contact(
    addresses: Annotated[
        list[str] | None, typer.Argument(metavar="[ADRES]...", help="Ten hoogste vijf. (Five at most.)")
    ] = None,
    none: Annotated[bool, typer.Option("--none", help="Geen herinneringen meer. (No reminders any more.)")] = False,
    as_json: JsonOption = False,
    language: LanguageOption = "nl",
) -> None:
    """Waar herinneringen heen gaan; met adressen in plaats van wat er stond. / Where reminders go, or are to go."""
    if addresses and none:
        raise typer.BadParameter("ADRES... of --none / ADDRESS... or --none")
    screen = Screen("contact", language, as_json=as_json)
    with screen.reporting():
        with opened_client(language) as client:
            changing = bool(addresses) or none
            now = client.calendar.change_contact(addresses or []) if changing else client.calendar.contact()
        if now:
            told = ", ".join(now)
            screen.say(Text(f"Herinneringen gaan naar: {told}.", f"Reminders go to: {told}."))
        else:
            screen.say(Text("U krijgt geen herinneringen.", "You get no reminders."))
        screen.document("ok", exitCode=0, addresses=now)


def _show(screen: Screen, entries: list[CalendarEntry]) -> None:
    screen.table(
        [
            Text("uiterlijk", "due"),
            Text("gegevensset", "data set"),
            Text("periode", "period"),
            Text("ronde", "round"),
            Text("stand", "standing"),
            Text("dagen", "days"),
        ],
        [
            (
                one.due.isoformat(),
                one.title.in_language(screen.language),
                one.period,
                one.round or "-",
                _standing(one).in_language(screen.language),
                str(one.days_left),
            )
            for one in entries
        ],
        whole={0, 3},
    )


def _standing(entry: CalendarEntry) -> Text:
    """How it stands, and what became of the newest delivery when that does not count."""
    found = _STANDING.get(entry.standing, Text(entry.standing, entry.standing))
    if entry.attempt is None:
        return found
    attempt = attempt_text(entry.attempt)
    return Text(f"{found.nl} ({attempt.nl})", f"{found.en} ({attempt.en})")


_STANDING = {
    "foreseen": Text("voorzien", "foreseen"),
    "planned": Text("gepland", "planned"),
    "due": Text("ontbreekt", "missing"),
    "overdue": Text("te laat", "overdue"),
    "delivered": Text("aangenomen", "accepted"),
    "delivered-late": Text("aangenomen, te laat", "accepted, late"),
    "missed": Text("niet aangeleverd", "not delivered"),
}
