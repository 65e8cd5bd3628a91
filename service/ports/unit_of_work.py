"""The database as use cases see it: repositories in one transaction that cannot commit without its audit event."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from service.domain.agreement import InForce, RecordedAgreement
from service.domain.audit import AuditEvent, Reading, SavedQuery, StoredEvent, Volume
from service.domain.frequency import Given
from service.domain.noise_budget import Charge, Drawing
from service.domain.objection import Objection
from service.domain.organisation import ClientKey, Invitation, Organisation
from service.domain.public_figures import PublicCopy
from service.domain.purpose import PurposeHead, PurposeVerdict, StatedPurpose
from service.domain.release import Certificate, Release
from service.domain.reminder import Contact, Reminder, ReminderMail, ReminderStep
from service.domain.request import AggregateRequest, Evidence, RequestState, Review
from service.domain.round import Round
from service.domain.sealing import SealingKey
from service.domain.submission import CountingPart, Submission, SubmissionState, UploadPart
from service.ports.log import LogBook
from service.ports.regions import Classifications, Reader, RegionChanges


@dataclass(frozen=True, slots=True)
class Page:
    """A stretch of a list: at most `limit` items after `cursor` (the id or opaque text of the last one seen)."""

    limit: int = 50
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which events; None means any.

    `reason` are words of reason codes, all of which an event has to have; `person` is a pseudonym. `from_place` lets
    through what has this place in the log, or a later one, or waits for one. `covered` lets through what has an earlier
    place, whatever `recorded_until` says.
    """

    recorded_from: datetime | None = None
    recorded_until: datetime | None = None
    user: str | None = None
    organisation: str | None = None
    code: str | None = None
    action: str | None = None
    outcome: str | None = None
    object_type: str | None = None
    object_id: str | None = None
    purpose: str | None = None
    reason: str | None = None
    person: str | None = None
    from_place: int | None = None
    covered: int | None = None


class Organisations(Protocol):
    """Parties, their invitations and keys."""

    def add(self, organisation: Organisation) -> None: ...  # Conflict organisation-exists
    def save(self, organisation: Organisation) -> None: ...
    def get(self, organisation: str) -> Organisation: ...  # NotFound
    def all(self) -> Sequence[Organisation]: ...
    def add_invitation(self, invitation: Invitation) -> None: ...
    def find_invitation(self, code_hash: str) -> Invitation | None: ...  # locked until the end
    def save_invitation(self, invitation: Invitation) -> None: ...
    def add_key(self, key: ClientKey) -> None: ...  # Conflict key-exists
    def find_key(self, key_id: str) -> ClientKey | None: ...
    def save_key(self, key: ClientKey) -> None: ...
    def keys_of(self, organisation: str) -> Sequence[ClientKey]: ...


class UsedTokens(Protocol):
    """Token ids that may be used once (RFC 7523 jti)."""

    def remember(self, issuer: str, jti: str, until: datetime) -> bool:
        """True the first time; False when it was used before."""
        ...

    def forget(self, before: datetime) -> None:
        """Drop some of the entries whose `until` is past; called with the present moment, now and then."""
        ...


class SealingKeys(Protocol):
    """Keys to which suppliers seal content; a key that has ended is kept without its private half."""

    def add(self, key: SealingKey) -> None: ...
    def save(self, key: SealingKey) -> None: ...  # NotFound; when it ends, and the private half
    def find(self, key_id: str) -> SealingKey | None: ...
    def all(self, *, lock: bool = False) -> Sequence[SealingKey]: ...  # the oldest first


class Rounds(Protocol):
    """Collection rounds and the wrapped data key of each."""

    def add(self, round_: Round, wrapped_key: str) -> None: ...  # Conflict round-exists
    def save(self, round_: Round) -> None: ...
    def get(self, round_: str, *, lock: bool = False) -> Round: ...  # NotFound
    def take_turn(self, round_: str, supplier: str) -> None:
        """Keep the round as it is, and let no other delivery of this supplier for it go on, until the end."""
        ...

    def page(
        self, page: Page, *, expected: str | None = None, data_sets: Collection[str] | None = None
    ) -> Sequence[Round]: ...
    def wrapped_key(self, round_: str) -> str: ...  # NotFound


