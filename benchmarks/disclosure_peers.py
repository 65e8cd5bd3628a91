"""Other tools on the same tables: measured before, and, with `--peer`, run beside ours.

Tau-ARGUS comes as `pytauargus` from PyPI. It is installed on demand into a directory of its own (`.peers/`, or where
`SLUIS_PEERS` says), runs in its own process, and is no dependency of the project. It is given our unsafe cells with the
protection levels of our definitions, so that only the choice of what else to withhold is its own. GaussSuppression is
run where `Rscript` finds it; it applies its own rules.
"""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.disclosure_run import run
from benchmarks.disclosure_tables import load
from service.disclosure import Dimension, Facts, Table
from service.disclosure.question.lattice import build_lattice
from service.disclosure.question.measures import measure
from service.disclosure.question.rules import assess

TAU_ARGUS = "pytauargus==0.6.0"
MODULAR, OPTIMAL = "MOD(1,20,1,1,1)", "OPT(1,20)"
"""Tau-ARGUS methods, with a limit of twenty minutes."""

LIMIT = 1800.0
"""Seconds that a peer may take."""


@dataclass(frozen=True)
class Recorded:
    """The best figures of others on a table, measured before on 2 cores with R 4.2 on the very same rows."""

    tool: str
    seconds: float
    cells: int
    loss: float


RECORDED = {
    ("small", "count"): Recorded("GaussSuppression 1.2.3", 0.13, 95, 9.6),
    ("small", "p_percent"): Recorded("GaussSuppression 1.2.3", 0.36, 103, 26.0),
    ("small", "dominance"): Recorded("GaussSuppression 1.2.3", 0.4, 139, 31.8),
    ("medium", "count"): Recorded("GaussSuppression 1.2.3", 4.4, 1165, 6.6),
    ("medium", "p_percent"): Recorded("GaussSuppression 1.2.3", 15.5, 1210, 9.1),
    ("large", "count"): Recorded("GaussSuppression 1.2.3", 547.0, 17771, 15.7),
}


@dataclass(frozen=True)
class Peer:
    """What another tool made of a table, and what our attacker made of that; `failed` says why there is nothing."""

    tool: str
    figures: dict[str, Any]
    failed: str = ""


def run_peers(name: str, rule: str) -> list[Peer]:
    """Every tool that is there, on one table."""
    found = [_tau_argus(name, rule, MODULAR, "tau-ARGUS modular")]
    if name == "small":
        found.append(_tau_argus(name, rule, OPTIMAL, "tau-ARGUS optimal"))
    if _has_gauss():
        found.append(_gauss(name, rule))
    return found


def _tau_argus(name: str, rule: str, method: str, tool: str) -> Peer:
    facts, table, rules = load(name, rule)
    with tempfile.TemporaryDirectory() as made:
        directory = Path(made)
        lattice = build_lattice(facts, [table])
        needs = assess(lattice, measure(facts, lattice), rules)
        place = {int(node): cell for cell, node in enumerate(lattice.nodes[0].tolist())}
        codes = list(table.codes())
        unsafe = [
            [*codes[place[node]], float(up), float(down)]
            for node, up, down in zip(needs.nodes.tolist(), needs.up, needs.down, strict=True)
            if node in place
        ]
        document = {
            "dimensions": [dim.name for dim in table.dimensions],
            "roots": [_root(dim) for dim in table.dimensions],
            "trees": {dim.name: tree for dim in table.dimensions if (tree := _indented(dim))},
            "rows": [[*cell, value] for cell, value in _finest_cells(facts, table)],
            "unsafe": unsafe,
        }
        (directory / "table.json").write_text(json.dumps(document))
        script = Path(__file__).with_name("disclosure_tau_argus.py")
        failed = _call([str(_environment()), str(script), str(directory), method], directory)
        if failed:
            return Peer(tool, {}, failed)
        figures = json.loads((directory / "figures.json").read_text())
        return Peer(tool, figures | run(name, rule, "--pattern", str(directory / "pattern.csv")))


