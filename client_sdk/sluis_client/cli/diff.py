"""`sluis-client diff`."""

from typing import Annotated

import typer

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
from sluis_client.errors import ContentRefusedError
from sluis_client.files.dialect import Dialect
from sluis_client.files.prepare import Prepared, require_file
from sluis_client.files.unusual import Comparison, text_of
from sluis_client.language import Text


def diff(
    file: FileArgument,
    round_id: RoundOption,
    *,
    own_round: Annotated[
        bool,
        typer.Option("--own-round", help="Met wat u voor deze ronde leverde. (With what you delivered to this round.)"),
    ] = False,
    sheet: SheetOption = None,
    delimiter: DelimiterOption = None,
    encoding: EncodingOption = None,
    decimal: DecimalOption = None,
    as_json: JsonOption = False,
    language: LanguageOption = "nl",
) -> None:
    """Wat er veranderde sinds uw vorige aanlevering; wat opvalt is gemerkt. / What changed since the last delivery."""
    screen = Screen("diff", language, as_json=as_json)
    with screen.reporting():
        require_file(file)
        with opened_client(language) as client:
            rules = client.rules(round_id)
            prepared = client.desk.prepare(file, rules, Dialect(delimiter, encoding, decimal, sheet))
            if not prepared.report.accepted:
                raise ContentRefusedError(prepared.report.faults)
            found = client.desk.compare(prepared, rules, own_round=own_round)
        _show(screen, prepared, found)


def _show(screen: Screen, prepared: Prepared, found: Comparison | None) -> None:
    changes = () if found is None else found.changes
    if found is None:
        screen.say(
            Text(
                "Op deze computer staat geen eerdere aanlevering om mee te vergelijken.",
                "This machine has no earlier delivery to compare with.",
            )
        )
    else:
        unusual = sum(each.unusual for each in changes)
        screen.table(
            [Text("rij", "row"), Text("kolom", "column"), Text("was", "was"), Text("wordt", "becomes"), Text("", "")],
            [
                (
                    " ".join(each.key) or _TOTAL.in_language(screen.language),
                    each.column,
                    text_of(each.earlier),
                    text_of(each.now),
                    _LOOK.in_language(screen.language) if each.unusual else "",
                )
                for each in sorted(changes, key=lambda each: (bool(each.key), not each.unusual))[:_SHOWN]
            ],
        )
        screen.say(
            Text(
                f"Vergeleken met {found.against.round} ({found.against.submission}): {len(changes)} verschillen, "
                f"{unusual} opvallend.",
                f"Compared with {found.against.round} ({found.against.submission}): {len(changes)} differences, "
                f"{unusual} unusual.",
            ),
            good=not unusual,
        )
    screen.document(
        "ok",
        exitCode=int(ExitCode.OK),
        against=None if found is None else {"submissionId": found.against.submission, "round": found.against.round},
        unchanged=found is not None and found.same,
        changes=[
            {
                "row": each.row,
                "key": list(each.key),
                "column": each.column,
                "earlier": None if each.earlier is None else text_of(each.earlier),
                "now": None if each.now is None else text_of(each.now),
                "unusual": each.unusual,
            }
            for each in changes
        ],
        faults=with_places(prepared.report.faults, prepared.report.places),
    )


_SHOWN = 200
_TOTAL = Text("totaal", "total")
_LOOK = Text("opvallend", "unusual")
