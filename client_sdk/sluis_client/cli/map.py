"""`sluis-client map`."""

from pathlib import Path
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
from sluis_client.cli.screen import Screen
from sluis_client.cli.secrets import opened_client
from sluis_client.errors import SetupError
from sluis_client.files.dialect import Dialect
from sluis_client.files.mapping import Mapping
from sluis_client.files.suggest import Suggestion
from sluis_client.language import Text


def map(  # noqa: A001 - the name of the command
    file: FileArgument,
    round_id: RoundOption,
    *,
    column: Annotated[
        list[str],
        typer.Option(metavar="UW=ONS", help="Uw kolomnaam is onze; mag vaker. (Your name of a column is ours.)"),
    ] = [],  # noqa: B006 - typer reads it, nobody writes it
    codes: Annotated[
        list[str],
        typer.Option("--code", metavar="KOLOM:UW=ONS", help="Uw code is onze; mag vaker. (Your code is ours.)"),
    ] = [],  # noqa: B006
    ignore: Annotated[
        list[str], typer.Option(metavar="UW", help="Laat een kolom weg; mag vaker. (Leave a column out.)")
    ] = [],  # noqa: B006
    accept: Annotated[bool, typer.Option("--accept", help="Neem over wat zeker is. (Take over what is sure.)")] = False,
    sheet: SheetOption = None,
    delimiter: DelimiterOption = None,
    encoding: EncodingOption = None,
    decimal: DecimalOption = None,
    as_json: JsonOption = False,
    language: LanguageOption = "nl",
) -> None:
    """Onthoud hoe uw kolommen en codes heten; toont alles wat onbekend is. / Remember your own names and codes."""
    screen = Screen("map", language, as_json=as_json)
    with screen.reporting():
        dialect = Dialect(delimiter, encoding, decimal, sheet)
        with opened_client(language) as client:
            rules = client.rules(round_id)
            said = client.desk.mapping(rules)
            for text in column:
                said = said.with_column(*_pair(text))
            for text in codes:
                named, _, rest = text.partition(":")
                said = said.with_code(named, *_pair(rest))
            for text in ignore:
                said = said.with_column(text, "")
            mapping, open_ = client.desk.map(file, rules, said, dialect, accept=accept)
            path = client.desk.maps.path(mapping.data_set, mapping.version)
        _show(screen, mapping, open_, path)
    if open_:
        raise typer.Exit(ExitCode.CONTENT_REFUSED)


def _pair(text: str) -> tuple[str, str]:
    theirs, equals, ours = text.rpartition("=")
    if not equals or not theirs.strip() or not ours.strip():
        raise SetupError(
            Text(f"«{text}» is geen UW=ONS.", f"“{text}” is no YOURS=OURS."),
            Text('Schrijf bijvoorbeeld `--column "Kwartaal=period"`.', 'Write `--column "Quarter=period"`.'),
        )
    return theirs.strip(), ours.strip()


def _show(screen: Screen, mapping: Mapping, open_: list[Suggestion], path: Path) -> None:
    if open_:
        screen.table(
            [Text("kolom", "column"), Text("bij u", "yours"), Text("rijen", "rows"), Text("misschien", "perhaps")],
            [
                (
                    each.column or "",
                    str(each.to_json()["theirs"] or "…"),
                    "" if each.rows is None else str(each.rows),
                    f"{each.ours or ''}{_SURE.in_language(screen.language) if each.sure else ''}",
                )
                for each in open_[:_SHOWN]
            ],
        )
        screen.say(
            Text(
                f"Nog onbekend: {len(open_)}. Zeg het met --column, --code of --ignore, of pas {path} aan.",
                f"Not known yet: {len(open_)}. Say it by --column, --code or --ignore, or change {path}.",
            ),
            good=False,
        )
    else:
        screen.say(Text(f"Alles is bekend. Vastgelegd in {path}.", f"All is known. Kept in {path}."))
    screen.document(
        "open" if open_ else "ok",
        exitCode=int(ExitCode.CONTENT_REFUSED if open_ else ExitCode.OK),
        dataSet=mapping.data_set,
        version=mapping.version,
        path=str(path),
        reading=mapping.dialect.to_json(),
        columns=dict(mapping.columns),
        codes={name: dict(codes) for name, codes in mapping.codes.items()},
        unknown=[each.to_json() for each in open_],
    )


_SHOWN = 200
_SURE = Text(" (zeker: --accept)", " (sure: --accept)")
