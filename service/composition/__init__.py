"""Composition: settings, the parts put together, and the `sluis` command."""

from __future__ import annotations

import os
import sys


def main() -> None:
    """The `sluis` command.

    `sluis protect` stands on its own: it starts without loading the service, for it is run table by table.
    """
    os.umask(0o077)  # whatever is written is for this account only
    if sys.argv[1:2] == ["protect"]:
        from service.disclosure.command.main import main as protect  # noqa: PLC0415 - see above

        protect(sys.argv[2:], "sluis protect")
    else:
        from service.composition.command import run  # noqa: PLC0415 - see above

        run()
