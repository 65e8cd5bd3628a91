"""Noise that was drawn, with what it cost: kept as it was written, so that a budget once spent stays spent."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "2026_11_22_drawings"
down_revision = "2026_11_22_kept_rows"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "drawings",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("data_set", TEXT, nullable=False),
        sa.Column("rounds", TEXT, nullable=False),
        sa.Column("mechanism", TEXT, nullable=False),
        sa.Column("loss", sa.Integer(), nullable=False),
        sa.Column("budget", sa.Integer(), nullable=False),
        sa.Column("drawn_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("figures", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_drawings")),
        sa.CheckConstraint(
            "mechanism IN ('discrete-laplace', 'discrete-gaussian')", name=op.f("ck_drawings_mechanism_known")
        ),
        sa.CheckConstraint("loss > 0 AND loss <= budget", name=op.f("ck_drawings_loss_within_budget")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_drawings_data_set_drawn_at_id", "drawings", ["data_set", "drawn_at", "id"])
    if op.get_bind().dialect.name == "sqlite":
        for statement in _SQLITE_TRIGGERS:
            op.execute(statement)
        return
    for name, when in _POSTGRESQL_TRIGGERS:
        op.execute(f"CREATE TRIGGER drawings_{name} BEFORE {when} EXECUTE FUNCTION row_is_kept()")


def downgrade() -> None:
    op.drop_table("drawings")


_POSTGRESQL_TRIGGERS = (
    ("keep", "UPDATE OR DELETE ON drawings FOR EACH ROW"),
    ("keep_all", "TRUNCATE ON drawings"),
)

# REPLACE deletes without asking a trigger for deletes, so what it would replace is refused before.
_SQLITE_TRIGGERS = (
    """
    CREATE TRIGGER drawings_change BEFORE UPDATE ON drawings
    BEGIN SELECT RAISE(ABORT, 'rows of drawings are kept as they are'); END
    """,
    """
    CREATE TRIGGER drawings_keep BEFORE DELETE ON drawings
    BEGIN SELECT RAISE(ABORT, 'rows of drawings are kept as they are'); END
    """,
    """
    CREATE TRIGGER drawings_replace BEFORE INSERT ON drawings
    WHEN EXISTS (SELECT 1 FROM drawings WHERE id = NEW.id)
    BEGIN SELECT RAISE(ABORT, 'rows of drawings are kept as they are'); END
    """,
)
