"""Zeros that others handed in beside a value: who holds all of it is not told of them, as far as that can be helped.

Who holds all of a cell is taken to know it, which is the most that he can know. He need not: a zero of somebody else in
that cell makes it his own figure and one more, and then what is published may tell him that the other one is nothing.
Such a zero hides nobody, and no table is refused for it. But where hiding more cells keeps it from him they are hidden.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from service.disclosure.pattern.certificates import Ledger
from service.disclosure.pattern.finding import RELAX_WORK, Pattern, Question
from service.disclosure.pattern.search import CROWDED, Search
from service.disclosure.pattern.settling import UP
from service.disclosure.pattern.withholding import complete
from service.disclosure.question.insight import find_insight
from service.disclosure.question.measures import Measures

Ints = npt.NDArray[np.int64]


def hide_zeros(question: Question, reports: Measures, pattern: Pattern) -> Pattern:
    """The pattern, with what else is withheld so that zeros beside a value are no more than what their owner knows.

    Args:
        question: what the pattern is for.
        reports: the figures of its nodes, with every zero that was handed in.
        pattern: safe from those who know what they hold all of.
    """
    measures, lattice = question.measures, question.lattice
    if len(reports.own) == len(measures.own):
        return pattern
    unsafe = question.assessment.nodes
    insight = find_insight(lattice, reports, unsafe)
    ledger = Ledger(question.assessment, reports, insight, question.room)
    left: dict[tuple[int, int], Ints] = {}
    beside = question.touched & (measures.value > 0) & (np.diff(reports.start) > np.diff(measures.start))
    for place in np.flatnonzero(beside[unsafe]).tolist():
        node = int(unsafe[place])
        left[UP, place] = np.setdiff1d(measures.knowing(node), reports.knowing(node))
    more = question.touched & (np.diff(question.insight.start) > np.diff(insight.start))
    for place in np.flatnonzero(more[unsafe]).tolist():
        node = int(unsafe[place])
        left[UP, place] = np.setdiff1d(question.insight.of(node), insight.of(node))
    ledger.limit(left)
    for nodes, deviation in pattern.ledger.in_use():
        ledger.settle(nodes, deviation)
    withheld, programs = pattern.withheld.copy(), pattern.programs
    for use_empty in (False, True):
        movable = question.touched & ((measures.value > 0) | withheld | use_empty)
        far = None if lattice.size < CROWDED else 0
        weight = (measures.value + 1.0).astype(np.float64)
        search = Search(
            lattice, reports, movable, withheld, weight, room=question.room, offered=question.offered, far=far
        )
        left_open = complete(search, ledger, np.argsort(measures.value[unsafe], kind="stable"), work=RELAX_WORK)
        programs += search.solves
        if not left_open:
            break
    return replace(pattern, withheld=withheld, zeros=ledger, programs=programs)
