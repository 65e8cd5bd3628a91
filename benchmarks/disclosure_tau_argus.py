"""Tau-ARGUS on one table; run by path in an environment of its own, where `pytauargus` is and this project is not.

    python disclosure_tau_argus.py DIRECTORY METHOD

DIRECTORY holds `table.json`: the names of the dimensions, per dimension its tree, the finest cells with their values,
and the unsafe cells with the protection levels that they need. Written there: `pattern.csv` (codes and A or Q per cell)
and `figures.json` (CPU seconds, peak memory).
"""

from __future__ import annotations

import csv
import json
import re
import sys
import time
from pathlib import Path

TOTAL = "Total"
WITHHELD = {"U", "M"}


def main(directory: Path, method: str) -> None:
    """Run the batch that `pytauargus.protect` writes, with the unsafe cells given a priori."""
    from pytauargus import protect  # noqa: PLC0415 - not installed where the project is
    from pytauargus.engine import run_batch  # noqa: PLC0415
    from pytauargus.result import parse_simple_tab  # noqa: PLC0415

    given = json.loads((directory / "table.json").read_text())
    names, roots = given["dimensions"], given["roots"]
    micro = {name: [row[place] for row in given["rows"]] for place, name in enumerate(names)}
    micro["value"] = [float(row[-1]) for row in given["rows"]]
    trees = {}
    for name, lines in given["trees"].items():
        trees[name] = str(directory / f"{name}.hrc")
        Path(trees[name]).write_text("".join(f"{'@' * depth}{code}\n" for depth, code in lines))
    with (directory / "unsafe.hst").open("w") as file:
        for *codes, up, down in given["unsafe"]:
            cell = ";".join(TOTAL if code == roots[place] else code for place, code in enumerate(codes))
            file.write(f"{cell};U\n{cell};PL;{down};{up}\n")
    start = time.process_time()
    written = protect(
        micro,
        names,
        "value",
        safety_rules="FREQ(1,1)",
        suppress=method,
        hrc=trees or None,
        hierleadstring="@" if trees else None,
        workdir=str(directory),
        run=False,
    )
    batch = Path(written.files["arb"])
    known = f'<APRIORI> "{directory / "unsafe.hst"}",1,";",0,0\n'
    batch.write_text(re.sub(r"(?m)^(?=\s*<SUPPRESS>)", lambda _: known, batch.read_text(), count=1))
    run_batch(str(batch))
    seconds = time.process_time() - start
    with (directory / "pattern.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        for row in parse_simple_tab(written.files["tab1"], names, "value"):
            codes = [roots[place] if row[name] == TOTAL else row[name] for place, name in enumerate(names)]
            writer.writerow([*codes, "Q" if row["status"] in WITHHELD else "A"])
    memory = int(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0]) / 1024
    (directory / "figures.json").write_text(json.dumps({"seconds": seconds, "memory": memory}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
