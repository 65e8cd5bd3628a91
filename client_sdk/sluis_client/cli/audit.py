"""`sluis-client audit verify | follow`: what the service's audit log proves about deliveries."""

import json
from pathlib import Path
from typing import Annotated

import typer

from sluis_client import wire
from sluis_client.cli.options import JsonOption, LanguageOption
from sluis_client.cli.screen import Screen
from sluis_client.cli.secrets import opened_client
from sluis_client.client import Client
from sluis_client.errors import LogError, ServiceRefusedError, SetupError
from sluis_client.language import Text
from sluis_client.receipts import StoredReceipt

audit = typer.Typer(help="Het auditlog van de dienst. (The service's audit log.)", no_args_is_help=True)


@audit.command("verify")
def verify(
    receipt: Annotated[
        str,
        typer.Argument(
            metavar="BEWIJS",
            help="De aanlevering, of een bestand met haar ontvangstbewijs. (The submission, or a file of its receipt.)",
            show_default=False,
        ),
    ],
    as_json: JsonOption = False,
    language: LanguageOption = "nl",
) -> None:
    """Bewijs zonder de dienst te vragen dat het auditlog deze aanlevering bevat. / Prove that the log holds it."""
    screen = Screen("audit verify", language, as_json=as_json)
    with screen.reporting():
        with Client.from_profile() as client:
            stored = client.verify_receipt(_receipt_of(receipt), in_log=True)
        if stored.proof is None:
            raise LogError("log-no-proof", Text("Geen bewijs.", "No proof."))
        event, size = json.loads(stored.proof.entry.payload), int(stored.proof.checkpoint.split("\n")[1])
        index = stored.proof.entry.index
        screen.say(
            Text(
                f"Het bewijs klopt, en het auditlog bevat deze aanlevering: gebeurtenis {index} van {size}, "
                f"op {event.get('recorded')}.",
                f"The receipt holds, and the audit log has this delivery: event {index} of {size}, "
                f"at {event.get('recorded')}.",
            )
        )
        screen.document("verified", exitCode=0, submissionId=stored.submission, logIndex=index, size=size, event=event)


@audit.command("follow")
def follow(as_json: JsonOption = False, language: LanguageOption = "nl") -> None:
    """Controleer dat het auditlog alleen gegroeid is, en haal bewijzen op die er nog niet waren. / Follow the log."""
    screen = Screen("audit follow", language, as_json=as_json)
    with screen.reporting():
        with opened_client(language) as client:
            followed = client.follow_log()
        if not followed.shown:
            raise ServiceRefusedError(
                "log-not-shown",
                404,
                Text(
                    "De dienst toonde geen auditlog; er is niets gecontroleerd.",
                    "The service showed no audit log; nothing was checked.",
                ),
                mend=Text(
                    "Probeer het later opnieuw; blijft het zo, meld het dan bij de beheerder.",
                    "Try again later; if it stays like this, report it to the operator.",
                ),
            )
        screen.say(
            Text(
                f"Het auditlog is alleen gegroeid: {followed.size} gebeurtenissen. "
                f"Bewijzen die nog op hun plaats wachten: {followed.without_proof}.",
                f"The audit log only grew: {followed.size} events. "
                f"Receipts that still wait for their place: {followed.without_proof}.",
            )
        )
        screen.document("ok", exitCode=0, size=followed.size, withoutProof=followed.without_proof)


def _receipt_of(named: str) -> StoredReceipt | str:
    path = Path(named)
    if not path.is_file():
        return named
    try:
        document = wire.parse_json(path.read_bytes())
        kept = document.get("receipt") if isinstance(document, dict) else None
        # What `receipts show --json` writes has the receipt one level down.
        inner = kept if isinstance(kept, dict) and "signature" in kept else document
        return StoredReceipt.from_json(inner if isinstance(inner, dict) else {})
    except wire.WireError:
        raise SetupError(
            Text(f"{named} is geen ontvangstbewijs.", f"{named} is no receipt."),
            Text(
                "Geef het bestand uit de map receipts, of wat `receipts show --json` schrijft.",
                "Give the file from the folder receipts, or what `receipts show --json` writes.",
            ),
        ) from None
