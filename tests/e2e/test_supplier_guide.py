"""The guide of the supplier is true: a new supplier types it, from an empty profile to a corrected delivery."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from supplier_files import workbook
from supplier_place import SupplierPlace
from warm_command import warm_command

from sluis_client.cli.exit_codes import ExitCode

pytestmark = pytest.mark.xdist_group("supplier")

GUIDE = (Path(__file__).parents[2] / "docs/supplier.md").read_text()
INVITED = "ziekenhuis-arran"
ELSEWHERE = {"release", "trust", "dat", "pseudonymise", "pseudonym"}
"""`trust` is tried in test_sdk_cli, `release` in test_journey_certificate; `dat` follows the package in a sentence."""


def blocks() -> list[tuple[str, str]]:
    """What stands in the guide to be typed, in its order: kind and text."""
    return re.findall(r"^```(console|csv|python)\n(.*?)^```$", GUIDE, re.DOTALL | re.MULTILINE)


def commands(block: str) -> list[tuple[str, list[str]]]:
    """The commands after a `$`, each with the lines that it should print."""
    found: list[tuple[str, list[str]]] = []
    for line in block.splitlines():
        if line.startswith("$ "):
            found.append((line[2:], []))
        else:
            found[-1][1].append(line)
    return found


def matches(expected: list[str], printed: str) -> bool:
    """Whether the output is as shown; … stands for anything, on a line of its own for any lines."""
    parts = [
        r"(?:[^\n]*\n)*?"
        if line == "…"
        else r"[^\n]*?".join(map(re.escape, map(str.strip, line.split("…")))) + r"[^\n]*\n"
        for line in expected
    ]
    flat = "".join(" ".join(re.sub("[│┃]", " ", line).split()) + "\n" for line in printed.splitlines())
    return re.fullmatch("".join(parts).replace(r"\ ", " "), flat) is not None


class Desk:
    """The supplier's own computer: a directory to work in, and an empty profile."""

    def __init__(self, place: SupplierPlace, warm: Path, folder: Path) -> None:
        self.folder = folder
        self.code = place.place.codes[INVITED]
        self.known = {"https://sluis.example": place.url}
        self.environment: Mapping[str, str] = {
            "PATH": f"{warm}:{Path(sys.executable).parent}:{os.environ['PATH']}",
            "SLUIS_CLIENT_HOME": str(folder / "profile"),
            "COLUMNS": "300",
        }

    def real(self, text: str) -> str:
        for said, meant in self.known.items():
            text = text.replace(said, meant)
        return text

    def type(self, command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["bash", "-c", self.real(command)],
            input=f"{self.code}\n",
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def follow(self, kind: str, text: str) -> None:
        """Do what a block of the guide says."""
        if kind == "csv":
            (self.folder / "capacity.csv").write_text(text)
        elif kind == "python":
            (self.folder / "own.py").write_text(text)
            ran = self.type("python own.py")
            assert ran.stdout.startswith("duplicate "), ran.stderr
        else:
            for command, expected in commands(text):
                self.check(command, expected)

    def check(self, command: str, expected: list[str]) -> None:
        if "beden.xlsx" in command and not (self.folder / "beden.xlsx").exists():
            rows = [line.split(",") for line in (self.folder / "capacity.csv").read_text().splitlines()]
            workbook(
                self.folder / "beden.xlsx",
                [[cell.replace("cardiology", "Cardiologie") for cell in row] for row in rows],
            )
        done = self.type(command)
        if "check" in command and "2 fouten. Er is niets verstuurd." in expected:
            assert done.returncode == ExitCode.CONTENT_REFUSED
        elif not expected and command.startswith("sluis-client"):
            assert done.returncode == ExitCode.SERVICE_REFUSED
            assert self.known["AANLEVERING"] in done.stderr
        else:
            assert done.returncode == ExitCode.OK, (command, done.stderr)
        assert matches([self.real(line) for line in expected], done.stdout), (command, done.stdout)
        accepted = re.match(r"Aangenomen: .* Ontvangstbewijs (\S+) is", done.stdout)
        if accepted:
            named = "VERBETERING" if "AANLEVERING" in self.known else "AANLEVERING"
            self.known.setdefault(named, accepted[1])


@pytest.fixture
def warm_client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with a `sluis-client` that is loaded already."""
    with warm_command(tmp_path_factory.mktemp("warm"), "sluis-client", "sluis_client.cli", "main") as folder:
        yield folder


def test_the_guide_from_the_beginning_to_the_end(
    supplier_place: SupplierPlace, warm_client: Path, tmp_path: Path
) -> None:
    desk = Desk(supplier_place, warm_client, tmp_path)
    for kind, text in blocks():
        desk.follow(kind, text)
    found = supplier_place.crafting(tmp_path / "profile").counting()
    told = sorted((one["dataSet"], one["state"], one["version"], one["rows"]) for one in found)
    assert told == [
        ("blocked-outflow", "accepted", 1, 8),
        ("capacity", "accepted", 1, 1),
        ("places-and-outflow", "accepted", 1, 1),
        ("staffed-beds", "accepted", 3, 3),
        ("staffed-beds", "superseded", 1, 2),
    ]


def test_every_command_in_the_guide_is_typed() -> None:
    said = [command for kind, text in blocks() if kind == "console" for command, _ in commands(text)]
    typed = {command.split()[1] for command in said if command.startswith("sluis-client")}
    mentioned = set(re.findall(r"sluis-client ([a-z]+)", GUIDE))
    assert mentioned - ELSEWHERE <= typed
