"""Content where it lies: its size, and any stretch of it, never all of it in memory."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterator
from typing import BinaryIO

import pyarrow as pa

from sluis_client.wire.content.rows import UnreadableError
from sluis_client.wire.fault_texts import FaultCode
from sluis_client.wire.faults import fault

BLOCK = 1 << 22
"""Bytes that are read and checked at a time."""

MAX_ROW = 1 << 24
"""Bytes of one row of text; whatever has no end within them is not read on."""

_WINDOW = 1 << 16

EndsAt = Callable[[bytes], int]
"""Where in what was read so far the last row ends that is whole; 0 when none is."""


class ContentSource:
    """The bytes of a content, by place. Only the block or window that was read last is held."""

    def __init__(self, stream: BinaryIO) -> None:
        """The content is all of the stream, which can be read at any place (`seekable`)."""
        self._stream = stream
        self._size = stream.seek(0, os.SEEK_END)
        self._window = b""
        self._window_start = 0

    @classmethod
    def of_bytes(cls, content: bytes) -> ContentSource:
        """Content that is in memory."""
        return cls(io.BytesIO(content))

    def __len__(self) -> int:
        return self._size

    def __getitem__(self, place: slice) -> bytes:
        """A stretch, as of `bytes`; small ones next to each other are read at once."""
        start, stop, _ = place.indices(self._size)
        if stop <= start:
            return b""
        if stop - start > _WINDOW:
            return self._read(start, stop - start)
        if not self._window_start <= start <= stop <= self._window_start + len(self._window):
            self._window, self._window_start = self._read(start, _WINDOW), start
        return self._window[start - self._window_start : stop - self._window_start]

    def arrow(self) -> pa.NativeFile:
        """The content as Arrow reads it, by place too."""
        return pa.PythonFile(_Shared(self._stream), mode="r")

    def blocks(self, size: int) -> Iterator[bytes]:
        """All bytes in order, so many at a time."""
        for start in range(0, self._size, size):
            yield self._read(start, size)

    def rows(self, ends_at: EndsAt, size: int) -> Iterator[bytes]:
        """All bytes in order, in blocks of some `size` bytes that hold whole rows.

        Raises:
            UnreadableError: a row is longer than `MAX_ROW`.
        """
        held = b""
        for block in self.blocks(size):
            held += block
            end = ends_at(held)
            if end > 0:
                yield held[:end]
                held = held[end:]
            elif len(held) > MAX_ROW:
                raise UnreadableError(fault(FaultCode.ROW_TOO_LONG, limit=MAX_ROW))
        if held:
            yield held

    def _read(self, start: int, count: int) -> bytes:
        self._stream.seek(start)
        wanted = min(count, self._size - start)
        found = self._stream.read(wanted)
        while len(found) < wanted:  # a raw stream may give less at a time
            more = self._stream.read(wanted - len(found))
            if not more:
                raise OSError("the content became shorter while it was read")
            found += more
        return found


class _Shared(io.RawIOBase):
    """A stream with a position of its own over one that others read too; closing it leaves that one open."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._size = stream.seek(0, os.SEEK_END)
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence]
        self._at = base + offset
        return self._at

    def tell(self) -> int:
        return self._at

    def read(self, count: int | None = -1) -> bytes:
        self._stream.seek(self._at)
        found = self._stream.read(-1 if count is None else count)
        self._at += len(found)
        return found
