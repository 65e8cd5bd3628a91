"""Keys to which suppliers seal content."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "2026_11_28_sealing"
down_revision = "2026_11_28_log_keys"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "sealing_keys",
        sa.Column("key_id", TEXT, nullable=False),
        sa.Column("public_jwk", TEXT, nullable=False),
        sa.Column("wrapped_key", TEXT),
        sa.Column("active_from", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT),
        sa.PrimaryKeyConstraint("key_id", name=op.f("pk_sealing_keys")),
    )


def downgrade() -> None:
    op.drop_table("sealing_keys")
