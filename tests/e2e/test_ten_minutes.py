"""The ten minutes of a new supplier, on a computer with `sluis-client` and nothing else of Sluis.

From the invitation to a receipt that holds: the package is built and installed as a supplier gets it, the workbook is
filled in with mistakes, the marked copy says which, and what is corrected is delivered.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import openpyxl
import pytest
from supplier_place import OPEN, SupplierPlace

from sluis_client.cli.exit_codes import ExitCode

pytestmark = pytest.mark.xdist_group("supplier")

ROOT = Path(__file__).parents[2]
UV = ROOT / ".uv" / "bin" / "uv"


class Computer:
    """A computer of the supplier: the client in an environment of its own, an empty folder, no variables of ours."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.python = folder / "environment" / "bin" / "python"
        _uv("build", "--wheel", "--out-dir", folder, ROOT / "client_sdk")
        _uv("venv", "--python", sys.executable, folder / "environment")
        (wheel,) = folder.glob("sluis_client-*.whl")
        _uv("pip", "install", "--python", self.python, wheel)

    def type(self, *words: str, typed: str = "") -> subprocess.CompletedProcess[str]:
        environment = {"HOME": str(self.folder), "LANG": "C.UTF-8", "COLUMNS": "200"}
        return subprocess.run(
            [self.python.parent / "sluis-client", *words],
            input=typed,
            cwd=self.folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def does(self, *words: str, typed: str = "", code: ExitCode = ExitCode.OK) -> str:
        done = self.type(*words, typed=typed)
        assert done.returncode == code, (words, done.stdout, done.stderr)
        return done.stdout


def _uv(*words: str | Path) -> None:
    done = subprocess.run(
        [UV, *words], env={**os.environ, "UV_PYTHON_DOWNLOADS": "never"}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def computer(tmp_path_factory: pytest.TempPathFactory) -> Computer:
    return Computer(tmp_path_factory.mktemp("computer"))


def fill(workbook: Path, rows: Sequence[Sequence[object]]) -> None:
    """Type rows below the names of the columns."""
    book = openpyxl.load_workbook(workbook)
    sheet = book.worksheets[0]
    head = next(row for row in range(1, 30) if sheet.cell(row, 1).value == "period")
    for down, values in enumerate(rows, head + 1):
        for across, value in enumerate(values, 1):
            sheet.cell(down, across).value = value
    book.save(workbook)


def test_from_the_invitation_to_a_receipt(supplier_place: SupplierPlace, computer: Computer) -> None:
    organisation, code = supplier_place.invited()
    registered = computer.does("init", "--url", supplier_place.url, typed=f"{code}\n")
    assert code not in registered
    assert OPEN in computer.does("rounds")

    computer.does("template", OPEN, "--xlsx", "--output", "beds.xlsx")
    wrong = [
        ("2019Q1", "S08000015", "cardiology", 90, 61),
        ("2019Q2", "S08000015", "cardiologie", 91, "7O"),
        ("2019Q3", "S08000015", "cardiology", 10, 70),
    ]
    fill(computer.folder / "beds.xlsx", wrong)
    told = computer.does(
        *("check", "beds.xlsx", "--round", OPEN, "--marked", "marked.xlsx", "--json"), code=ExitCode.CONTENT_REFUSED
    )
    codes = set(json.loads(told)["faults"]["byCode"])
    assert codes == {"F101", "F110", "occupied-above-staffed"}
    marked = openpyxl.load_workbook(computer.folder / "marked.xlsx").worksheets[0]
    comments = {cell.value: cell.comment.text for row in marked for cell in row if cell.comment}
    assert "F101" in comments["cardiologie"]
    assert "F110" in comments["7O"]
    assert len(comments) >= len(codes)
    refused = computer.type("submit", "beds.xlsx", "--round", OPEN, "--yes")
    assert refused.returncode == ExitCode.CONTENT_REFUSED
    assert supplier_place.crafting(profile(computer)).counting() == []

    right = [wrong[0], ("2019Q2", "S08000015", "cardiology", 91, 70), ("2019Q3", "S08000015", "cardiology", 80, 70)]
    fill(computer.folder / "beds.xlsx", right)
    computer.does("check", "beds.xlsx", "--round", OPEN)
    delivered = json.loads(computer.does("submit", "beds.xlsx", "--round", OPEN, "--yes", "--json"))
    submission = delivered["submissionId"]
    computer.does("receipts", "verify", submission)
    (counting,) = supplier_place.crafting(profile(computer)).counting()
    assert (counting["id"], counting["state"], counting["rows"]) == (submission, "accepted", 3)
    events = supplier_place.events(organisation=organisation, code="submission.complete", outcome="success")
    assert [event["objectId"] for event in events] == [submission]


def profile(computer: Computer) -> Path:
    (key,) = computer.folder.rglob("key.pem")
    return key.parent


def test_the_package_brings_nothing_of_the_service(computer: Computer) -> None:
    script = "import importlib.util as u; print([n for n in ('service', 'fastapi', 'sqlalchemy') if u.find_spec(n)])"
    done = subprocess.run(
        [computer.python, "-c", script], cwd=computer.folder, capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"
