"""The table of keys to which suppliers seal content."""

from __future__ import annotations

from sqlalchemy import Column, Table

from service.adapters.database.columns import PlainText, UtcDateTime
from service.adapters.database.tables import metadata

sealing_keys = Table(
    "sealing_keys",
    metadata,
    Column("key_id", PlainText, primary_key=True),
    Column("public_jwk", PlainText, nullable=False),
    Column("wrapped_key", PlainText),
    Column("active_from", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime),
)