class Purposes(Protocol):
    """Purposes that people made, version by version; a document is never changed."""

    def add(self, purpose: StatedPurpose) -> None: ...  # Conflict purpose-pending | purpose-exists
    def save(self, purpose: StatedPurpose) -> None: ...  # NotFound; all but the document
    def get(self, purpose: str, version: int | None = None, *, lock: bool = False) -> StatedPurpose:
        """The newest version when none is named; NotFound."""
        ...

    def all(self) -> Sequence[StatedPurpose]: ...  # by id and version
    def decided(self) -> Sequence[PurposeHead]:
        """Of each purpose that was approved once, the newest version that was; by id."""
        ...

    def add_verdict(self, verdict: PurposeVerdict) -> None: ...
    def verdicts(self, purpose: str, version: int) -> Sequence[PurposeVerdict]: ...  # in order


class Agreements(Protocol):
    """Agreements, assessments and consents; what they say is never changed."""

    def add(self, agreement: RecordedAgreement) -> None: ...
    def save(self, agreement: RecordedAgreement) -> None: ...  # NotFound; how it stands, but for who left
    def leave(self, agreement: str, party: str, at: datetime, reason: str) -> None: ...  # NotFound
    def get(self, agreement: str, *, lock: bool = False) -> RecordedAgreement: ...  # NotFound
    def all(self, *, party: str | None = None) -> Sequence[RecordedAgreement]: ...  # by id
    def in_force(self, data_set: str, day: date, *, party: str | None = None, lock: bool = False) -> Sequence[InForce]:
        """Those that cover a data set and that somebody is under; told for one party only when it is named.

        With `lock` none of them ends before this transaction does.
        """
        ...


class Submissions(Protocol):
    """Deliveries. At most one accepted per supplier and round: the database itself enforces it."""

    def add(self, submission: Submission) -> None: ...  # Conflict manifest-known | idempotency-key-reused
    def save(self, submission: Submission) -> None: ...  # Conflict already-delivered
    def get(self, submission: str, *, lock: bool = False) -> Submission: ...  # NotFound
    def find_by_key(self, organisation: str, idempotency_key: str) -> Submission | None: ...
    def find_by_manifest(self, organisation: str, manifest_digest: str) -> Submission | None: ...
    def counting(self, organisation: str, round_: str) -> Submission | None: ...
    def served_by(self, submission: str) -> Sequence[Submission]: ...  # what came with the delivery of a form
    def last_version(self, organisation: str, round_: str) -> int: ...  # 0 when nothing was ever accepted
    def withdrawn(self, deliveries: Collection[str]) -> frozenset[str]: ...  # those of these that were
    def page(
        self,
        page: Page,
        *,
        organisation: str | None = None,
        round_: str | None = None,
        state: SubmissionState | None = None,
    ) -> Sequence[Submission]: ...  # newest first
    def counting_parts(self, rounds: Sequence[str]) -> Sequence[CountingPart]: ...
    def parts_of(self, deliveries: Sequence[str]) -> Sequence[CountingPart]: ...  # that counted once
    def add_piece(self, piece: UploadPart) -> None: ...  # Conflict part-exists
    def pieces(self, submission: str) -> Sequence[UploadPart]: ...  # by number
    def drop_pieces(self, submission: str) -> None: ...
    def stored_names(self) -> frozenset[str]: ...  # every part and piece the database refers to
    def stale(self, received_before: datetime) -> Sequence[Submission]: ...  # receiving too long
    def add_persons(self, submission: str, persons: Collection[bytes]) -> None: ...  # see domain.audit_terms
    def announced(self, organisation: str) -> Sequence[str]: ...  # manifests of what still comes in


