"""Public figures: copies that are kept as they were fetched, beside everything else."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "2026_11_28_public_figures"
down_revision = "2026_11_28_agreements"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
MOMENT = sa.DateTime(timezone=True)
TABLE = "public_figures"


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("id", TEXT, nullable=False),
        sa.Column("source", TEXT, nullable=False),
        sa.Column("period", TEXT, nullable=False),
        sa.Column("source_table", TEXT, nullable=False),
        sa.Column("table_title", TEXT, nullable=False),
        sa.Column("table_version", TEXT, nullable=False),
        sa.Column("modified", TEXT, nullable=False),
        sa.Column("status", TEXT, nullable=False),
        sa.Column("licence", TEXT, nullable=False),
        sa.Column("address", TEXT, nullable=False),
        sa.Column("retrieved_at", MOMENT, nullable=False),
        sa.Column("retrieved_by", TEXT, nullable=False),
        sa.Column("digest", TEXT, nullable=False),
        sa.Column("content", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_public_figures")),
        sqlite_with_rowid=False,
    )
    columns = ["source", "period", "retrieved_at", "id"]
    op.create_index(op.f("ix_public_figures_source_period_retrieved_at_id"), TABLE, columns)
    if op.get_bind().dialect.name == "sqlite":
        for statement in _SQLITE_TRIGGERS:
            op.execute(statement)
        return
    for name, when in (("keep", f"UPDATE OR DELETE ON {TABLE} FOR EACH ROW"), ("keep_all", f"TRUNCATE ON {TABLE}")):
        op.execute(f"CREATE TRIGGER {TABLE}_{name} BEFORE {when} EXECUTE FUNCTION row_is_kept()")


def downgrade() -> None:
    op.drop_table(TABLE)


# REPLACE deletes without asking a trigger for deletes, so what it would replace is refused before.
_REFUSE = f"BEGIN SELECT RAISE(ABORT, 'rows of {TABLE} are kept as they are'); END"
_EXISTS = f"EXISTS (SELECT 1 FROM {TABLE} WHERE id = NEW.id)"  # noqa: S608 - a name of ours
_SQLITE_TRIGGERS = (
    f"CREATE TRIGGER {TABLE}_keep BEFORE DELETE ON {TABLE} {_REFUSE}",
    f"CREATE TRIGGER {TABLE}_change BEFORE UPDATE ON {TABLE} {_REFUSE}",
    f"CREATE TRIGGER {TABLE}_replace BEFORE INSERT ON {TABLE} WHEN {_EXISTS} {_REFUSE}",
)
