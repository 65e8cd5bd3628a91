"""Deliveries under way.

An entry is written, durably, before the service hears of a delivery, and removed after its receipt is on disk. It
holds the manifest (with its nonce) and the idempotency key; whoever repeats the delivery of the same content to the
same round after a crash sends exactly the same, and the service answers with the same submission and receipt.
"""

import base64
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

from sluis_client import storage, wire
from sluis_client.errors import ProfileDamagedError


@dataclass(frozen=True, slots=True)
class Entry:
    """One delivery under way.

    Attributes:
        manifest: what is announced to the service.
        idempotency_key: the same for every attempt.
        name: the file's name on this machine; never sent.
        submission: submission id, once the service gave one.
    """

    manifest: wire.Manifest
    idempotency_key: str
    name: str
    submission: str | None = None

    def to_json(self) -> dict[str, Any]:
        """The form on disk."""
        return {
            "entryVersion": 1,
            "manifest": self.manifest.to_json(),
            "idempotencyKey": self.idempotency_key,
            "name": self.name,
            "submissionId": self.submission,
        }

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> Self:
        """The entry on disk."""
        return cls(
            manifest=wire.Manifest.from_json(document["manifest"]),
            idempotency_key=document["idempotencyKey"],
            name=document["name"],
            submission=document["submissionId"],
        )


class Outbox:
    """The entries in one directory; two processes that deliver the same content share one entry."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def entries(self) -> Iterator[Entry]:
        """All deliveries under way."""
        for path in sorted(self._directory.glob("*.json")):
            yield _read(path)

    def begin(self, entry: Entry) -> Entry:
        """The entry for this delivery: the one that was there, or else `entry`, now durable."""
        while not storage.create_private(self._path(entry), storage.as_json(entry.to_json())):
            present = self.find(entry)
            if present is not None:  # None: it ended between the two calls
                return present
        return entry

    def find(self, entry: Entry) -> Entry | None:
        """The entry for the same delivery, if it is under way."""
        path = self._path(entry)
        try:
            return _read(path)
        except ProfileDamagedError:
            if path.exists():
                raise
            return None

    def announced(self, entry: Entry, submission: str) -> Entry:
        """The entry with the submission id that the service gave, durable."""
        changed = replace(entry, submission=submission)
        storage.write_private(self._path(entry), storage.as_json(changed.to_json()))
        return changed

    def end(self, entry: Entry) -> None:
        """The delivery is over: its receipt is kept, or the service refused it."""
        storage.remove(self._path(entry))

    def _path(self, entry: Entry) -> Path:
        manifest = entry.manifest
        same = [manifest.supplier, manifest.round, manifest.format, manifest.content_digest, manifest.corrects or ""]
        name = base64.b32encode(hashlib.sha256("\n".join(same).encode()).digest()[:15]).decode().lower()
        return self._directory / f"{name}.json"


def _read(path: Path) -> Entry:
    try:
        return Entry.from_json(storage.read_object(path))
    except (KeyError, wire.WireError):
        raise ProfileDamagedError(path) from None
