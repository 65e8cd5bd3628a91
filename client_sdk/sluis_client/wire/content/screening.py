"""Free text is screened for whoever could be recognised by it, cell by cell.

What is found is told by kind, place and remedy, and never repeated.
"""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from sluis_client.wire.content.rows import Rows, report
from sluis_client.wire.definition import Column
from sluis_client.wire.fault_texts import FaultCode
from sluis_client.wire.faults import FaultList
from sluis_client.wire.identifiers import identifiers_in

_SUSPECT = r"[\p{N}@\x{FE6B}\x{FF20}]"


def screen(column: Column, rows: Rows, faults: FaultList) -> None:
    """Tell every kind of identifier in every cell of a column of free text."""
    values = rows.columns[column.name]
    indices = pc.indices_nonzero(pc.match_substring_regex(values, _SUSPECT))
    found: dict[FaultCode, list[int]] = {}
    known: dict[str, tuple[FaultCode, ...]] = {}
    for index, text in zip(indices.to_pylist(), values.take(indices).to_pylist(), strict=True):
        if text not in known:
            known[text] = identifiers_in(text)
        for code in known[text]:
            found.setdefault(code, []).append(index)
    places = pa.array(range(len(values)), pa.int64())
    for code, cells in sorted(found.items()):
        report(faults, rows, pc.is_in(places, pa.array(cells, pa.int64())), code, column)
