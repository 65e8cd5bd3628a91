"""A supplier withdraws a delivery and an owner its request: states of their own, and the signed acknowledgement."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "2026_11_28_withdrawals"
down_revision = "2026_11_28_purposes"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_SUBMISSION = ("receiving", "accepted", "superseded", "refused", "abandoned")
_REQUEST = (
    "denied",
    "permitted",
    "prepared",
    "unsafe",
    "failed",
    "approved-once",
    "approved",
    "rejected",
    "released",
)
_NUMBERED = ("accepted", "superseded")


def upgrade() -> None:
    op.add_column("submissions", sa.Column("withdrawal", TEXT))
    _know("submissions", _SUBMISSION, (*_SUBMISSION, "withdrawn"))
    _know("requests", _REQUEST, (*_REQUEST, "retracted"))
    _number(*_NUMBERED, "withdrawn")


def downgrade() -> None:
    op.execute("UPDATE submissions SET state = 'superseded' WHERE state = 'withdrawn'")
    op.execute("UPDATE requests SET state = 'rejected' WHERE state = 'retracted'")
    _number(*_NUMBERED)
    _know("requests", (*_REQUEST, "retracted"), _REQUEST)
    _know("submissions", (*_SUBMISSION, "withdrawn"), _SUBMISSION)
    op.drop_column("submissions", "withdrawal")


def _in(states: tuple[str, ...]) -> str:
    return "state IN ({})".format(", ".join(f"'{state}'" for state in states))


def _number(*states: str) -> None:
    where = sa.text(_in(states))
    op.drop_index("uq_submissions_version", "submissions")
    op.create_index(
        "uq_submissions_version",
        "submissions",
        ["round", "organisation", "version"],
        unique=True,
        sqlite_where=where,
        postgresql_where=where,
    )


def _know(table: str, old: tuple[str, ...], new: tuple[str, ...]) -> None:
    """Let the check on the state know other states.

    SQLite cannot change a check, and a table that others refer to cannot be made anew within a transaction. A change
    that touches no stored row may be made in the schema itself (https://sqlite.org/lang_altertable.html, section 7).
    """
    if op.get_bind().dialect.name != "sqlite":
        op.drop_constraint(op.f(f"ck_{table}_state_known"), table)
        op.create_check_constraint(op.f(f"ck_{table}_state_known"), table, _in(new))
        return
    connection = op.get_bind()
    version = connection.exec_driver_sql("PRAGMA schema_version").scalar_one()
    connection.exec_driver_sql("PRAGMA writable_schema = ON")
    changed = connection.execute(
        sa.text("UPDATE sqlite_schema SET sql = replace(sql, :old, :new) WHERE type = 'table' AND name = :name"),
        {"old": f"({_in(old)})", "new": f"({_in(new)})", "name": table},
    )
    connection.exec_driver_sql(f"PRAGMA schema_version = {version + 1}")
    connection.exec_driver_sql("PRAGMA writable_schema = OFF")
    if changed.rowcount != 1 or connection.exec_driver_sql("PRAGMA integrity_check").scalar_one() != "ok":
        raise RuntimeError(f"the check on the states of {table} could not be changed")
