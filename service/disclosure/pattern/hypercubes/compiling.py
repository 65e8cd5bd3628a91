"""Compiling, some half a minute of work, once per installation and not once per process.

Compiled code is kept in a directory named by the digest of this folder and of the numbers that it takes from beside it:
numba looks only at the file of a function for changes, not at what it calls. The directory is in `NUMBA_CACHE_DIR` when
that is set, and else beside the source or with the user. A hardened installation can write to none of these, and what
is loaded from there is trusted, so nobody should: its image brings compiled code along (`python -m
service.disclosure.pattern.hypercubes` fills `NUMBA_CACHE_DIR`), and each process copies it to where numba, which
insists on writing, leaves it to no other. Where there is no room at all, each process compiles in memory.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar, cast

import numba

Function = TypeVar("Function", bound=Callable[..., Any])

HERE = Path(__file__).parent


def compiled(function: Function) -> Function:
    """Compile a function with numba when it is called first, or take what is kept of an earlier process."""
    dispatcher = numba.njit(error_model="numpy")(function)
    if _KEPT is not None:
        dispatcher.enable_caching()
    return cast("Function", dispatcher)


def place_to_keep(bases: list[Path], digest: str) -> Path | None:
    """Where this process finds and keeps compiled code: the first base that has it or can be written to."""
    for base in bases:
        place = base / f"hypercubes-{digest}"
        try:
            place.mkdir(mode=0o700, parents=True, exist_ok=True)
            if os.access(place, os.W_OK):
                return place
            return _own_copy(place)
        except OSError:
            continue
    return None


def _own_copy(place: Path) -> Path:
    """For this process alone, and as long as it lives; whatever the rights on the original."""
    copy = Path(tempfile.mkdtemp(prefix="sluis-compiled-"))
    atexit.register(shutil.rmtree, copy, ignore_errors=True)
    for path in sorted(place.rglob("*")):
        target = copy / path.relative_to(place)
        if path.is_dir():
            target.mkdir(mode=0o700)
        else:
            shutil.copyfile(path, target)
    return copy


def _digest() -> str:
    found = sha256()
    for path in (*sorted(HERE.glob("*.py")), HERE.parent / "settling.py"):
        found.update(path.read_bytes())
    return found.hexdigest()[:16]


def _bases() -> list[Path]:
    brought = os.environ.get("NUMBA_CACHE_DIR")
    if brought:
        return [Path(brought)]
    return [HERE / "__pycache__", Path(os.path.expanduser("~/.cache/sluis"))]  # noqa: PTH111 - may be without a home


_KEPT = place_to_keep(_bases(), _digest())
if _KEPT is not None:
    numba.config.CACHE_DIR = str(_KEPT)  # type: ignore[attr-defined]  # made of what the environment says
