"""The real command on generated files: what stands in OUT.csv and REPORT.json is held against the rows themselves."""

from __future__ import annotations

import csv
import json
import random
import sys
import tempfile
from dataclasses import dataclass
from decimal import Decimal
from itertools import product
from pathlib import Path
from unittest import mock

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from generated_tables import CHAIN, FLAT, OTHER, RAGGED, TREES
from hypothesis import given
from hypothesis import strategies as st
from many import quiet
from naive_disclosure import NaiveRules, NaiveTable, Row, all_figures, attack_naively, unsafe_cells

from service.composition import main

HIERARCHIES = {"abc": [None, [FLAT], [RAGGED], [CHAIN], [RAGGED, OTHER], [FLAT, CHAIN]], "abcd": [None, [TREES[1]]]}
COUNT_RULES = [
    {"minimum_count": 10},
    {"minimum_count": 15, "zero_is_safe": False},
    {"minimum_count": 10, "minimum_contributors": 3, "dominance": [[1, 75], [2, 90]], "p_percent": 10},
]
MAGNITUDE_RULES = [
    {"p_percent": 10},
    {"minimum_contributors": 3, "dominance": [[1, 75], [2, 90]]},
    {"dominance": [[1, 62.5]], "p_percent": 12.5},
]
KINDS = {
    "records": {"kind": "count"},
    "count": {"kind": "count", "value": "amount"},
    "persons": {"kind": "count", "value": "amount", "person": "pseudonym"},
    "magnitude": {"kind": "magnitude", "value": "amount"},
    "units": {"kind": "magnitude", "value": "amount", "units": "beds"},
    "clients": {"kind": "magnitude", "value": "amount", "person": "pseudonym"},
}


@dataclass(frozen=True)
class Wanted:
    """A dimension as it is asked for in the file."""

    column: str
    finest: str
    trees: list | None
    total: bool

    def members(self, seen: set[str]) -> dict[str, frozenset[str]]:
        """Per code the finest codes below it, climbing from each finest code through every hierarchy."""
        if self.trees is None:
            codes = {code: frozenset({code}) for code in sorted(seen)}
            return {"TOTAL": frozenset(seen)} | codes if self.total else codes
        found: dict[str, set[str]] = {}
        roots = set()
        for tree in self.trees:
            parents = dict(tree)
            tops = [code for code, parent in tree if not parent]
            roots |= set(tops) if len(tops) == 1 else set()
            for code in self.finest:
                at = code
                while at:
                    found.setdefault(at, set()).add(code)
                    at = parents[at]
        return {code: frozenset(below) for code, below in found.items() if self.total or code not in roots}


@st.composite
def wanted(draw):
    dims = []
    for number in range(draw(st.integers(1, 3))):
        finest = draw(st.sampled_from(("abc", "abcd") if number == 0 else ("abc",)))
        trees = draw(st.sampled_from(HIERARCHIES[finest] if number < 2 else [None]))
        dims.append(Wanted(f"column {number}", finest, trees, draw(st.booleans()) or number == 0))
    return dims


def make_rows(source: random.Random, dims: list[Wanted], kind: str) -> list[Row]:
    """Rows as they are handed in: some cells in one hand, some empty, some far larger than the rest."""
    rows = []
    decimals = 2 if KINDS[kind]["kind"] == "magnitude" else 0
    for codes in product(*(dim.finest for dim in dims)):
        for _ in range(source.choice((0, 1, 1, 2, 4))):
            value = source.choice((0, 1, 3, 8, 25, 60)) * 10**decimals + source.randrange(10**decimals)
            value *= source.choice((1, 1, 1, 20))
            contributor = source.choice("PQRST")
            rows.append(
                Row(
                    {dim.column: code for dim, code in zip(dims, codes, strict=True)},
                    1 if kind == "records" else value,
                    contributor,
                    f"person {source.randrange(30)}" if "person" in KINDS[kind] else None,
                    source.randrange(5) if "units" in KINDS[kind] else None,
                    {"P": "H", "Q": "H"}.get(contributor),
                )
            )
    return rows


