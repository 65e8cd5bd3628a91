"""`sluis-client` that says which process it is, and is killed before it does something to a file.

KILLED_PROCESS      a file for the process id
KILLED_BEFORE       a pattern for what it is about to do, or a number: that many things it still does
"""

from __future__ import annotations

import os
import re
import signal
import sys
from pathlib import Path

from sluis_client.cli import main as run

CHANGES = frozenset({"os.link", "os.mkdir", "os.remove", "os.rename", "os.rmdir", "shutil.rmtree"})
"""What changes a folder; what is written to a file counts for nothing before it has its name."""


def main() -> None:
    Path(os.environ["KILLED_PROCESS"]).write_text(str(os.getpid()))
    before = os.environ.get("KILLED_BEFORE", "")
    if before:
        _kill_before(before)
    run()


def _kill_before(before: str) -> None:
    left = [int(before) if before.isdigit() else -1]

    def look(event: str, arguments: tuple[object, ...]) -> None:
        if event not in CHANGES:
            return
        doing = f"{event} {' '.join(map(str, arguments))}"
        if os.environ["SLUIS_CLIENT_HOME"] not in doing:
            return
        if left[0] == 0 or (left[0] < 0 and re.search(before, doing)):
            os.kill(os.getpid(), signal.SIGKILL)
        left[0] -= 1

    sys.addaudithook(look)
