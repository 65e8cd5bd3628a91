"""Changes of the regions that organisations stand for, the regions that a release is about, and lists of regions.

What was released before has no regions: it is read by its recipients, as it was then.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "2026_11_28_region_changes"
down_revision = "2026_11_28_reminders"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _create_tables()
    if op.get_bind().dialect.name == "sqlite":
        for statement in _SQLITE_TRIGGERS:
            op.execute(statement)
        return
    for function in _POSTGRESQL_FUNCTIONS:
        op.execute(function)
    for table, name, when, function in _POSTGRESQL_TRIGGERS:
        op.execute(f"CREATE TRIGGER {table}_{name} BEFORE {when} EXECUTE FUNCTION {function}()")


def downgrade() -> None:
    op.drop_table("classifications")
    op.drop_table("release_regions")
    op.drop_table("region_changes")
    if op.get_bind().dialect.name != "sqlite":
        op.execute("DROP FUNCTION region_change_is_judged_once()")
        op.execute("DROP FUNCTION classification_is_judged_once()")


def _create_tables() -> None:
    op.create_table(
        "region_changes",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("organisation", TEXT, nullable=False),
        sa.Column("regions", TEXT, nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("reason", TEXT, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("proposer", TEXT, nullable=False),
        sa.Column("proposed_at", MOMENT, nullable=False),
        sa.Column("judge", TEXT),
        sa.Column("judged_at", MOMENT),
        sa.Column("holds_from", sa.Date()),
        sa.Column("settled_at", MOMENT),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_region_changes")),
        sa.ForeignKeyConstraint(["organisation"], ["organisations.id"], name=op.f("fk_region_changes_organisation")),
        sa.CheckConstraint("state IN ('proposed', 'approved', 'rejected')", name=op.f("ck_region_changes_state_known")),
        sa.CheckConstraint("judge <> proposer", name=op.f("ck_region_changes_four_eyes")),
        sa.CheckConstraint(
            "(state = 'proposed') = (judge IS NULL) AND (judge IS NULL) = (judged_at IS NULL)",
            name=op.f("ck_region_changes_judged_by_somebody"),
        ),
        sa.CheckConstraint(
            "(state = 'approved') = (holds_from IS NOT NULL)", name=op.f("ck_region_changes_approved_holds")
        ),
        sa.CheckConstraint("holds_from >= valid_from", name=op.f("ck_region_changes_holds_from_no_earlier")),
        sa.CheckConstraint(
            "settled_at IS NULL OR holds_from IS NOT NULL", name=op.f("ck_region_changes_settled_holds")
        ),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_region_changes_organisation_holds_from", "region_changes", ["organisation", "holds_from"])
    op.create_table(
        "release_regions",
        sa.Column("release", TEXT, nullable=False),
        sa.Column("region", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("release", "region", name=op.f("pk_release_regions")),
        sa.ForeignKeyConstraint(
            ["release"],
            ["releases.id"],
            name=op.f("fk_release_regions_release"),
            deferrable=True,
            initially="DEFERRED",
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "classifications",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("family", TEXT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("document", TEXT, nullable=False),
        sa.Column("digest", TEXT, nullable=False),
        sa.Column("proposer", TEXT, nullable=False),
        sa.Column("organisation", TEXT, nullable=False),
        sa.Column("proposed_at", MOMENT, nullable=False),
        sa.Column("judge", TEXT),
        sa.Column("judged_at", MOMENT),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_classifications")),
        sa.UniqueConstraint("family", "version", name=op.f("uq_classifications_family_version")),
        sa.ForeignKeyConstraint(["organisation"], ["organisations.id"], name=op.f("fk_classifications_organisation")),
        sa.CheckConstraint(
            "state IN ('proposed', 'approved', 'rejected')", name=op.f("ck_classifications_state_known")
        ),
        sa.CheckConstraint("version >= 1", name=op.f("ck_classifications_version_positive")),
        sa.CheckConstraint("judge <> proposer", name=op.f("ck_classifications_four_eyes")),
        sa.CheckConstraint(
            "(state = 'proposed') = (judge IS NULL) AND (judge IS NULL) = (judged_at IS NULL)",
            name=op.f("ck_classifications_judged_by_somebody"),
        ),
        sqlite_with_rowid=False,
    )


_POSTGRESQL_FUNCTIONS = (
    """
    CREATE FUNCTION region_change_is_judged_once() RETURNS trigger LANGUAGE plpgsql AS $guard$
    DECLARE
        standing text[] := ARRAY['state', 'judge', 'judged_at', 'holds_from', 'settled_at'];
    BEGIN
        IF to_jsonb(NEW) - standing IS DISTINCT FROM to_jsonb(OLD) - standing
            OR (OLD.state <> 'proposed'
                AND to_jsonb(NEW) - 'settled_at' IS DISTINCT FROM to_jsonb(OLD) - 'settled_at')
            OR OLD.settled_at IS NOT NULL THEN
            RAISE EXCEPTION 'what a change says is kept, and it is judged once'
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        RETURN NEW;
    END $guard$
    """,
    """
    CREATE FUNCTION classification_is_judged_once() RETURNS trigger LANGUAGE plpgsql AS $guard$
    DECLARE
        standing text[] := ARRAY['state', 'judge', 'judged_at'];
    BEGIN
        IF to_jsonb(NEW) - standing IS DISTINCT FROM to_jsonb(OLD) - standing OR OLD.state <> 'proposed' THEN
            RAISE EXCEPTION 'what a classification says is kept, and it is judged once'
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        RETURN NEW;
    END $guard$
    """,
)
_POSTGRESQL_TRIGGERS = (
    ("region_changes", "keep", "DELETE ON region_changes FOR EACH ROW", "row_is_kept"),
    ("region_changes", "change", "UPDATE ON region_changes FOR EACH ROW", "region_change_is_judged_once"),
    ("release_regions", "come", "INSERT ON release_regions FOR EACH ROW", "recipient_comes_before_release"),
    ("release_regions", "keep", "UPDATE OR DELETE ON release_regions FOR EACH ROW", "row_is_kept"),
    ("classifications", "keep", "DELETE ON classifications FOR EACH ROW", "row_is_kept"),
    ("classifications", "change", "UPDATE ON classifications FOR EACH ROW", "classification_is_judged_once"),
    *(
        (table, "keep_all", f"TRUNCATE ON {table}", "row_is_kept")
        for table in ("region_changes", "release_regions", "classifications")
    ),
)


def _refuse(table: str) -> str:
    return f"BEGIN SELECT RAISE(ABORT, 'rows of {table} are kept as they are'); END"


_LIST_SAYS = "id, family, version, document, digest, proposer, organisation, proposed_at"
_SAYS = "id, organisation, regions, valid_from, reason, proposer, proposed_at"
# REPLACE deletes without asking a trigger for deletes, so what it would replace is refused before.
_SQLITE_TRIGGERS = (
    "CREATE TRIGGER region_changes_keep BEFORE DELETE ON region_changes " + _refuse("region_changes"),
    "CREATE TRIGGER region_changes_replace BEFORE INSERT ON region_changes "  # noqa: S608 - names of ours
    "WHEN EXISTS (SELECT 1 FROM region_changes WHERE id = NEW.id) " + _refuse("region_changes"),
    f"CREATE TRIGGER region_changes_change BEFORE UPDATE OF {_SAYS} ON region_changes " + _refuse("region_changes"),
    "CREATE TRIGGER region_changes_judged BEFORE UPDATE ON region_changes WHEN OLD.settled_at IS NOT NULL OR "
    "(OLD.state <> 'proposed' AND (NEW.state, NEW.judge, NEW.judged_at, NEW.holds_from) "
    "IS NOT (OLD.state, OLD.judge, OLD.judged_at, OLD.holds_from)) " + _refuse("region_changes"),
    "CREATE TRIGGER classifications_keep BEFORE DELETE ON classifications " + _refuse("classifications"),
    "CREATE TRIGGER classifications_replace BEFORE INSERT ON classifications "  # noqa: S608 - names of ours
    "WHEN EXISTS (SELECT 1 FROM classifications WHERE id = NEW.id OR (family = NEW.family AND version = NEW.version)) "
    + _refuse("classifications"),
    f"CREATE TRIGGER classifications_change BEFORE UPDATE OF {_LIST_SAYS} ON classifications "
    + _refuse("classifications"),
    "CREATE TRIGGER classifications_judged BEFORE UPDATE ON classifications WHEN OLD.state <> 'proposed' "
    + _refuse("classifications"),
    "CREATE TRIGGER release_regions_come BEFORE INSERT ON release_regions "  # noqa: S608 - names of ours
    "WHEN EXISTS (SELECT 1 FROM releases WHERE id = NEW.release) " + _refuse("release_regions"),
    *(
        f"CREATE TRIGGER release_regions_{name} BEFORE {when} ON release_regions {_refuse('release_regions')}"
        for name, when in (("change", "UPDATE"), ("keep", "DELETE"))
    ),
)
