"""`sluis audit ...`: hand the log out, prove that one is whole, and erase what has been kept long enough."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from service.cli.console import BAD_INPUT, FAILED, OpenCall, refusals_told
from service.use_cases.erase_expired_events import LEAST_YEARS, erase_expired_events
from service.use_cases.export_log import export_log
from sluis_client.wire.log import CheckpointError, LogKey
from sluis_client.wire.log.export import ExportError, verify_export


def add_audit_commands(app: typer.Typer, open_call: OpenCall) -> None:
    """Add `audit` to the commands."""
    audit = typer.Typer(no_args_is_help=True, help="Auditlog: uitgeven, bewijzen, opruimen / hand out, prove, erase")
    app.add_typer(audit, name="audit")

    @audit.command()
    def export(
        file: Annotated[Path, typer.Argument(metavar="BESTAND", help="Nieuw bestand, NDJSON / a new file")],
    ) -> None:
        """Schrijf het hele log, tot het nieuwste ijkpunt / write the whole log, up to the newest checkpoint."""
        try:
            output = file.open("xb")
        except OSError as error:
            _tell(f"{file}: niet te maken ({error.strerror})", f"{file}: cannot be made ({error.strerror})")
            raise typer.Exit(BAD_INPUT) from None
        with output, refusals_told(), open_call() as call:
            events = export_log(call, output.write)
        typer.echo(f"{events} gebeurtenissen / events")

    @audit.command("erase-expired")
    def erase_expired(
        *,
        years: Annotated[
            int, typer.Option(help="Bewaartermijn in jaren, ten minste 5 / years to keep, 5 at least")
        ] = LEAST_YEARS,
    ) -> None:
        """Wis gebeurtenissen waarvan de bewaartermijn voorbij is / erase events whose retention is over."""
        with refusals_told(), open_call() as call:
            erased = erase_expired_events(call, years)
        typer.echo(f"{erased} gewist / erased")

    audit.command("verify")(verify)


def verify(
    export: Annotated[Path, typer.Argument(metavar="EXPORT", help="Wat `sluis audit export` schreef / wrote")],
    *,
    key: Annotated[
        Path,
        typer.Option(help="Sleutel van het log (/v1/log/key), uit een bron die u vertrouwt / from a trusted source"),
    ],
    seen: Annotated[
        Path | None,
        typer.Option(
            help="Uw laatste ijkpunt; wordt bijgewerkt als alles klopt / your last checkpoint, kept up to date"
        ),
    ] = None,
) -> None:
    """Bewijs zonder de dienst dat een log heel en ongewijzigd is (exit 1: nee) / prove a log without the service."""
    try:
        trusted = LogKey.from_text(key.read_text(encoding="utf-8"))
        before = [seen.read_text(encoding="utf-8")] if seen is not None and seen.exists() else []
        with export.open("rb") as lines:
            proven = verify_export(lines, trusted, before)
    except ExportError as error:
        _tell(f"{error.code}: {error.nl}", f"{error.code}: {error.en}")
        raise typer.Exit(FAILED) from error
    except (CheckpointError, UnicodeDecodeError):
        _tell(f"{key}: geen sleutel van een log", f"{key}: no key of a log")
        raise typer.Exit(BAD_INPUT) from None
    except OSError as error:
        _tell(f"{error.filename}: niet te lezen", f"{error.filename}: cannot be read")
        raise typer.Exit(BAD_INPUT) from None
    if seen is not None:
        seen.write_text(proven.checkpoint.note, encoding="utf-8")
    size, erased = proven.checkpoint.size, proven.erased
    typer.echo(f"Heel en ongewijzigd: {size} gebeurtenissen, waarvan {erased} gewist na hun termijn.")
    typer.echo(f"Whole and unchanged: {size} events, of which {erased} were erased after their term.")
    if proven.erased_amid:
        _tell(
            f"Let op: {proven.erased_amid} gewist terwijl een eerdere er nog is. Vraag waarom.",
            f"Note: {proven.erased_amid} erased while an earlier one is still there. Ask why.",
        )


def _tell(nl: str, en: str) -> None:
    typer.echo(nl, err=True)
    typer.echo(en, err=True)
