"""The pictures in docs/regional-owner.md are what the commands make of the samples beside it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from service.composition.command import command

ROOT = Path(__file__).resolve().parents[2]
SECTION = (ROOT / "docs" / "regional-owner.md").read_text().partition("\n## 7. ")[2]


def typed() -> list[tuple[str, list[str]]]:
    """Each command of the section, and the stretches of lines that it prints, in order; … is anything."""
    (block,) = re.findall(r"^```console\n(.*?)^```$", SECTION, re.DOTALL | re.MULTILINE)
    found = []
    for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        line, _, printed = part.partition("\n")
        found.append((line, [stretch.strip("\n") for stretch in printed.split("…") if stretch.strip()]))
    return found


@pytest.mark.parametrize(("line", "printed"), typed())
def test_what_the_page_shows_is_printed(line, printed, monkeypatch):
    monkeypatch.chdir(ROOT)
    arguments = line.partition(" > ")[0].split()
    assert arguments[0] == "sluis"
    shown = CliRunner().invoke(command(), arguments[1:])
    assert shown.exit_code == 0, shown.output
    at = 0
    for stretch in printed:
        at = shown.output.find(stretch, at)
        assert at >= 0, stretch
        at += len(stretch)
    if "csv" in line:
        assert shown.output.startswith(("period,region,", "client_region,"))


def test_each_status_of_a_box_is_explained():
    for word in ("gevuld", "elders", "witte vlek", "possible white spot", "leeg", "afgeschermd", "onbekend"):
        assert word in SECTION