class Folder:
    """A directory with the files of one run."""

    def __init__(self, path: Path, rows: list[Row], kind: str, rules: dict) -> None:
        self.path, self.rows, self.kind, self.rules = path, rows, kind, rules
        self.unit = 100 if KINDS[kind]["kind"] == "magnitude" else 1
        self.released: list[str] = []

    def write_data(self, columns: list[str], *, parquet: bool) -> None:
        names = [*columns, "provider", "concern", "amount", "pseudonym", "beds"]
        lines = [
            [
                *(row.codes[name] for name in columns),
                row.contributor,
                row.holding or "",
                str(Decimal(row.value) / self.unit),
                row.person or "-",
                str(row.units or 0),
            ]
            for row in self.rows
        ]
        if parquet:
            table = pa.table({name: [line[place] for line in lines] for place, name in enumerate(names)})
            pq.write_table(table, self.path / "data")
            return
        with (self.path / "data").open("w", newline="") as file:
            csv.writer(file).writerows([names, *lines])

    def protect(self, name: str, dims: list[Wanted]) -> int:
        """Run `sluis protect`; the exit status."""
        blocks = {}
        for number, dim in enumerate(dims):
            block = {"column": dim.column, "total": dim.total}
            files = []
            for tree in dim.trees or ():
                files.append(f"{name}-{number}-{len(files)}.csv")
                with (self.path / files[-1]).open("w", newline="") as file:
                    csv.writer(file).writerows([["code", "parent"], *tree])
            if files:
                block["hierarchy"] = files if len(files) > 1 else files[0]
            blocks[f"dim{number}"] = block
        document = {"dimensions": blocks, "contributor": "provider", "holding": "concern", "rules": self.rules}
        (self.path / f"{name}.yaml").write_text(yaml.safe_dump(document | KINDS[self.kind], sort_keys=False))
        arguments = [f"{name}.yaml", "--data", "data", "--out", f"{name}.csv", "--report", f"{name}.json"]
        for earlier in self.released:
            arguments += ["--released", f"{earlier}.csv"]
        arguments = [one if one.startswith("--") else str(self.path / one) for one in arguments]
        with mock.patch.object(sys, "argv", ["sluis", "protect", *arguments]), pytest.raises(SystemExit) as ended:
            main()
        if ended.value.code == 0:
            self.released.append(name)
        else:
            assert not (self.path / f"{name}.csv").exists()
        return ended.value.code

    def naive(self, name: str, dims: list[Wanted]) -> NaiveTable:
        """What was published, as a reader finds it: every cell once, empty when and only when suppressed."""
        members = {dim.column: dim.members({row.codes[dim.column] for row in self.rows}) for dim in dims}
        with (self.path / f"{name}.csv").open(newline="") as file:
            lines = list(csv.DictReader(file))
        published = {}
        for line in lines:
            assert list(line) == [*(f"dim{number}" for number in range(len(dims))), "value", "status"]
            *codes, value, status = line.values()
            assert (status == "A" and value != "") or (status == "Q" and value == "")
            scaled = Decimal(value or 0) * self.unit
            assert scaled == int(scaled)
            published[tuple(codes)] = int(scaled) if value else None
        table = NaiveTable(members, published)
        assert len(lines) == len(published)
        assert set(published) == set(table.cells())
        return table

    def check(self, tables: dict[str, NaiveTable], columns: dict[str, list[str]]) -> None:
        """Published values are true and safe, the report says what happened, and no attacker learns too much."""
        rules = NaiveRules(
            **{key: tuple(map(tuple, value)) if key == "dominance" else value for key, value in self.rules.items()}
        )
        for name, table in tables.items():
            found = all_figures(self.rows, table)
            unsafe = unsafe_cells(found, table, rules)
            for cell, value in table.published.items():
                assert value is None or (value == found[cell].value and cell not in unsafe)
            report = json.loads((self.path / f"{name}.json").read_text())
            assert report["cells"] == len(table.published)
            assert report["unsafe"] == len(unsafe)
            assert report["suppressed"] == sum(value is None for value in table.published.values())
            assert report["attack"]["exact_disclosures"] == report["attack"]["interval_breaches"] == 0
        whole = KINDS[self.kind]["kind"] == "count"
        assert attack_naively(self.rows, columns, list(tables.values()), rules, whole=whole, unit=self.unit) == []


@pytest.fixture
def folder(tmp_path):
    """A new directory per example."""
    return lambda rows, kind, rules: Folder(Path(tempfile.mkdtemp(dir=tmp_path)), rows, kind, rules)


@pytest.mark.parametrize("kind", KINDS)
@quiet(3)
@given(dims=wanted(), seed=st.integers(0, 2**32), data=st.data())
def test_the_command_protects_a_table_and_the_next(folder, kind, dims, seed, data):
    rows = make_rows(random.Random(seed), dims, kind)
    rules = data.draw(st.sampled_from(MAGNITUDE_RULES if kind == "magnitude" else COUNT_RULES))
    run = folder(rows, kind, rules)
    run.write_data([dim.column for dim in dims], parquet=data.draw(st.booleans()))
    assert run.protect("first", dims) == 0
    tables = {"first": run.naive("first", dims)}
    columns = {dim.column: sorted({row.codes[dim.column] for row in rows} | set(dim.finest)) for dim in dims}
    run.check(tables, columns)
    kept = [dim for dim in dims if data.draw(st.booleans())] or dims[:1]
    other = [
        Wanted(dim.column, dim.finest, data.draw(st.sampled_from(HIERARCHIES[dim.finest])), total=True) for dim in kept
    ]
    status = run.protect("second", other)
    assert status in {0, 3}
    if status == 0:
        run.check(tables | {"second": run.naive("second", other)}, columns)
