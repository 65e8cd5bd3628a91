"""What anybody may check about the log: checkpoint, tiles, proofs; and the proof that goes with a receipt or release.

Hashes and sizes only, so no authorisation and no event: a leaf is salted, and the log tells nothing but how many events
there are (docs/adr/0014-log.md). The proof of one event holds that event and its salt, and belongs to whoever may read
the receipt or release.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from service.domain.errors import Invalid, NotFound, Unavailable
from service.domain.log_tiles import WIDTH, Tile, Tiles, consistency_proof, inclusion_proof, needed, width_in
from service.ports.log import LogBook
from service.use_cases.call import Services
from service.use_cases.sequence_log import BEHIND, lag
from sluis_client.wire.log import HASH_BYTES, Checkpoint, LogProof
from sluis_client.wire.log.export import export_lines


@dataclass(frozen=True, slots=True)
class LogStanding:
    """Events in the log, events that wait for a place, how long the oldest has waited, and whether that is too long."""

    size: int
    waiting: int
    lag: timedelta
    behind: bool


def read_checkpoint(services: Services) -> Checkpoint:
    """The newest checkpoint.

    Raises:
        NotFound: no event was sequenced yet.
    """
    with services.database.look() as data:
        return _checkpoint(data.log)


def read_log_key(services: Services) -> str:
    """The key that signs checkpoints, as one line.

    Raises:
        NotFound: no event was sequenced yet.
    """
    with services.database.look() as data:
        key = data.log.key()
    if key is None:
        raise NotFound("log")
    return key.text()


def read_log_successions(services: Services) -> Sequence[str]:
    """How each key of the log but the first followed the one before, as both signed it, oldest first."""
    with services.database.look() as data:
        return data.log.successions()


def read_tile(services: Services, tile: Tile, width: int) -> bytes:
    """The first `width` hashes of a tile, of which the newest checkpoint covers all.

    Raises:
        NotFound: there are not so many.
    """
    with services.database.look() as data:
        if width > width_in(tile, _checkpoint(data.log).size):
            raise NotFound("log")
        return data.log.tiles([tile])[tile][: width * HASH_BYTES]


def read_inclusion(services: Services, index: int, size: int) -> Sequence[bytes]:
    """The hashes that lead from the event at a place to the root of the log when it had `size` events.

    Raises:
        Invalid: `log-place`: the place or size is beyond the log.
    """
    with services.database.look() as data:
        if not 0 <= index < size <= _checkpoint(data.log).size:
            raise Invalid("log-place", {"size": _checkpoint(data.log).size})
        return _roots(data.log, inclusion_proof(index, size))


def read_consistency(services: Services, old: int, new: int) -> Sequence[bytes]:
    """The hashes by which the log of `new` events shows to begin with the log of `old` events.

    Raises:
        Invalid: `log-place`: the sizes are not in order, or beyond the log.
    """
    with services.database.look() as data:
        if not 0 <= old <= new <= _checkpoint(data.log).size:
            raise Invalid("log-place", {"size": _checkpoint(data.log).size})
        return _roots(data.log, consistency_proof(old, new))


def read_standing(services: Services) -> LogStanding:
    """How the log stands, for whoever watches the service."""
    with services.database.look() as data:
        newest, backlog = data.log.checkpoint(), data.log.backlog()
        behind = lag(data.log, services.clock)
    return LogStanding(0 if newest is None else newest.size, backlog.events, behind, behind > BEHIND)


def prove(book: LogBook, event: str) -> LogProof | None:
    """An event with its place, the hashes that lead to the newest checkpoint, and that; None while none covers it."""
    newest, entry = book.checkpoint(), book.entry(event)
    if newest is None or entry is None or entry.index >= newest.size:
        return None
    hashes = tuple(_roots(book, inclusion_proof(entry.index, newest.size)))
    return LogProof(entry, hashes, newest.note, tuple(book.successions()))


def log_lines(book: LogBook) -> Iterator[bytes]:
    """The whole log up to its newest checkpoint, line by line (`sluis_client.wire.log.export`), for `audit verify`.

    Read in one transaction; whoever hands it out has authorised and recorded that before.

    Raises:
        NotFound: no event was sequenced yet.
        Unavailable: `log-erasure-waits`: events were erased, and what tells of it has no place in the log yet.
    """
    newest = require_whole(book)
    last: dict[Tile, Tiles] = {}

    def leaf(index: int) -> bytes:
        tile = Tile(0, index // WIDTH)
        if tile not in last:
            last.clear()
            last[tile] = Tiles(book.tiles([tile]))
        return last[tile].leaf(index)

    return export_lines(newest, book.entries(0, newest.size), leaf, book.successions())


def require_whole(book: LogBook) -> Checkpoint:
    """The newest checkpoint, when the log up to it explains every place that is without its event.

    Raises:
        NotFound: no event was sequenced yet.
        Unavailable: `log-erasure-waits`: whoever verified it now would have to call an honest erasure a false one.
    """
    if book.erasure_waits():
        raise Unavailable("log-erasure-waits")
    return _checkpoint(book)


def _checkpoint(book: LogBook) -> Checkpoint:
    found = book.checkpoint()
    if found is None:
        raise NotFound("log")
    return found


def _roots(book: LogBook, ranges: Sequence[tuple[int, int]]) -> Sequence[bytes]:
    return Tiles(book.tiles(needed(ranges))).roots(ranges)
