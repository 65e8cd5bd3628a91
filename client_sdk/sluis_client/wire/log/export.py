"""A whole log as lines, and what may have been done to it.

NDJSON, canonical (RFC 8785), one object per line. The first says whose log it is:

    {"exportVersion": 1, "origin": ..., "size": ..., "checkpoint": <signed note>, "successions": [<signed note>, ...]}

(the successions only when the key of the log was replaced), then one for each place, from 0 to size - 1, in order:

    {"index": 0, "leafHash": <base64url>, "salt": <base64url>, "event": <canonical JSON text>}

An event that was erased after its retention has `leafHash` only; the tree stands all the same. Whether it was is for
`sluis_client.wire.log.erasures` to say: the event of the erasure is further on, and is itself never erased.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sluis_client.wire.canonical import base64url, canonical_bytes, from_base64url, parse_json
from sluis_client.wire.log.checkpoint import Checkpoint, CheckpointError, LogKey
from sluis_client.wire.log.entry import LogEntry
from sluis_client.wire.log.erasures import DatedBack, Day, Erasure, Erasures
from sluis_client.wire.log.keys import LogKeys
from sluis_client.wire.log.merkle import EMPTY_ROOT, Range, leaf_hash
from sluis_client.wire.strict import WireError

_HASH = re.compile(r"[A-Za-z0-9_-]{43}")
_HEADER = {"exportVersion", "origin", "size", "checkpoint"}
_SUCCESSIONS = "successions"
_ERASED = {"index", "leafHash"}
_WHOLE = _ERASED | {"salt", "event"}
_CHUNK = 4_096


class ExportError(Exception):
    """An exported log is not what the log was.

    Attributes:
        code: what was done: `malformed`, `checkpoint-...` (see `CheckpointError`), `changed`, `missing`, `inserted`,
            `reordered`, `truncated`, `old-checkpoint`, `rolled-back`, `forked`, `erased-unexplained`; or `selection`:
            the lines are a choice of events, of which nothing can be proven.
        nl: the same for people, in Dutch.
        en: in English.
    """

    def __init__(self, code: str, nl: str, en: str) -> None:
        self.code, self.nl, self.en = code, nl, en
        super().__init__(en)


@dataclass(frozen=True, slots=True)
class VerifiedExport:
    """What was proven, and what the tree cannot tell.

    Attributes:
        checkpoint: how the log stood.
        erased: how many of its events were erased, each by an erasure that the log tells of.
        erasures: those erasures, for people to read: of when the erased events were, they are the only word.
        days: first places of days, to be known at the next verification.
        keys: the log's keys as they follow each other, to be known then as well.
        dated_back: events that say to be older than they can be, for people to look at; None when there are none.
    """

    checkpoint: Checkpoint
    erased: int
    erasures: Sequence[Erasure]
    days: Sequence[Day]
    keys: LogKeys
    dated_back: DatedBack | None


def export_header(checkpoint: Checkpoint, successions: Sequence[str] = ()) -> bytes:
    """The first line, with its end."""
    members = {
        "exportVersion": 1,
        "origin": checkpoint.origin,
        "size": checkpoint.size,
        "checkpoint": checkpoint.note,
        **({_SUCCESSIONS: list(successions)} if successions else {}),
    }
    return canonical_bytes(members) + b"\n"


def export_line(entry: LogEntry) -> bytes:
    """The line of an event in the log, with its end."""
    return event_line(entry.index, entry.salt, entry.payload)


def event_line(index: int | None, salt: bytes, payload: str) -> bytes:
    """The line of an event, with its end; one that waits for its place has no `index`."""
    members = {
        **({} if index is None else {"index": index}),
        "leafHash": base64url(leaf_hash(salt + payload.encode())),
        "salt": base64url(salt),
        "event": payload,
    }
    return canonical_bytes(members) + b"\n"


def erased_line(index: int, leaf: bytes) -> bytes:
    """The line of an event that was erased, with its end."""
    return canonical_bytes({"index": index, "leafHash": base64url(leaf)}) + b"\n"


def verify_export(
    lines: Iterable[bytes], key: LogKey | LogKeys, seen: Sequence[str] = (), *, now: datetime, days: Sequence[Day] = ()
) -> VerifiedExport:
    """Prove that an exported log is whole and as it was, without the service.

    1. The first line is a header, and its checkpoint is signed with the log's key, under the log's name.
    2. No checkpoint that was seen before is newer: the log was not rolled back.
    3. Every line is the next place: nothing is missing, inserted or moved.
    4. Every event gives the hash of its line: it was not changed.
    5. The log does not end before, or go on after, the size that was signed.
    6. Its leaves give the root that was signed, and every root that was seen before: there is one log.
    7. Every place without its event was erased after its retention, by an erasure that stands further on in the log.

    Args:
        lines: of the export.
        key: the log's key, or one before or after it, from a source that is trusted; with the successions that were
            seen before, if any.
        seen: checkpoints that were seen before, as signed notes.
        now: by the clock of whoever verifies; no erasure can be from later.
        days: of the verification before; no erasure can say that what was there then was older than it was.

    Raises:
        ExportError: a step failed; it says what was done, and where that can be told.
    """
    numbered = enumerate(lines, 1)
    newest, keys = _header(next(numbered, (1, b""))[1], key)  # 1
    roots = _seen(seen, keys, newest)  # 2
    tree, erasures = Range(), Erasures(now, days)
    fresh: list[bytes] = []
    for number, line in numbered:
        fields = _line(number, line)
        index = tree.size + len(fresh)
        _require_next(fields["index"], index, newest.size)  # 3, 5
        erasures.see(index, fields.get("event"))
        fresh.append(_leaf(fields))  # 4
        if len(fresh) == _CHUNK or index + 1 in roots:
            tree.extend(fresh)
            fresh = []
            _require_root(tree, roots)  # 6
    tree.extend(fresh)
    if tree.size < newest.size:  # 5
        raise ExportError(
            "truncated",
            f"Het log is afgekapt: het eindigt na {tree.size} gebeurtenissen, en getekend is voor {newest.size}.",
            f"The log is truncated: it ends after {tree.size} events, and {newest.size} were signed.",
        )
    if newest.size == 0 and newest.root != EMPTY_ROOT:
        raise _no_root(newest)
    unexplained = erasures.unexplained()
    if unexplained is not None:  # 7
        raise _unexplained(unexplained)
    return VerifiedExport(newest, erasures.places, erasures.relied_on(), erasures.days, keys, erasures.dated_back)


def _header(line: bytes, key: LogKey | LogKeys) -> tuple[Checkpoint, LogKeys]:
    fields = _object(1, line)
    if set(fields) >= {"leafHash", "salt", "event"}:
        raise ExportError(
            "selection",
            "Dit is een keuze uit het log (`sluis audit export`), en geen heel log: dat er niets ontbreekt is daaraan "
            "niet te bewijzen. Vraag de beheerder om het hele log: `sluis log export`.",
            "This is a selection from the log (`sluis audit export`) and no whole log: that nothing is missing cannot "
            "be proven of it. Ask the operator for the whole log: `sluis log export`.",
        )
    told = fields.get(_SUCCESSIONS, [])
    texts = [fields.get("checkpoint"), *(told if isinstance(told, list) else [None])]
    if set(fields) - {_SUCCESSIONS} != _HEADER or fields["exportVersion"] != 1 or not _are_texts(texts):
        raise _malformed(1)
    try:
        keys = LogKeys.of(key, told)
        checkpoint = keys.open(fields["checkpoint"])
    except CheckpointError as error:
        raise ExportError(f"checkpoint-{error.code}", error.nl, error.en) from error
    if (fields["origin"], fields["size"]) != (checkpoint.origin, checkpoint.size):
        raise _malformed(1)
    return checkpoint, keys


def _are_texts(values: Sequence[object]) -> bool:
    return all(isinstance(value, str) for value in values)


def _seen(notes: Sequence[str], keys: LogKeys, newest: Checkpoint) -> dict[int, Checkpoint]:
    """What has to be the root at which size: the signed one, and those that were seen before."""
    roots = {newest.size: newest}
    for note in notes:
        try:
            before = keys.open(note)
        except CheckpointError as error:
            raise ExportError(f"checkpoint-{error.code}", error.nl, error.en) from error
        if before.size > newest.size:
            raise ExportError(
                "rolled-back",
                f"Het log is teruggezet, of dit is een oud ijkpunt: eerder waren er {before.size} gebeurtenissen, "
                f"nu {newest.size}.",
                f"The log was rolled back, or this is an old checkpoint: there were {before.size} events before, and "
                f"{newest.size} now.",
            )
        if roots.setdefault(before.size, before).root != before.root:
            raise _forked(before)
    return roots


def _require_next(index: object, expected: int, size: int) -> None:
    if not isinstance(index, int) or isinstance(index, bool) or index < 0:
        raise ExportError(
            "malformed", f"Na gebeurtenis {expected} staat geen plaats.", f"After event {expected} there is no place."
        )
    if expected == size:
        raise ExportError(
            "old-checkpoint" if index == expected else "inserted",
            f"Na de {size} gebeurtenissen waarvoor is getekend volgen er meer: er is iets toegevoegd, of een oud "
            "ijkpunt bijgevoegd.",
            f"More events follow the {size} that were signed: something was added, or an old checkpoint put in.",
        )
    if index > expected:
        raise ExportError(
            "missing",
            f"Gebeurtenis {expected} ontbreekt op haar plaats: verwijderd of verplaatst.",
            f"Event {expected} is missing at its place: deleted or moved.",
        )
    if index < expected:
        raise ExportError(
            "reordered" if index < expected - 1 else "inserted",
            f"Op de plaats van gebeurtenis {expected} staat {index}: ingevoegd of verplaatst.",
            f"At the place of event {expected} stands {index}: inserted or moved.",
        )


def _leaf(fields: Mapping[str, Any]) -> bytes:
    told = from_base64url(fields["leafHash"])
    if "event" not in fields:
        return told
    leaf = leaf_hash(from_base64url(fields["salt"]), str(fields["event"]).encode())
    if leaf != told:
        raise ExportError(
            "changed",
            f"Gebeurtenis {fields['index']} is gewijzigd: zij geeft niet de hash die erbij staat.",
            f"Event {fields['index']} was changed: it does not give the hash that stands with it.",
        )
    return leaf


def _require_root(tree: Range, roots: Mapping[int, Checkpoint]) -> None:
    signed = roots.get(tree.size)
    if signed is not None and tree.root() != signed.root:
        newest = roots[max(roots)]
        raise _no_root(signed) if signed is newest else _forked(signed)


def _no_root(signed: Checkpoint) -> ExportError:
    return ExportError(
        "changed",
        f"De {signed.size} gebeurtenissen zijn niet die waarvoor is getekend: gewijzigd, verplaatst of vervangen.",
        f"The {signed.size} events are not those that were signed: something was changed, moved or replaced.",
    )


def _unexplained(place: int) -> ExportError:
    return ExportError(
        "erased-unexplained",
        f"Gebeurtenis {place} is weg, en geen wissing in het log verklaart dat: later, na vijf jaar, van die plaats, "
        "van zoveel gebeurtenissen als er weg zijn, en zelf niet van na nu of na wat erop volgt.",
        f"Event {place} is gone, and no erasure in the log explains it: later, after five years, of this place, of as "
        "many events as are gone, and itself not from after now or after what follows it.",
    )


def _forked(seen: Checkpoint) -> ExportError:
    return ExportError(
        "forked",
        f"Dit is een ander log: de eerste {seen.size} gebeurtenissen zijn niet die van het ijkpunt dat u eerder zag.",
        f"This is another log: its first {seen.size} events are not those of the checkpoint that you saw before.",
    )


def _line(number: int, line: bytes) -> Mapping[str, Any]:
    fields = _object(number, line)
    hashes = [fields.get("leafHash"), fields.get("salt", fields.get("leafHash"))]
    well_formed = set(fields) in ({*_ERASED}, {*_WHOLE}) and isinstance(fields.get("event", ""), str)
    if not well_formed or not all(isinstance(hash_, str) and _HASH.fullmatch(hash_) for hash_ in hashes):
        raise _malformed(number)
    try:
        for hash_ in hashes:
            from_base64url(str(hash_))
    except ValueError:
        raise _malformed(number) from None
    return fields


def _object(number: int, line: bytes) -> Mapping[str, Any]:
    try:
        found = parse_json(line.rstrip(b"\n"))
    except WireError:
        found = None
    if not isinstance(found, dict):
        raise _malformed(number)
    return found


def _malformed(number: int) -> ExportError:
    return ExportError("malformed", f"Regel {number} is onleesbaar.", f"Line {number} is unreadable.")


def export_lines(
    checkpoint: Checkpoint, entries: Iterable[LogEntry], leaf: Callable[[int], bytes], successions: Sequence[str] = ()
) -> Iterator[bytes]:
    """The lines of a log.

    Args:
        checkpoint: the log up to which it is exported.
        entries: its events in order, without those that were erased.
        leaf: the hash of the leaf at a place, asked for those that were erased.
        successions: of the log's keys, as signed notes.
    """
    yield export_header(checkpoint, successions)
    place = 0
    for entry in entries:
        for index in range(place, entry.index):
            yield erased_line(index, leaf(index))
        yield export_line(entry)
        place = entry.index + 1
    for index in range(place, checkpoint.size):
        yield erased_line(index, leaf(index))
