"""One table protected in a process of its own, so that its CPU time and memory are its own.

    python -m benchmarks.disclosure_run small count [--profile] [--outsiders] [--unsafe SHARE] [--pattern FILE]

prints one JSON object. With `--unsafe`, only that share of the unsafe cells is taken for unsafe. With `--outsiders`
nobody handed the figures in: a table of counts is kept from outsiders alone, as by other tools. With `--pattern`,
nothing is protected: the pattern in the file (a tool's, one row per cell with its codes, and A or Q) is attacked.
"""

from __future__ import annotations

import argparse
import cProfile
import csv
import json
import pstats
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

import highspy
import numpy as np
import scipy.sparse as sp

from benchmarks.disclosure_tables import load
from service.disclosure import AttackReport, Facts, Protected, ReleasedTable, Rules, Table, attack, protect
from service.disclosure.methods import suppression
from service.disclosure.pattern.hypercubes.__main__ import compile_all
from service.disclosure.question.lattice import Lattice
from service.disclosure.question.measures import Measures
from service.disclosure.question.rules import Assessment, assess

BEAT = 15.0
"""Seconds between signs of life."""

ANEW = 10_000
"""Cells up to which what comes out is attacked once more from nothing. Above that it is hours of linear programs, and
the verdict is that of the attack in `protect`, which holds the certificates against equations of its own."""

SHOWN = 15
"""Functions shown with `--profile`."""


def run(name: str, rule: str, *options: str, timeout: float | None = None) -> dict[str, Any]:
    """`measure` in another process; its progress goes to the terminal."""
    command = [sys.executable, "-m", "benchmarks.disclosure_run", name, rule, *options]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, timeout=timeout)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


class Stages:
    """CPU seconds per stage, by what `protect` tells of its progress."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._stage, self._since = "lattice", time.process_time()

    def tell(self, stage: str, _share: float) -> None:
        """Take what has passed since the last time for the stage that was told then."""
        now = time.process_time()
        self.seconds[self._stage] = self.seconds.get(self._stage, 0.0) + now - self._since
        self._stage, self._since = stage, now


def measure(name: str, rule: str, *, profile: bool, outsiders: bool, unsafe: float) -> dict[str, Any]:
    """Protect and attack one table: CPU seconds, peak memory, what was withheld, what attackers found.

    Compiled code is loaded before the clock starts, as R and its packages are at the peers: that is once per process.
    """
    facts, table, rules = load(name, rule)
    if outsiders:
        facts = replace(facts, contributor=None)
    start = time.process_time()
    compile_all()
    loading = time.process_time() - start
    profiler = cProfile.Profile(time.process_time)
    with _alive(f"{name} {rule}"), patch.object(suppression, "assess", partial(_some_unsafe, unsafe)):
        stages = Stages()
        start = time.process_time()
        work = partial(protect, facts, table, rules, progress=stages.tell)
        outcome = profiler.runcall(work) if profile else work()
        seconds = time.process_time() - start
        stages.tell("", 1.0)
        memory = peak_memory()
        print(f"  {name} {rule}: protected in {seconds:.1f} CPU s", file=sys.stderr, flush=True)
        start = time.process_time()
        anew = outcome.report.cells <= ANEW and unsafe == 1
        found = attack(facts, rules, [outcome.released]) if anew else outcome.report.attack
        attacked = time.process_time() - start
    if profile:
        pstats.Stats(profiler, stream=sys.stderr).sort_stats("tottime").print_stats(SHOWN)
    report = outcome.report
    return {
        "seconds": seconds,
        "loading_seconds": loading,
        "memory": memory,
        "cells": report.cells,
        "unsafe": report.unsafe,
        "suppressed": report.suppressed,
        "loss": 100 * report.suppressed_value / max(1, report.finest_value),
        "stages": stages.seconds,
        "attack_seconds": attacked,
        "highs_seconds": bare_highs(outcome) if report.suppressed and anew else None,
        **_verdict(found),
    }


def _some_unsafe(share: float, lattice: Lattice, measures: Measures, rules: Rules) -> Assessment:
    """What `assess` finds, of the unsafe cells a share alone, spread over the table: how does time grow with them?"""
    every = assess(lattice, measures, rules)
    kept = np.random.default_rng(20_251).random(len(every.nodes)) < share
    return replace(every, **{one: getattr(every, one)[kept] for one in ("nodes", "why", "up", "down", "down_insider")})


def attack_pattern(name: str, rule: str, pattern: Path) -> dict[str, Any]:
    """Attack another tool's pattern on the same table with the same attacker; a cell that it leaves out is empty."""
    facts, table, rules = load(name, rule)
    every = Table(table.dimensions, name=table.name)
    true = _true_values(facts, every)
    places = {codes: place for place, codes in enumerate(every.codes())}
    published = np.ones(every.cells, dtype=np.bool_)
    with pattern.open(newline="") as file:
        for *codes, status in csv.reader(file):
            published[places[tuple(codes)]] = status == "A"
    finest = _finest(every)
    with _alive(f"attack on {pattern.stem}"):
        found = attack(facts, rules, [ReleasedTable(every, published, np.where(published, true, 0))])
    return {
        "suppressed": int((~published).sum()),
        "loss": 100 * int(true[finest & ~published].sum()) / max(1, int(true[finest].sum())),
        **_verdict(found),
    }


