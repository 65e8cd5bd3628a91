"""`sluis-client template`."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from sluis_client import wire
from sluis_client.cli.options import JsonOption, LanguageOption
from sluis_client.cli.screen import Screen
from sluis_client.cli.secrets import opened_client
from sluis_client.errors import FileError
from sluis_client.language import Text
from sluis_client.rules import RoundRules


def template(
    round_id: Annotated[
        str, typer.Argument(metavar="RONDE", help="De ronde, zoals capacity-2019. (The round.)", show_default=False)
    ],
    output: Annotated[
        Path | None,
        typer.Option("--output", metavar="BESTAND", help="Schrijf een nieuw bestand. (Write a new file.)"),
    ] = None,
    *,
    codes: Annotated[
        bool,
        typer.Option("--codes", help="Toon wat elke kolom mag bevatten. (Show what each column may hold.)"),
    ] = False,
    as_json: JsonOption = False,
    language: LanguageOption = "nl",
) -> None:
    """Een leeg CSV-bestand voor een ronde: de kopregel. / An empty CSV file for a round: its header."""
    screen = Screen("template", language, as_json=as_json)
    with screen.reporting():
        with opened_client(language) as client:
            rules = client.rules(round_id)
        header = ",".join(rules.header)
        if output is not None:
            _write(output, header + "\n")
            screen.say(Text(f"{output.name} is gemaakt.", f"{output.name} was made."))
        elif not codes:
            screen.line(header)
        if codes:
            screen.table([_COLUMN, _CODE, Text("NL", "NL"), Text("EN", "EN")], list(_contents(rules)))
        screen.document(
            "ok",
            exitCode=0,
            round=rules.round.id,
            header=list(rules.header),
            columns=[
                {**column.to_json(), "codes": [code.to_json() for code in rules.codes_of(column.name)]}
                for column in rules.definition.columns
            ],
        )


def _write(path: Path, text: str) -> None:
    """Write a file that is not there yet: what somebody filled in is never lost."""
    try:
        with path.open("x", encoding="utf-8", newline="") as file:
            file.write(text)
    except FileExistsError:
        raise FileError(
            Text(f"{path.name} bestaat al.", f"{path.name} exists already."),
            Text("Kies een andere naam.", "Choose another name."),
        ) from None


def _contents(rules: RoundRules) -> Iterator[tuple[str, str, str, str]]:
    """Each column with its codes, or with what it may hold otherwise."""
    for column in rules.definition.columns:
        for code in rules.codes_of(column.name):
            yield column.name, code.code, code.label.nl, code.label.en
        if not column.codes:
            limits = ((_AT_LEAST, column.minimum), (_AT_MOST, column.maximum))
            told = [(word, limit) for word, limit in limits if limit is not None]
            kind = _KIND[column.kind]
            yield (
                column.name,
                "",
                ", ".join([f"{column.title.nl}: {kind.nl}", *(f"{word.nl} {limit}" for word, limit in told)]),
                ", ".join([f"{column.title.en}: {kind.en}", *(f"{word.en} {limit}" for word, limit in told)]),
            )


_COLUMN = Text("kolom", "column")
_CODE = Text("code", "code")
_AT_LEAST = Text("minstens", "at least")
_AT_MOST = Text("hoogstens", "at most")
_KIND = {
    wire.Kind.INTEGER: Text("geheel getal", "whole number"),
    wire.Kind.DECIMAL: Text("getal, met een punt", "number, with a point"),
    wire.Kind.TEXT: Text("tekst", "text"),
    wire.Kind.PSEUDONYM: Text("pseudoniem", "pseudonym"),
}
