"""A release: immutable, signed, versioned; it can be withdrawn, never changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Release:
    """What consumers may read.

    `content` is the canonical JSON text that is signed: metadata, dimensions, cells with value and SDMX OBS_STATUS
    (`A` normal, `Q` suppressed). `recipients` are ids of organisations.
    """

    id: str
    request: str
    data_set: str
    purpose: str
    rounds: tuple[str, ...]
    version: int
    recipients: frozenset[str]
    content: str
    content_digest: str
    key_id: str
    signature: str
    inputs: tuple[str, ...]
    released_at: datetime
    withdrawn_at: datetime | None = None
    withdrawal_reason: str | None = None
