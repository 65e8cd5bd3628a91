"""Every command in docs/operator.md and docs/developer.md is run, in order, in one shell, and prints what the page says."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from cbs_double import cbs_double, population

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.thorough


@dataclass(frozen=True)
class Typed:
    """A command of a page, and what the page says that it prints; `…` stands for anything."""

    command: str
    printed: str

    @property
    def pattern(self) -> str:
        lines = [".*?".join(map(re.escape, re.split(" ?… ?", line))) for line in self.printed.splitlines()]
        whole = r"\n".join(lines)
        # a line of nothing but … stands for any number of lines
        return re.sub(r"(?:^|(?<=\\n))\.\*\?(?=\\n|$)", r"(?:.*)", whole)


def typed(page: str) -> list[Typed]:
    found = []
    for block in re.findall(r"^```console\n(.*?)^```$", (ROOT / "docs" / page).read_text(), re.DOTALL | re.MULTILINE):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, printed = part.partition("\n")
            found.append(Typed(command, printed.strip()))
    return found


def run(commands: list[Typed], folder: Path, place: Path, cbs: str) -> list[str]:
    """What each command printed; a command that fails ends the shell."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {
        "HOME": str(place),
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "SLUIS_ISSUER": f"http://127.0.0.1:{port}",
        "SLUIS_PORT": str(port),
        "SLUIS_CBS_ADDRESS": cbs,
        "LANG": "C.UTF-8",
        "COLUMNS": "200",
    }
    mark = "-- next command --"
    # Without a terminal there is no job control, and `%1` names nothing, unless the shell is told.
    script = "set -meuo pipefail\n" + "".join(f"echo '{mark}'\n{one.command}\n" for one in commands)
    # Files and no pipes: the service that is left running would keep a pipe open.
    with (place / "out").open("w+") as out, (place / "err").open("w+") as err:
        shell = subprocess.Popen(
            ["bash", "-c", script],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            start_new_session=True,
        )
        try:
            status = shell.wait(timeout=240)
        finally:
            end_session(shell.pid)
        out.seek(0)
        err.seek(0)
        answers = [answer.strip() for answer in out.read().split(mark)[1:]]
        assert status == 0, f"$ {commands[len(answers) - 1].command}\n{answers[-1:]}\n{err.read()}"
        return answers


def end_session(leader: int) -> None:
    """The service that a page leaves running; each job has a group of its own in the shell's session."""
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
            if int(fields[3]) == leader:
                os.kill(int(entry.name), signal.SIGKILL)
        except (FileNotFoundError, ProcessLookupError):
            continue


@pytest.mark.parametrize("page", ["operator.md", "developer.md"])
def test_every_command_does_what_the_page_says(page: str, tmp_path: Path):
    commands = typed(page)
    assert len(commands) > 2
    folder = tmp_path if page == "operator.md" else ROOT
    with cbs_double(t03759ned=population({"GM0363": 900})) as cbs:
        answers = run(commands, folder, tmp_path, cbs.url)
    assert len(answers) == len(commands)
    for one, answer in zip(commands, answers, strict=True):
        if one.printed:
            assert re.fullmatch(one.pattern, answer, re.DOTALL), f"$ {one.command}\n{answer}"
