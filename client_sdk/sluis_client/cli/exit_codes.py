"""What a script may rely on."""

from enum import IntEnum

from sluis_client.errors import (
    ConnectionFailedError,
    ContentRefusedError,
    ServiceRefusedError,
    SetupError,
    SluisClientError,
)
from sluis_client.language import Text


class ExitCode(IntEnum):
    """Exit codes of `sluis-client`."""

    OK = 0
    USAGE = 2
    CONTENT_REFUSED = 3
    SERVICE_REFUSED = 4
    CONNECTION = 5
    TRUST = 6


MEANING = {
    ExitCode.OK: Text("gelukt", "done"),
    ExitCode.USAGE: Text(
        "verkeerd gebruik of iets op deze computer; niets verstuurd",
        "wrong use or something on this machine; nothing sent",
    ),
    ExitCode.CONTENT_REFUSED: Text("fouten in de inhoud; niets telt", "faults in the content; nothing counts"),
    ExitCode.SERVICE_REFUSED: Text("geweigerd door de dienst", "refused by the service"),
    ExitCode.CONNECTION: Text(
        "geen verbinding; niets verloren, zelfde opdracht opnieuw",
        "no connection; nothing lost, same command again",
    ),
    ExitCode.TRUST: Text(
        "ontvangstbewijs, certificaat of profiel niet te vertrouwen", "receipt, certificate or profile not trustworthy"
    ),
}


def exit_code(error: SluisClientError) -> ExitCode:
    """The exit code of an error."""
    match error:
        case SetupError():
            return ExitCode.USAGE
        case ContentRefusedError():
            return ExitCode.CONTENT_REFUSED
        case ServiceRefusedError():
            return ExitCode.SERVICE_REFUSED
        case ConnectionFailedError():
            return ExitCode.CONNECTION
        case _:
            return ExitCode.TRUST
