"""`sluis-client keys`: the keys of this organisation."""

from typing import Annotated

import typer

from sluis_client.cli.asking import require_yes
from sluis_client.cli.options import JsonOption, LanguageOption, YesOption
from sluis_client.cli.screen import Screen, minute_text
from sluis_client.cli.secrets import opened_client
from sluis_client.language import Text

keys = typer.Typer(no_args_is_help=True, help="Sleutels van uw organisatie. (Keys of your organisation.)")


@keys.command("list")
def list_all(as_json: JsonOption = False, language: LanguageOption = "nl") -> None:
    """Toon de sleutels, de oudste eerst. / Show the keys, the oldest first."""
    screen = Screen("keys list", language, as_json=as_json)
    with screen.reporting():
        with opened_client(language) as client:
            found = client.keys.all()
        screen.table(
            [
                Text("sleutel", "key"),
                Text("aangemeld", "registered"),
                Text("ingetrokken", "revoked"),
                Text("hier", "here"),
            ],
            [
                (
                    one.key_id,
                    minute_text(one.registered_at),
                    "-" if one.revoked_at is None else minute_text(one.revoked_at),
                    "*" if one.here else "",
                )
                for one in found
            ],
            whole={0},
        )
        screen.document("ok", exitCode=0, keys=[one.to_json() for one in found])


@keys.command()
def rotate(as_json: JsonOption = False, language: LanguageOption = "nl") -> None:
    """Maak een nieuwe sleutel en gebruik die; de oude geldt nog tot u hem intrekt. / Make and use a new key."""
    screen = Screen("keys rotate", language, as_json=as_json)
    with screen.reporting():
        with opened_client(language) as client:
            old = client.registration.key_id
            made = client.keys.rotate()
        command = f"sluis-client keys revoke {'-- ' if old.startswith('-') else ''}{old}"
        screen.say(
            Text(
                f"Nieuwe sleutel: {made.key_id}. De oude geldt nog; als er niets meer onderweg is: {command}",
                f"New key: {made.key_id}. The old one still holds; when nothing is under way any more: {command}",
            )
        )
        screen.document("rotated", exitCode=0, registration=made.to_json(), oldKeyId=old)


@keys.command()
def revoke(
    key_id: Annotated[str, typer.Argument(metavar="SLEUTEL", help="De sleutel. (The key id.)", show_default=False)],
    *,
    yes: YesOption = False,
    as_json: JsonOption = False,
    language: LanguageOption = "nl",
) -> None:
    """Trek een sleutel in; hij wordt meteen geweigerd. / Revoke a key; it is refused at once."""
    screen = Screen("keys revoke", language, as_json=as_json)
    with screen.reporting():
        if not yes:
            require_yes(screen, Text(f"Sleutel {key_id} intrekken?", f"Revoke key {key_id}?"))
        with opened_client(language) as client:
            gone = client.keys.revoke(key_id)
        screen.say(Text(f"Ingetrokken: {gone.key_id}", f"Revoked: {gone.key_id}"))
        screen.document("revoked", exitCode=0, key=gone.to_json())
