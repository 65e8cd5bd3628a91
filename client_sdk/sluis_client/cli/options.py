"""The options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

from sluis_client.language import Language

RoundOption = Annotated[
    str, typer.Option("--round", metavar="RONDE", help="De ronde, zoals capacity-2019. (The round.)")
]
FileArgument = Annotated[
    Path,
    typer.Argument(metavar="BESTAND", help="CSV, NDJSON of Parquet. (The file to deliver.)", show_default=False),
]
JsonOption = Annotated[
    bool,
    typer.Option("--json", help="Eén JSON-document op stdout, verder niets. (One JSON document on stdout.)"),
]
LanguageOption = Annotated[
    Language,
    typer.Option(
        "--language", envvar="SLUIS_CLIENT_LANGUAGE", help="Taal die voorop staat. (Language that comes first.)"
    ),
]
YesOption = Annotated[bool, typer.Option("--yes", help="Vraag niets. (Ask nothing.)")]
