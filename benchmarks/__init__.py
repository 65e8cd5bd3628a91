"""Figures against their limits, as ratios within one run: absolute figures drift too much to mean anything.

`python -m benchmarks` runs every module here that has `main()`; names on the command line choose, `--full` takes the
full size. See docs and `benchmarks.report` for the columns. What stands ready for tests serves here too: a PostgreSQL
server, agreements, tables.
"""

import sys
from pathlib import Path

_TESTS = Path(__file__).parent.parent / "tests"
sys.path += [str(_TESTS / "support"), str(_TESTS / "disclosure")]
