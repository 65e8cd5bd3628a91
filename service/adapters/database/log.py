"""The Merkle log in the database: tiles, checkpoints, and the places of the events."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import takewhile

from sqlalchemy import and_, bindparam, delete, func, insert, or_, select, update

from service.adapters.database.tables import audit_events, log_checkpoints, log_keys, log_tiles
from service.adapters.database.transaction import Transaction
from service.domain.audit import Outcome
from service.domain.log_tiles import Tile
from service.ports.log import Backlog, Waiting
from sluis_client.wire.log import Checkpoint, LogEntry, LogKey, Succession
from sluis_client.wire.log.erasures import ERASURE_EVENT

_STRETCH = 1_000
_LOCK = int.from_bytes(hashlib.sha256(b"sluis-log\n").digest()[:8], signed=True)

_PLACE = (
    update(audit_events)
    .where(audit_events.c.id == bindparam("event"), audit_events.c.log_index.is_(None))
    .values(log_index=bindparam("place"))
)
_EXTEND = (
    update(log_tiles)
    .where(log_tiles.c.level == bindparam("at_level"), log_tiles.c.number == bindparam("at_number"))
    .values(hashes=bindparam("grown"))
)
_ENTRY = (audit_events.c.log_index, audit_events.c.salt, audit_events.c.payload)
_KEYS = select(log_keys.c.key, log_keys.c.succession).order_by(log_keys.c.from_size)
_NEWEST = select(log_checkpoints).order_by(log_checkpoints.c.size.desc()).limit(1)


class SqlLogBook:
    """Implements `service.ports.log.LogBook`."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    def key(self) -> LogKey | None:
        """The newest key."""
        keys = self.keys()
        return keys[-1] if keys else None

    def keys(self) -> Sequence[LogKey]:
        """Oldest first."""
        return [LogKey.from_text(row["key"]) for row in self._transaction.rows(_KEYS)]

    def successions(self) -> Sequence[str]:
        """Oldest first."""
        return [row["succession"] for row in self._transaction.rows(_KEYS) if row["succession"] is not None]

    def checkpoint(self) -> Checkpoint | None:
        """The newest, as it was signed."""
        found = self._transaction.row(_NEWEST)
        if found is None:
            return None
        return Checkpoint(found["note"].partition("\n")[0], found["size"], found["root"], found["note"])

    def tiles(self, tiles: Sequence[Tile]) -> Mapping[Tile, bytes]:
        """Those that there are."""
        if not tiles:
            return {}
        places = or_(*(and_(log_tiles.c.level == one.level, log_tiles.c.number == one.number) for one in tiles))
        found = self._transaction.rows(select(log_tiles).where(places))
        return {Tile(row["level"], row["number"]): row["hashes"] for row in found}

    def entry(self, event: str) -> LogEntry | None:
        """The event with its place."""
        placed = select(*_ENTRY).where(audit_events.c.id == event, audit_events.c.log_index.is_not(None))
        found = self._transaction.row(placed)
        return None if found is None else LogEntry(found["log_index"], found["salt"], found["payload"])

    def entries(self, first: int, end: int) -> Iterator[LogEntry]:
        """In stretches, so that a long log does not have to fit in memory."""
        for start in range(first, end, _STRETCH):
            stretch = select(*_ENTRY).where(
                audit_events.c.log_index >= start, audit_events.c.log_index < min(end, start + _STRETCH)
            )
            for row in self._transaction.rows(stretch.order_by(audit_events.c.log_index)):
                yield LogEntry(row["log_index"], row["salt"], row["payload"])

    def uncovered(self, objects: Sequence[str], until: datetime) -> int:
        """Counts those without a place, and those that no checkpoint reaches."""
        size = select(func.coalesce(func.max(log_checkpoints.c.size), 0)).scalar_subquery()
        waiting = or_(audit_events.c.log_index.is_(None), audit_events.c.log_index >= size)
        about = select(func.count().label("events")).where(
            audit_events.c.object_id.in_(objects), audit_events.c.recorded <= until, waiting
        )
        return int(self._transaction.rows(about)[0]["events"])

    def erase(self, before: datetime, limit: int) -> Sequence[int]:
        """In the order of the log, up to the first that is younger; what tells of an erasure stays."""
        place = audit_events.c.log_index
        size = select(func.coalesce(func.max(log_checkpoints.c.size), 0)).scalar_subquery()
        kept = audit_events.c.code != ERASURE_EVENT
        oldest = select(place, audit_events.c.recorded).where(place < size, kept).order_by(place).limit(limit)
        expired = takewhile(lambda row: row["recorded"] < before, self._transaction.rows(oldest))
        places = [int(row["log_index"]) for row in expired]
        if places:
            gone = delete(audit_events).where(place >= places[0], place <= places[-1], kept)
            if self._transaction.write(gone) != len(places):
                raise RuntimeError("another number of events went than expired")
        return places

    def erasure_waits(self) -> bool:
        """From the index of those without a place."""
        told = and_(audit_events.c.code == ERASURE_EVENT, audit_events.c.outcome == Outcome.SUCCESS)
        waiting = select(audit_events.c.id).where(audit_events.c.log_index.is_(None), told).limit(1)
        return bool(self._transaction.rows(waiting))

    def backlog(self) -> Backlog:
        """From the index of those without a place."""
        waiting = audit_events.c.log_index.is_(None)
        counted = self._transaction.rows(select(func.count().label("events")).where(waiting))
        oldest = select(audit_events.c.recorded).where(waiting).order_by(audit_events.c.recorded).limit(1)
        first = self._transaction.row(oldest)
        return Backlog(counted[0]["events"], None if first is None else first["recorded"])


