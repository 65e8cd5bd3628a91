"""docs/disclosure.md is right: its commands, its sums, its rules, and what it says that attackers find."""

from __future__ import annotations

import csv
import doctest
import re
from collections import defaultdict
from contextlib import chdir
from pathlib import Path

import pytest

from service.disclosure import AttackReport, Dimension, Facts, ReleasedTable, Rules, Table, attack, protect
from service.disclosure.command.reading import read_facts
from service.disclosure.command.specification import read_specification
from tools import worked

ROOT = Path(__file__).resolve().parents[2]
TEXT = worked.PAGE.read_text(encoding="utf-8")
TOTAL = "total"


# --- what is shown is what happens; `test_documents.py` compares the commands


@pytest.mark.parametrize(
    ("shown", "happens"), [("$ cat a.txt\nold words\n", "$ cat a.txt\nwords\n"), ("$ cd ..\n", "$ cd ..\n")]
)
def test_a_page_that_went_stale_is_written_anew(shown, happens, tmp_path, monkeypatch):
    (tmp_path / "examples").mkdir()
    (tmp_path / "examples" / "a.txt").write_text("words")
    page = "before\n```console\n{}```\nafter ```console``` words\n"
    (tmp_path / "page.md").write_text(page.format(shown))
    monkeypatch.setattr(worked, "PAGE", tmp_path / "page.md")
    monkeypatch.setattr(worked, "EXAMPLES", tmp_path / "examples")
    assert worked.disclosure_page() == page.format(happens)


@pytest.mark.parametrize("typed", ["rm a.txt", "sluis protect no.yaml --data no.csv --out no.csv"])
def test_what_is_unknown_or_fails_unannounced_stops_the_page(typed, tmp_path, monkeypatch):
    (tmp_path / "page.md").write_text(f"```console\n$ {typed}\n```\n")
    monkeypatch.setattr(worked, "PAGE", tmp_path / "page.md")
    with pytest.raises(ValueError, match=typed.split()[0]):
        worked.disclosure_page()


def test_every_sum_on_the_page_is_right():
    sums = re.findall(r"`([\d ./()+-]+) = ([\d.]+)`", TEXT)
    assert len(sums) > 15
    for left, right in sums:
        assert round(eval(left), 2) == float(right), left  # noqa: S307 - digits, signs and brackets


def test_python_on_the_page_does_what_it_says():
    session = "\n".join(re.findall(r"^```python\n(.*?)^```$", TEXT, re.DOTALL | re.MULTILINE))
    test = doctest.DocTestParser().get_doctest(session, {}, "disclosure.md", None, None)
    assert len(test.examples) > 15
    with chdir(worked.EXAMPLES):
        assert doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(test, out=print).failed == 0


# --- example 1


def drawn(which: str) -> dict[tuple[str, str], str]:
    """A grid of the page by row and column."""
    lines = TEXT.partition(f"<!-- {which}: hidden-number -->\n")[2].partition("\n\n")[0].splitlines()
    head, _, *rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return {(row[0], care): cell for row in rows for care, cell in zip(head[1:], row[1:], strict=True)}


def test_the_grids_are_those_of_the_figures():
    sums: defaultdict[tuple[str, str], int] = defaultdict(int)
    with (worked.EXAMPLES / "hidden-number" / "waiting.csv").open() as file:
        for row in csv.DictReader(file):
            for region in (row["region"], TOTAL):
                for care in (row["care"], TOTAL):
                    sums[region, care] += int(row["people"])
    assert drawn("figures") == {at: f"**{value}**" if value < 10 else str(value) for at, value in sums.items()}
    assert drawn("careless") == {at: "×" if value < 10 else str(value) for at, value in sums.items()}


def test_the_hidden_number_has_the_interval_that_the_page_says():
    (said,) = re.findall(r"The 4 could be anything from (\d+) to (\d+)\.", TEXT)
    report = published("hidden-number/waiting.yaml")
    assert [(interval.lower, interval.upper) for interval in report.tightest] == [tuple(map(int, said))]
    assert report.clean


# --- what attackers find, and do not find


def shape_and_facts(table: str, *linked: str) -> tuple[Facts, list[Table], Rules]:
    asked, *others = (read_specification(worked.EXAMPLES / name) for name in (table, *linked))
    (data,) = [path for path in asked.path.parent.glob("*.csv") if path.name in {"waiting.csv", "places.csv"}]
    facts, shape, shapes = read_facts(asked, data, others)
    return facts, [shape, *shapes], asked.rules


def published(table: str, *earlier: str) -> AttackReport:
    """The attack on all of them, each made with an eye on those before it."""
    facts, (shape, *before), rules = shape_and_facts(table, *earlier)
    released: list[ReleasedTable] = []
    for one in [*before, shape]:
        released.append(protect(facts, one, rules, released).released)
    return attack(facts, rules, released)


def together(*tables: str) -> AttackReport:
    """The attack on tables that were made without an eye on each other."""
    facts, shapes, rules = shape_and_facts(*tables)
    return attack(facts, rules, [protect(facts, shape, rules).released for shape in shapes])