class Requests(Protocol):
    """Requests, evidence and reviews."""

    def add(self, request: AggregateRequest) -> None: ...
    def save(self, request: AggregateRequest) -> None: ...
    def get(self, request: str, *, lock: bool = False) -> AggregateRequest: ...  # NotFound
    def page(
        self, page: Page, *, organisation: str | None = None, state: RequestState | None = None
    ) -> Sequence[AggregateRequest]: ...  # newest first
    def under_review(self, data_set: str) -> Sequence[AggregateRequest]:
        """Those that something was prepared for and that are not released, locked until the end; by id."""
        ...

    def count_open(self, organisation: str) -> int:
        """How many of its requests are open; no other transaction counts or adds one of them until the end."""
        ...

    def given(self, organisation: str, data_set: str, purpose: str) -> Sequence[Given]:
        """What the organisation asked for and was released, in order of release; withdrawn releases are left out."""
        ...

    def add_evidence(self, evidence: Evidence) -> None: ...
    def evidence(self, request: str) -> Evidence | None: ...  # the newest
    def add_review(self, review: Review) -> None: ...  # Conflict reviewed-already
    def reviews(self, request: str, evidence: str) -> Sequence[Review]: ...  # in order


class Releases(Protocol):
    """Releases; rows are never changed but for the withdrawal."""

    def lock_facts(self, data_set: str) -> None:
        """Let no other transaction release figures of this data set until this one ends."""
        ...

    def add(self, release: Release) -> None: ...
    def withdraw(self, release: str, at: datetime, reason: str) -> None: ...  # NotFound, Conflict release-withdrawn
    def get(self, release: str) -> Release: ...  # NotFound
    def newest_of(self, request: str) -> Release | None: ...
    def any_of(self, submission: str) -> bool: ...  # whether one was made of this delivery
    def add_certificate(self, certificate: Certificate) -> None: ...
    def certificate(self, release: str) -> Certificate | None: ...
    def page(self, page: Page, *, reader: Reader | None = None) -> Sequence[Release]: ...  # newest first
    def made_of(self, supplier: str, page: Page) -> Sequence[tuple[Release, Sequence[Submission]]]:
        """Those that a delivery of this supplier went into, newest first, with its own deliveries among the inputs."""
        ...

    def over(self, data_set: str) -> Sequence[Release]:
        """Every release ever made over this data set, withdrawn ones too: what was published stays known."""
        ...

    def revised(self, among: Sequence[str], *, reader: Reader | None = None) -> Mapping[str, str]:
        """Of these releases, those that were revised, with the newest release by which: not withdrawn, and theirs."""
        ...


class Objections(Protocol):
    """Objections of persons, and whom of which delivery they take out."""

    def add(self, objection: Objection) -> None: ...
    def save(self, objection: Objection) -> None: ...  # NotFound; its withdrawal and erasure only
    def get(self, objection: str, *, lock: bool = False) -> Objection: ...  # NotFound
    def page(self, page: Page, *, organisation: str | None = None) -> Sequence[Objection]: ...  # newest first
    def of(self, person: bytes) -> Sequence[Objection]: ...  # in force, oldest first
    def against(self, deliveries: Collection[str]) -> Sequence[tuple[str, Objection]]:
        """The objections in force of whoever is in these deliveries, with the delivery; whatever they are against."""
        ...

    def data_sets_of(self, person: bytes, *, organisation: str | None = None) -> frozenset[str]:
        """The data sets that somebody, or this organisation, delivered the person in."""
        ...

    def in_force(self) -> Sequence[Objection]: ...  # by id
    def erase(self, withdrawn_before: datetime) -> int: ...  # how many lost pseudonym and person


class Drawings(Protocol):
    """Tables with noise and what they cost; rows are never changed and never deleted.

    Whoever adds one has called `Releases.lock_facts` before looking, so that nobody spends what another spends too.
    """

    def add(self, drawing: Drawing) -> None: ...
    def find(self, drawing: str) -> Drawing | None: ...
    def charges(self, data_set: str) -> Sequence[Charge]: ...  # in the order of drawing


class AuditTrail(Protocol):
    """The events, for auditors. Writing happens only by `UnitOfWork.commit`."""

    def page(self, filters: AuditFilter, page: Page) -> tuple[Sequence[AuditEvent], str | None]:
        """Newest first, and the cursor of the next page (stable while events are added)."""
        ...

    def stored(self, filters: AuditFilter, page: Page) -> tuple[Sequence[StoredEvent], str | None]:
        """As `page`, with what the log commits to."""
        ...

    def get(self, event: str) -> AuditEvent: ...  # NotFound
    def readings(self, objects: Sequence[str], code: str) -> Mapping[str, Sequence[Reading]]:
        """Which organisations read each of these objects, by events of this code that went well."""
        ...

    def volumes(self, recorded_from: datetime, recorded_until: datetime) -> Sequence[Volume]: ...
    def approvals(self, recorded_from: datetime, recorded_until: datetime) -> Mapping[str, int]:
        """How many approvals of requests each user gave."""
        ...


