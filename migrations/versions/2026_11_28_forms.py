"""What came with a form names the delivery of that: one delivery serves several data sets (docs/adr/0028-forms.md)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "2026_11_28_forms"
down_revision = "2026_11_28_one_date"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    served_by = sa.ForeignKey("submissions.id", name="fk_submissions_served_by_submissions")
    op.add_column("submissions", sa.Column("served_by", TEXT, served_by))
    op.create_index("ix_submissions_served_by", "submissions", ["served_by"])


def downgrade() -> None:
    op.drop_index("ix_submissions_served_by", "submissions")
    op.drop_column("submissions", "served_by")
