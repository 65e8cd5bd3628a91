"""Compile everything, so that later processes need not: a step of building an image (see `compiling`)."""

from __future__ import annotations

import numpy as np

from service.disclosure.pattern.certificates import Ledger, Need
from service.disclosure.pattern.hypercubes import Cubes
from service.disclosure.pattern.settling import UP
from service.disclosure.question.dimensions import Dimension
from service.disclosure.question.facts import Facts
from service.disclosure.question.insight import find_insight
from service.disclosure.question.lattice import build_lattice
from service.disclosure.question.measures import measure
from service.disclosure.question.rules import Rules, assess
from service.disclosure.question.tables import Table


def compile_all() -> None:
    """Ask about a small table."""
    codes = "abc"
    facts = Facts.build(
        {"x": [one for one in codes for _ in codes], "y": list(codes) * 3},
        value=[4, 40, 30, 50, 60, 70, 80, 90, 20],
        contributor=list("PQRQRPRPQ"),
    )
    lattice = build_lattice(facts, [Table((Dimension.flat("x", codes), Dimension.flat("y", codes)))])
    measures = measure(facts, lattice)
    assessment = assess(lattice, measures, Rules(minimum_count=10))
    cubes = Cubes(lattice, measures, np.zeros(lattice.size, dtype=np.bool_), measures.value.astype(np.float64))
    node = int(assessment.nodes[0])
    for attackers in (np.zeros(0, dtype=np.int64), np.arange(measures.holders)):
        found = cubes.find(Need(0, node, UP, float(assessment.up[0]), None), attackers)
        if found is not None:
            Ledger(assessment, measures, find_insight(lattice, measures, assessment.nodes), quick=True).settle(*found)


if __name__ == "__main__":
    compile_all()
