"""What is kept beside the events so that auditors and suppliers find them: derived from rows that are kept themselves.

An event refers to an object; these tables say which deliveries an object was made of, and who is in a delivery
(docs/adr/0015-auditor.md).
"""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, LargeBinary, PrimaryKeyConstraint, Table, UniqueConstraint

from service.adapters.database.columns import PlainText, UtcDateTime
from service.adapters.database.tables import audit_events, evidence, metadata, releases, submissions

# Words of reason codes (`reason:...`) and digests of pseudonyms (`person:...`), with the place of their event. They go
# with an event that is erased after its retention.
audit_terms = Table(
    "audit_terms",
    metadata,
    Column("term", PlainText, nullable=False),
    Column("recorded", UtcDateTime, nullable=False),
    Column("event", ForeignKey(audit_events.c.id, ondelete="CASCADE"), nullable=False, index=True),
    PrimaryKeyConstraint("term", "recorded", "event"),
    sqlite_with_rowid=False,
)

# 128 bits of the SHA-256 of each pseudonym in the part of a delivery.
submission_persons = Table(
    "submission_persons",
    metadata,
    Column("person", LargeBinary, nullable=False),
    Column("submission", ForeignKey(submissions.c.id), nullable=False, index=True),
    PrimaryKeyConstraint("person", "submission"),
    sqlite_with_rowid=False,
)

# Written before their release, in the same transaction, as its recipients are.
release_inputs = Table(
    "release_inputs",
    metadata,
    Column("release", ForeignKey(releases.c.id, deferrable=True, initially="DEFERRED"), nullable=False),
    Column("submission", PlainText, nullable=False),
    PrimaryKeyConstraint("release", "submission"),
    Index("ix_release_inputs_submission_release", "submission", "release"),
    sqlite_with_rowid=False,
)

evidence_inputs = Table(
    "evidence_inputs",
    metadata,
    Column("evidence", ForeignKey(evidence.c.id), nullable=False),
    Column("submission", PlainText, nullable=False),
    PrimaryKeyConstraint("evidence", "submission"),
    Index("ix_evidence_inputs_submission_evidence", "submission", "evidence"),
    sqlite_with_rowid=False,
)

saved_queries = Table(
    "saved_queries",
    metadata,
    Column("id", PlainText, primary_key=True),
    Column("owner", PlainText, nullable=False),
    Column("name", PlainText, nullable=False),
    Column("query", PlainText, nullable=False),
    Column("saved_at", UtcDateTime, nullable=False),
    UniqueConstraint("owner", "name"),
)

__all__ = ["audit_terms", "evidence_inputs", "metadata", "release_inputs", "saved_queries", "submission_persons"]
