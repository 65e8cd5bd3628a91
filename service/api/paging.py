"""Lists in stretches: one item more is asked for than is shown, so that the last stretch says that it is the last."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from service.ports.unit_of_work import Page

Item = TypeVar("Item")


def page(limit: int, cursor: str | None) -> Page:
    """What to ask of the use case."""
    return Page(limit + 1, cursor)


def stretch(found: Sequence[Item], limit: int, key: Callable[[Item], str]) -> tuple[Sequence[Item], str | None]:
    """The items to show, and the cursor of the next stretch if there is one."""
    shown = found[:limit]
    return shown, key(shown[-1]) if len(found) > limit else None
