"""Who waits for a table is told how far it is, and only then."""

from __future__ import annotations

from itertools import product

import pytest
import typer
from typer.testing import CliRunner

from service.disclosure import Dimension, Facts, Rules, Table, protect
from service.disclosure.command.main import protect_command

SPECIFICATION = """
dimensions:
  region: {column: region}
  form: {column: form}
value: places
kind: count
contributor: provider
rules: {minimum_count: 10}
"""


@pytest.fixture
def run(tmp_path):
    app = typer.Typer()
    app.command()(protect_command)
    rows = [f"r{one},f{two},p{(one + two) % 3},{4 + 7 * one + two}" for one, two in product(range(3), range(3))]
    (tmp_path / "table.yaml").write_text(SPECIFICATION)
    (tmp_path / "data.csv").write_text("\n".join(["region,form,provider,places", *rows, ""]))

    def go(*more):
        files = [tmp_path / "table.yaml", "--data", tmp_path / "data.csv", "--out", tmp_path / "out.csv"]
        return CliRunner().invoke(app, [*(str(one) for one in files), *more])

    return go


def test_silent_unless_asked(run):
    plain, told = run(), run("--progress")
    assert plain.exit_code == told.exit_code == 0, told.output
    assert plain.stderr == ""
    assert told.stdout == plain.stdout
    lines = [line.strip() for line in told.stderr.splitlines()]
    assert lines[0] == "measures: 0%"
    assert lines[-2:] == ["attack: 0%", "explanations: 0%"]


def test_a_large_table_tells_its_share():
    """Shares rise within a stage, and are never more than the whole; a table is no different for being watched."""
    size = 10
    rows = list(product(range(size), range(size), range(size)))
    facts = Facts.build(
        {name: [f"{name}{row[place]}" for row in rows] for place, name in enumerate("abc")},
        value=[1 + (7 * a + 5 * b + 3 * c) % 40 for a, b, c in rows],
        contributor=[f"w{(a + b) % 5}" for a, b, _ in rows],
        whole_numbers=True,
    )
    table = Table(tuple(Dimension.flat(name, [f"{name}{one}" for one in range(size)]) for name in "abc"))
    told: list[tuple[str, float]] = []
    outcome = protect(facts, table, Rules(minimum_count=10), progress=lambda stage, share: told.append((stage, share)))
    assert {"measures", "pattern", "relax", "attack"} <= {stage for stage, _ in told}
    assert all(0 <= share <= 1 for _, share in told)
    assert sum(stage == "pattern" for stage, _ in told) > 8
    assert outcome.report.attack.clean
