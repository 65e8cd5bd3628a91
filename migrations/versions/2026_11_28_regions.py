"""The regions that organisations stand for, and releases that everybody may read.

What stood in `region` before was a remark that nobody checked and nothing was decided by: no region follows from it.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "2026_11_28_regions"
down_revision = "2026_11_28_public_figures"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.drop_column("organisations", "region")
    op.add_column("organisations", sa.Column("regions", TEXT, nullable=False, server_default="[]"))
    op.add_column("releases", sa.Column("public", sa.Boolean(), nullable=False, server_default=sa.false()))
    _guard("public")


def downgrade() -> None:
    _guard()
    op.drop_column("releases", "public")
    op.drop_column("organisations", "regions")
    op.add_column("organisations", sa.Column("region", TEXT))


_KEPT = (
    "id",
    "request",
    "data_set",
    "purpose",
    "rounds",
    "version",
    "content",
    "content_digest",
    "key_id",
    "signature",
    "inputs",
    "released_at",
    "revises",
    "certified",
)


def _guard(*more: str) -> None:
    """SQLite names the columns that never change; PostgreSQL compares whole rows."""
    if op.get_bind().dialect.name != "sqlite":
        return
    old, new = (", ".join(f"{which}.{column}" for column in (*_KEPT, *more)) for which in ("OLD", "NEW"))
    op.execute("DROP TRIGGER releases_change")
    op.execute(
        f"""
        CREATE TRIGGER releases_change BEFORE UPDATE ON releases
        WHEN OLD.withdrawn_at IS NOT NULL OR NEW.withdrawn_at IS NULL OR ({new}) IS NOT ({old})
        BEGIN SELECT RAISE(ABORT, 'a release can be withdrawn once and not be changed'); END
        """
    )
