"""`sluis-client release verify`: a release that somebody handed on, checked with the file and two public keys."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from sluis_client import wire
from sluis_client.cli.options import JsonOption, LanguageOption
from sluis_client.cli.screen import Screen
from sluis_client.cli.secrets import opened_client
from sluis_client.errors import LogError, ReleaseRefusedError, SetupError
from sluis_client.language import Language, Text
from sluis_client.profile import Profile
from sluis_client.wire.log import CheckpointError, LogKey, LogKeys
from sluis_client.wire.release import ReleaseError, input_digest, verify_release

release = typer.Typer(help="Vrijgaven controleren. (Check releases.)", no_args_is_help=True)

_MOST_BYTES = 512 * 1024 * 1024


@release.command("verify")
def verify(
    file: Annotated[
        Path, typer.Argument(metavar="BESTAND", help="Het antwoord van GET /v1/releases/{id}. (That answer.)")
    ],
    *,
    keys: Annotated[
        Path | None,
        typer.Option("--keys", help="De sleutels van de dienst, als JWKS; anders die van uw aanmelding. (JWKS file.)"),
    ] = None,
    log_key: Annotated[
        Path | None,
        typer.Option("--log-key", help="De sleutel van het auditlog; anders die van uw aanmelding. (Log key file.)"),
    ] = None,
    online: Annotated[
        bool,
        typer.Option(
            "--online",
            help="Laat de dienst van uw aanmelding ook bewijzen dat er een log is. (Ask for proof of one log, too.)",
        ),
    ] = False,
    as_json: JsonOption = False,
    language: LanguageOption = "nl",
) -> None:
    """Bewijs zonder de dienst te vragen dat cijfers zijn wat is vrijgegeven. / Prove a release without the service."""
    screen = Screen("release verify", language, as_json=as_json)
    with screen.reporting():
        profile = Profile.at()
        trusted_key = _log_key(log_key, profile)
        own = keys is None and log_key is None
        try:
            proven = verify_release(
                _json(file),
                profile.service_keys() if keys is None else _json(keys),
                trusted_key,
                issuer=profile.registration().issuer if own else None,
                seen=profile.checkpoint() if own else None,
            )
        except ReleaseError as refused:
            raise ReleaseRefusedError(refused.step, Text(refused.nl, refused.en)) from None
        told = proven.certificate
        mine = _own_deliveries(profile, told) if own else []
        approvers = len(told["approvers"])
        screen.say(
            Text(
                f"De cijfers zijn wat is vrijgegeven: {told['release']}, versie {told['version']}, voor "
                f"{told['purpose']['id']} versie {told['purpose']['version']}. Gebeurtenis {proven.log_index} van "
                f"{proven.checkpoint.size} in het log; {approvers} stewards gaven akkoord.",
                f"The figures are what was released: {told['release']}, version {told['version']}, for "
                f"{told['purpose']['id']} version {told['purpose']['version']}. Event {proven.log_index} of "
                f"{proven.checkpoint.size} in the log; {approvers} stewards approved.",
            )
        )
        size_now = _confirmed(proven.checkpoint.note, language) if online else None
        screen.say(_of_the_log(proven.checkpoint.size, size_now))
        for delivery in mine:
            screen.say(Text(f"Met uw aanlevering {delivery}.", f"With your delivery {delivery}."))
        screen.document(
            "verified",
            exitCode=0,
            release=told["release"],
            logIndex=proven.log_index,
            size=proven.checkpoint.size,
            ownDeliveries=mine,
            logSizeNow=size_now,
            certificate=dict(told),
        )


def _confirmed(note: str, language: Language) -> int:
    with opened_client(language) as client:
        return client.confirm_checkpoint(note)


def _of_the_log(size: int, now: int | None) -> Text:
    """What is shown of the log that the release is in, and what not."""
    if now is None:
        return Text(
            f"Niet getoond: dat het log na deze {size} gebeurtenissen alleen groeide, en dat anderen hetzelfde zien. "
            "Met --online bewijst de dienst dat het bij het log hoort dat u volgt.",
            f"Not shown: that the log only grew after these {size} events, and that others see the same log. "
            "With --online the service proves that it belongs to the log that you follow.",
        )
    return Text(
        f"Het log groeide sindsdien alleen, tot {now} gebeurtenissen, en is het log dat u volgt.",
        f"The log only grew since, to {now} events, and is the log that you follow.",
    )


def _own_deliveries(profile: Profile, certificate: Any) -> list[str]:
    """Which of the deliveries whose receipts are here went into the release."""
    named = set(certificate["inputs"])
    mine = []
    for kept in profile.receipts():
        receipt = kept["receipt"]
        if input_digest(certificate["release"], receipt["manifestDigest"]) in named:
            mine.append(str(receipt["submissionId"]))
    return mine


def _log_key(named: Path | None, profile: Profile) -> LogKeys:
    if named is None:
        pinned = profile.log_keys()
        if pinned is None:
            raise LogError(
                "log-key",
                Text(
                    "De sleutel van het auditlog is hier niet bekend: geef hem met --log-key.",
                    "The audit log's key is not known here: give it by --log-key.",
                ),
            )
        return pinned
    try:
        return LogKeys(LogKey.from_text(named.read_text(encoding="utf-8")))
    except (CheckpointError, UnicodeDecodeError):
        raise _unreadable(named) from None


def _json(path: Path) -> Any:
    try:
        return wire.parse_json(path.read_bytes()[:_MOST_BYTES])
    except (wire.WireError, json.JSONDecodeError):
        raise _unreadable(path) from None


def _unreadable(path: Path) -> SetupError:
    return SetupError(
        Text(f"{path} is niet te lezen als wat het moet zijn.", f"{path} cannot be read as what it should be."),
        Text("Haal het bestand opnieuw op.", "Fetch the file again."),
    )
