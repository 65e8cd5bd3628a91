"""A release: immutable, signed, versioned; it can be withdrawn, never changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from service.domain.objection import LeftOut


@dataclass(frozen=True, slots=True)
class Release:
    """What consumers may read.

    `certified` is what its certificate will say, but for the place in the log, as canonical JSON text: the event of the
    release commits to it. None in one from before events did: nobody certifies that any more.

    `public` ones can be read by everybody who is known to the service.
    `content` is the canonical JSON text that is signed: metadata, dimensions, cells with value and SDMX OBS_STATUS
    (`A` normal, `Q` suppressed). `recipients` are ids of organisations. `revises` are earlier releases of the same
    table that were made of deliveries which were corrected since. `left_out` are the persons whose records in the
    inputs did not count; nobody reads that.
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
    revises: tuple[str, ...] = ()
    certified: str | None = None
    left_out: LeftOut = ()
    public: bool = False

    @property
    def terms(self) -> str:
        """What says, in canonical JSON, under which purpose it was made; the shorter text where there is one."""
        return self.certified or self.content


@dataclass(frozen=True, slots=True)
class Certificate:
    """How a release came to be and where it is in the log, signed; `content` is its canonical JSON text."""

    release: str
    content: str
    key_id: str
    signature: str
    made_at: datetime


class Revision(StrEnum):
    """How a release stands to the deliveries of today."""

    NONE = "none"
    PENDING = "pending"
    SUPERSEDED = "superseded"


@dataclass(frozen=True, slots=True)
class ReleaseView:
    """A release as its readers see it.

    Its revision is `PENDING` when something else counts in its closed rounds now than it was made of, or a delivery of
    these was withdrawn, and `SUPERSEDED` when the reader has a release `by` which it was revised. It says neither whose
    figures changed nor how. Releases from before there was a log have no certificate. `log_successions` are signed
    notes, as in the log: with them a certificate from before the log had a new key is proven with that key too.
    """

    release: Release
    revision: Revision
    by: str | None = None
    certificate: Certificate | None = None
    log_successions: Sequence[str] = ()
