"""A key of the log that follows another comes with what both signed, and the number of events from which it signs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "2026_11_28_log_keys"
down_revision = "2026_11_28_event_dates"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.add_column("log_keys", sa.Column("from_size", sa.BigInteger(), nullable=False, server_default="0"))
    op.add_column("log_keys", sa.Column("succession", TEXT))


def downgrade() -> None:
    op.drop_column("log_keys", "succession")
    op.drop_column("log_keys", "from_size")
