"""What the operator's commands say when the service refuses: every place, in words and in both languages."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import Any, cast

import pytest
import typer
from typer.testing import CliRunner

from service.api.faults import of_rule
from service.cli.console import refusals_told
from service.cli.organisations import add_organisation_commands
from service.domain.errors import Invalid
from service.domain.texts_rules import NOT_VALID, RULES

HEADER = "id,name,kinds,holding,agreement,valid_from,valid_until,regions\n"
GOOD = "ggz-noord,GGZ Noord,supplier,,DPA-1,2026-01-01,,\n"


def printed(refusal: Invalid, capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(typer.Exit), refusals_told():
        raise refusal
    return capsys.readouterr().err


@pytest.mark.parametrize("code", [*RULES, "a code that nobody knows"])
def test_a_fault_is_told_in_the_words_of_the_api(code: str, capsys: pytest.CaptureFixture[str]) -> None:
    told = of_rule("regions", code)
    assert f"  regions: {told.nl} / {told.en}\n" in printed(
        Invalid("organisation", faults=(("regions", code),)), capsys
    )
    assert told.nl != told.en
    assert (told.nl, told.en) == RULES.get(code, NOT_VALID)


def imported(content: bytes, folder: Path) -> tuple[int, str]:
    app = typer.Typer()
    add_organisation_commands(app, lambda: cast("Any", nullcontext()))
    file = folder / "organisations.csv"
    file.write_bytes(content)
    done = CliRunner().invoke(app, ["organisation", "import", str(file)])
    return done.exit_code, done.stderr


def test_all_that_is_wrong_with_a_list_of_organisations_is_told_at_once(tmp_path: Path) -> None:
    rows = [
        GOOD,
        "ggz-oost,GGZ Oost,clinic,,DPA-2,01-01-2026,soon,\n",
        "GGZ West,,supplier,,DPA-3,2026-01-01,,nowhere\n",
        "ggz-zuid,GGZ Zuid,supplier\n",
        "ggz-midden,GGZ Midden,supplier,,DPA-4,2026-01-01,2025-01-01,\n",
    ]
    code, said = imported((HEADER + "".join(rows)).encode(), tmp_path)
    assert code == 1
    lines = [line.split(": ", 1) for line in said.splitlines() if line.startswith("  row")]
    assert [place.strip() for place, _ in lines] == [
        "row 3, kinds",
        "row 3, valid_from",
        "row 3, valid_until",
        "row 4, id",
        "row 4, name",
        "row 4, regions",
        "row 5",
        "row 6",
    ]
    assert all(" / " in text for _, text in lines)
    assert "supplier" in lines[0][1]
    assert not [value for value in ("clinic", "01-01-2026", "soon", "nowhere") if value in said]


@pytest.mark.parametrize(
    ("content", "place"),
    [
        (b"id,name\nggz-noord,GGZ Noord\n", "row 1"),
        (b"", "row 1"),
        (HEADER.encode() + b'"ggz-noord"x,\n', "row 2"),
        (HEADER.encode() + GOOD.encode() + b"ggz-\xff\n", "row "),
    ],
)
def test_what_is_no_such_list_is_told(content: bytes, place: str, tmp_path: Path) -> None:
    code, said = imported(content, tmp_path)
    assert code == 1
    assert f"  {place}" in said
