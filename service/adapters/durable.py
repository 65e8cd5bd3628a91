"""Files that survive a power cut: written under another name, synced, renamed, and the folder synced."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

PARTIAL = ".partial"
"""How the name of a file ends that was not finished; nothing refers to it and it may be removed."""


def write_durably(folder: Path, name: str, content: bytes | memoryview) -> None:
    """Put the file in place, readable by this user only (0600); when it returns a power cut takes nothing back.

    A reader sees the whole file or none.
    """
    descriptor, partial = tempfile.mkstemp(dir=folder, prefix=".", suffix=PARTIAL)
    try:
        with open(descriptor, "wb") as file:  # noqa: PTH123 - takes over the descriptor
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(partial).replace(folder / name)
    except BaseException:
        Path(partial).unlink(missing_ok=True)
        raise
    sync_folder(folder)


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
