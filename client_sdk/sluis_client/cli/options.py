"""The options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

from sluis_client.files.dialect import ENCODINGS
from sluis_client.language import Language

RoundOption = Annotated[
    str, typer.Option("--round", metavar="RONDE", help="De ronde, zoals capacity-2019. (The round.)")
]
FileArgument = Annotated[
    Path,
    typer.Argument(metavar="BESTAND", help="CSV, XLSX, NDJSON of Parquet. (The file.)", show_default=False),
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
SheetOption = Annotated[
    str | None, typer.Option("--sheet", metavar="BLAD", help="Het blad van de werkmap. (The sheet of the workbook.)")
]
DelimiterOption = Annotated[
    str | None,
    typer.Option(
        "--delimiter", metavar="TEKEN", help="comma, semicolon, tab of pipe: tussen de velden. (Between the fields.)"
    ),
]
EncodingOption = Annotated[
    str | None,
    typer.Option(
        "--encoding", metavar="CODERING", help=f"{', '.join(ENCODINGS)}: hoe de tekst is opgeslagen. (Of the text.)"
    ),
]
DecimalOption = Annotated[
    str | None,
    typer.Option("--decimal", metavar="TEKEN", help="comma of point: voor de decimalen. (Before the decimals.)"),
]
