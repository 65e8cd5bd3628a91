"""`sluis audit ...`: the log for an auditor who logged in with `sluis login`, and the proof of one without service."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import parse_qsl, urlencode

import typer

from service.cli.api import Url, ask_service, save_answer
from service.cli.console import BAD_INPUT, FAILED, refusals_told
from service.cli.seen import Seen, UnreadableSeenError
from service.ports.clock import Clock
from sluis_client.wire.log import CheckpointError, LogKey, LogKeys
from sluis_client.wire.log.erasures import DatedBack, Erasure
from sluis_client.wire.log.export import ExportError, VerifiedExport, verify_export

_Filters = Annotated[
    list[str] | None, typer.Argument(help="filter=waarde, zoals / such as outcome=denied code=release.read")
]
_Saved = Annotated[str | None, typer.Option(help="Naam van een bewaarde zoekvraag / name of a saved search")]
_AsJson = Annotated[bool, typer.Option("--json")]
_UNSHOWN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


class Form(StrEnum):
    """What an export is written as."""

    CSV = "csv"
    NDJSON = "ndjson"
    FHIR = "fhir"


Record = Callable[[int | None, str | None], bool]
"""Puts a verification into the log when there is a database here: the size that was proven, and what was wrong."""


def add_audit_commands(app: typer.Typer, *, clock: Clock, record: Record) -> None:
    """Add `audit` to the commands."""
    audit = typer.Typer(no_args_is_help=True, help="Auditlog: zoeken, meenemen, bewijzen / search, export, prove")
    app.add_typer(audit, name="audit")

    @audit.command()
    def search(
        filters: _Filters = None,
        *,
        url: Url,
        saved: _Saved = None,
        limit: Annotated[int, typer.Option(min=1, max=200)] = 50,
        cursor: Annotated[str | None, typer.Option(help="next van de vorige / of the page before")] = None,
        as_json: _AsJson = False,
    ) -> None:
        """Wie deed wat, nieuwste eerst / who did what, newest first."""
        asked = _asked(clock, url, filters, saved) | {"limit": str(limit)} | ({"cursor": cursor} if cursor else {})
        found = ask_service(clock, url, "GET", f"/v1/audit-events?{urlencode(asked)}").json()
        if as_json:
            typer.echo(json.dumps(found, indent=2, ensure_ascii=False))
            return
        for event in found["items"]:
            typer.echo(_line(event))
        if found["next"]:
            typer.echo(f"verder / more: --cursor {found['next']}")

    _add_others(audit, clock)
    _add_queries(audit, clock)
    _add_verify(audit, clock, record)


def _add_others(audit: typer.Typer, clock: Clock) -> None:
    @audit.command()
    def show(event: Annotated[str, typer.Argument(help="id van de gebeurtenis / of the event")], *, url: Url) -> None:
        """Toon een gebeurtenis helemaal / show one event in full."""
        found = ask_service(clock, url, "GET", f"/v1/audit-events/{event}").json()
        typer.echo(json.dumps(found, indent=2, ensure_ascii=False))

    @audit.command()
    def export(
        file: Annotated[Path, typer.Argument(help="Waarheen / where to")],
        filters: _Filters = None,
        *,
        url: Url,
        form: Annotated[Form, typer.Option("--format", help="csv, ndjson (met bewijs / with proof), fhir (R4)")],
        saved: _Saved = None,
    ) -> None:
        """Neem mee wat door de filters komt / take along all that the filters let through."""
        asked = _asked(clock, url, filters, saved) | {"format": form.value}
        told = save_answer(clock, url, f"/v1/audit-events/export?{urlencode(asked)}", file)
        typer.echo(f"{file}: {file.stat().st_size} bytes")
        if "Sluis-Log-Size" in told:
            typer.echo(f"de volgende keer / the next time: fromIndex={told['Sluis-Log-Size']}")

    @audit.command()
    def signals(
        *,
        url: Url,
        since: Annotated[str | None, typer.Option("--from", help="UTC, 2026-01-31T12:00:00Z")] = None,
        until: Annotated[str | None, typer.Option("--to", help="UTC")] = None,
        as_json: _AsJson = False,
    ) -> None:
        """Wat een blik waard is, van de laatste zeven dagen / what is worth a look, of the last seven days."""
        asked = urlencode({name: value for name, value in (("from", since), ("to", until)) if value})
        found = ask_service(clock, url, "GET", f"/v1/audit-signals?{asked}".rstrip("?")).json()
        if as_json:
            typer.echo(json.dumps(found, indent=2, ensure_ascii=False))
            return
        for one in found["items"]:
            typer.echo(f"{one['signal']}  {_shown(one.get('actor', '-'))}")
            typer.echo(f"  {one['nl']}\n  {one['en']}\n  sluis audit search {' '.join(_words(one['query']))}")
        if not found["items"]:
            typer.echo("Geen signalen / no signals")


def _add_queries(audit: typer.Typer, clock: Clock) -> None:
    query = typer.Typer(no_args_is_help=True, help="Bewaarde zoekvragen / saved searches")
    audit.add_typer(query, name="query")

    @query.command()
    def save(name: str, filters: Annotated[list[str], typer.Argument(help="filter=waarde")], *, url: Url) -> None:
        """Bewaar een zoekvraag onder een naam / keep a search under a name."""
        body = json.dumps({"name": name, "query": urlencode(_pairs(filters))}).encode()
        typer.echo(ask_service(clock, url, "POST", "/v1/audit-queries", content=body).json()["id"])

    @query.command("list")
    def list_all(*, url: Url) -> None:
        """Toon uw zoekvragen / show your searches."""
        for one in ask_service(clock, url, "GET", "/v1/audit-queries").json()["items"]:
            typer.echo(f"{one['id']}  {one['name']}  {' '.join(_words(one['query']))}")

    @query.command()
    def remove(query_id: str, *, url: Url) -> None:
        """Vergeet een zoekvraag / forget a search."""
        ask_service(clock, url, "DELETE", f"/v1/audit-queries/{query_id}")


def _asked(clock: Clock, url: str, filters: Sequence[str] | None, saved: str | None) -> dict[str, str]:
    """The filters of the saved search and those on the command line, which go first."""
    kept: dict[str, str] = {}
    if saved is not None:
        items = ask_service(clock, url, "GET", "/v1/audit-queries").json()["items"]
        found = next((one for one in items if one["name"] == saved), None)
        if found is None:
            typer.echo(f"--saved: {saved} is er niet / is not there", err=True)
            raise typer.Exit(BAD_INPUT)
        kept = dict(parse_qsl(found["query"], keep_blank_values=True))
    return kept | _pairs(filters or ())


def _pairs(filters: Sequence[str]) -> dict[str, str]:
    wrong = [one for one in filters if "=" not in one.strip("=")]
    if wrong:
        typer.echo(f"filter=waarde / filter=value: {' '.join(wrong)}", err=True)
        raise typer.Exit(BAD_INPUT)
    return {name: value for name, _, value in (one.partition("=") for one in filters)}


def _words(query: str) -> list[str]:
    return [f"{name}={_shown(value)}" for name, value in parse_qsl(query, keep_blank_values=True)]


def _line(event: Mapping[str, Any]) -> str:
    reasons = " ".join(event["reasons"])
    told = (
        event["recorded"][:19],
        event["code"],
        event["outcome"] + (f" ({reasons})" if reasons else ""),
        event["actor"],
        event.get("organisation", "-"),
        event.get("objectId", "-"),
        event["id"],
    )
    return "  ".join(_shown(word) for word in told)


def _shown(text: str) -> str:
    """Without signs that would write over the screen: some of it was typed by whoever was logged."""
    return _UNSHOWN.sub("\N{REPLACEMENT CHARACTER}", text)


def _add_verify(audit: typer.Typer, clock: Clock, record: Record) -> None:
    @audit.command()
    def verify(
        export: Annotated[Path, typer.Argument(metavar="EXPORT", help="Wat `sluis log export` schreef / wrote")],
        *,
        key: Annotated[
            Path,
            typer.Option(
                help="Sleutel van het log (/v1/log/key), uit een bron die u vertrouwt / from a trusted source"
            ),
        ],
        seen: Annotated[
            Path | None,
            typer.Option(
                help="Uw laatste ijkpunt; wordt bijgewerkt als alles klopt / your last checkpoint, kept up to date"
            ),
        ] = None,
    ) -> None:
        """Bewijs zonder de dienst dat een log heel en ongewijzigd is (exit 1: nee) / prove a log without the service.

        Waar een database is ingesteld, komt de uitkomst in het log / where a database is set, the log gets the result.
        """
        try:
            proven = _proven(export, key, seen, clock)
        except ExportError as error:
            _tell(f"{error.code}: {error.nl}", f"{error.code}: {error.en}")
            _recorded(record, None, error.code)
            raise typer.Exit(FAILED) from error
        size = proven.checkpoint.size
        typer.echo(f"Heel en ongewijzigd: {size} gebeurtenissen, waarvan {proven.erased} gewist na hun termijn.")
        typer.echo(f"Whole and unchanged: {size} events, of which {proven.erased} were erased after their term.")
        for one in proven.erasures:
            typer.echo(_told_of(one))
        if proven.dated_back is not None:
            _tell_dated_back(proven.dated_back)
        _recorded(record, size, None)
        if seen is not None and not seen.exists():
            _tell(
                f"{seen} was er nog niet: het log is met geen eerder ijkpunt vergeleken.",
                f"{seen} was not there yet: the log was compared with no earlier checkpoint.",
            )
        if seen is not None:
            _keep(seen, proven)


def _proven(export: Path, key: Path, seen: Path | None, clock: Clock) -> VerifiedExport:
    try:
        trusted = LogKey.from_text(key.read_text(encoding="utf-8"))
        before = Seen.read(seen) if seen is not None and seen.exists() else None
        known = _known(trusted, before)
        with export.open("rb") as lines:
            return verify_export(
                lines,
                known,
                [before.note] if before else (),
                now=clock.now(),
                days=before.days if before else (),
            )
    except (CheckpointError, UnicodeDecodeError):
        _tell(f"{key}: geen sleutel van een log", f"{key}: no key of a log")
        raise typer.Exit(BAD_INPUT) from None
    except UnreadableSeenError:
        _tell(
            f"{seen}: niet te lezen als uw laatste ijkpunt. Over het log zegt dit niets: neem een kopie ervan.",
            f"{seen}: cannot be read as your last checkpoint. Of the log this says nothing: take a copy of it.",
        )
        raise typer.Exit(BAD_INPUT) from None
    except OSError as error:
        _tell(f"{error.filename}: niet te lezen", f"{error.filename}: cannot be read")
        raise typer.Exit(BAD_INPUT) from None


def _known(trusted: LogKey, before: Seen | None) -> LogKeys:
    try:
        return LogKeys.of(trusted, before.successions if before else ())
    except CheckpointError as error:
        raise UnreadableSeenError from error


def _told_of(one: Erasure) -> str:
    who, when, before = _shown(one.user), f"{one.recorded:%Y-%m-%dT%H:%M:%SZ}", f"{one.before:%Y-%m-%dT%H:%M:%SZ}"
    return (
        f"  audit.erase {one.place}: {when} {who}: {one.events} events, {one.first}..{one.last}, "
        f"van voor / from before {before}"
    )


def _tell_dated_back(found: DatedBack) -> None:
    place, when = found.first.place, f"{found.first.recorded:%Y-%m-%dT%H:%M:%SZ}"
    _tell(
        f"Let op: {found.events} gebeurtenissen zeggen meer dan een dag ouder te zijn dan een die ervoor staat; de "
        f"eerste op plaats {place}, van {when}. Op tijd vindt u ze niet: zoek met fromIndex={place}.",
        f"Note: {found.events} events say to be more than a day older than one before them; the first at place "
        f"{place}, of {when}. By time you do not find them: search by fromIndex={place}.",
    )


def _keep(seen: Path, proven: VerifiedExport) -> None:
    try:
        Seen(proven.checkpoint.note, proven.days, proven.keys.notes).keep(seen)
    except OSError as error:
        _tell(
            f"{seen}: het ijkpunt is niet te bewaren ({error.strerror}); het volgende wordt er niet mee vergeleken.",
            f"{seen}: the checkpoint cannot be kept ({error.strerror}); the next time nothing is compared with it.",
        )
        raise typer.Exit(BAD_INPUT) from None


def _recorded(record: Record, size: int | None, fault: str | None) -> None:
    with refusals_told():
        if record(size, fault):
            typer.echo("Vastgelegd in het auditlog / recorded in the audit log (audit.verify)")


def _tell(nl: str, en: str) -> None:
    typer.echo(nl, err=True)
    typer.echo(en, err=True)
