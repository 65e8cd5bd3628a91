"""Run the benchmarks named on the command line, or all of them."""

from __future__ import annotations

import importlib
import pkgutil
import sys

import benchmarks
from benchmarks.report import print_header, print_summary


def main() -> None:
    present = [module.name for module in pkgutil.iter_modules(benchmarks.__path__)]
    runnable = {name: importlib.import_module(f"benchmarks.{name}") for name in present if name != "__main__"}
    mains = {name: module.main for name, module in runnable.items() if hasattr(module, "main")}
    asked = [argument for argument in sys.argv[1:] if not argument.startswith("--")] or list(mains)
    if unknown := [name for name in asked if name not in mains]:
        sys.exit(f"no such benchmark: {', '.join(unknown)}; there are: {', '.join(mains)}")
    print_header()
    for name in asked:
        mains[name]()
    print_summary()


main()
