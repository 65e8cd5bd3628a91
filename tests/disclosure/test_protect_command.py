"""`sluis protect` as its contract says: exit codes, faults with their place, exact output, nothing half written."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import typer
from typer.testing import CliRunner

from service.disclosure.command.main import protect_command

TABLES = Path(__file__).parents[1] / "data" / "tables"

YAML = """
dimensions:
  region: {column: region, hierarchy: regions.csv}
  careForm: {column: care_form}
value: places
kind: count
contributor: provider
rules: {minimum_count: 10}
"""
REGIONS = "code,parent\nNL,\nN,NL\nZ,NL\na,N\nb,N\nc,Z\n"
DATA = "region,care_form,provider,places\na,x,P,4\na,y,Q,40\nb,x,P,30\nb,y,R,25\nc,x,R,50\nc,y,Q,60\n"


@pytest.fixture
def run(tmp_path):
    app = typer.Typer()
    app.command()(protect_command)

    def go(*, specification=YAML, hierarchy=REGIONS, data=DATA, more=(), name="data.csv"):
        (tmp_path / "table.yaml").write_text(specification)
        (tmp_path / "regions.csv").write_text(hierarchy)
        if isinstance(data, str):
            (tmp_path / name).write_text(data)
        else:
            pq.write_table(data, tmp_path / name)
        arguments = [tmp_path / "table.yaml", "--data", tmp_path / name, "--out", tmp_path / "out.csv", "--report"]
        arguments += [tmp_path / "report.json", *more]
        return CliRunner().invoke(app, [str(one) for one in arguments])

    return go


def rows_of(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_a_protected_table(run, tmp_path):
    result = run()
    assert result.exit_code == 0, result.output
    rows = rows_of(tmp_path / "out.csv")
    assert list(rows[0]) == ["region", "careForm", "value", "status"]
    assert len(rows) == 6 * 3
    by_cell = {(row["region"], row["careForm"]): row for row in rows}
    assert by_cell["NL", "TOTAL"] == {"region": "NL", "careForm": "TOTAL", "value": "209", "status": "A"}
    assert by_cell["a", "x"] == {"region": "a", "careForm": "x", "value": "", "status": "Q"}
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["cells"] == 18
    assert report["attack"]["exact_disclosures"] == report["attack"]["interval_breaches"] == 0
    assert {path.name for path in tmp_path.iterdir()} == {
        "table.yaml",
        "regions.csv",
        "data.csv",
        "out.csv",
        "report.json",
    }


def test_parquet_and_decimals_are_exact(run, tmp_path):
    specification = YAML.replace("kind: count", "kind: magnitude").replace("minimum_count: 10", "p_percent: 10")
    data = pa.table(
        {
            "region": ["a", "a", "a", "b", "b", "c", "c", "c"],
            "care_form": pa.array(["x"] * 8).dictionary_encode(),
            "provider": list("PQRPQPQR"),
            "places": [0.1, 0.2, 0.3, 1e3, 2.5, 7.0, 8.0, 9.25],
        }
    )
    assert run(specification=specification, data=data, name="data.parquet").exit_code == 0
    values = {row["value"] for row in rows_of(tmp_path / "out.csv") if row["region"] == "a" and row["status"] == "A"}
    assert values <= {"0.6"}


@pytest.mark.parametrize(
    ("data", "place"),
    [
        (DATA.replace("a,x,P,4", "a,x,P,-4"), "row 2, column places"),
        (DATA.replace("a,x,P,4", "a,x,P,"), "row 2, column places"),
        (DATA.replace("a,x,P,4", "a,x,P,nan"), "row 2, column places"),
        (DATA.replace("a,x,P,4", "a,x,P,inf"), "row 2, column places"),
        (DATA.replace("a,x,P,4", "a,x,P,4.5"), "row 2, column places"),
        (DATA.replace("a,x,P,4", "a,x,P,99999999999999999999"), "row 2, column places"),
        (DATA.replace("a,y", "q,y"), "row 3, column region"),
        (DATA.replace("a,y", "N,y"), "row 3, column region"),
        (DATA.replace("a,y", ",y"), "row 3, column region"),
        (DATA.replace("a,y", "a,TOTAL"), "row 3, column care_form"),
        (DATA.replace("Q,40", ",40"), "row 3, column provider"),
        (DATA.replace("b,x,P,30", "b,x,P,30,1"), "row 4"),
        (DATA.replace("provider", "supplier"), "column provider"),
        (DATA.replace("provider", "region"), "region"),
        ("", "data.csv"),
    ],
)
def test_bad_data_is_named_by_row_and_column_and_nothing_is_written(run, tmp_path, data, place):
    result = run(data=data)
    assert result.exit_code == 2
    assert place in result.output
    assert not (tmp_path / "out.csv").exists()
    assert not (tmp_path / "report.json").exists()


def test_all_faults_at_once(run):
    result = run(data=DATA.replace("a,x,P,4", "q,x,,-4").replace("a,y,Q,40", "a,y,Q,x"))
    assert result.exit_code == 2
    for place in ("row 2, column region", "row 2, column provider", "row 2, column places", "row 3, column places"):
        assert place in result.output


@pytest.mark.parametrize(
    ("hierarchy", "place"),
    [
        (REGIONS + "a,Z\n", "row 8"),
        (REGIONS.replace("N,NL", "N,a"), "row 3"),
        (REGIONS.replace("c,Z", "c,Q"), "row 7"),
        (REGIONS.replace("c,Z", ",Z"), "row 7"),
        (REGIONS.replace("code,parent", "x,y"), "regions.csv"),
    ],
)
def test_bad_hierarchies(run, hierarchy, place):
    result = run(hierarchy=hierarchy)
    assert result.exit_code == 2
    assert place in result.output


@pytest.mark.parametrize(
    ("specification", "place"),
    [
        (YAML + "colour: red\n", "colour"),
        (YAML.replace("minimum_count", "minimum_cuont"), "rules.minimum_cuont"),
        (YAML.replace("column: care_form", "kolom: care_form"), "dimensions.careForm.kolom"),
        (YAML.replace("regions.csv", "nowhere.csv"), "dimensions.region.hierarchy"),
        (YAML + "method: {rounding: 1}\n", "method.rounding"),
        (YAML + "method: {rounding: 5, noise: 1}\n", "method"),
        (YAML + "value: other\n", "value"),
        (YAML.replace("rules: {minimum_count: 10}", "rules: {}"), "rules"),
        (YAML.replace("rules: {minimum_count: 10}", "rules: {dominance: [[1]]}"), "rules.dominance[0]"),
        (YAML.replace("contributor: provider\nrules: {minimum_count: 10}", "rules: {p_percent: 5}"), "contributor"),
        ("[1, 2]", "table.yaml"),
        ("a: [", "table.yaml"),
    ],
)
def test_bad_specifications_name_the_key(run, specification, place):
    result = run(specification=specification)
    assert result.exit_code == 2
    assert place in result.output


def test_a_minimum_below_the_floor_is_raised_and_said(run):
    result = run(specification=YAML.replace("minimum_count: 10", "minimum_count: 3"))
    assert result.exit_code == 0
    assert "rules.minimum_count" in result.output


@pytest.mark.parametrize("data", ["region,care_form,provider,places\n", "region,care_form,provider,places\na,x,P,0\n"])
def test_no_rows_and_only_zero(run, tmp_path, data):
    result = run(data=data)
    assert result.exit_code == 0, result.output
    assert {row["value"] for row in rows_of(tmp_path / "out.csv")} == {"0"}


def test_no_cells_at_all(run, tmp_path):
    specification = YAML.replace("{column: care_form}", "{column: care_form, total: false}")
    result = run(specification=specification, data="region,care_form,provider,places\n")
    assert result.exit_code == 0, result.output
    assert rows_of(tmp_path / "out.csv") == []


def test_an_earlier_output_is_taken_into_account(run, tmp_path):
    data = DATA + "a,y,R,20\na,x,S,2\n"
    assert run(data=data, specification=YAML.replace("  careForm: {column: care_form}\n", "")).exit_code == 0
    shutil.move(tmp_path / "out.csv", tmp_path / "first.csv")
    shutil.copy(tmp_path / "table.yaml", tmp_path / "first.yaml")
    result = run(data=data, more=("--released", tmp_path / "first.csv"))
    assert result.exit_code == 0, result.output
    first = {row["region"]: row for row in rows_of(tmp_path / "first.csv")}
    for row in rows_of(tmp_path / "out.csv"):
        if row["careForm"] == "TOTAL":
            assert row["value"] == first[row["region"]]["value"]


def test_an_earlier_output_that_gives_a_cell_away_is_refused(run, tmp_path):
    assert run().exit_code == 0
    text = (tmp_path / "out.csv").read_text().replace("a,x,,Q", "a,x,4,A")
    (tmp_path / "first.csv").write_text(text)
    shutil.copy(tmp_path / "table.yaml", tmp_path / "first.yaml")
    (tmp_path / "out.csv").unlink()
    (tmp_path / "report.json").unlink()
    result = run(more=("--released", tmp_path / "first.csv"))
    assert result.exit_code == 3
    assert "region=a" in result.output
    assert not (tmp_path / "out.csv").exists()


def test_an_earlier_output_of_other_data_is_bad_input(run, tmp_path):
    assert run().exit_code == 0
    (tmp_path / "first.csv").write_text((tmp_path / "out.csv").read_text().replace("209", "210"))
    shutil.copy(tmp_path / "table.yaml", tmp_path / "first.yaml")
    result = run(more=("--released", tmp_path / "first.csv"))
    assert result.exit_code == 2
    assert "first" in result.output


def test_nothing_is_written_into_a_directory_that_is_not_there(run, tmp_path):
    result = run(more=("--report", tmp_path / "nowhere" / "report.json"))
    assert result.exit_code == 2
    assert not (tmp_path / "out.csv").exists()
