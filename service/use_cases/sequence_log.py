"""The sequencer gives every event its place in the log and signs how the log stands.

No event of its own: it acts on nothing but the log, and an event about it would wait for the next turn for ever.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from service.domain.errors import Unavailable
from service.domain.log_tiles import Tile, grow, last_tiles, root_of_last
from service.ports.clock import Clock
from service.ports.log import LogBook, LogDatabase, LogSigner, LogTurn
from sluis_client.wire.log import CheckpointError, LogKey, leaf_hash, open_checkpoint

BATCH = 2_000
"""Events of one turn: a few milliseconds each for SQLite's other writers."""

BEHIND = timedelta(seconds=10)
"""A log that is further behind is an alarm: receipts and releases wait for it."""


@dataclass(frozen=True, slots=True)
class Sequenced:
    """What a turn did: how many events got a place, how many there are now, and whether more may wait."""

    events: int
    size: int
    more: bool


def sequence_log(database: LogDatabase, signer: LogSigner, clock: Clock, *, batch: int = BATCH) -> Sequenced | None:
    """Take one batch of events into the log; None when nothing waits or another process has the turn.

    1. Be the only sequencer, until the transaction ends.
    2. What is stored continues what the key in use signed last; anything else is not signed. A key that is held and was
       never used follows it from here on, and both say so.
    3. Events without a place, in the order of recording, get the next places.
    4. The tree grows by their leaves, each the hash of salt and canonical payload.
    5. The checkpoint over the grown tree is signed and stored; also by the keys before, as long as they are held.
    6. All of it becomes durable at once: a crash before leaves the log as it was, a crash after leaves nothing to do.

    Raises:
        Unavailable: `log-not-ours`: the log was signed by another key or under another origin; `log-altered`: the
            tiles do not give the root that was signed last. Nothing was signed.
    """
    if not database.waits():
        return None
    with database.sequencing() as turn:  # 1
        if turn is None:
            return None
        size, known = _stands(turn, signer)  # 2
        events = turn.waiting(batch)
        if not events:
            return None
        turn.place(size, events)  # 3
        leaves = [leaf_hash(event.salt, event.payload.encode()) for event in events]
        grown = grow(size, known, leaves)  # 4
        turn.put_tiles(grown.tiles, known)
        now = clock.now()
        turn.put_checkpoint(signer.sign(grown.size, grown.root, _in_use(turn, signer, size, now)), now)  # 5
        turn.commit()  # 6
        return Sequenced(len(events), grown.size, len(events) == batch)


def lag(book: LogBook, clock: Clock) -> timedelta:
    """How long the oldest event without a place has waited; nothing when none does."""
    since = book.backlog().since
    return timedelta() if since is None else max(timedelta(), clock.now() - since)


def _in_use(turn: LogTurn, signer: LogSigner, size: int, now: datetime) -> Sequence[LogKey]:
    """The keys that sign from here on, the newest first; one that is new is stored with its succession."""
    used = list(turn.keys())
    if not used:
        turn.put_key(signer.keys[0], now)
        return signer.keys[:1]
    new = [key for key in signer.keys if key not in used]
    if len(new) > 1:
        raise Unavailable("log-not-ours")
    for key in new:
        turn.put_key(key, now, signer.succeed(size, used[-1], key))
    return [*new, *reversed(used)]


def _stands(turn: LogTurn, signer: LogSigner) -> tuple[int, dict[Tile, bytes]]:
    newest = turn.checkpoint()
    if newest is None:
        return 0, {}
    present = turn.key()
    if present is None or present not in signer.keys:
        raise Unavailable("log-not-ours")
    try:
        signed = open_checkpoint(newest.note, present)
    except CheckpointError as error:
        raise Unavailable("log-not-ours") from error
    known = dict(turn.tiles(last_tiles(signed.size)))
    try:
        root = root_of_last(signed.size, known)
    except ValueError as error:
        raise Unavailable("log-altered") from error
    if (signed.size, signed.root) != (newest.size, root):
        raise Unavailable("log-altered")
    return signed.size, known
