"""Purposes that people made: what they say is kept, how they stand changes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "2026_11_28_purposes"
down_revision = "2026_11_28_commitments"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
MOMENT = sa.DateTime(timezone=True)
TABLES = ("purpose_verdicts", "purposes")


def upgrade() -> None:
    _create_tables()
    if op.get_bind().dialect.name == "sqlite":
        for statement in _sqlite_triggers():
            op.execute(statement)
        return
    for statement in _POSTGRESQL_FUNCTIONS:
        op.execute(statement)
    for table, name, when, function in _POSTGRESQL_TRIGGERS:
        op.execute(f"CREATE TRIGGER {table}_{name} BEFORE {when} EXECUTE FUNCTION {function}()")


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)
    if op.get_bind().dialect.name != "sqlite":
        for statement in _POSTGRESQL_FUNCTIONS:
            op.execute(f"DROP FUNCTION {statement.split()[2]}")


def _create_tables() -> None:
    op.create_table(
        "purposes",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("document", TEXT, nullable=False),
        sa.Column("digest", TEXT, nullable=False),
        sa.Column("proposer", TEXT, nullable=False),
        sa.Column("organisation", TEXT, nullable=False),
        sa.Column("proposed_at", MOMENT, nullable=False),
        sa.Column("reviewer", TEXT),
        sa.Column("approvers", TEXT, nullable=False),
        sa.Column("suspended_by", TEXT),
        sa.PrimaryKeyConstraint("id", "version", name=op.f("pk_purposes")),
        sa.ForeignKeyConstraint(["organisation"], ["organisations.id"], name=op.f("fk_purposes_organisation")),
        sa.CheckConstraint(
            "state IN ('proposed', 'reviewed', 'approved-once', 'approved', 'suspended', 'superseded', 'withdrawn', "
            "'rejected')",
            name=op.f("ck_purposes_state_known"),
        ),
        sa.CheckConstraint("version >= 1", name=op.f("ck_purposes_version_positive")),
        sa.CheckConstraint(
            "(state = 'suspended') = (suspended_by IS NOT NULL)", name=op.f("ck_purposes_suspended_by_somebody")
        ),
        sqlite_with_rowid=False,
    )
    where = sa.text("state IN ('proposed', 'reviewed', 'approved-once')")
    op.create_index("uq_purposes_pending", "purposes", ["id"], unique=True, sqlite_where=where, postgresql_where=where)
    op.create_table(
        "purpose_verdicts",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("purpose", TEXT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("person", TEXT, nullable=False),
        sa.Column("step", TEXT, nullable=False),
        sa.Column("reason", TEXT, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_purpose_verdicts")),
        sa.ForeignKeyConstraint(
            ["purpose", "version"],
            ["purposes.id", "purposes.version"],
            name=op.f("fk_purpose_verdicts_purpose_version"),
        ),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_purpose_verdicts_purpose_version_at_id", "purpose_verdicts", ["purpose", "version", "at", "id"])


# PostgreSQL compares whole rows, so that a column which a later migration adds is guarded too.
_POSTGRESQL_FUNCTIONS = (
    """
    CREATE FUNCTION purpose_changes_only_in_standing() RETURNS trigger LANGUAGE plpgsql AS $guard$
    BEGIN
        IF to_jsonb(NEW) - 'state' - 'reviewer' - 'approvers' - 'suspended_by'
                IS DISTINCT FROM to_jsonb(OLD) - 'state' - 'reviewer' - 'approvers' - 'suspended_by'
            OR OLD.state IN ('rejected', 'superseded', 'withdrawn') THEN
            RAISE EXCEPTION 'what a purpose says is kept, and what ended stays so'
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        RETURN NEW;
    END $guard$
    """,
)
_POSTGRESQL_TRIGGERS = (
    ("purposes", "keep", "DELETE ON purposes FOR EACH ROW", "row_is_kept"),
    ("purpose_verdicts", "keep", "UPDATE OR DELETE ON purpose_verdicts FOR EACH ROW", "row_is_kept"),
    *((table, "keep_all", f"TRUNCATE ON {table}", "row_is_kept") for table in TABLES),
    ("purposes", "change", "UPDATE ON purposes FOR EACH ROW", "purpose_changes_only_in_standing"),
)

_KEYS = {
    "purposes": "id = NEW.id AND version = NEW.version",
    "purpose_verdicts": "id = NEW.id",
}
_SAYS = {
    "purposes": (
        "id, version, document, digest, proposer, organisation, proposed_at",
        "'rejected', 'superseded', 'withdrawn'",
    ),
}


def _sqlite_triggers() -> list[str]:
    """REPLACE deletes without asking a trigger for deletes, so what it would replace is refused before."""
    made = []
    for table, key in _KEYS.items():
        refuse = f"BEGIN SELECT RAISE(ABORT, 'rows of {table} are kept as they are'); END"
        exists = f"EXISTS (SELECT 1 FROM {table} WHERE {key})"  # noqa: S608 - names of ours
        made += [
            f"CREATE TRIGGER {table}_keep BEFORE DELETE ON {table} {refuse}",
            f"CREATE TRIGGER {table}_replace BEFORE INSERT ON {table} WHEN {exists} {refuse}",
        ]
        if table not in _SAYS:
            made.append(f"CREATE TRIGGER {table}_change BEFORE UPDATE ON {table} {refuse}")
            continue
        says, ended = _SAYS[table]
        made += [
            f"CREATE TRIGGER {table}_change BEFORE UPDATE OF {says} ON {table} {refuse}",
            f"CREATE TRIGGER {table}_ended BEFORE UPDATE ON {table} WHEN OLD.state IN ({ended}) {refuse}",
        ]
    return made
