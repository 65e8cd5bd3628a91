"""`sluis-client template`."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from sluis_client import wire
from sluis_client.cli.options import JsonOption, LanguageOption
from sluis_client.cli.screen import Screen
from sluis_client.cli.secrets import opened_client
from sluis_client.client import Client
from sluis_client.errors import FileError, SetupError
from sluis_client.files.history import Kept
from sluis_client.language import Text, count_of_rows
from sluis_client.rules import RoundRules
from sluis_client.wire.manifest import IDENTIFIER


def template(
    round_id: Annotated[
        str,
        typer.Argument(
            metavar="RONDE", help="De ronde, of de gegevensset met één open ronde. (The round.)", show_default=False
        ),
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
    xlsx: Annotated[
        bool,
        typer.Option("--xlsx", help="Een werkmap met keuzelijsten en uitleg. (A workbook with lists and help.)"),
    ] = False,
    as_json: JsonOption = False,
    language: LanguageOption = "nl",
) -> None:
    """Een leeg bestand voor een ronde: CSV, of een werkmap. / An empty file for a round: CSV, or a workbook."""
    screen = Screen("template", language, as_json=as_json)
    with screen.reporting():
        with opened_client(language) as client:
            rules = client.rules(_round(client, round_id))
            workbook = output or Path(f"{rules.round.id}.xlsx")
            ready, kept = client.desk.template(rules, workbook) if xlsx else (0, None)
        header = ",".join(rules.header)
        if xlsx:
            _tell(screen, workbook, ready, kept)
        elif output is not None:
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


def _round(client: Client, named: str) -> str:
    """The round of that name, or the one open round of the data set of that name.

    Raises:
        SetupError: the data set has several open rounds, or none.
    """
    rounds = [] if not IDENTIFIER.fullmatch(named) else client.rounds()
    if any(each.id == named for each in rounds) or all(each.data_set != named for each in rounds):
        return named
    found = [each.id for each in rounds if each.data_set == named and each.state == "open"]
    if len(found) != 1:
        raise SetupError(
            Text(f"{named} heeft {len(found)} open rondes.", f"{named} has {len(found)} open rounds."),
            Text(f"Noem de ronde: {', '.join(found) or '-'}.", f"Name the round: {', '.join(found) or '-'}."),
        )
    return found[0]


def _tell(screen: Screen, workbook: Path, ready: int, kept: Kept | None) -> None:
    screen.say(Text(f"{workbook.name} is gemaakt.", f"{workbook.name} was made."))
    if kept is None:
        screen.say(
            Text(
                "Er is niets vooraf ingevuld: op deze computer staat geen eerdere aanlevering van deze gegevensset.",
                "Nothing is filled in: this machine has no earlier delivery of this data set.",
            )
        )
    else:
        rows = count_of_rows(ready)
        screen.say(
            Text(
                f"{rows.nl} vooraf ingevuld naar de aanlevering voor {kept.round}; die staat op het laatste blad.",
                f"{rows.en} filled in after the delivery for {kept.round}, which is in the last sheet.",
            )
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
