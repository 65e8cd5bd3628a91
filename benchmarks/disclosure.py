"""Disclosure control against its limits: CPU seconds, loss and breaches, as ratios.

Ours is measured here and now. The peers' figures are constants from `docs/design` measurements on 2 cores with
R 4.2 on the very same rows (`tests/data/tables`): GaussSuppression 1.2.3 and tau-ARGUS modular. The attack is
compared with bare HiGHS that solves the same linear programs in this run.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.report import print_row
from service.disclosure import Facts, ReleasedTable, Rules, Table, attack, protect
from service.disclosure.attack import equations
from service.disclosure.lattice import build_lattice
from service.disclosure.linear import Program
from service.disclosure.measures import measure
from service.disclosure.reading import read_facts
from service.disclosure.rules import assess
from service.disclosure.specification import read_specification

TABLES = Path(__file__).parents[1] / "tests" / "data" / "tables"


@dataclass(frozen=True)
class Peer:
    """The best measured figures of others on a table."""

    specification: str
    seconds: float
    cells: int
    loss: float


PEERS = (
    Peer("small_count", 0.13, 95, 9.6),
    Peer("small_p_percent", 0.36, 103, 26.0),
    Peer("small_dominance", 0.4, 139, 31.8),
    Peer("medium_count", 4.4, 1165, 6.6),
    Peer("medium_p_percent", 15.5, 1210, 9.1),
)


def read(name: str) -> tuple[Facts, Table, Rules]:
    specification = read_specification(TABLES / f"{name}.yaml")
    facts, table, _ = read_facts(specification, TABLES / f"{name.split('_', maxsplit=1)[0]}.csv")
    return facts, table, specification.rules


def bare_highs(facts: Facts, rules: Rules, released: ReleasedTable) -> float:
    """CPU seconds of HiGHS alone, warm, for two programs per unsafe cell over the suppressed cells."""
    lattice = build_lattice(facts, [released.table])
    measures = measure(facts, lattice)
    unknown = np.zeros(lattice.size, dtype=bool)
    unknown[lattice.nodes[0][~released.published]] = True
    nodes = np.flatnonzero(unknown)
    matrix = equations(lattice)[:, nodes]
    matrix = matrix[np.diff(matrix.indptr) > 0]
    value = measures.value[nodes].astype(float)
    program = Program(matrix, np.zeros(len(nodes)), -value, np.full(len(nodes), value.sum() + 1))
    start = time.process_time()
    for column in np.searchsorted(nodes, assess(lattice, measures, rules).nodes).tolist():
        for cost in (-1.0, 1.0):
            program.set_cost(column, cost)
            program.solve()
            program.set_cost(column, 0.0)
    return time.process_time() - start


def main() -> None:
    """Per table: CPU seconds, cells and loss against the best peer, and the attack against bare HiGHS."""
    for peer in PEERS:
        facts, table, rules = read(peer.specification)
        start = time.process_time()
        outcome = protect(facts, table, rules)
        ours = time.process_time() - start
        start = time.process_time()
        found = attack(facts, rules, [outcome.released])
        attacked = time.process_time() - start
        figures = outcome.report
        if not found.clean:
            raise ValueError(f"{peer.specification}: {len(found.breaches)} breaches")
        name = f"protect {peer.specification}"
        loss = 100 * figures.suppressed_value / figures.finest_value
        print_row(f"{name}: CPU seconds", ours, "GaussSuppression, measured before", peer.seconds, 0.5)
        print_row(f"{name}: % of value lost", loss, "GaussSuppression, breaches", peer.loss, 1.0)
        print_row(f"{name}: cells suppressed", figures.suppressed, "GaussSuppression, breaches", peer.cells, None)
        limit = bare_highs(facts, rules, outcome.released)
        print_row(f"attack {peer.specification}: CPU seconds", attacked, "HiGHS for an outsider alone", limit, 2)


if __name__ == "__main__":
    main()