def _verdict(report: AttackReport) -> dict[str, Any]:
    inside = {breach.node for breach in report.breaches if breach.attacker is not None}
    outside = {breach.node for breach in report.breaches if breach.attacker is None}
    return {
        "examined": report.examined,
        "outsider_breaches": len(outside),
        "contributor_breaches": len(inside - outside),
        "exact": report.exact_disclosures,
    }


def _true_values(facts: Facts, table: Table) -> np.ndarray:
    """The value of every cell, by adding up the rows dimension by dimension."""
    grid = np.zeros([len(facts.columns[dim.column].codes) for dim in table.dimensions], dtype=np.int64)
    np.add.at(grid, tuple(facts.columns[dim.column].index for dim in table.dimensions), facts.value)
    for place, dim in enumerate(table.dimensions):
        codes = facts.columns[dim.column].codes
        belongs = np.array([[code in members for code in codes] for members in dim.members], dtype=np.int64)
        grid = np.moveaxis(np.tensordot(belongs, grid, axes=(1, place)), 0, place)
    return grid.reshape(-1)


def _finest(table: Table) -> np.ndarray:
    flags = np.ones((), dtype=np.bool_)
    for dim in table.dimensions:
        above = {whole for whole, parts in dim.sums if parts}
        flags = np.logical_and.outer(flags, np.array([code not in above for code in dim.codes], dtype=np.bool_))
    return np.asarray(flags).reshape(-1)


def bare_highs(outcome: Protected) -> float:
    """CPU seconds of HiGHS alone, warm: two programs per unsafe cell over the suppressed cells, for an outsider."""
    table = outcome.released.table
    withheld = np.flatnonzero(~outcome.released.published)
    value = np.array([one.value for one in outcome.explanations], dtype=float)
    primary = np.flatnonzero([one.primary for one in outcome.explanations])
    matrix = _relations(table)[:, withheld]
    matrix = matrix[np.diff(matrix.indptr) > 0]
    model = highspy.HighsLp()
    model.num_row_, model.num_col_ = matrix.shape
    model.col_cost_, model.col_lower_ = np.zeros(len(value)), -value
    model.col_upper_ = np.full(len(value), value.sum() + 1)
    model.row_lower_ = model.row_upper_ = np.zeros(matrix.shape[0])
    model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    model.a_matrix_.start_, model.a_matrix_.index_ = matrix.indptr.astype(np.int32), matrix.indices.astype(np.int32)
    model.a_matrix_.value_ = matrix.data
    highs: Any = highspy.Highs()  # type: ignore[no-untyped-call]
    for option, setting in (("output_flag", False), ("threads", 1), ("presolve", "off"), ("simplex_strategy", 4)):
        highs.setOptionValue(option, setting)
    highs.passModel(model)
    start = time.process_time()
    for column in primary.tolist():
        for cost in (-1.0, 1.0):
            highs.changeColCost(column, cost)
            highs.run()
            highs.changeColCost(column, 0.0)
    return time.process_time() - start


def _relations(table: Table) -> sp.csr_matrix:
    """Per sum of every dimension and every combination of the others' codes: the parts minus the whole."""
    index = np.arange(table.cells).reshape(table.shape)
    rows, columns, signs, count = [], [], [], 0
    for place, dim in enumerate(table.dimensions):
        number = {code: at for at, code in enumerate(dim.codes)}
        for whole, parts in dim.sums:
            for code, sign in ((whole, -1.0), *((part, 1.0) for part in parts)):
                cells = index.take(number[code], axis=place).reshape(-1)
                rows.append(np.arange(count, count + len(cells)))
                columns.append(cells)
                signs.append(np.full(len(cells), sign))
            count += index.size // len(dim.codes)
    entries = (np.concatenate(signs), (np.concatenate(rows), np.concatenate(columns)))
    return sp.csr_matrix(entries, shape=(count, table.cells))


def peak_memory() -> float:
    """Peak memory of this process in MB; not that of the process that started it, which `getrusage` may inherit."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


@contextmanager
def _alive(what: str) -> Iterator[None]:
    """Say on stderr that the work goes on, and how much memory it takes."""
    done = threading.Event()
    start = time.monotonic()

    def beat() -> None:
        while not done.wait(BEAT):
            print(f"  {what}: {time.monotonic() - start:.0f} s, {peak_memory():.0f} MB", file=sys.stderr, flush=True)

    thread = threading.Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("table")
    parser.add_argument("rule")
    parser.add_argument("--profile", action="store_true")
    parser.add_argument("--outsiders", action="store_true")
    parser.add_argument("--unsafe", type=float, default=1.0)
    parser.add_argument("--pattern", type=Path)
    given = parser.parse_args()
    if given.pattern:
        answer = attack_pattern(given.table, given.rule, given.pattern)
    else:
        answer = measure(given.table, given.rule, profile=given.profile, outsiders=given.outsiders, unsafe=given.unsafe)
    print(json.dumps(answer))
