"""Work that takes long: started after the transaction that asks for it, carried on after a crash."""

from __future__ import annotations

from typing import Protocol


class Jobs(Protocol):
    """The database is the truth of what has to be done; this only says that there is something."""

    def wake(self) -> None:
        """Look for permitted requests soon; losing the call delays the work and never loses it."""
        ...
