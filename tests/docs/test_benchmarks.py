"""The benchmarks can be started: they use much of the service and of the tests, and are run by hand."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_every_benchmark_can_be_loaded() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--list"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    named = set(done.stdout.split())
    assert {"aggregation", "api", "audit", "disclosure", "intake", "policy", "pseudonyms", "submission"} <= named
