"""The passphrase of the private key: from the environment, or from a file descriptor that whoever starts us opened.

Never from an argument: arguments are seen by everybody on the machine.
"""

import os
from functools import cache

from sluis_client.errors import SetupError
from sluis_client.language import Text

PASSPHRASE_VARIABLE = "SLUIS_CLIENT_PASSPHRASE"  # noqa: S105 - the name of a variable
DESCRIPTOR_VARIABLE = "SLUIS_CLIENT_PASSPHRASE_FD"
_LONGEST = 4096


def given_passphrase() -> str | None:
    """The passphrase, or None when none is given; the first line of what the descriptor holds.

    Raises:
        SetupError: the descriptor is no number, or cannot be read.
    """
    descriptor = os.environ.get(DESCRIPTOR_VARIABLE)
    if descriptor is None:
        return os.environ.get(PASSPHRASE_VARIABLE)
    return _read(descriptor)


@cache
def _read(descriptor: str) -> str:
    """A pipe can be read once; the process asks more than once."""
    try:
        with open(int(descriptor), "rb") as file:  # noqa: PTH123 - a descriptor
            return file.read(_LONGEST).partition(b"\n")[0].rstrip(b"\r").decode()
    except (ValueError, OSError):
        raise SetupError(
            Text(
                f"{DESCRIPTOR_VARIABLE} wijst geen leesbare bestandsdescriptor aan.",
                f"{DESCRIPTOR_VARIABLE} names no file descriptor that can be read.",
            ),
            Text(
                f"Geef bijvoorbeeld {DESCRIPTOR_VARIABLE}=3 en 3<bestand.", f"Give {DESCRIPTOR_VARIABLE}=3 and 3<file."
            ),
        ) from None
