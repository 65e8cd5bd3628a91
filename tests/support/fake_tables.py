"""What the fake database holds, and one transaction on a copy of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import datetime
from typing import Any, NoReturn

from service.adapters.database.columns import storable_text, utc
from service.adapters.database.refusals import RowRefused
from service.domain.agreement import RecordedAgreement
from service.domain.audit import AuditEvent, SavedQuery
from service.domain.errors import Invalid
from service.domain.noise_budget import Drawing
from service.domain.objection import Objection
from service.domain.organisation import ClientKey, Invitation, Organisation
from service.domain.public_figures import PublicCopy
from service.domain.purpose import PurposeVerdict, StatedPurpose
from service.domain.release import Certificate, Release
from service.domain.reminder import Contact, Reminder, ReminderMail
from service.domain.request import AggregateRequest, Evidence, Review
from service.domain.round import Round
from service.domain.sealing import SealingKey
from service.domain.submission import Submission, UploadPart


@dataclass
class Tables:
    """What is stored, by key."""

    organisations: dict[str, Organisation] = field(default_factory=dict)
    invitations: dict[str, Invitation] = field(default_factory=dict)
    keys: dict[str, ClientKey] = field(default_factory=dict)
    tokens: dict[tuple[str, str], datetime] = field(default_factory=dict)
    rounds: dict[str, Round] = field(default_factory=dict)
    wrapped_keys: dict[str, str] = field(default_factory=dict)
    submissions: dict[str, Submission] = field(default_factory=dict)
    pieces: dict[tuple[str, int], UploadPart] = field(default_factory=dict)
    requests: dict[str, AggregateRequest] = field(default_factory=dict)
    evidence: dict[str, Evidence] = field(default_factory=dict)
    reviews: dict[tuple[str, str], Review] = field(default_factory=dict)
    releases: dict[str, Release] = field(default_factory=dict)
    certificates: dict[str, Certificate] = field(default_factory=dict)
    objections: dict[str, Objection] = field(default_factory=dict)
    drawings: dict[str, Drawing] = field(default_factory=dict)
    persons: dict[tuple[bytes, str], None] = field(default_factory=dict)
    saved_queries: dict[str, SavedQuery] = field(default_factory=dict)
    purposes: dict[tuple[str, int], StatedPurpose] = field(default_factory=dict)
    agreements: dict[str, RecordedAgreement] = field(default_factory=dict)
    public_figures: dict[str, PublicCopy] = field(default_factory=dict)
    contacts: dict[str, Contact] = field(default_factory=dict)
    reminder_mails: dict[str, ReminderMail] = field(default_factory=dict)
    reminders: dict[tuple[str, str, str], Reminder] = field(default_factory=dict)
    sealing_keys: dict[str, SealingKey] = field(default_factory=dict)
    purpose_verdicts: dict[str, PurposeVerdict] = field(default_factory=dict)
    events: dict[str, AuditEvent] = field(default_factory=dict)

    def copy(self) -> Tables:
        return Tables(**{table.name: dict(getattr(self, table.name)) for table in fields(self)})


class FakeTransaction:
    """One transaction on a copy of the tables."""

    def __init__(self, tables: Tables, *, writes: bool) -> None:
        self._tables = tables
        self._writes = writes
        self.ended: str | None = None

    def read(self, *texts: Any) -> Tables:
        if self.ended:
            raise RuntimeError(f"this transaction has ended: {self.ended}")
        self._storable(texts)
        return self._tables

    def write(self, *values: Any) -> Tables:
        self.read()
        if not self._writes:
            raise RuntimeError("this transaction only reads")
        self._storable(values)
        return self._tables

    def refuse(self, error: Exception) -> NoReturn:
        self.ended = "refused by the database"
        raise error

    def require(self, table: Mapping[str, Any], *keys: str | None) -> None:
        """A foreign key."""
        for key in keys:
            if key is not None and key not in table:
                self.refuse(RowRefused("foreign key"))

    def _storable(self, value: Any) -> None:
        try:
            _check_storable(value)
        except (Invalid, ValueError) as error:
            self.refuse(error)


def _check_storable(value: Any) -> None:
    """What the column types check: times with a zone, text that both databases can hold."""
    if isinstance(value, str):
        storable_text(value)
    elif isinstance(value, datetime):
        utc(value)
    elif isinstance(value, tuple | list | frozenset):
        for item in value:
            _check_storable(item)
    elif is_dataclass(value):
        for part in fields(value):
            _check_storable(getattr(value, part.name))
