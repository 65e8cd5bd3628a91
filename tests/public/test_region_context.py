"""Region context from CBS: fetched, summed to regions and read beside releases; a title that is gone is told clearly."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from cbs_double import CbsDouble, cbs_double, key_figures
from typer.testing import CliRunner

from service.composition.build import operator_call
from service.composition.command import command
from service.composition.settings import read_settings
from service.use_cases.read_public_figures import read_public_figures

AMSTERDAM, DIEMEN, UTRECHT = "GM0363", "GM0384", "GM0344"


@pytest.fixture
def cbs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[CbsDouble]:
    monkeypatch.setenv("SLUIS_DATA_DIRECTORY", str(tmp_path / "data"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    figures = {AMSTERDAM: (900, 480), DIEMEN: (30, 14), UTRECHT: (360, 180)}
    with cbs_double(t70072ned=key_figures(figures)) as double:
        monkeypatch.setenv("SLUIS_CBS_ADDRESS", double.url)
        yield double


def fetch() -> tuple[int, str]:
    found = CliRunner().invoke(command(), ["public", "fetch", "region-context", "--period", "2024"])
    return found.exit_code, found.output


def test_inhabitants_and_households_stand_beside_releases_per_region(cbs: CbsDouble) -> None:
    code, printed = fetch()
    assert code == 0, printed
    with operator_call(read_settings()) as call:
        found = read_public_figures(call, "region-context", "2024", "nl-province", "province")
    told = {(one.region, one.measure): one.known for one in found.figures.figures}
    assert told["PV27", "inhabitants"] == 930
    assert told["PV27", "households"] == 494
    assert told["PV26", "inhabitants"] == 360
    assert found.copy.source_table == "70072ned"


def test_a_title_that_cbs_changed_is_told_with_those_that_look_like_it(cbs: CbsDouble) -> None:
    rows = cbs.tables["70072ned"].collections["MeasureCodes"]
    rows[0]["Title"] = "Totale bevolking op 1 januari"
    code, printed = fetch()
    assert code != 0
    assert "70072ned" in printed
    assert "Totale bevolking (0); Totale bevolking op 1 januari" in printed
    rows[0]["Title"] = "Totale bevolking"
    rows[2]["Title"] = "Totale bevolking"
    assert "Totale bevolking (2)" in fetch()[1]
