"""The tables of changes of regions, of the regions that a release is about, and of lists of regions."""

from __future__ import annotations

from sqlalchemy import (
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
)

from service.adapters.database.columns import OneOf, PlainText, TextTuple, UtcDateTime, one_of
from service.adapters.database.tables import metadata, organisations, releases
from service.domain.region_change import RegionChangeState
from service.domain.stated_classification import ClassificationState

# Triggers keep what a change says; only how it stands is written, once.
region_changes = Table(
    "region_changes",
    metadata,
    Column("id", PlainText, primary_key=True),
    Column("organisation", ForeignKey(organisations.c.id), nullable=False),
    Column("regions", TextTuple, nullable=False),
    Column("valid_from", Date, nullable=False),
    Column("reason", PlainText, nullable=False),
    Column("state", OneOf(RegionChangeState), nullable=False),
    Column("proposer", PlainText, nullable=False),
    Column("proposed_at", UtcDateTime, nullable=False),
    Column("judge", PlainText),
    Column("judged_at", UtcDateTime),
    Column("holds_from", Date),
    Column("settled_at", UtcDateTime),
    one_of("state", RegionChangeState),
    CheckConstraint("judge <> proposer", name="four_eyes"),
    CheckConstraint(
        "(state = 'proposed') = (judge IS NULL) AND (judge IS NULL) = (judged_at IS NULL)", name="judged_by_somebody"
    ),
    CheckConstraint("(state = 'approved') = (holds_from IS NOT NULL)", name="approved_holds"),
    CheckConstraint("holds_from >= valid_from", name="holds_from_no_earlier"),
    CheckConstraint("settled_at IS NULL OR holds_from IS NOT NULL", name="settled_holds"),
    Index("ix_region_changes_organisation_holds_from", "organisation", "holds_from"),
    sqlite_with_rowid=False,
)

# Written before their release, in the same transaction, as its recipients are.
release_regions = Table(
    "release_regions",
    metadata,
    Column("release", ForeignKey(releases.c.id, deferrable=True, initially="DEFERRED"), nullable=False),
    Column("region", PlainText, nullable=False),
    PrimaryKeyConstraint("release", "region"),
    sqlite_with_rowid=False,
)

# Triggers keep what a list says, and an approved version for ever: releases and later attacks rest on it.
classifications = Table(
    "classifications",
    metadata,
    Column("id", PlainText, primary_key=True),
    Column("family", PlainText, nullable=False),
    Column("version", Integer, nullable=False),
    Column("state", OneOf(ClassificationState), nullable=False),
    Column("document", PlainText, nullable=False),
    Column("digest", PlainText, nullable=False),
    Column("proposer", PlainText, nullable=False),
    Column("organisation", ForeignKey(organisations.c.id), nullable=False),
    Column("proposed_at", UtcDateTime, nullable=False),
    Column("judge", PlainText),
    Column("judged_at", UtcDateTime),
    one_of("state", ClassificationState),
    UniqueConstraint("family", "version"),
    CheckConstraint("version >= 1", name="version_positive"),
    CheckConstraint("judge <> proposer", name="four_eyes"),
    CheckConstraint(
        "(state = 'proposed') = (judge IS NULL) AND (judge IS NULL) = (judged_at IS NULL)", name="judged_by_somebody"
    ),
    sqlite_with_rowid=False,
)
