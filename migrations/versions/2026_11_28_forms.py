"""What came with a form names the delivery of that: one delivery serves several data sets (docs/adr/0028-forms.md)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "2026_11_28_forms"
down_revision = "2026_11_28_one_date"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_NAME = "fk_submissions_served_by"
_BEFORE = "CONSTRAINT fk_submissions_corrects FOREIGN KEY(corrects) REFERENCES submissions (id)"
_KEY = f"CONSTRAINT {_NAME} FOREIGN KEY(served_by) REFERENCES submissions (id)"


def upgrade() -> None:
    op.add_column("submissions", sa.Column("served_by", TEXT))
    if op.get_bind().dialect.name == "sqlite":
        _change_schema(_BEFORE, f"{_BEFORE}, {_KEY}")
    else:
        op.create_foreign_key(_NAME, "submissions", "submissions", ["served_by"], ["id"])
    op.create_index("ix_submissions_served_by", "submissions", ["served_by"])


def downgrade() -> None:
    op.drop_index("ix_submissions_served_by", "submissions")
    if op.get_bind().dialect.name == "sqlite":
        _change_schema(f"{_BEFORE}, {_KEY}", _BEFORE)
    else:
        op.drop_constraint(_NAME, "submissions")
    op.drop_column("submissions", "served_by")


def _change_schema(old: str, new: str) -> None:
    """Give the table another foreign key: SQLite has no statement for it (see 2026_11_28_withdrawals)."""
    connection = op.get_bind()
    version = connection.exec_driver_sql("PRAGMA schema_version").scalar_one()
    connection.exec_driver_sql("PRAGMA writable_schema = ON")
    changed = connection.execute(
        sa.text(
            "UPDATE sqlite_schema SET sql = replace(sql, :old, :new)"
            " WHERE type = 'table' AND name = 'submissions' AND instr(sql, :old)"
        ),
        {"old": old, "new": new},
    )
    connection.exec_driver_sql(f"PRAGMA schema_version = {version + 1}")
    connection.exec_driver_sql("PRAGMA writable_schema = OFF")
    if changed.rowcount != 1 or connection.exec_driver_sql("PRAGMA integrity_check").scalar_one() != "ok":
        raise RuntimeError("the foreign key of submissions could not be changed")
