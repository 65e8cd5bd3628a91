"""Disclosure control against its limits: CPU seconds, memory, loss and breaches.

    python -m benchmarks disclosure [--table small medium large huge] [--rule count p_percent dominance]
                                    [--peer] [--optimum] [--history] [--growth] [--profile]

Without options: the small (512 cells) and medium (4,403) tables under every rule, held against the peers' figures that
were measured before on the very same rows (`disclosure_peers.RECORDED`). Each run has a process of its own; what it
withheld is attacked anew, in large tables by `protect` alone, and a breach stops the benchmark.

* `--table`: also the large table (52,836 cells) and a generated one of 507,144 cells, or some only.
* `--peer`: tau-ARGUS, and GaussSuppression where R has it, here and now; our attacker on what they publish. Of counts
  also ours when asked for what they do: to keep figures from outsiders alone.
* `--optimum`: the loss against the proven optimum of the exact model on tables with 16 to 60 unsafe cells.
* `--history`: one table beside a history of two hundred, against solving that history anew.
* `--growth`: the same with a tenth, a quarter and half of the unsafe cells: how does time grow with them?
* `--profile`: the functions in which the time goes; that of the stages is always told.
"""

from __future__ import annotations

import argparse
import sys
from typing import Any

from benchmarks.disclosure_history import add_to_history
from benchmarks.disclosure_optimum import gaps, in_all
from benchmarks.disclosure_peers import RECORDED, run_peers
from benchmarks.disclosure_run import run
from benchmarks.disclosure_tables import DATA, HUGE, RULES
from benchmarks.report import print_row

GOALS = {"small": None, "medium": 0.5, "large": 0.1}
"""CPU seconds as a share of GaussSuppression's; on the small table everyone takes a blink."""

LONGEST, LARGEST = 600.0, 4096.0
"""Seconds and MB that the generated table may take on 2 cores."""

WITHIN, FEW = 1.05, 0.05
"""Value withheld as a multiple of the optimum; one table's share of the time that its history takes."""


SHARES = (0.1, 0.25, 0.5)
"""Of the unsafe cells, with `--growth`."""


def main() -> None:
    """What the options ask for, row by row."""
    asked = _options()
    for name in asked.table:
        for rule in asked.rule:
            _one(name, rule, profile=asked.profile)
            if asked.growth:
                _growing(name, rule)
            if asked.peer:
                _beside(name, rule)
    if asked.optimum:
        for rule in asked.rule:
            _against_optimum(rule)
    if asked.history:
        for added in add_to_history():
            goal = FEW if added.last else None
            for what, seconds in (("margin", added.margin), ("cells", added.cells), ("gate", added.gate)):
                beside = f"{what} beside {added.before} tables: CPU seconds"
                print_row(beside, seconds, "the history solved anew", added.anew, goal)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks disclosure")
    parser.add_argument("names", nargs="*", help=argparse.SUPPRESS)
    parser.add_argument("--full", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--table", nargs="+", choices=[*DATA, HUGE], default=["small", "medium"])
    parser.add_argument("--rule", nargs="+", choices=list(RULES), default=list(RULES))
    for flag in ("peer", "optimum", "history", "growth", "profile"):
        parser.add_argument(f"--{flag}", action="store_true")
    return parser.parse_args(sys.argv[1:])


def _one(name: str, rule: str, *, profile: bool) -> None:
    """Ours on one table, against the peer's recorded figures and against bare HiGHS."""
    ours = run(name, rule, *(["--profile"] if profile else []))
    if ours["outsider_breaches"] or ours["contributor_breaches"] or ours["exact"]:
        raise ValueError(f"{name} {rule}: the attack found {_breaches(ours)}")
    what = f"protect {name} {rule}"
    print(
        f"  {what}: {ours['cells']} cells, {ours['unsafe']} unsafe, {ours['suppressed']} withheld, "
        f"{ours['loss']:.2f} % of the finest value, {ours['memory']:.0f} MB, {_breaches(ours)}; "
        f"loading compiled code took {ours['loading_seconds']:.1f} CPU s besides",
        flush=True,
    )
    print(
        "  CPU seconds per stage: " + ", ".join(f"{stage} {seconds:.2f}" for stage, seconds in ours["stages"].items())
    )
    recorded = RECORDED.get((name, rule))
    if recorded is not None:
        tool = f"{recorded.tool}, before"
        print_row(f"{what}: CPU seconds", ours["seconds"], tool, recorded.seconds, GOALS[name])
        print_row(f"{what}: % of value lost", ours["loss"], f"{tool}, breaches", recorded.loss, 1.0)
        print_row(f"{what}: cells withheld", ours["suppressed"], f"{tool}, breaches", recorded.cells, None)
    else:
        print_row(f"{what}: CPU seconds", ours["seconds"], "ten minutes", LONGEST, 1.0)
    if name == HUGE:
        print_row(f"{what}: MB", ours["memory"], "4 GB", LARGEST, 1.0)
    if ours["highs_seconds"]:
        print_row(
            f"attack {name} {rule}: CPU seconds",
            ours["attack_seconds"],
            "HiGHS for an outsider alone",
            ours["highs_seconds"],
            2.0 if GOALS[name] else None,
        )


def _growing(name: str, rule: str) -> None:
    """CPU seconds per thousand unsafe cells, with ever more of them."""
    for share in SHARES:
        some = run(name, rule, "--unsafe", str(share))
        print(
            f"  {name} {rule}: {some['unsafe']} unsafe, {some['seconds']:.1f} CPU s, "
            f"{1_000 * some['seconds'] / max(1, some['unsafe']):.2f} per thousand, {_breaches(some)}",
            flush=True,
        )


def _beside(name: str, rule: str) -> None:
    """The peers here and now, and what our attacker finds in what they would publish."""
    ours = run(name, rule, "--outsiders") if rule == "count" else None
    if ours is not None:
        print(
            f"  ours for outsiders alone on {name} {rule}: {ours['seconds']:.2f} CPU s, {ours['suppressed']} withheld, "
            f"{ours['loss']:.2f} % of the finest value, {_breaches(ours)}",
            flush=True,
        )
    for peer in run_peers(name, rule):
        if peer.failed:
            print(f"  {peer.tool} on {name} {rule}: {peer.failed}", flush=True)
            continue
        found = peer.figures
        print(
            f"  {peer.tool} on {name} {rule}: {found['seconds']:.2f} CPU s, {found['suppressed']} withheld, "
            f"{found['loss']:.2f} % of the finest value, {_breaches(found)}",
            flush=True,
        )
        if ours is not None and not found["outsider_breaches"]:
            what = f"protect {name} {rule} for outsiders: % of value lost"
            print_row(what, ours["loss"], peer.tool, found["loss"], None if "optimal" in peer.tool else 1.0)


def _breaches(found: dict[str, Any]) -> str:
    return (
        f"{found['outsider_breaches']} cells open to outsiders, {found['contributor_breaches']} more to a contributor, "
        f"{found['exact']} known exactly"
    )


def _against_optimum(rule: str) -> None:
    found = []
    for gap in gaps(rule):
        found.append(gap)
        bound = "optimum" if gap.proven else "bound of the optimum"
        print(
            f"  {gap.name}, {gap.unsafe} unsafe: {gap.ours:.0f} withheld, {bound} {gap.least:.0f}, "
            f"{gap.ours / gap.least - 1:+.1%}",
            flush=True,
        )
    proven = sum(gap.proven for gap in found)
    print_row(f"value withheld, {proven} tables, {rule}", in_all(found), "proven optimum", 1.0, WITHIN)


if __name__ == "__main__":
    main()
