"""Check content against a definition: the same code in the SDK, before anything is sent, and in the service."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa

from sluis_client.wire.definition import Definition
from sluis_client.wire.faults import Faults
from sluis_client.wire.manifest import Format


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on what a check takes in, besides the definition's `maxRows`.

    Attributes:
        content: bytes of the content as delivered.
        unpacked: bytes of a Parquet file's pages after decompression.
    """

    content: int = 512 * 2**20
    unpacked: int = 1024 * 2**20


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check found.

    Attributes:
        rows: number of rows of data found, faulty ones included.
        faults: everything wrong, warnings included.
        table: the rows in the definition's column order and types when nothing is fatal, else None.
    """

    rows: int
    faults: Faults
    table: pa.Table | None

    @property
    def ok(self) -> bool:
        """Whether the content may be accepted: no fatal fault."""
        return self.table is not None


def check_content(
    definition: Definition,
    allowed_periods: Collection[str] | None,
    content: bytes | Path | BinaryIO,
    format: Format | str,
    *,
    limits: Limits | None = None,
) -> Checked:
    """Read and check every row."""
    raise NotImplementedError
