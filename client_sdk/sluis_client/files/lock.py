"""One process at a time in a folder; the lock ends with the process, however that ends.

On Windows it is the first byte of the file that is locked, elsewhere the file; the system lets go of both. A folder
that cannot be locked, as some network drives cannot, is another trouble than one that is.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from sluis_client.errors import SetupError
from sluis_client.language import Text

if sys.platform == "win32":
    import msvcrt

    def _lock(file: IO[bytes]) -> None:
        file.seek(0)  # it is locked from where the file stands
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _lock(file: IO[bytes]) -> None:
        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Holds the folder.

    Raises:
        SetupError: another process does.
        OSError: the folder cannot be written to, or not be locked.
    """
    with (folder / ".sluis-client.lock").open("ab") as file:
        try:
            _lock(file)
        except (BlockingIOError, PermissionError):  # EWOULDBLOCK, and EACCES of Windows and of some network drives
            raise SetupError(
                Text(f"Een ander proces bewaakt {folder} al.", f"Another process watches {folder} already."),
                Text("Laat er één lopen.", "Let one of them run."),
            ) from None
        yield
