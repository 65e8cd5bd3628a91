"""Which delivered column is which of the definition."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from sluis_client.wire.definition import Definition
from sluis_client.wire.fault_texts import FaultCode
from sluis_client.wire.faults import FaultList, fault, showable


def match_columns(definition: Definition, delivered: Sequence[str], faults: FaultList) -> list[str | None]:
    """For each delivered column the name that it has in the definition, None when it has none; all faults told.

    A name that differs in case, spaces, hyphens or underscores only is told and taken for what it seems to be, so
    that its values are checked as well. When no name is known, what was delivered is not shown: it may be a row.
    """
    matched = [definition.nearest(name) for name in delivered]
    if not any(matched):
        faults.add(fault(FaultCode.NO_HEADER))
        return [None] * len(delivered)
    counts = Counter(name for name in matched if name is not None)
    for name, found in zip(delivered, matched, strict=True):
        if found is None:
            faults.add(fault(FaultCode.UNKNOWN_COLUMN, column=showable(name)))
        elif found != name and counts[found] == 1:
            faults.add(fault(FaultCode.MISSPELT_COLUMN, column=found, suggestion=found))
    for name in definition.names:
        if counts[name] > 1:
            faults.add(fault(FaultCode.DOUBLE_COLUMN, column=name))
        elif counts[name] == 0:
            faults.add(fault(FaultCode.MISSING_COLUMN, column=name))
    return [name if name is not None and name not in matched[:place] else None for place, name in enumerate(matched)]
