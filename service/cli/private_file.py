"""A file of whoever types the command: nobody else reads it, and it is there whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


def write_private(path: Path, content: bytes) -> None:
    """Put the content in place, readable by its owner only (0600); what was there is replaced.

    Raises:
        OSError: it cannot be written; what was there is there still.
    """
    handle, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)  # made with mode 0600
    try:
        with open(handle, "wb") as file:  # noqa: PTH123 - takes over the descriptor
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
