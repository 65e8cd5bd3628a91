"""Cells that have to stay hidden for another reason than their own figures: what the rules find, and more."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from service.disclosure.question.rules import Assessment, Why

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Hidden:
    """Cells of the table wanted, by their places in the order of `Table.codes`, that may not be published.

    Attributes:
        kept: those that are withheld and no more: an attacker may know them.
        cells: those of which the change would show.
        up: per one of `cells`, how far above its value an attacker's interval must reach.
        down: the same below its value; one of the two is positive.
    """

    kept: Ints
    cells: Ints
    up: Floats
    down: Floats

    def added_to(self, assessment: Assessment, nodes: Ints) -> Assessment:
        """The assessment with the cells that show a change among the unsafe ones.

        Args:
            assessment: what the rules found.
            nodes: per cell of the table, its node.
        """
        united, place = np.unique(np.concatenate([assessment.nodes, nodes[self.cells]]), return_inverse=True)
        why = np.zeros(len(united), dtype=np.int64)
        np.bitwise_or.at(why, place, np.concatenate([assessment.why, np.full(len(self.cells), int(Why.CHANGE))]))
        return Assessment(
            united,
            why,
            _largest(len(united), place, assessment.up, self.up),
            _largest(len(united), place, assessment.down, self.down),
            _largest(len(united), place, assessment.down_insider, self.down),
            assessment.whole,
        )


NOTHING = Hidden(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0), np.zeros(0))


def _largest(count: int, place: Ints, first: Floats, second: Floats) -> Floats:
    level = np.zeros(count)
    np.maximum.at(level, place, np.concatenate([first, second]))
    return level