class SqlLogTurn(SqlLogBook):
    """Implements `service.ports.log.LogTurn`, in a transaction that nobody else has at the same time."""

    def take(self) -> bool:
        """Become the only sequencer until the transaction ends; False while another is.

        A transaction that writes on SQLite is alone from its first moment. On PostgreSQL the lock ends with the
        connection, so that a sequencer which dies leaves none behind.
        """
        if self._transaction.dialect != "postgresql":
            return True
        return bool(self._transaction.rows(select(func.pg_try_advisory_xact_lock(_LOCK).label("taken")))[0]["taken"])

    def waiting(self, limit: int) -> Sequence[Waiting]:
        """By the absence of a place, never by an id after the last one: events commit in another order than begun."""
        found = self._transaction.rows(
            select(audit_events.c.id, audit_events.c.salt, audit_events.c.payload)
            .where(audit_events.c.log_index.is_(None))
            .order_by(audit_events.c.recorded, audit_events.c.id)
            .limit(limit)
        )
        return [Waiting(row["id"], row["salt"], row["payload"]) for row in found]

    def place(self, first: int, events: Sequence[Waiting]) -> None:
        """RuntimeError when one had a place already."""
        rows = [{"event": event.id, "place": first + number} for number, event in enumerate(events)]
        if self._transaction.write(_PLACE, rows) != len(rows):
            raise RuntimeError("an event that waited for a place has one")

    def put_tiles(self, grown: Mapping[Tile, bytes], known: Mapping[Tile, bytes]) -> None:
        """Updates and inserts apart: a trigger holds that a tile which is there only grows."""
        changed = [
            {"at_level": tile.level, "at_number": tile.number, "grown": hashes}
            for tile, hashes in grown.items()
            if tile in known
        ]
        new = [
            {"level": tile.level, "number": tile.number, "hashes": hashes}
            for tile, hashes in grown.items()
            if tile not in known
        ]
        self._transaction.write(_EXTEND, changed)
        self._transaction.write(insert(log_tiles), new)

    def put_checkpoint(self, checkpoint: Checkpoint, at: datetime) -> None:
        """Kept as it is from here."""
        row = {"size": checkpoint.size, "root": checkpoint.root, "note": checkpoint.note, "signed_at": at}
        self._transaction.write(insert(log_checkpoints), row)

    def put_key(self, key: LogKey, since: datetime, follows: Succession | None = None) -> None:
        """Kept as it is from here."""
        row = {"key": key.text(), "since": since, "from_size": 0, "succession": None}
        if follows is not None:
            row |= {"from_size": follows.size, "succession": follows.note}
        self._transaction.write(insert(log_keys), row)

    def commit(self) -> None:
        """All of it, or nothing."""
        self._transaction.commit()
