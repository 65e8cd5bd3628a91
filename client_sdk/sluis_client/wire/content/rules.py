"""The definition's own checks over one row."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from sluis_client.wire.content.rows import Rows
from sluis_client.wire.definition import Definition
from sluis_client.wire.faults import SHOWN_FAULTS, Fault, FaultList

_WIDE = pa.decimal128(38, 6)


def check_rules(definition: Definition, rows: Rows, faults: FaultList) -> None:
    """Tell every row in which a left column exceeds its right one, under the check's own code and message."""
    for check in definition.checks:
        if check.left not in rows.columns or check.right not in rows.columns:
            continue
        left, right = rows.columns[check.left], rows.columns[check.right]
        if left.type != right.type:
            left, right = pc.cast(left, _WIDE), pc.cast(right, _WIDE)
        indices = pc.indices_nonzero(pc.greater(left, right))
        told = (
            Fault(check.code, check.severity, row, check.left, check.message.nl, check.message.en)
            for row in rows.numbers_of(indices.slice(0, SHOWN_FAULTS))
        )
        faults.extend(told, len(indices))
