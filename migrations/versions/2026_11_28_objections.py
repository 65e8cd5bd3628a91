"""Objections of persons, and who was left out of what was made."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "2026_11_28_objections"
down_revision = "2026_11_28_withdrawals"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
MOMENT = sa.DateTime(timezone=True)
TABLES = ("evidence_left_out", "release_left_out", "objections")


def upgrade() -> None:
    op.create_table(
        "objections",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("pseudonym", TEXT),
        sa.Column("person", sa.LargeBinary()),
        sa.Column("data_sets", TEXT, nullable=False),
        sa.Column("purposes", TEXT, nullable=False),
        sa.Column("lodged_by", TEXT, nullable=False),
        sa.Column("organisation", TEXT, nullable=False),
        sa.Column("lodged_at", MOMENT, nullable=False),
        sa.Column("withdrawn_at", MOMENT),
        sa.Column("withdrawn_by", TEXT),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_objections")),
        sa.ForeignKeyConstraint(["organisation"], ["organisations.id"], name=op.f("fk_objections_organisation")),
        sa.CheckConstraint("(pseudonym IS NULL) = (person IS NULL)", name=op.f("ck_objections_erased_whole")),
        sa.CheckConstraint(
            "withdrawn_at IS NOT NULL OR person IS NOT NULL", name=op.f("ck_objections_in_force_names_person")
        ),
        sa.CheckConstraint(
            "(withdrawn_at IS NULL) = (withdrawn_by IS NULL)", name=op.f("ck_objections_withdrawn_by_somebody")
        ),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_objections_person", "objections", ["person"])
    op.create_index("ix_objections_organisation_lodged_at_id", "objections", ["organisation", "lodged_at", "id"])
    op.create_index("ix_objections_lodged_at_id", "objections", ["lodged_at", "id"])
    _left_out("release", "releases", deferrable=True, initially="DEFERRED")
    _left_out("evidence", "evidence")
    if op.get_bind().dialect.name == "sqlite":
        for statement in _SQLITE_TRIGGERS:
            op.execute(statement)
        return
    for table, name, when, function in _POSTGRESQL_TRIGGERS:
        op.execute(f"CREATE TRIGGER {table}_{name} BEFORE {when} EXECUTE FUNCTION {function}()")


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)


def _left_out(owner: str, owners: str, **foreign: object) -> None:
    name = f"{owner}_left_out"
    op.create_table(
        name,
        sa.Column(owner, TEXT, nullable=False),
        sa.Column("submission", TEXT, nullable=False),
        sa.Column("person", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint(owner, "submission", "person", name=op.f(f"pk_{name}")),
        sa.ForeignKeyConstraint([owner], [f"{owners}.id"], name=op.f(f"fk_{name}_{owner}"), **foreign),
        sqlite_with_rowid=False,
    )


_POSTGRESQL_TRIGGERS = (
    ("release_left_out", "come", "INSERT ON release_left_out FOR EACH ROW", "recipient_comes_before_release"),
    *(
        (table, "keep", f"UPDATE OR DELETE ON {table} FOR EACH ROW", "row_is_kept")
        for table in ("release_left_out", "evidence_left_out")
    ),
    ("objections", "keep", "DELETE ON objections FOR EACH ROW", "row_is_kept"),
    *((table, "keep_all", f"TRUNCATE ON {table}", "row_is_kept") for table in TABLES),
)


def _refuse(table: str) -> str:
    return f"BEGIN SELECT RAISE(ABORT, 'rows of {table} are kept as they are'); END"


# REPLACE deletes without asking a trigger for deletes, so what it would replace is refused before.
_SQLITE_TRIGGERS = (
    "CREATE TRIGGER release_left_out_come BEFORE INSERT ON release_left_out "  # noqa: S608 - names of ours
    "WHEN EXISTS (SELECT 1 FROM releases WHERE id = NEW.release) " + _refuse("release_left_out"),
    *(
        f"CREATE TRIGGER {table}_{name} BEFORE {when} ON {table} {_refuse(table)}"
        for table in ("release_left_out", "evidence_left_out")
        for name, when in (("change", "UPDATE"), ("keep", "DELETE"))
    ),
    "CREATE TRIGGER objections_keep BEFORE DELETE ON objections " + _refuse("objections"),
    "CREATE TRIGGER objections_replace BEFORE INSERT ON objections "  # noqa: S608 - names of ours
    "WHEN EXISTS (SELECT 1 FROM objections WHERE id = NEW.id) " + _refuse("objections"),
    "CREATE TRIGGER objections_change BEFORE UPDATE OF id, data_sets, purposes, lodged_by, organisation, lodged_at "
    "ON objections " + _refuse("objections"),
)
