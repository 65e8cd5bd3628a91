"""The tables of purposes that people made, and of who did what to them."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, ForeignKey, ForeignKeyConstraint, Index, Integer, Table, text
from sqlalchemy import PrimaryKeyConstraint as PrimaryKey

from service.adapters.database.columns import OneOf, PlainText, TextTuple, UtcDateTime, one_of
from service.adapters.database.tables import metadata, organisations
from service.domain.purpose import PurposeState

# Triggers keep id, version, document and digest as they were proposed, and every verdict.
purposes = Table(
    "purposes",
    metadata,
    Column("id", PlainText, nullable=False),
    Column("version", Integer, nullable=False),
    Column("state", OneOf(PurposeState), nullable=False),
    Column("document", PlainText, nullable=False),
    Column("digest", PlainText, nullable=False),
    Column("proposer", PlainText, nullable=False),
    Column("organisation", ForeignKey(organisations.c.id), nullable=False),
    Column("proposed_at", UtcDateTime, nullable=False),
    Column("reviewer", PlainText),
    Column("approvers", TextTuple, nullable=False),
    Column("suspended_by", PlainText),
    PrimaryKey("id", "version"),
    one_of("state", PurposeState),
    CheckConstraint("version >= 1", name="version_positive"),
    CheckConstraint("(state = 'suspended') = (suspended_by IS NOT NULL)", name="suspended_by_somebody"),
    sqlite_with_rowid=False,
)
_PENDING = text("state IN ('proposed', 'reviewed', 'approved-once')")
Index("uq_purposes_pending", purposes.c.id, unique=True, sqlite_where=_PENDING, postgresql_where=_PENDING)

purpose_verdicts = Table(
    "purpose_verdicts",
    metadata,
    Column("id", PlainText, primary_key=True),
    Column("purpose", PlainText, nullable=False),
    Column("version", Integer, nullable=False),
    Column("person", PlainText, nullable=False),
    Column("step", PlainText, nullable=False),
    Column("reason", PlainText, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    ForeignKeyConstraint(["purpose", "version"], [purposes.c.id, purposes.c.version]),
    Index("ix_purpose_verdicts_purpose_version_at_id", "purpose", "version", "at", "id"),
    sqlite_with_rowid=False,
)
