"""Files that nobody means to hand in, and some that somebody will: told as what they are, or protected as any other."""

from __future__ import annotations

import random

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import typer
from typer.testing import CliRunner

from service.disclosure import Dimension, Facts, Rules, Table, protect
from service.disclosure.command.main import protect_command

FLAT = "dimensions: {r: {}}\nvalue: n\nrules: {minimum_count: 10}\n"
DATA = "r,n\na,50\nb,60\nc,4\nd,30\n"
RELEASED = "r,value,status\nTOTAL,144,A\na,50,A\nb,60,A\nc,,Q\nd,,Q\n"


@pytest.fixture
def run(tmp_path):
    app = typer.Typer()
    app.command()(protect_command)

    def go(files, *released):
        for name, content in files.items():
            if isinstance(content, str):
                (tmp_path / name).write_text(content)
            else:
                pq.write_table(pa.table(content), tmp_path / name)
        arguments = ["t.yaml", "--data", "d.csv", "--out", "out.csv"]
        paths = [one if one.startswith("--") else str(tmp_path / one) for one in arguments]
        for one in released:
            paths += ["--released", str(tmp_path / one)]
        result = CliRunner().invoke(app, [*paths, "--coarser", "0"])
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        assert result.exit_code == 0 or not (tmp_path / "out.csv").exists()
        return result

    return go


@pytest.mark.parametrize("value", ["1e30", "1e999999999", "-1e999999999", "sNaN", "9" * 400])
def test_a_released_value_that_no_table_has(run, value):
    result = run({"t.yaml": FLAT, "d.csv": DATA, "p.yaml": FLAT, "p.csv": RELEASED.replace("144", value)}, "p.csv")
    assert result.exit_code == 2
    assert "p.csv, row 2, column value" in result.output


@pytest.mark.parametrize(
    "rules",
    [
        "{dominance: [[99999999999999999999999, 50]]}",
        "{minimum_contributors: 99999999999999999999999}",
        "{minimum_count: 99999999999999999999999}",
        "{p_percent: 1.0e-300}",
        "{dominance: [[1, 1.0e-300]]}",
    ],
)
def test_numbers_in_rules_that_nobody_means(run, rules):
    specification = FLAT.replace("{minimum_count: 10}", rules) + "contributor: n\n"
    result = run({"t.yaml": specification, "d.csv": DATA})
    assert result.exit_code == 2
    assert "t.yaml, rules." in result.output


def test_dominance_of_more_than_there_are(run):
    """All of a cell is more than 75 %, however many contributors the rule looks at."""
    specification = FLAT.replace("{minimum_count: 10}", "{dominance: [[1000000000, 75]]}") + "contributor: n\n"
    result = run({"t.yaml": specification, "d.csv": DATA})
    assert result.exit_code == 0
    assert "5 unsafe" in result.output


def test_a_specification_that_is_nested_without_end(run):
    result = run({"t.yaml": "dimensions: " + "[" * 5_000 + "]" * 5_000, "d.csv": DATA})
    assert result.exit_code == 2
    assert "nested too deeply" in result.output


@pytest.mark.parametrize("codes", [[["a"], ["b"]], [{"x": 1}, {"x": 2}], [b"\xff", b"b"]])
def test_a_column_that_is_no_text(run, codes):
    result = run({"t.yaml": FLAT, "d.csv": {"r": codes, "n": [50, 60]}})
    assert result.exit_code == 2
    assert "d.csv, column r: geen tekst" in result.output


def test_more_columns_than_anybody_can_examine(run):
    names = [f"c{place}" for place in range(70)]
    specification = f"dimensions: {{{', '.join(f'{name}: {{total: false}}' for name in names)}}}\n"
    data = ",".join(names) + "\n" + (",".join("x" for _ in names) + "\n") * 30
    result = run({"t.yaml": specification + "rules: {minimum_count: 10}\n", "d.csv": data})
    assert result.exit_code == 3
    assert "70 columns" in result.output


def test_no_rows_beside_an_earlier_table_without_cells(run, tmp_path):
    """A flat list without a total has no code when there are no rows, so that the table has no cells."""
    specification = "dimensions: {r: {hierarchy: h.csv}, q: {total: false}}\nvalue: n\nrules: {minimum_count: 10}\n"
    other = "dimensions: {r: {hierarchy: h.csv}}\nvalue: n\nrules: {minimum_count: 10}\n"
    files = {"h.csv": "code,parent\nT,\na,T\nb,T\n", "d.csv": "r,q,n\n"}
    files |= {"p.yaml": specification, "p.csv": "r,q,value,status\n", "t.yaml": other}
    assert run(files, "p.csv").exit_code == 0
    assert (tmp_path / "out.csv").read_text() == "r,value,status\nT,0,A\na,0,A\nb,0,A\n"


REGIONS = [("T", ""), ("N", "T"), ("Z", "T"), *((code, "NNNZZZ"["abcdef".index(code)]) for code in "abcdef")]
CARE = [("U", ""), ("M", "U"), ("u", "M"), ("v", "M"), ("w", "U"), ("x", "U")]


@pytest.mark.usefixtures("full_search")
@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize(("seed", "largest"), [(4, 10**13), (1, 10**15)])
def test_millions_of_euros_in_cents(seed, largest, whole):
    """Figures beside which what a solver forgives itself, and the weight of what is withheld, are nothing."""
    source = random.Random(seed)
    rows = [(r, c, p) for r in "abcdef" for c in "uvwx" for p in "PQRSV" if source.random() < 0.45]
    amounts = [source.randint(0, largest) for _ in rows]
    facts = Facts.build(
        {"r": [row[0] for row in rows], "c": [row[1] for row in rows]},
        value=amounts,
        contributor=[row[2] for row in rows],
        whole_numbers=whole,
    )
    table = Table((Dimension.tree("r", REGIONS), Dimension.tree("c", CARE)))
    outcome = protect(facts, table, Rules(minimum_contributors=3, p_percent=10))
    shown = {cell.codes: cell.value for cell in outcome.cells}
    assert shown["T", "U"] == sum(amounts)
    assert outcome.report.attack.exact_disclosures == outcome.report.attack.interval_breaches == 0
    assert 0 < outcome.report.suppressed < len(shown)
    for one, parts in (("N", "abc"), ("Z", "def")):
        for care in "uvwxMU":
            hidden = [code for code in (one, *parts) if shown[code, care] is None]
            assert len(hidden) != 1, "what is hidden alone is told by the rest"
