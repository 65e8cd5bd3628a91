"""How far the work is, for those who wait for it."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[str, float], None]
"""Told the stage and the share of it that is done, from 0 to 1, a few dozen times in all."""


def silent(_stage: str, _share: float) -> None:
    """Nobody waits."""
