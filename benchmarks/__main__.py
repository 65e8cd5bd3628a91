"""Run the benchmarks named on the command line, or all of them; names come first, then their options.

python -m benchmarks [NAME ...] [--full]
python -m benchmarks --list
python -m benchmarks client [--rows N]
python -m benchmarks disclosure [--table small medium large huge] [--rule count p_percent dominance]
                                [--peer] [--optimum] [--history] [--profile]
"""

from __future__ import annotations

import importlib
import pkgutil
import sys
from itertools import takewhile

import benchmarks
from benchmarks.report import print_header, print_summary


def main() -> None:
    present = {module.name for module in pkgutil.iter_modules(benchmarks.__path__)} - {"__main__"}
    asked = list(takewhile(lambda argument: not argument.startswith("--"), sys.argv[1:]))
    modules = {
        name: importlib.import_module(f"benchmarks.{name}") for name in asked or sorted(present) if name in present
    }
    mains = {name: module.main for name, module in modules.items() if hasattr(module, "main")}
    if unknown := [name for name in asked if name not in mains]:
        sys.exit(f"no such benchmark: {', '.join(unknown)}")
    if "--list" in sys.argv:
        print(*mains, sep="\n")
        return
    print_header()
    for run in mains.values():
        run()
    print_summary()


main()
