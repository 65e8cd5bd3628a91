"""The benchmarks can be started: they use much of the service and of the tests, and are run by hand."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def test_every_benchmark_can_be_loaded(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """What they take from the tests is found where `benchmarks` says it is, and not because this is a test."""
    of_tests = {str(path) for path in (ROOT / "tests").iterdir()}
    elsewhere = [path for path in sys.path if path not in of_tests]
    monkeypatch.setattr(sys, "path", list(elsewhere))
    for name in [name for name, module in sys.modules.items() if name.partition(".")[0] == "benchmarks"]:
        monkeypatch.delitem(sys.modules, name)
    for name, module in list(sys.modules.items()):
        if (file := getattr(module, "__file__", None)) and str(Path(file).parent) in of_tests:
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "argv", ["benchmarks", "--list"])
    runpy.run_module("benchmarks", run_name="__main__", alter_sys=True)
    named = set(capsys.readouterr().out.split())
    assert {"aggregation", "api", "audit", "disclosure", "intake", "policy", "pseudonyms", "submission"} <= named
