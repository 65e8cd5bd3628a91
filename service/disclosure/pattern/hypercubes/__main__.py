"""Compile everything, so that later processes need not: a step of building an image (see `compiling`)."""

from __future__ import annotations

import numpy as np

from service.disclosure.pattern.hypercubes import Weaver
from service.disclosure.question.dimensions import Dimension
from service.disclosure.question.facts import Facts
from service.disclosure.question.insight import find_insight
from service.disclosure.question.lattice import build_lattice
from service.disclosure.question.measures import measure
from service.disclosure.question.rules import Rules, assess
from service.disclosure.question.tables import Table


def compile_all() -> None:
    """Take a small table all the way."""
    codes = "abc"
    facts = Facts.build(
        {"x": [one for one in codes for _ in codes], "y": list(codes) * 3},
        value=[4, 40, 30, 50, 60, 70, 80, 90, 20],
        contributor=list("PQRQRPRPQ"),
    )
    lattice = build_lattice(facts, [Table((Dimension.flat("x", codes), Dimension.flat("y", codes)))])
    measures = measure(facts, lattice)
    assessment = assess(lattice, measures, Rules(minimum_count=10))
    closed, withheld = np.zeros(lattice.size, dtype=np.bool_), np.zeros(lattice.size, dtype=np.bool_)
    withheld[assessment.nodes] = True
    insight = find_insight(lattice, measures, assessment.nodes)
    weaver = Weaver(lattice, measures, assessment, insight, closed, withheld)
    weaver.weave()
    weaver.improve(np.flatnonzero(withheld & (measures.value >= 10)))  # noqa: PLR2004 - the minimum above


if __name__ == "__main__":
    compile_all()
