"""Agreements, assessments and consents: what they say is kept, how they stand changes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "2026_11_28_agreements"
down_revision = "2026_11_28_objections"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
MOMENT = sa.DateTime(timezone=True)
TABLES = ("agreement_parties", "agreements")


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
        "agreements",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("reference", TEXT, nullable=False),
        sa.Column("data_sets", TEXT, nullable=False),
        sa.Column("purposes", TEXT, nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date()),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("recorder", TEXT, nullable=False),
        sa.Column("recorded_at", MOMENT, nullable=False),
        sa.Column("confirmer", TEXT),
        sa.Column("withdrawn_at", MOMENT),
        sa.Column("withdrawal_reason", TEXT),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agreements")),
        sa.CheckConstraint(
            "kind IN ('processor-agreement', 'joint-arrangement', 'dpia', 'supplier-consent', 'statutory-basis')",
            name=op.f("ck_agreements_kind_known"),
        ),
        sa.CheckConstraint(
            "state IN ('recorded', 'confirmed', 'rejected', 'withdrawn')", name=op.f("ck_agreements_state_known")
        ),
        sa.CheckConstraint("valid_until >= valid_from", name=op.f("ck_agreements_dates")),
        sa.CheckConstraint("confirmer <> recorder", name=op.f("ck_agreements_four_eyes")),
        sa.CheckConstraint(
            "state NOT IN ('confirmed', 'withdrawn') OR confirmer IS NOT NULL OR kind = 'supplier-consent'",
            name=op.f("ck_agreements_confirmed_by_somebody"),
        ),
        sa.CheckConstraint(
            "(state = 'withdrawn') = (withdrawn_at IS NOT NULL) AND "
            "(withdrawn_at IS NULL) = (withdrawal_reason IS NULL)",
            name=op.f("ck_agreements_withdrawn_with_reason"),
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "agreement_parties",
        sa.Column("agreement", TEXT, nullable=False),
        sa.Column("organisation", TEXT, nullable=False),
        sa.Column("left_at", MOMENT),
        sa.Column("reason", TEXT),
        sa.PrimaryKeyConstraint("agreement", "organisation", name=op.f("pk_agreement_parties")),
        sa.ForeignKeyConstraint(["agreement"], ["agreements.id"], name=op.f("fk_agreement_parties_agreement")),
        sa.ForeignKeyConstraint(["organisation"], ["organisations.id"], name=op.f("fk_agreement_parties_organisation")),
        sa.CheckConstraint("(left_at IS NULL) = (reason IS NULL)", name=op.f("ck_agreement_parties_left_with_reason")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_agreement_parties_organisation", "agreement_parties", ["organisation"])


# PostgreSQL compares whole rows, so that a column which a later migration adds is guarded too.
_POSTGRESQL_FUNCTIONS = (
    """
    CREATE FUNCTION agreement_changes_only_in_standing() RETURNS trigger LANGUAGE plpgsql AS $guard$
    DECLARE
        standing text[] := ARRAY['state', 'confirmer', 'withdrawn_at', 'withdrawal_reason'];
    BEGIN
        IF to_jsonb(NEW) - standing IS DISTINCT FROM to_jsonb(OLD) - standing
            OR OLD.state IN ('rejected', 'withdrawn') THEN
            RAISE EXCEPTION 'what an agreement says is kept, and what ended stays so'
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        RETURN NEW;
    END $guard$
    """,
    """
    CREATE FUNCTION agreement_party_only_leaves() RETURNS trigger LANGUAGE plpgsql AS $guard$
    BEGIN
        IF to_jsonb(NEW) - 'left_at' - 'reason' IS DISTINCT FROM to_jsonb(OLD) - 'left_at' - 'reason'
            OR OLD.left_at IS NOT NULL THEN
            RAISE EXCEPTION 'who is a party is kept, and who left stays away'
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        RETURN NEW;
    END $guard$
    """,
)
_POSTGRESQL_TRIGGERS = (
    *((table, "keep", f"DELETE ON {table} FOR EACH ROW", "row_is_kept") for table in TABLES),
    *((table, "keep_all", f"TRUNCATE ON {table}", "row_is_kept") for table in TABLES),
    ("agreements", "change", "UPDATE ON agreements FOR EACH ROW", "agreement_changes_only_in_standing"),
    ("agreement_parties", "change", "UPDATE ON agreement_parties FOR EACH ROW", "agreement_party_only_leaves"),
)

_KEYS = {
    "agreements": "id = NEW.id",
    "agreement_parties": "agreement = NEW.agreement AND organisation = NEW.organisation",
}
_SAYS = {
    "agreements": (
        "id, kind, reference, data_sets, purposes, valid_from, valid_until, recorder, recorded_at",
        "OLD.state IN ('rejected', 'withdrawn')",
    ),
    "agreement_parties": ("agreement, organisation", "OLD.left_at IS NOT NULL"),
}


def _sqlite_triggers() -> list[str]:
    """REPLACE deletes without asking a trigger for deletes, so what it would replace is refused before."""
    made = []
    for table, key in _KEYS.items():
        refuse = f"BEGIN SELECT RAISE(ABORT, 'rows of {table} are kept as they are'); END"
        exists = f"EXISTS (SELECT 1 FROM {table} WHERE {key})"  # noqa: S608 - names of ours
        says, ended = _SAYS[table]
        made += [
            f"CREATE TRIGGER {table}_keep BEFORE DELETE ON {table} {refuse}",
            f"CREATE TRIGGER {table}_replace BEFORE INSERT ON {table} WHEN {exists} {refuse}",
            f"CREATE TRIGGER {table}_change BEFORE UPDATE OF {says} ON {table} {refuse}",
            f"CREATE TRIGGER {table}_ended BEFORE UPDATE ON {table} WHEN {ended} {refuse}",
        ]
    return made
