"""The part store: immutable encrypted Parquet parts, and sealed pieces of uploads."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

import pyarrow as pa


class MissingPartError(Exception):
    """A part that the database counts on is not in the store: an alarm, never an empty answer."""


Fill = Callable[[Callable[[pa.Table], None]], bool]


class PartStore(Protocol):
    """Durable before it returns; names are content hashes; a file that nothing refers to may be swept."""

    def write_part(self, fill: Fill, data_key: bytes) -> str | None:
        """Write rows as an encrypted Parquet file, made durable (fsync of file and folder).

        Args:
            fill: gives the rows, some at a time, to what it is called with, and answers whether they are to be kept.
            data_key: of the round.

        Returns:
            The part's name; None when nothing was to be kept.
        """
        ...

    def read_column(self, name: str, column: str, data_key: bytes) -> Iterator[pa.Array]:
        """The column of a part, some rows at a time.

        Raises:
            MissingPartError: it is not there, or is not what was written.
        """
        ...

    def locate_part(self, name: str) -> Path:
        """The file to read.

        Raises:
            MissingPartError: it is not there.
        """
        ...

    def write_piece(self, submission: str, number: int, content: bytes, data_key: bytes) -> str:
        """Keep a piece of an upload, sealed (AES-256-GCM, bound to submission and number), durable; its name."""
        ...

    def read_piece(self, name: str, submission: str, number: int, data_key: bytes) -> bytes:
        """The piece's bytes.

        Raises:
            MissingPartError: it is not there, or is not what was written.
        """
        ...

    def remove(self, name: str) -> None:
        """Remove a part or piece; nothing happens when it is gone already."""
        ...

    def names(self) -> Iterator[tuple[str, float]]:
        """All names in the store with the time of writing (epoch seconds): for the sweep of orphans."""
        ...
