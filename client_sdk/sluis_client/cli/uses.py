"""`sluis-client uses`."""

from sluis_client.cli.options import JsonOption, LanguageOption
from sluis_client.cli.screen import Screen, minute_text
from sluis_client.cli.secrets import opened_client
from sluis_client.language import Text
from sluis_client.uses import Reading, Use


def uses(as_json: JsonOption = False, language: LanguageOption = "nl") -> None:
    """Wat er met uw cijfers gebeurde: welke vrijgave, waarvoor, door wie gelezen. / What became of your figures."""
    screen = Screen("uses", language, as_json=as_json)
    with screen.reporting():
        with opened_client(language) as client:
            found = client.uses()
        if found:
            _show(screen, found)
        else:
            screen.say(
                Text("Uw cijfers zijn nog nergens vrijgegeven.", "Your figures are not in any release yet."),
            )
        screen.document("ok", exitCode=0, uses=[one.to_json() for one in found])


def _named(readings: tuple[Reading, ...]) -> str:
    return " ".join(f"{reading.organisation} ({reading.times})" for reading in readings) or "-"


def _show(screen: Screen, found: list[Use]) -> None:
    screen.table(
        [
            Text("vrijgave", "release"),
            Text("moment", "time"),
            Text("doel", "purpose"),
            Text("uw aanleveringen", "your deliveries"),
            Text("overeenkomst", "agreement"),
            Text("beoordeeld door", "examined by"),
            Text("gelezen door", "read by"),
        ],
        [
            (
                one.release + (_WITHDRAWN.in_language(screen.language) if one.withdrawn_at else ""),
                minute_text(one.released_at),
                one.purpose,
                " ".join(f"{delivery.submission} ({delivery.round})" for delivery in one.deliveries),
                " ".join(sorted({delivery.agreement or "-" for delivery in one.deliveries})),
                _named(one.examined_by),
                _named(one.read_by),
            )
            for one in found
        ],
        whole={0, 1},
    )


_WITHDRAWN = Text(" (ingetrokken)", " (withdrawn)")
