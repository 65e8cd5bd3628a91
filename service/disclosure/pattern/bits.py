"""Sets of contributors as bits: one array operation narrows those of many needs."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from service.disclosure.question.insight import Insight
from service.disclosure.question.measures import Measures

Ints = npt.NDArray[np.int64]
Bytes = npt.NDArray[np.uint8]


def bits_of(holders: Ints, count: int) -> Bytes:
    """These of `count` contributors as bits."""
    flags = np.zeros(count, dtype=np.bool_)
    flags[holders] = True
    return np.packbits(flags, bitorder="little")


def strangers(nodes: Ints, measures: Measures, insight: Insight) -> Bytes:
    """Per node the contributors to whom it is a secret, as bits.

    Not to who holds all of it; nor, when it is empty, to who knows what surrounds it.
    """
    found = np.tile(bits_of(np.arange(measures.holders), measures.holders), (len(nodes), 1))
    empty = measures.value[nodes] == 0
    alone = np.flatnonzero((measures.reporting[nodes] == 1) & ~empty)
    owner = measures.holder[measures.start[nodes[alone]]]
    found[alone, owner // 8] &= ~(np.uint8(1) << (owner % 8).astype(np.uint8))
    for place in np.flatnonzero(empty).tolist():
        knowing = insight.of(int(nodes[place]))
        if len(knowing):
            found[place] &= ~bits_of(knowing, measures.holders)
    return found
