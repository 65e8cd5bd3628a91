"""One event and its place in the log, so that whoever holds it can check that it is there and says what it should.

A leaf is the hash of 32 random bytes (the salt) followed by the event's canonical JSON (RFC 8785). Without the salt
nobody can try out what a hash may stand for, also when the event itself is erased.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sluis_client.wire.canonical import base64url, canonical_bytes, from_base64url, parse_json
from sluis_client.wire.log.checkpoint import Checkpoint, CheckpointError, LogKey
from sluis_client.wire.log.keys import LogKeys
from sluis_client.wire.log.merkle import ProofError, leaf_hash, verify_inclusion
from sluis_client.wire.strict import LONE_SURROGATE, Fields, StepError, WireError, string

SALT_BYTES = 32
MOST_EVENTS = 2**53 - 1
_BASE64URL = re.compile(r"[A-Za-z0-9_-]{43}")
_LONGEST_PAYLOAD = 1_000_000
_MOST_HASHES = 64


class EntryError(StepError):
    """An event is not in the log, or not the one that it should be. Steps are those of `verify_log_proof`."""


@dataclass(frozen=True, slots=True)
class LogEntry:
    """An event in the log: its place, its salt and its canonical JSON text."""

    index: int
    salt: bytes
    payload: str

    def leaf(self) -> bytes:
        """The hash that the tree holds for it."""
        return leaf_hash(self.salt, self.payload.encode())


@dataclass(frozen=True, slots=True)
class LogProof:
    """An event, the hashes that lead from it to a root, and the signed checkpoint with that root.

    When the key of the log was replaced, `successions` tells which key followed which (`sluis_client.wire.log.keys`).

    Raises:
        WireError: a field is out of bounds.
    """

    entry: LogEntry
    hashes: tuple[bytes, ...]
    checkpoint: str
    successions: tuple[str, ...] = ()

    @classmethod
    def from_json(cls, value: Any) -> LogProof:
        """Read a proof.

        Raises:
            WireError: an unknown, missing or malformed field; all are named.
        """
        fields = Fields(value, {"logIndex", "salt", "event", "hashes", "checkpoint", "successions"})
        index = fields.integer("logIndex", 0, MOST_EVENTS)
        salt = fields.text("salt", _BASE64URL)
        if salt and not _is_hash(salt):
            fields.refuse("salt", "moet 32 bytes in base64url zijn", "must be 32 bytes in base64url")
        checkpoint = fields.text("checkpoint")
        members: Mapping[str, Any] = value
        successions = fields.each("successions", string) if "successions" in fields else ()
        event = members.get("event")
        if not isinstance(event, str) or not 0 < len(event) <= _LONGEST_PAYLOAD or LONE_SURROGATE.search(event):
            fields.refuse("event", "moet de tekst van een gebeurtenis zijn", "must be the text of an event")
        hashes = members.get("hashes")
        if not isinstance(hashes, list) or len(hashes) > _MOST_HASHES or not all(map(_is_hash, hashes)):
            fields.refuse("hashes", "moet een lijst van hashes zijn", "must be a list of hashes")
        fields.finish()
        entry = LogEntry(index, from_base64url(salt), str(event))
        return cls(entry, tuple(from_base64url(hash_) for hash_ in hashes or ()), checkpoint, successions)

    def to_json(self) -> dict[str, Any]:
        """As it stands on the wire and in the folder of whoever keeps it."""
        return {
            "logIndex": self.entry.index,
            "salt": base64url(self.entry.salt),
            "event": self.entry.payload,
            "hashes": [base64url(hash_) for hash_ in self.hashes],
            "checkpoint": self.checkpoint,
            **({"successions": list(self.successions)} if self.successions else {}),
        }


@dataclass(frozen=True, slots=True)
class Proven:
    """An event that is in the log: what it says, the checkpoint that covers it, and the keys that vouch for it."""

    event: Mapping[str, Any]
    index: int
    checkpoint: Checkpoint
    keys: LogKeys


def verify_log_proof(proof: LogProof, key: LogKey | LogKeys, expected: Mapping[str, Any]) -> Proven:
    """Prove, without the service, that the log holds an event and that it says what it should.

    1. The checkpoint is one of this log, signed with its key.
    2. The event, hashed with its salt, is at its place in the tree of the checkpoint.
    3. The event is canonical JSON, and says what is expected of it.

    Args:
        proof: as it came from the service.
        key: the log's key, or one before or after it, from a source that is trusted.
        expected: members of the event, by name (`authorisation.permit` within another), and their values; a frozenset
            holds those that are allowed.

    Raises:
        EntryError: a step failed; it says which and what that means.
    """
    # 1
    try:
        keys = LogKeys.of(key, proof.successions)
        checkpoint = keys.open(proof.checkpoint)
    except CheckpointError as error:
        raise EntryError(1, error.nl, error.en) from error
    # 2
    try:
        verify_inclusion(proof.entry.leaf(), proof.entry.index, checkpoint.size, proof.hashes, checkpoint.root)
    except ProofError as error:
        raise EntryError(
            2,
            "De gebeurtenis staat niet op deze plaats in het log: zij is gewijzigd, of hoort er niet bij.",
            "The event is not at this place in the log: it was altered, or does not belong to it.",
        ) from error
    # 3
    event = _event_of(proof.entry.payload)
    differing = [name for name, value in expected.items() if not _agrees(_member(event, name), value)]
    if event is None or differing:
        listed = ", ".join(differing)
        raise EntryError(
            3,
            f"De gebeurtenis in het log gaat over iets anders ({listed}).",
            f"The event in the log is about something else ({listed}).",
        )
    return Proven(event, proof.entry.index, checkpoint, keys)


def _member(event: Mapping[str, Any] | None, name: str) -> object:
    """The member of that name, and an ellipsis, which is like nothing in JSON, where there is none."""
    found: object = event
    for step in name.split("."):
        found = found.get(step, ...) if isinstance(found, dict) else ...
    return found


def _agrees(found: object, wanted: object) -> bool:
    if isinstance(wanted, frozenset):
        return isinstance(found, str) and found in wanted
    return found == wanted


def _event_of(payload: str) -> Mapping[str, Any] | None:
    try:
        value = parse_json(payload.encode())
        if isinstance(value, dict) and canonical_bytes(value) == payload.encode():
            return value
    except (WireError, UnicodeEncodeError):
        pass
    return None


def _is_hash(value: object) -> bool:
    if not isinstance(value, str) or not _BASE64URL.fullmatch(value):
        return False
    try:
        from_base64url(value)
    except ValueError:
        return False
    return True
