"""What rounded values leave open."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from service.disclosure.question.measures import Measures
from service.disclosure.question.tables import ReleasedTable

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


def doubt(measures: Measures, tables: Sequence[ReleasedTable], nodes: Sequence[Ints]) -> tuple[Floats, Floats] | None:
    """Per node how far (below, above) the true figure is possible next to all rounded values together.

    None when no table is rounded. A table rounded to b tells that the truth is less than b from what is published;
    where that is not so it is less than 2 b, and the attacker is taken to know which cells those are.

    Args:
        measures: figures of all nodes.
        tables: what was published.
        nodes: per table, the node of each of its cells.
    """
    rounded = [(one, places) for one, places in zip(tables, nodes, strict=True) if one.base is not None]
    if not rounded:
        return None
    below, above = np.full((2, len(measures.value)), np.inf)
    for released, places in rounded:
        at, truth = places[released.published], measures.value[places][released.published]
        shift = truth - released.values[released.published]
        slack = released.slack(measures.value[places])[released.published]
        np.minimum.at(below, at, slack + shift)
        np.minimum.at(above, at, slack - shift)
    return below, above
