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
    """Upwards and downwards (in this order), per node, the contributors to whom it is a secret, as bits.

    Not to who holds all of it, downwards nor to who knows all that is in it (`Measures.knowing`); of an empty one not
    to who knows what surrounds it.
    """
    found = np.tile(bits_of(np.arange(measures.holders), measures.holders), (2, len(nodes), 1))
    place = np.full(len(measures.value), -1, dtype=np.int64)
    place[nodes] = np.arange(len(nodes))
    node = measures.node
    asked = (place[node] >= 0) & (measures.value[node] > 0)
    all_in_it = measures.own >= measures.value[node]
    for direction, told in enumerate((measures.alone, measures.alone | all_in_it)):
        entry = np.flatnonzero(asked & told)
        owner = measures.holder[entry]
        kept = ~(np.uint8(1) << (owner % 8).astype(np.uint8))
        np.bitwise_and.at(found[direction], (place[node[entry]], owner // 8), kept)
    for empty in np.flatnonzero(measures.value[nodes] == 0).tolist():
        knowing = insight.of(int(nodes[empty]))
        if len(knowing):
            found[:, empty] &= ~bits_of(knowing, measures.holders)
    return found
