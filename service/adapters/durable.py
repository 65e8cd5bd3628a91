"""Files that survive a power cut: written under another name, synced, renamed, and the folder synced."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import BinaryIO, Self

PARTIAL = ".partial"
"""How the name of a file ends that was not finished; nothing refers to it and it may be removed."""


def write_durably(folder: Path, name: str, content: bytes | memoryview) -> None:
    """Put the file in place, readable by this user only (0600); when it returns a power cut takes nothing back.

    A reader sees the whole file or none.
    """
    with DurableFile(folder) as file:
        file.write(content)
        file.keep(name)


class DurableFile:
    """A file in the making, readable by this user only (0600): gone at the end unless it was kept."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        descriptor, partial = tempfile.mkstemp(dir=folder, prefix=".", suffix=PARTIAL)
        self._partial: Path | None = Path(partial)
        self._file: BinaryIO = open(descriptor, "wb")  # noqa: PTH123, SIM115 - takes over the descriptor

    def write(self, content: bytes | memoryview) -> int:
        """Add bytes."""
        return self._file.write(content)

    def keep(self, name: str) -> None:
        """Put it in place under a name; when this returns a power cut takes nothing back."""
        if self._partial is None:
            raise ValueError("a file is kept once")
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        self._partial.replace(self._folder / name)
        self._partial = None
        sync_folder(self._folder)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()
        if self._partial is not None:
            self._partial.unlink(missing_ok=True)


def write_synced(path: Path, content: bytes) -> None:
    """Write a new file (0600) and sync its content.

    Raises:
        FileExistsError: it is there already.
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with open(descriptor, "wb") as file:  # noqa: PTH123 - takes over the descriptor
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Make the names in the folder durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
