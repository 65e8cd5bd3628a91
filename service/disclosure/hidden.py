"""Cells that have to stay hidden for another reason than their own figures: what the rules find, and more."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from service.disclosure.rules import SMALLEST_SPREAD, Assessment

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Hidden:
    """Cells of the table wanted that may not be published, and how uncertain an attacker must stay about them.

    Attributes:
        cells: their places in the order of `Table.codes`.
        why: per cell, `Why.CHANGE`, or 0 when it only protects others.
        up: per cell, how far above its value the attacker's interval must reach; 0 where that does not matter.
        down: the same below its value.
    """

    cells: Ints
    why: Ints
    up: Floats
    down: Floats

    def added_to(self, assessment: Assessment, nodes: Ints, value: Ints) -> Assessment:
        """The assessment with these cells among the unsafe ones; nobody may know any of them exactly.

        Args:
            assessment: what the rules found.
            nodes: per cell of the table, its node.
            value: per node.
        """
        mine = nodes[self.cells]
        up, down = self.up.copy(), self.down.copy()
        free = (up <= 0) & (down <= 0)
        up[free] = np.maximum(1.0, np.ceil(SMALLEST_SPREAD * value[mine[free]]))
        united, place = np.unique(np.concatenate([assessment.nodes, mine]), return_inverse=True)
        why = np.zeros(len(united), dtype=np.int64)
        np.bitwise_or.at(why, place, np.concatenate([assessment.why, self.why]))
        return Assessment(
            united,
            why,
            _largest(len(united), place, assessment.up, up),
            _largest(len(united), place, assessment.down, down),
            _largest(len(united), place, assessment.down_insider, down),
            assessment.whole,
        )


NOTHING = Hidden(*(np.zeros(0, dtype=kind) for kind in (np.int64, np.int64, np.float64, np.float64)))


def _largest(count: int, place: Ints, first: Floats, second: Floats) -> Floats:
    level = np.zeros(count)
    np.maximum.at(level, place, np.concatenate([first, second]))
    return level
