"""Secrets: from the environment, a descriptor, a prompt without echo, or stdin; never an argument, which others see."""

import os
import sys

import typer
from rich.console import Console

from sluis_client.client import Client
from sluis_client.errors import PassphraseError, SetupError
from sluis_client.language import Language, Text
from sluis_client.passphrases import PASSPHRASE_VARIABLE, given_passphrase

CODE_VARIABLE = "SLUIS_CLIENT_CODE"


def registration_code(language: Language) -> str:
    """The one-time code of the invitation.

    Raises:
        SetupError: none was given.
    """
    named = os.environ.get(CODE_VARIABLE)
    if named is None:
        named = _ask(Text("Code uit de uitnodiging", "Code from the invitation"), language)
    if not named.strip():
        raise SetupError(
            Text("Er is geen code gegeven.", "No code was given."),
            Text(
                f"Typ de code als erom gevraagd wordt, geef haar op stdin, of zet haar in {CODE_VARIABLE}.",
                f"Type the code when asked, give it on stdin, or set {CODE_VARIABLE}.",
            ),
        )
    return named.strip()


def new_passphrase(language: Language) -> str:
    """A passphrase for a new key, typed twice when typed.

    Raises:
        SetupError: none was given, or the two differ.
    """
    named = given_passphrase()
    if named:
        return named
    if sys.stdin.isatty():
        first = _ask(Text("Nieuwe wachtzin", "New passphrase"), language)
        if first and first == _ask(Text("Nogmaals", "Once more"), language):
            return first
    raise SetupError(
        Text("Er is geen (gelijke) wachtzin gegeven.", "No (equal) passphrase was given."),
        Text(f"Typ haar twee keer, of zet {PASSPHRASE_VARIABLE}.", f"Type it twice, or set {PASSPHRASE_VARIABLE}."),
    )


def opened_client(language: Language) -> Client:
    """The client of this machine's profile; asks for the passphrase when the key needs one and someone is there.

    Raises:
        SluisClientError: as `Client.from_profile`.
    """
    client = Client.from_profile()
    try:
        client.unlock()
    except PassphraseError:
        client.close()
        if given_passphrase() is not None or not sys.stdin.isatty():
            raise
        client = Client.from_profile(passphrase=_ask(Text("Wachtzin", "Passphrase"), language))
    return client


def _ask(what: Text, language: Language) -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline()
    Console(stderr=True).print(f"{what.in_language(language)} ({what.beside(language)})")
    answer: str = typer.prompt("", hide_input=True, default="", show_default=False, err=True)
    return answer
