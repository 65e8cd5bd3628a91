"""`sluis-client receipts list | show | verify`, and `sluis-client trust`."""

from pathlib import Path
from typing import Annotated

import typer

from sluis_client.cli.options import JsonOption, LanguageOption
from sluis_client.cli.screen import Screen, minute_text
from sluis_client.client import Client
from sluis_client.language import Language, Text
from sluis_client.receipts import StoredReceipt

IdArgument = Annotated[str, typer.Argument(metavar="ID", help="De aanlevering. (The submission.)", show_default=False)]

receipts = typer.Typer(help="Ontvangstbewijzen op deze computer. (Receipts on this machine.)", no_args_is_help=True)


@receipts.command("list")
def list_receipts(as_json: JsonOption = False, language: LanguageOption = "nl") -> None:
    """Alle bewijzen, het nieuwste eerst. / All receipts, newest first."""
    screen = Screen("receipts list", language, as_json=as_json)
    with screen.reporting():
        with Client.from_profile() as client:
            found = client.receipts()
        screen.table(
            [Text("aanlevering", "submission"), Text("ronde", "round"), *_DETAIL],
            [(kept.submission, kept.round, *_detail(kept)) for kept in found],
            whole={0, 1, 4},
        )
        screen.document("ok", exitCode=0, receipts=[kept.to_json() for kept in found])


@receipts.command("show")
def show(submission: IdArgument, as_json: JsonOption = False, language: LanguageOption = "nl") -> None:
    """Eén bewijs, nadat het is geverifieerd. / One receipt, after it was verified."""
    _verified("receipts show", submission, None, as_json=as_json, language=language)


@receipts.command("verify")
def verify(
    submission: IdArgument,
    file: Annotated[
        Path | None,
        typer.Option("--file", help="Bewijs ook dat dit het bestand is. (Prove that this is the file, too.)"),
    ] = None,
    as_json: JsonOption = False,
    language: LanguageOption = "nl",
) -> None:
    """Verifieer een bewijs zonder de dienst te vragen. / Verify a receipt without asking the service."""
    _verified("receipts verify", submission, file, as_json=as_json, language=language)


def trust(
    key_id: Annotated[str, typer.Argument(metavar="DUIMAFDRUK", help="Van de nieuwe sleutel. (Thumbprint.)")],
    as_json: JsonOption = False,
    language: LanguageOption = "nl",
) -> None:
    """Vertrouw een nieuwe sleutel van de dienst, nadat de beheerder die heeft aangekondigd. / Pin a new key."""
    screen = Screen("trust", language, as_json=as_json)
    with screen.reporting():
        with Client.from_profile() as client:
            client.trust(key_id)
        screen.say(Text(f"Sleutel {key_id} wordt vertrouwd.", f"Key {key_id} is trusted."))
        screen.document("ok", exitCode=0, keyId=key_id)


def _verified(command: str, submission: str, file: Path | None, *, as_json: bool, language: Language) -> None:
    screen = Screen(command, language, as_json=as_json)
    with screen.reporting():
        with Client.from_profile() as client:
            kept = client.verify_receipt(submission, file)
        screen.table(_DETAIL, [_detail(kept)])
        screen.say(
            Text(
                "Het bewijs klopt: de dienst heeft precies deze aanlevering aangenomen.",
                "The receipt holds: the service accepted exactly this delivery.",
            )
        )
        screen.document("verified", exitCode=0, receipt=kept.to_json())


_DETAIL = [
    Text("versie", "version"),
    Text("rijen", "rows"),
    Text("aangenomen", "accepted"),
    Text("bestand", "file"),
]


def _detail(kept: StoredReceipt) -> tuple[str, ...]:
    return (str(kept.version), str(kept.rows), minute_text(kept.accepted_at), kept.name)
