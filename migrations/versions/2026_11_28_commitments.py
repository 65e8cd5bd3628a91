"""What the event of a release commits to: kept with the release, like everything else that it says."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "2026_11_28_commitments"
down_revision = "2026_11_27_auditor"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.add_column("releases", sa.Column("certified", TEXT))
    _guard("certified")


def downgrade() -> None:
    _guard()
    op.drop_column("releases", "certified")


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