def _gauss(name: str, rule: str) -> Peer:
    facts, table, _ = load(name, rule)
    with tempfile.TemporaryDirectory() as made:
        directory = Path(made)
        names = [dim.name for dim in table.dimensions]
        with (directory / "rows.csv").open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow([*names, "value", "contributor"])
            writer.writerows(_rows(facts, table))
        for dim in table.dimensions:
            with (directory / f"tree_{dim.name}.csv").open("w", newline="") as file:
                writer = csv.writer(file)
                writer.writerow(["levels", "codes"])
                writer.writerow(["@", _root(dim)])
                lines = _indented(dim) or [(0, code) for code in sorted(dim.finest)]
                writer.writerows(["@" * (depth + 2), code] for depth, code in lines)
        (directory / "rule.csv").write_text(f"rule\n{rule}\n")
        failed = _call(["Rscript", str(Path(__file__).with_name("disclosure_gauss.R")), str(directory)], directory)
        if failed:
            return Peer("GaussSuppression", {}, failed)
        with (directory / "figures.csv").open(newline="") as file:
            figures = {key: float(value) for key, value in next(csv.DictReader(file)).items()}
        return Peer("GaussSuppression", figures | run(name, rule, "--pattern", str(directory / "pattern.csv")))


def _call(command: list[str], directory: Path) -> str:
    """Run a peer in a directory for whatever it writes; why it failed, or nothing."""
    try:
        environment = os.environ | {"TMPDIR": str(directory)}
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=LIMIT, check=False, cwd=directory, env=environment
        )
    except subprocess.TimeoutExpired:
        return f"not finished after {LIMIT:.0f} s"
    if done.returncode == 0:
        return ""
    last = (done.stderr or done.stdout).strip().splitlines()[-1:] or [""]
    return f"ended with status {done.returncode}: {last[0]}"


def _environment() -> Path:
    """The Python that has Tau-ARGUS, made on first use."""
    home = Path(os.environ.get("SLUIS_PEERS", Path(__file__).parents[1] / ".peers"))
    python = home / "bin" / "python"
    if not (home / "ready").exists():
        print(f"  installing {TAU_ARGUS} into {home.name}", file=sys.stderr, flush=True)
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(home)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", TAU_ARGUS], check=True)
        (home / "ready").touch()
    return python


def _has_gauss() -> bool:
    if shutil.which("Rscript") is None:
        return False
    asked = subprocess.run(["Rscript", "-e", "library(GaussSuppression)"], capture_output=True, check=False)
    return asked.returncode == 0


def _root(dim: Dimension) -> str:
    (root,) = dim.whole
    return root


def _indented(dim: Dimension) -> list[tuple[int, str]]:
    """(depth, code) of everything below the root, parents first; empty for a flat dimension."""
    parts = {whole: below for whole, below in dim.sums if below}
    if len(parts) < 2:
        return []
    found = []
    stack = [(0, code) for code in reversed(parts[_root(dim)])]
    while stack:
        depth, code = stack.pop()
        found.append((depth, code))
        stack.extend((depth + 1, below) for below in reversed(parts.get(code, ())))
    return found


def _rows(facts: Facts, table: Table) -> list[list[str]]:
    columns = [facts.columns[dim.column] for dim in table.dimensions]
    everything = [[column.codes[at] for at in column.index] for column in columns]
    everything.append([str(value) for value in facts.value.tolist()])
    if facts.contributor is not None:
        everything.append([facts.contributor.codes[at] for at in facts.contributor.index])
    return [list(row) for row in zip(*everything, strict=True)]


def _finest_cells(facts: Facts, table: Table) -> list[tuple[tuple[str, ...], int]]:
    """The finest cells that have rows, with their values."""
    columns = [facts.columns[dim.column] for dim in table.dimensions]
    key = np.ravel_multi_index(
        tuple(column.index for column in columns), tuple(len(column.codes) for column in columns)
    )
    cells, where = np.unique(key, return_inverse=True)
    value = np.bincount(where, weights=facts.value.astype(float)).astype(int)
    places = np.unravel_index(cells, tuple(len(column.codes) for column in columns))
    codes = zip(
        *([column.codes[at] for at in along] for column, along in zip(columns, places, strict=True)), strict=True
    )
    return list(zip(codes, value.tolist(), strict=True))