def test_two_singletons_see_each_other_and_an_outsider_sees_neither():
    facts, (shape,), rules = shape_and_facts("own-figures/places.yaml")
    half_hidden = ReleasedTable.from_cells(shape, {("TOTAL",): 735, ("Alkmaar",): 350, ("Hoorn",): 285})
    report = attack(facts, rules, [half_hidden])
    found = {(dict(breach.codes)["municipality"], breach.attacker) for breach in report.breaches}
    assert found == {("Heiloo", facts.contributor.codes.index("A")), ("Bergen", facts.contributor.codes.index("B"))}
    assert report.exact_disclosures == 2
    assert published("own-figures/places.yaml").clean


@pytest.mark.parametrize(
    ("first", "second", "cell"),
    [
        ("two-regions/per-ggd.yaml", "two-regions/per-zorgkantoor.yaml", "Castricum"),
        ("running-year/per-quarters.yaml", "running-year/per-to-february.yaml", "mrt"),
    ],
)
def test_each_is_safe_and_both_are_not_unless_they_know_of_each_other(first, second, cell):
    assert together(first).clean
    assert together(second).clean
    leaked = together(first, second)
    assert cell in {code for breach in leaked.breaches if breach.exact for _, code in breach.codes}
    assert published(second, first).clean
    assert published(first, second).clean


def test_the_borders_are_real():
    """Example 3 has the GGD and zorgkantoor regions of the bundle, and its municipalities lie where they do there."""
    for kind in ("ggd", "zorgkantoor"):
        labels, parents = bundled(kind)
        with (worked.EXAMPLES / "two-regions" / f"{kind}.csv").open() as file:
            rows = [row for row in csv.DictReader(file) if row["parent"] not in {"", "Noord-Holland"}]
        assert {row["code"]: row["parent"].partition(" ")[2] for row in rows} == {
            row["code"]: labels[parents[row["code"]]] for row in rows
        }
    (_, ggd), (_, zorgkantoor) = bundled("ggd"), bundled("zorgkantoor")
    wide, narrow = ({name for name, above in part.items() if above == part["Alkmaar"]} for part in (ggd, zorgkantoor))
    assert wide - narrow == {"Castricum"}
    assert narrow < wide


def bundled(kind: str) -> tuple[dict[str, str], dict[str, str]]:
    """Per code its label, and per municipality, by label, the code of its region."""
    with (ROOT / "policies" / "classifications" / f"nl-{kind}.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    labels = {row["code"]: row["label_nl"] for row in rows}
    return labels, {row["label_nl"]: row["parent"] for row in rows if row["level"] == "municipality"}


# --- the rules


@pytest.mark.parametrize(
    ("said", "figures", "rules", "unsafe"),
    [
        ("n = 10: 9 people is too few", {"": 9}, Rules(minimum_count=10), True),
        ("10 is enough", {"": 10}, Rules(minimum_count=10), False),
        ("a zero is safe", {"": 0}, Rules(minimum_count=10), False),
        ("unless the profile says otherwise", {"": 0}, Rules(minimum_count=10, zero_is_safe=False), True),
        ("c = 3: A 40, B 60 is too few", {"A": 40, "B": 60}, Rules(minimum_contributors=3), True),
        ("1, 75: A 80, B 12, C 8", {"A": 80, "B": 12, "C": 8}, Rules(dominance=((1, 75),)), True),
        ("p = 10: A 60, B 36, C 4", {"A": 60, "B": 36, "C": 4}, Rules(p_percent=10), True),
    ],
)
def test_the_rules_judge_as_the_page_says(said, figures, rules, unsafe):
    assert said in TEXT
    facts = Facts.build({"place": ["here"] * len(figures)}, value=list(figures.values()), contributor=list(figures))
    table = Table((Dimension.flat("place", ["here"], total=False),))
    assert protect(facts, table, rules).report.unsafe == unsafe


def test_a_village_in_one_care_form_tells_of_everybody_in_it():
    assert "all 25 people of a village are in one care form" in TEXT
    facts = Facts.build({"village": ["v", "v"], "care": ["a", "b"]}, value=[25, 0])
    table = Table((Dimension.flat("village", "v"), Dimension.flat("care", "ab")))
    assert protect(facts, table, Rules(group_disclosure=frozenset({"care"}))).report.unsafe


@pytest.mark.parametrize(
    ("said", "rules", "upper"),
    [("`100 + (6 - 4) = 102`", Rules(p_percent=10), 102), ("`80 / 0.75 = 106.67`", Rules(dominance=((1, 75),)), 107)],
)
def test_how_far_an_interval_must_reach_is_what_the_page_says(said, rules, upper):
    """In whole numbers, for these are counts."""
    assert said in TEXT
    figures = {"A": 60, "B": 36, "C": 4} if rules.p_percent else {"A": 80, "B": 12, "C": 8}
    facts = Facts.build({"place": ["here"] * 3}, value=list(figures.values()), contributor=list(figures))
    table = Table((Dimension.flat("place", ["here"], total=False),))
    (interval,) = protect(facts, table, rules).report.attack.tightest
    assert interval.needed_upper == upper
