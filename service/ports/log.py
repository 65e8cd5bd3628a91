"""The Merkle log over the audit events: reading it, and the one who lets it grow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from service.domain.log_tiles import Tile
from sluis_client.wire.log import Checkpoint, LogEntry, LogKey, Succession


@dataclass(frozen=True, slots=True)
class Waiting:
    """An event that has no place in the log yet."""

    id: str
    salt: bytes
    payload: str


@dataclass(frozen=True, slots=True)
class Backlog:
    """What waits for a place: how many events, and since when the oldest does; None when none."""

    events: int
    since: datetime | None


class LogBook(Protocol):
    """The log as it stands in this transaction."""

    def key(self) -> LogKey | None:
        """The key that signs checkpoints; None before the first one."""
        ...

    def keys(self) -> Sequence[LogKey]:
        """Every key that signed since the log began, oldest first; the last one signs now."""
        ...

    def successions(self) -> Sequence[str]:
        """How each key but the first followed the one before, as both signed it, oldest first."""
        ...

    def checkpoint(self) -> Checkpoint | None:
        """The newest; None before the first one."""
        ...

    def tiles(self, tiles: Sequence[Tile]) -> Mapping[Tile, bytes]:
        """Those of the tiles that there are, as full as they are now."""
        ...

    def entry(self, event: str) -> LogEntry | None:
        """The event, with its place; None while it has none, and when there is no such event (any more)."""
        ...

    def entries(self, first: int, end: int) -> Iterator[LogEntry]:
        """The events at these places, in order, without those that were erased after retention."""
        ...

    def uncovered(self, objects: Sequence[str], until: datetime) -> int:
        """How many events about these objects, recorded up to a moment, no checkpoint covers yet."""
        ...

    def erase(self, before: datetime, limit: int) -> Sequence[int]:
        """Erase events recorded before a moment, from the begin of the log on, with their salts; the places they had.

        It ends at the first that is younger: what stands behind that is younger too, whatever a clock that was wrong
        dated it, and no verifier would believe the erasure.

        Their hashes stay, and with them every proof of the others. The events of erasures stay too, or nobody could
        tell why those before them are gone. The database itself refuses any that is younger
        than five years, or that no checkpoint covers.
        """
        ...

    def erasure_waits(self) -> bool:
        """Whether events were erased and what tells of it has no place yet: until then their places look emptied."""
        ...

    def backlog(self) -> Backlog:
        """What waits for the sequencer."""
        ...


class LogTurn(LogBook, Protocol):
    """A transaction of the only sequencer. Leaving it without `commit` leaves the log as it was."""

    def waiting(self, limit: int) -> Sequence[Waiting]:
        """Events without a place, in the order of recording; whatever committed late is among them."""
        ...

    def place(self, first: int, events: Sequence[Waiting]) -> None:
        """Give the events the places from `first` on.

        Raises:
            RuntimeError: one of them had a place already.
        """
        ...

    def put_tiles(self, grown: Mapping[Tile, bytes], known: Mapping[Tile, bytes]) -> None:
        """Store tiles; those of `known` were there, and only grow."""
        ...

    def put_checkpoint(self, checkpoint: Checkpoint, at: datetime) -> None:
        """Store a checkpoint."""
        ...

    def put_key(self, key: LogKey, since: datetime, follows: Succession | None = None) -> None:
        """Name the key that signs from now on, with what both signed when it followed another."""
        ...

    def commit(self) -> None:
        """Make it all durable, or nothing.

        Raises:
            service.domain.errors.Unavailable: the database could not.
        """
        ...


class LogDatabase(Protocol):
    """Where the log is."""

    def waits(self) -> bool:
        """Whether any event waits for a place; takes no lock."""
        ...

    def sequencing(self) -> AbstractContextManager[LogTurn | None]:
        """A turn of the sequencer; None while another process has it."""
        ...


class LogSigner(Protocol):
    """Signs checkpoints, and nothing else."""

    @property
    def keys(self) -> Sequence[LogKey]:
        """The public halves of those that it holds, named after the origin of the log; the one to begin with first."""
        ...

    def sign(self, size: int, root: bytes, by: Sequence[LogKey]) -> Checkpoint:
        """The checkpoint (C2SP tlog-checkpoint), signed by each of these keys that it holds."""
        ...

    def succeed(self, size: int, before: LogKey, after: LogKey) -> Succession:
        """What both keys, which it holds, sign when one follows the other."""
        ...