class PublicCopies(Protocol):
    """Copies of public figures; a copy is added and never changed. What makes a release does not look here."""

    def add(self, copy: PublicCopy) -> None: ...
    def newest(self, source: str, period: str) -> PublicCopy | None: ...
    def heads(self) -> Sequence[PublicCopy]:
        """The newest of each source and period, by these, with an empty content."""
        ...


class Reminders(Protocol):
    """Addresses for reminders, and the outbox of mails."""

    def contacts(self) -> Mapping[str, Contact]: ...  # by organisation; of those that have an address
    def contact(self, organisation: str) -> Contact: ...  # without addresses when there are none
    def set_contact(self, organisation: str, contact: Contact, at: datetime) -> None: ...
    def take_turn(self) -> None:
        """Let nobody else fill the outbox until the end."""
        ...

    def told(self, round_: str, step: ReminderStep) -> frozenset[str]: ...  # who, in the outbox or sent
    def add(self, reminder: Reminder) -> None: ...
    def of_mail(self, mail: str) -> Sequence[Reminder]: ...
    def add_mail(self, mail: ReminderMail) -> None: ...
    def save_mail(self, mail: ReminderMail) -> None: ...  # NotFound
    def get_mail(self, mail: str, *, lock: bool = False) -> ReminderMail: ...  # NotFound
    def under_way(self) -> Sequence[ReminderMail]: ...  # that have not ended, oldest first


class SavedQueries(Protocol):
    """Searches of the log that an auditor keeps; each sees its own."""

    def add(self, query: SavedQuery) -> None: ...  # Conflict saved-query-exists
    def of(self, owner: str) -> Sequence[SavedQuery]: ...  # by name
    def remove(self, owner: str, query: str) -> None: ...  # NotFound


class UnitOfWork(Protocol):
    """One transaction. Leaving it without `commit` rolls everything back."""

    @property
    def organisations(self) -> Organisations: ...
    @property
    def region_changes(self) -> RegionChanges: ...
    @property
    def classifications(self) -> Classifications: ...
    @property
    def used_tokens(self) -> UsedTokens: ...
    @property
    def rounds(self) -> Rounds: ...
    @property
    def purposes(self) -> Purposes: ...
    @property
    def agreements(self) -> Agreements: ...
    @property
    def submissions(self) -> Submissions: ...
    @property
    def requests(self) -> Requests: ...
    @property
    def releases(self) -> Releases: ...
    @property
    def drawings(self) -> Drawings: ...
    @property
    def objections(self) -> Objections: ...
    @property
    def public_figures(self) -> PublicCopies: ...
    @property
    def reminders(self) -> Reminders: ...
    @property
    def sealing_keys(self) -> SealingKeys: ...
    @property
    def saved_queries(self) -> SavedQueries: ...
    @property
    def audit(self) -> AuditTrail: ...
    @property
    def log(self) -> LogBook: ...

    def server_time(self) -> datetime | None:
        """The clock of the database server at this moment; None when the database is a file on this machine."""
        ...

    def commit(self, event: AuditEvent, *more: AuditEvent) -> None:
        """Insert the event, or events, and commit them together with everything written: both or neither.

        Raises:
            service.domain.errors.Unavailable: the database refused or could not; nothing was written.
        """
        ...


class Database(Protocol):
    """Opens transactions."""

    def begin(self) -> AbstractContextManager[UnitOfWork]:
        """A transaction that may write; on SQLite it takes the write lock at once."""
        ...

    def look(self) -> AbstractContextManager[UnitOfWork]:
        """A transaction that only reads; its `commit` is refused."""
        ...

    def remember_once(self, issuer: str, jti: str, *, now: datetime, until: datetime) -> bool:
        """As `UsedTokens.remember`, in a transaction of its own and without an event: nothing has happened yet.

        Raises:
            service.domain.errors.Unavailable: the database could not; nothing was remembered.
        """
        ...

    def ready(self) -> bool:
        """Whether the database answers and its schema is the one this code needs."""
        ...
