"""What was delivered from this machine, kept to compare with and to fill in a next file.

The bytes that were sent stay in the profile, readable by the owner only, beside the receipt that proves them. Data sets
with pseudonyms are about persons and are not kept a second time; neither is what is large.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pyarrow as pa

from sluis_client import storage, wire
from sluis_client.content import Content, HeldContent
from sluis_client.errors import FileError
from sluis_client.profile import Profile
from sluis_client.receipts import ReceiptBook, StoredReceipt
from sluis_client.sealing import SealedContent

MAX_KEPT = 16 << 20
"""Bytes of a delivery that is kept."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A delivery that was made from here and counts.

    Attributes:
        submission: its id.
        round: the round that it was for.
        accepted_at: when the service accepted it.
        rows: its rows, in the definition's columns and types.
    """

    submission: str
    round: str
    accepted_at: datetime
    rows: pa.Table


class History:
    """The deliveries of one profile."""

    def __init__(self, profile: Profile, receipts: ReceiptBook) -> None:
        self._profile = profile
        self._receipts = receipts
        self._folder = profile.home / "delivered"

    def keep(self, submission: str, content: Content, definition: wire.Definition) -> None:
        """What was sent, durably, unless it is about persons or large."""
        if content.size > MAX_KEPT or any(column.kind is wire.Kind.PSEUDONYM for column in definition.columns):
            return
        try:
            sent = b"".join(content.parts(MAX_KEPT))
        except FileError:  # changed since it was sent: what was sent is not here any more
            return
        storage.make_private_directory(self._folder)
        storage.write_private(self._path(submission), sent)

    def deliveries(self, data_set: str) -> list[Kept]:
        """The deliveries of a data set that count, newest first; of each round the last one.

        Raises:
            ReceiptError: a receipt that was kept is damaged.
            ProfileDamagedError: a definition that was kept is.
        """
        found: dict[str, Kept] = {}
        for receipt in self._receipts.all():
            manifest = receipt.manifest
            if manifest is None or manifest.data_set != data_set or receipt.round in found:
                continue
            if receipt.withdrawal is None:
                kept = self._read(receipt, manifest)
                if kept is not None:
                    found[receipt.round] = kept
        return list(found.values())

    def _read(self, receipt: StoredReceipt, manifest: wire.Manifest) -> Kept | None:
        definition = self._profile.definition(manifest.data_set, manifest.data_set_version)
        path = self._path(receipt.submission)
        if definition is None or not path.exists():
            return None
        sent = storage.read_private(path)
        salted = SealedContent.of(HeldContent(path.name, manifest.format, sent), self._profile.content_secret())
        if manifest.content_digest not in {salted.digest, wire.digest(sent)}:
            return None
        rows = wire.check_content(definition, None, sent, manifest.format).table
        return None if rows is None else Kept(receipt.submission, receipt.round, receipt.accepted_at, rows)

    def _path(self, submission: str) -> Path:
        return self._folder / storage.safe_name(submission)
