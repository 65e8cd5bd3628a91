"""`sluis-client init`."""

from pathlib import Path
from typing import Annotated

import typer

from sluis_client.cli.options import JsonOption, LanguageOption
from sluis_client.cli.screen import Screen
from sluis_client.cli.secrets import new_passphrase, registration_code
from sluis_client.client import Client
from sluis_client.errors import AlreadyRegisteredError
from sluis_client.language import Text
from sluis_client.network import Network
from sluis_client.profile import Profile


def init(
    url: Annotated[str, typer.Option("--url", help="Adres van de dienst. (The service's address.)")],
    *,
    force: Annotated[
        bool, typer.Option("--force", help="Vervang een bestaande aanmelding. (Replace a registration.)")
    ] = False,
    passphrase: Annotated[
        bool,
        typer.Option("--passphrase", help="Beveilig de sleutel met een wachtzin. (Protect the key by a passphrase.)"),
    ] = False,
    keyring: Annotated[
        bool,
        typer.Option("--keyring", help="Bewaar de sleutel in de sleutelbos van het systeem. (In the system keyring.)"),
    ] = False,
    proxy: Annotated[
        str | None, typer.Option("--proxy", help="Adres van de proxy, zonder wachtwoord. (Address of the proxy.)")
    ] = None,
    ca_file: Annotated[
        Path | None,
        typer.Option("--ca-file", help="PEM met de certificaatautoriteit van uw netwerk. (Your network's CA.)"),
    ] = None,
    as_json: JsonOption = False,
    language: LanguageOption = "nl",
) -> None:
    """Meld deze computer aan met de code uit de uitnodiging. / Register this machine.

    De code komt uit SLUIS_CLIENT_CODE, van een prompt of van stdin. / It comes from the environment, a prompt or stdin.
    """
    screen = Screen("init", language, as_json=as_json)
    with screen.reporting():
        secret = new_passphrase(language) if passphrase else None
        network = Network(proxy, ca_file)
        with Client.for_service(url, passphrase=secret, in_keyring=keyring, network=network) as client:
            if client.registered and not force:  # before a code is asked for
                raise AlreadyRegisteredError(Profile.at().registration().name)
            registration = client.register(registration_code(language), replace=force)
        screen.say(
            Text(
                f"Aangemeld als {registration.name} ({registration.organisation}). Sleutel: {registration.key_id}",
                f"Registered as {registration.name} ({registration.organisation}). Key: {registration.key_id}",
            )
        )
        screen.document("registered", exitCode=0, registration=registration.to_json())
