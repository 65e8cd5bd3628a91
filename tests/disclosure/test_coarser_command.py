"""`sluis protect` on what it cannot protect, and on what protection costs."""

from __future__ import annotations

import csv
import json
from dataclasses import replace

import pytest
import typer
from typer.testing import CliRunner

from service.disclosure import Dimension, Facts, Rules, Table, protect
from service.disclosure.command.main import protect_command
from service.disclosure.methods.losses import losses_of

ZORGKANTOOR = "code,parent\nNL,\nZ1,NL\nZ2,NL\na,Z1\nb,Z1\nc,Z1\nd,Z2\ne,Z2\nf,Z2\n"
GGD = "code,parent\nNL,\nG1,NL\nG2,NL\na,G1\nb,G1\nc,G2\nd,G2\ne,G2\nf,G2\n"
COUNTED = "value: patients\nkind: count\ncontributor: provider\nrules: {minimum_count: 10}\n"
ASKED = "dimensions:\n  region: {column: municipality, hierarchy: [zorgkantoor.csv, ggd.csv]}\n" + COUNTED
BY_FORM = "dimensions:\n  form: {column: form}\n" + COUNTED
BY_SEX = "dimensions:\n  sex: {column: sex}\n" + COUNTED
DATA = """municipality,form,sex,provider,patients
a,x,v,P,6
b,x,v,Q,5
c,x,v,Q,9
d,x,v,Q,60
e,x,v,Q,30
f,x,v,Q,50
"""
"""Q has every municipality but a: of the sum it can subtract all of the others."""


@pytest.fixture
def run(tmp_path):
    app = typer.Typer()
    app.command()(protect_command)
    for name, text in {
        "zorgkantoor.csv": ZORGKANTOOR,
        "ggd.csv": GGD,
        "data.csv": DATA,
        "asked.yaml": ASKED,
        "forms.yaml": BY_FORM,
        "forms.csv": "form,value,status\nTOTAL,160,A\nx,160,A\n",
        "sexes.yaml": BY_SEX,
        "sexes.csv": "sex,value,status\nTOTAL,,Q\nv,,Q\n",
    }.items():
        (tmp_path / name).write_text(text)

    def go(*more, table="asked.yaml"):
        arguments = [table, "--data", "data.csv", "--out", "out.csv", "--report", "report.json"]
        paths = [
            str(tmp_path / one) if one.endswith((".yaml", ".csv", ".json")) else one for one in (*arguments, *more)
        ]
        return CliRunner().invoke(app, paths)

    return go


def test_a_refusal_names_the_release_in_the_way_and_what_can_be_made(run, tmp_path):
    result = run("--released", "sexes.csv", "--released", "forms.csv")
    assert result.exit_code == 3
    assert not (tmp_path / "out.csv").exists()
    assert not (tmp_path / "report.json").exists()
    lines = result.output.splitlines()
    assert lines[0] == "Niet te beschermen; niets geschreven · Cannot be protected; nothing written"
    assert "In de weg staat wat is vrijgegeven in · In the way stands what was released in: forms.csv" in lines
    offers = lines[lines.index("Wel veilig te maken, fijnste eerst · Safe instead, finest first:") + 1 :]
    assert offers[0] == (
        "  1. region zonder het fijnste niveau (a, b, c, …: 6 codes)"
        " · region without its finest level (a, b, c, …: 6 codes)"
    )
    assert offers[1].startswith("     5 cellen, 2 onderdrukt, ")
    assert offers[-1] == "(1 keer geprobeerd, volledig gezocht · 1 try, searched in full)"


def test_no_offers_when_none_are_wanted(run):
    result = run("--released", "forms.csv", "--coarser", "0")
    assert result.exit_code == 3
    assert "fijnste eerst" not in result.output
    assert "In de weg" not in result.output


def test_a_search_that_is_cut_short_says_so(run):
    result = run("--released", "forms.csv", "--coarser-seconds", "0")
    assert result.exit_code == 3
    assert "In de weg staat een deel hiervan (niet verder uitgezocht) · In the way stands some of: forms.csv" in (
        result.output
    )
    assert "no safe coarser table found; 0 tries, stopped at the limit on seconds" in result.output


def test_the_report_tells_what_protection_cost_and_what_less_detail_gains(run, tmp_path):
    assert run("--coarser", "3").exit_code == 0
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["loss"]["finest"]["share_of_value"]["after"] == report["suppressed_value"] / report["finest_value"]
    assert [(one["dimension"], one["level"]) for one in report["loss"]["levels"]] == [
        ("region", 0),
        ("region", 1),
        ("region", 2),
    ]
    lost = report["loss"]["finest"]["share_of_value"]["after"]
    assert report["coarser"]["tries"] > 0
    assert report["coarser"]["tables"]
    assert all(one["share_of_value_lost"] < lost for one in report["coarser"]["tables"])
    assert all("protects" in one for one in report["suppressed_cells"])
    assert run().exit_code == 0
    assert "coarser" not in json.loads((tmp_path / "report.json").read_text())


def test_losses_add_up():
    """By hand: 3 of the 4 finest cells hold 1, 2, 30 of 133 patients; 1 and 2 are unsafe, 30 protects them."""
    facts = Facts.build(
        {"region": ["a", "a", "b", "b"], "form": ["x", "y", "x", "y"]}, value=[3, 50, 30, 60], contributor=list("PQRS")
    )
    table = Table((Dimension.flat("region", "ab"), Dimension.flat("form", "xy")))
    outcome = protect(facts, table, Rules(minimum_count=10))
    losses = losses_of(outcome)
    hidden = {one.codes: one.value for one in outcome.explanations if "TOTAL" not in one.codes}
    assert hidden["a", "x"] == 3
    assert (losses.finest.cells, losses.finest.unsafe, losses.finest.suppressed) == (4, 1, len(hidden))
    assert losses.finest.share_of_value == (3 / 143, sum(hidden.values()) / 143)
    assert losses.table.cells == 9
    assert losses.table.share_of_cells == (1 / 9, len(outcome.explanations) / 9)
    levels = {(one.dimension, one.level): one.loss for one in losses.levels}
    assert set(levels) == {("region", "0"), ("region", "1"), ("form", "0"), ("form", "1")}
    assert levels["region", "1"] == levels["form", "1"] == losses.finest
    assert levels["region", "0"].value == 143
    assert levels["region", "0"].cells == 2


def test_the_output_is_the_same_whichever_cells_are_primary(run, tmp_path, monkeypatch):
    assert run().exit_code == 0
    before = (tmp_path / "out.csv").read_bytes()

    def swapped(self, table):
        made = protect(self.facts, table, self.rules, self.released)
        return replace(
            made,
            explanations=tuple(
                replace(one, reasons=(), protects=(one.codes,))
                if one.primary
                else replace(one, reasons=made.explanations[0].reasons, protects=())
                for one in made.explanations
            ),
        )

    monkeypatch.setattr("service.disclosure.coarser.candidates.Subject.protect", swapped)
    assert run().exit_code == 0
    assert (tmp_path / "out.csv").read_bytes() == before
    with (tmp_path / "out.csv").open(newline="") as file:
        assert next(csv.DictReader(file)).keys() == {"region", "value", "status"}
