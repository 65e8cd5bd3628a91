"""The tables of objections, and of the persons whose records were left out of what was made (audit_tables: digests)."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, LargeBinary, PrimaryKeyConstraint, Table

from service.adapters.database.columns import PlainText, TextTuple, UtcDateTime
from service.adapters.database.tables import evidence, metadata, organisations, releases

objections = Table(
    "objections",
    metadata,
    Column("id", PlainText, primary_key=True),
    Column("pseudonym", PlainText),
    Column("person", LargeBinary, index=True),
    Column("data_sets", TextTuple, nullable=False),
    Column("purposes", TextTuple, nullable=False),
    Column("lodged_by", PlainText, nullable=False),
    Column("organisation", ForeignKey(organisations.c.id), nullable=False),
    Column("lodged_at", UtcDateTime, nullable=False),
    Column("withdrawn_at", UtcDateTime),
    Column("withdrawn_by", PlainText),
    CheckConstraint("(pseudonym IS NULL) = (person IS NULL)", name="erased_whole"),
    CheckConstraint("withdrawn_at IS NOT NULL OR person IS NOT NULL", name="in_force_names_person"),
    CheckConstraint("(withdrawn_at IS NULL) = (withdrawn_by IS NULL)", name="withdrawn_by_somebody"),
    Index("ix_objections_organisation_lodged_at_id", "organisation", "lodged_at", "id"),
    Index("ix_objections_lodged_at_id", "lodged_at", "id"),
    sqlite_with_rowid=False,
)

# Written before their release, in the same transaction, as its inputs are.
release_left_out = Table(
    "release_left_out",
    metadata,
    Column("release", ForeignKey(releases.c.id, deferrable=True, initially="DEFERRED"), nullable=False),
    Column("submission", PlainText, nullable=False),
    Column("person", LargeBinary, nullable=False),
    PrimaryKeyConstraint("release", "submission", "person"),
    sqlite_with_rowid=False,
)

evidence_left_out = Table(
    "evidence_left_out",
    metadata,
    Column("evidence", ForeignKey(evidence.c.id), nullable=False),
    Column("submission", PlainText, nullable=False),
    Column("person", LargeBinary, nullable=False),
    PrimaryKeyConstraint("evidence", "submission", "person"),
    sqlite_with_rowid=False,
)
