"""What a part of the demonstration brings, and the stage on which parts are played."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from demo.installation import Installation, Invited, installation
from demo.people import everyone
from demo.provider import LocalProvider, running_provider


@dataclass(frozen=True)
class Part:
    """A story with its own suppliers and regional owners.

    Attributes:
        invited: the organisations in it.
        tell: plays it; every line printed is what the service answered.
    """

    invited: Sequence[Invited]
    tell: Callable[[Installation, LocalProvider], None]

    @property
    def owners(self) -> Sequence[str]:
        """The organisations that ask; at each of them somebody has an account, `owner-<organisation>`."""
        return [one.id for one in self.invited if one.kind == "regional-owner"]


@contextmanager
def stage(folder: Path, parts: Sequence[Part], port: int = 0) -> Iterator[tuple[Installation, LocalProvider]]:
    """A fresh service below `folder`, on `port` or a free one, with everyone in these parts invited."""
    owners = [owner for part in parts for owner in part.owners]
    invited = [one for part in parts for one in part.invited]
    with running_provider(everyone(owners)) as provider, installation(folder, provider, port, invited=invited) as place:
        yield place, provider
