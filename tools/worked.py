"""What docs/disclosure.md shows of `sluis protect`, printed anew by the command itself.

The page's blocks of `console` are one session, from its first line to its last, in a copy of docs/disclosure/. They
know `cat`, `cd`, `cp` and `sluis`, and `|| echo "exit status $?"` after what is meant to fail. The command runs in
this process: the page is compared by `make check`.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import chdir
from pathlib import Path

from typer.testing import CliRunner

from service.composition.command import command

DOCS = Path(__file__).resolve().parents[1] / "docs"
PAGE = DOCS / "disclosure.md"
EXAMPLES = DOCS / "disclosure"

_BLOCK = re.compile(r"(?<=^```console\n).*?(?=^```$)", re.DOTALL | re.MULTILINE)
_FAILS = ' || echo "exit status $?"'


def disclosure_page() -> str:
    """The page, with what its commands print now.

    Raises:
        ValueError: a command that is not known here, or that fails unannounced.
    """
    with tempfile.TemporaryDirectory(prefix="sluis-worked-") as folder, chdir(folder):
        shutil.copytree(EXAMPLES, folder, dirs_exist_ok=True)
        return _BLOCK.sub(lambda block: "".join(_played(block.group())), PAGE.read_text(encoding="utf-8"))


def _played(block: str) -> Iterator[str]:
    for typed in re.findall(r"^\$ (.*)$", block, re.MULTILINE):
        printed = _run(typed)
        yield f"$ {typed}\n{printed}{'' if printed.endswith(chr(10)) or not printed else chr(10)}"


def _run(typed: str) -> str:
    match shlex.split(typed.removesuffix(_FAILS)):
        case ["cd", folder]:
            os.chdir(folder)
        case ["cat", file]:
            return Path(file).read_text(encoding="utf-8")
        case ["cp", source, target]:
            shutil.copy(source, target)
        case ["sluis", *arguments]:
            return _sluis(typed, arguments)
        case _:
            raise ValueError(f"unknown on this page: {typed}")
    return ""


def _sluis(typed: str, arguments: list[str]) -> str:
    done = CliRunner().invoke(command(), arguments)
    if (done.exit_code != 0) != typed.endswith(_FAILS):
        raise ValueError(f"$ {typed}\n{done.output}") from done.exception
    return done.output + (f"exit status {done.exit_code}\n" if done.exit_code else "")
