"""`sluis-client submit`."""

from pathlib import Path
from typing import Annotated

import typer

from sluis_client.cli.asking import require_yes
from sluis_client.cli.exit_codes import ExitCode
from sluis_client.cli.options import (
    DecimalOption,
    DelimiterOption,
    EncodingOption,
    JsonOption,
    LanguageOption,
    SheetOption,
    YesOption,
)
from sluis_client.cli.screen import Screen
from sluis_client.cli.secrets import opened_client
from sluis_client.cli.watching import watch_folder, wrong_use
from sluis_client.delivery import Delivered
from sluis_client.files.dialect import Dialect
from sluis_client.language import Text, count_of_rows


def submit(
    file: Annotated[
        Path | None,
        typer.Argument(metavar="BESTAND", help="CSV, XLSX, NDJSON of Parquet. (The file.)", show_default=False),
    ] = None,
    *,
    round_id: Annotated[
        str | None, typer.Option("--round", metavar="RONDE", help="De ronde, zoals capacity-2019. (The round.)")
    ] = None,
    watch: Annotated[
        Path | None,
        typer.Option(metavar="MAP", help="Lever aan wat in deze map komt. (Deliver what comes into this folder.)"),
    ] = None,
    once: Annotated[
        bool, typer.Option("--once", help="Met --watch: één keer, voor een taakplanner. (Once, for a schedule.)")
    ] = False,
    rest: Annotated[
        float,
        typer.Option(min=0.0, help="Met --watch: zo lang is een bestand in rust, in seconden. (Seconds at rest.)"),
    ] = 30.0,
    correct: Annotated[
        bool,
        typer.Option("--correct", help="Met --watch: vervang wat al telt. (With --watch: replace what counts.)"),
    ] = False,
    corrects: Annotated[
        str | None,
        typer.Option("--corrects", metavar="ID", help="De aanlevering die deze vervangt. (What this one replaces.)"),
    ] = None,
    reason: Annotated[
        str | None,
        typer.Option(
            metavar="ZIN", help="Waarom afwijkende cijfers kloppen; gaat ondertekend mee. (Why they are right.)"
        ),
    ] = None,
    sheet: SheetOption = None,
    delimiter: DelimiterOption = None,
    encoding: EncodingOption = None,
    decimal: DecimalOption = None,
    yes: YesOption = False,
    as_json: JsonOption = False,
    language: LanguageOption = "nl",
) -> None:
    """Controleer, onderteken en lever een bestand aan. / Check, sign and deliver a file.

    Wordt de verbinding of de opdracht afgebroken, geef dan dezelfde opdracht opnieuw: er wordt nooit dubbel geteld.
    / After an interruption give the same command again: nothing is ever counted twice.
    """
    screen = Screen("submit", language, as_json=as_json)
    with screen.reporting():
        if watch is not None:
            if file is not None or corrects is not None or reason is not None:
                raise wrong_use()
            watch_folder(screen, watch, round_id=round_id, correct=correct, rest=rest, once=once)
            return
        if file is None or round_id is None or once or correct:
            raise wrong_use()
        if not yes:
            require_yes(
                screen, Text(f"{file.name} aanleveren voor {round_id}?", f"Deliver {file.name} for {round_id}?")
            )
        with opened_client(language) as client, screen.progress() as progress:
            dialect = Dialect(delimiter, encoding, decimal, sheet)
            delivered = client.submit(file, round_id, corrects, progress=progress, dialect=dialect, reason=reason)
        _show(screen, delivered)


def _show(screen: Screen, delivered: Delivered) -> None:
    said = {
        "accepted": Text("Aangenomen", "Accepted"),
        "late": Text("Aangenomen, na de termijn", "Accepted, after the deadline"),
        "duplicate": Text("Deze inhoud telde al", "This content counted already"),
    }[delivered.outcome]
    rows = count_of_rows(delivered.rows)
    screen.say(
        Text(
            f"{said.nl}: {rows.nl}, versie {delivered.version}. "
            f"Ontvangstbewijs {delivered.submission} is geverifieerd en bewaard.",
            f"{said.en}: {rows.en}, version {delivered.version}. Receipt {delivered.submission} was verified and kept.",
        )
    )
    for one in delivered.receipt.served:
        rows = count_of_rows(one.rows)
        screen.say(
            Text(
                f"Dient ook {one.data_set}, ronde {one.round}: {rows.nl}. "
                f"Ontvangstbewijs {one.submission} is geverifieerd en bewaard.",
                f"Serves {one.data_set} too, round {one.round}: {rows.en}. "
                f"Receipt {one.submission} was verified and kept.",
            )
        )
    screen.document(
        delivered.outcome,
        exitCode=int(ExitCode.OK),
        submissionId=delivered.submission,
        version=delivered.version,
        rows=delivered.rows,
        warnings=[fault.to_json() for fault in delivered.warnings],
        receipt=delivered.receipt.to_json(),
    )
