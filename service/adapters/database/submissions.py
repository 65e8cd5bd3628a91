"""Deliveries, their pieces while they come in, and the parts that count."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ARRAY,
    LargeBinary,
    Select,
    bindparam,
    delete,
    func,
    insert,
    literal,
    select,
    union,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from service.adapters.database.audit_tables import submission_persons
from service.adapters.database.columns import PlainText
from service.adapters.database.paging import newest_first
from service.adapters.database.tables import organisations, submissions, upload_parts
from service.adapters.database.transaction import Transaction
from service.domain.errors import Invalid, NotFound
from service.domain.submission import CountingPart, Submission, SubmissionState, UploadPart
from service.ports.unit_of_work import Page

_COLUMNS = tuple(column.name for column in submissions.columns)
_ADD = insert(submissions)
_OWN = select(submissions).where(submissions.c.organisation == bindparam("organisation"))
_BY_KEY = _OWN.where(submissions.c.idempotency_key == bindparam("key"))
_BY_MANIFEST = _OWN.where(submissions.c.manifest_digest == bindparam("manifest"))
_PARTS = (
    select(
        submissions.c.part,
        submissions.c.id.label("submission"),
        submissions.c.organisation,
        organisations.c.holding,
        submissions.c.round,
        submissions.c.rows,
        submissions.c.content_digest,
        submissions.c.manifest_digest,
        submissions.c.served_by,
    )
    .join(organisations, organisations.c.id == submissions.c.organisation)
    .order_by(submissions.c.round, submissions.c.organisation)
)
_LAST_VERSION = select(func.max(submissions.c.version).label("version")).where(
    submissions.c.organisation == bindparam("organisation"), submissions.c.round == bindparam("round")
)
_COUNTING = _OWN.where(submissions.c.round == bindparam("round"), submissions.c.state == SubmissionState.ACCEPTED)


class SqlSubmissions:
    """Implements `service.ports.unit_of_work.Submissions`."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    def add(self, submission: Submission) -> None:
        """Conflict `manifest-known`, `idempotency-key-reused`, or `already-delivered` when it comes in accepted."""
        self._transaction.write(_ADD, {name: getattr(submission, name) for name in _COLUMNS})

    def save(self, submission: Submission) -> None:
        """NotFound when it was never added; Conflict `already-delivered` when another one counts.

        Save the superseded delivery before the one that takes its place: at no moment do two count.
        """
        change = update(submissions).where(submissions.c.id == submission.id).values(**asdict(submission))
        if not self._transaction.write(change):
            raise NotFound("submission")

    def get(self, submission: str, *, lock: bool = False) -> Submission:
        """NotFound when there is none."""
        found = self._transaction.row(select(submissions).where(submissions.c.id == submission), lock=lock)
        if found is None:
            raise NotFound("submission")
        return Submission(**found)

    def find_by_key(self, organisation: str, idempotency_key: str) -> Submission | None:
        """In whatever state it is."""
        return self._find(_BY_KEY, organisation=organisation, key=idempotency_key)

    def find_by_manifest(self, organisation: str, manifest_digest: str) -> Submission | None:
        """In whatever state it is."""
        return self._find(_BY_MANIFEST, organisation=organisation, manifest=manifest_digest)

    def counting(self, organisation: str, round_: str) -> Submission | None:
        """The accepted one."""
        return self._find(_COUNTING, organisation=organisation, round=round_)

    def served_by(self, submission: str) -> Sequence[Submission]:
        """By data set, and the newest first; in whatever state they are."""
        query = select(submissions).where(submissions.c.served_by == submission)
        query = query.order_by(submissions.c.data_set, submissions.c.version.desc())
        return [Submission(**row) for row in self._transaction.rows(query)]

    def last_version(self, organisation: str, round_: str) -> int:
        """Withdrawn and superseded ones had a number too."""
        found = self._transaction.row(_LAST_VERSION, {"organisation": organisation, "round": round_})
        return int(found["version"] or 0) if found else 0

    def withdrawn(self, deliveries: Collection[str]) -> frozenset[str]:
        """Those of these deliveries that their supplier withdrew."""
        query = select(submissions.c.id).where(
            submissions.c.id.in_(sorted(deliveries)), submissions.c.state == SubmissionState.WITHDRAWN
        )
        return frozenset(row["id"] for row in self._transaction.rows(query))

    def page(
        self,
        page: Page,
        *,
        organisation: str | None = None,
        round_: str | None = None,
        state: SubmissionState | None = None,
    ) -> Sequence[Submission]:
        """Newest first; the cursor is the id of the last one seen, Invalid when the organisation has no such one."""
        query = select(submissions)
        place = select(submissions.c.received_at, submissions.c.id).where(submissions.c.id == page.cursor)
        if organisation is not None:
            query = query.where(submissions.c.organisation == organisation)
            place = place.where(submissions.c.organisation == organisation)
        if round_ is not None:
            query = query.where(submissions.c.round == round_)
        if state is not None:
            query = query.where(submissions.c.state == state)
        after = None
        if page.cursor is not None:
            last = self._transaction.row(place)
            if last is None:
                raise Invalid("cursor")
            after = (last["received_at"], last["id"])
        query = newest_first(query, submissions.c.received_at, submissions.c.id, after, page.limit)
        return [Submission(**row) for row in self._transaction.rows(query)]

    def counting_parts(self, rounds: Sequence[str]) -> Sequence[CountingPart]:
        """By round and organisation."""
        counting = (submissions.c.round.in_(rounds), submissions.c.state == SubmissionState.ACCEPTED)
        return [CountingPart(**row) for row in self._transaction.rows(_PARTS.where(*counting))]

    def parts_of(self, deliveries: Sequence[str]) -> Sequence[CountingPart]:
        """By round and organisation; a delivery without rows has none."""
        once = (submissions.c.id.in_(deliveries), submissions.c.part.is_not(None))
        return [CountingPart(**row) for row in self._transaction.rows(_PARTS.where(*once))]

    def add_piece(self, piece: UploadPart) -> None:
        """Conflict `part-exists` when the number is taken."""
        self._transaction.write(insert(upload_parts).values(**asdict(piece)))

    def pieces(self, submission: str) -> Sequence[UploadPart]:
        """By number."""
        query = select(upload_parts).where(upload_parts.c.submission == submission).order_by(upload_parts.c.number)
        return [UploadPart(**row) for row in self._transaction.rows(query)]

    def drop_pieces(self, submission: str) -> None:
        """None is left; none need have been there."""
        self._transaction.write(delete(upload_parts).where(upload_parts.c.submission == submission))

    def stored_names(self) -> frozenset[str]:
        """Superseded deliveries keep their part: a release may name it."""
        parts = select(submissions.c.part.label("name")).where(submissions.c.part.is_not(None))
        names = union(parts, select(upload_parts.c.stored_as)).subquery()
        return frozenset(row["name"] for row in self._transaction.rows(select(names)))

    def stale(self, received_before: datetime) -> Sequence[Submission]:
        """Oldest first."""
        query = select(submissions).where(
            submissions.c.state == SubmissionState.RECEIVING, submissions.c.received_at < received_before
        )
        rows = self._transaction.rows(query.order_by(submissions.c.received_at, submissions.c.id))
        return [Submission(**row) for row in rows]

    def add_persons(self, submission: str, persons: Collection[bytes]) -> None:
        """The delivery is there already; so may the persons be. On PostgreSQL one statement for all of these."""
        if not persons:
            return
        if self._transaction.dialect == "postgresql":
            listed = func.unnest(literal(sorted(persons), ARRAY(LargeBinary))).column_valued("person")
            rows = postgresql.insert(submission_persons).from_select(
                ["person", "submission"], select(listed, literal(submission, PlainText))
            )
            self._transaction.write(rows.on_conflict_do_nothing())
            return
        values = [{"person": person, "submission": submission} for person in sorted(persons)]
        self._transaction.write(sqlite.insert(submission_persons).on_conflict_do_nothing(), values)

    def announced(self, organisation: str) -> Sequence[str]:
        """The canonical JSON texts."""
        query = select(submissions.c.manifest).where(
            submissions.c.organisation == organisation, submissions.c.state == SubmissionState.RECEIVING
        )
        return [row["manifest"] for row in self._transaction.rows(query)]

    def _find(self, statement: Select[Any], **values: str) -> Submission | None:
        found = self._transaction.row(statement, values)
        return None if found is None else Submission(**found)
