"""Parts of rows that are there already."""

from __future__ import annotations

import io
from collections.abc import Callable

import pyarrow as pa

from service.adapters.part_format import PartEncoder
from service.ports.parts import PartStore


def encrypt_part(table: pa.Table, data_key: bytes) -> bytes:
    """The bytes of a part with these rows."""
    sink = io.BytesIO()
    encoder = PartEncoder(pa.PythonFile(sink, mode="w"), data_key)
    encoder.add(table)
    encoder.close()
    return sink.getvalue()


def write_part(store: PartStore, table: pa.Table, data_key: bytes) -> str:
    """The name of a part with these rows."""

    def fill(add: Callable[[pa.Table], None]) -> bool:
        add(table)
        return True

    name = store.write_part(fill, data_key)
    if name is None:
        raise ValueError("the rows were to be kept")
    return name
