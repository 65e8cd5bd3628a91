"""Files of the profile: private to the owner, whole or not there at all.

On POSIX every directory is 0700 and every file 0600 and owned by the user; anything laxer is refused. On Windows the
user profile's access list does this and modes are not looked at.
"""

import contextlib
import json
import os
import re
import shutil
import stat
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from sluis_client.errors import ProfileDamagedError, ProfileUnsafeError, UnexpectedAnswerError
from sluis_client.language import Text

_UNFINISHED = re.compile(r"\..+\.[a-z0-9_]{8}")  # as `_write_temporary` has mkstemp name it
_LIFE_OF_UNFINISHED = 24 * 3600
_SAFE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")


def safe_name(name: str) -> str:
    """`name` itself when it can be a file name.

    Identifiers come from the service; one that would climb out of its directory is refused.

    Raises:
        UnexpectedAnswerError: when it is no plain name.
    """
    if not _SAFE_NAME.fullmatch(name):
        raise UnexpectedAnswerError(
            Text("De dienst gaf een onbruikbare naam.", "The service gave an unusable identifier.")
        )
    return name


def make_private_directory(path: Path) -> None:
    """The directory, for the owner only; parents are made where missing.

    Raises:
        ProfileUnsafeError: when it exists and others have access.
    """
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    _refuse_lax(path, path.stat(), wanted="700")


def read_private(path: Path) -> bytes:
    """The contents of a file that only the owner can reach.

    The check is on the opened file, so that it cannot be swapped in between.

    Raises:
        ProfileUnsafeError: when others have access, or it belongs to someone else.
        FileNotFoundError: when it does not exist.
    """
    with path.open("rb") as file:
        _refuse_lax(path, os.fstat(file.fileno()), wanted="600")
        return file.read()


def write_private(path: Path, content: bytes) -> None:
    """`content` at `path`, durably: after a crash the old or the new file is there, never half of one."""
    write_private_blocks(path, (content,))


def write_private_blocks(path: Path, blocks: Iterable[bytes]) -> None:
    """As `write_private`, of content that comes in blocks."""
    temporary = _write_temporary(path, blocks)
    try:
        temporary.replace(path)
    except OSError:
        temporary.unlink()
        raise
    _sync_directory(path.parent)


def append_private(path: Path, content: bytes) -> None:
    """`content` at the end of a file for the owner only, durably; a crash may leave a part of it."""
    as_it_is = getattr(os, "O_BINARY", 0)  # Windows would change the ends of lines
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | as_it_is, 0o600), "ab") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def create_private(path: Path, content: bytes) -> bool:
    """Like `write_private`, but only when nothing is there; whether it was written.

    Of two processes that create the same file, exactly one writes it.
    """
    temporary = _write_temporary(path, (content,))
    try:
        os.link(temporary, path)
    except FileExistsError:
        return False
    finally:
        temporary.unlink()
    _sync_directory(path.parent)
    return True


def read_object(path: Path) -> dict[str, Any]:
    """The JSON object in a private file.

    Raises:
        ProfileDamagedError: it is missing, or holds something else.
        ProfileUnsafeError: others have access.
    """
    try:
        document = json.loads(read_private(path))
    except (ValueError, FileNotFoundError):
        raise ProfileDamagedError(path) from None
    if not isinstance(document, dict):
        raise ProfileDamagedError(path)
    return document


def as_json(document: object, *, indent: int | None = 2) -> bytes:
    """A JSON document as the profile keeps it: keys in a fixed order, readable; without indent six times faster."""
    return json.dumps(document, indent=indent, sort_keys=True, ensure_ascii=False).encode() + b"\n"


def remove(path: Path) -> None:
    """The file is gone, whether or not it was there."""
    path.unlink(missing_ok=True)
    _sync_directory(path.parent)


def drop_unfinished(directory: Path) -> None:
    """What a process that was killed was still writing goes after a day; it counts for nothing and may be a key."""
    oldest = time.time() - _LIFE_OF_UNFINISHED
    for each in directory.iterdir():
        if _UNFINISHED.fullmatch(each.name):
            with contextlib.suppress(FileNotFoundError, PermissionError):  # another process was quicker, or is at it
                if each.stat().st_mtime < oldest:
                    each.unlink()


def drop_old_folders(directory: Path, life: float) -> None:
    """The folders in which nothing was written for so many seconds go."""
    oldest = time.time() - life
    for each in directory.iterdir():
        with contextlib.suppress(FileNotFoundError):
            if each.stat().st_mtime < oldest:
                shutil.rmtree(each, ignore_errors=True)


def _write_temporary(path: Path, blocks: Iterable[bytes]) -> Path:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # mkstemp makes it 0600
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            for block in blocks:
                file.write(block)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise
    return temporary


def _sync_directory(path: Path) -> None:
    if sys.platform == "win32":  # Windows cannot open a directory; NTFS journals the rename
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _refuse_lax(path: Path, status: os.stat_result, *, wanted: str) -> None:
    if sys.platform != "win32" and (stat.S_IMODE(status.st_mode) & 0o077 or status.st_uid != os.geteuid()):
        raise ProfileUnsafeError(path, wanted=wanted)
