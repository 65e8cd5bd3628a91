"""The table of public figures: copies of what others publish, each with where it came from."""

from __future__ import annotations

from sqlalchemy import Column, Index, Table

from service.adapters.database.columns import PlainText, UtcDateTime
from service.adapters.database.tables import metadata

# Triggers keep every copy as it was added. Nothing refers to it, and it refers to nothing: it is no part of a release.
public_figures = Table(
    "public_figures",
    metadata,
    Column("id", PlainText, primary_key=True),
    Column("source", PlainText, nullable=False),
    Column("period", PlainText, nullable=False),
    Column("source_table", PlainText, nullable=False),
    Column("table_title", PlainText, nullable=False),
    Column("table_version", PlainText, nullable=False),
    Column("modified", PlainText, nullable=False),
    Column("status", PlainText, nullable=False),
    Column("licence", PlainText, nullable=False),
    Column("address", PlainText, nullable=False),
    Column("retrieved_at", UtcDateTime, nullable=False),
    Column("retrieved_by", PlainText, nullable=False),
    Column("digest", PlainText, nullable=False),
    Column("content", PlainText, nullable=False),
    Index("ix_public_figures_source_period_retrieved_at_id", "source", "period", "retrieved_at", "id"),
    sqlite_with_rowid=False,
)
