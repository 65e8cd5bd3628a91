"""The Merkle log: tiles that only grow, checkpoints and certificates that stay, and events that end after retention."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "2026_11_27_log"
down_revision = "2026_11_22_revisions"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "certificates",
        sa.Column("release", TEXT, nullable=False),
        sa.Column("content", TEXT, nullable=False),
        sa.Column("key_id", TEXT, nullable=False),
        sa.Column("signature", TEXT, nullable=False),
        sa.Column("made_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("release", name="pk_certificates"),
        sa.ForeignKeyConstraint(["release"], ["releases.id"], name="fk_certificates_release"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "log_tiles",
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("hashes", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("level", "number", name="pk_log_tiles"),
        sa.CheckConstraint("level >= 0 AND number >= 0", name=op.f("ck_log_tiles_place_not_negative")),
        sa.CheckConstraint(
            "length(hashes) BETWEEN 32 AND 8192 AND length(hashes) % 32 = 0", name=op.f("ck_log_tiles_whole_hashes")
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "log_checkpoints",
        sa.Column("size", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.Column("note", TEXT, nullable=False),
        sa.Column("signed_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("size", name="pk_log_checkpoints"),
        sa.CheckConstraint("size > 0", name=op.f("ck_log_checkpoints_size_positive")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "log_keys",
        sa.Column("key", TEXT, nullable=False),
        sa.Column("since", TIME, nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_log_keys"),
        sqlite_with_rowid=False,
    )
    waiting = sa.text("log_index IS NULL")
    op.create_index(
        "ix_audit_events_waiting",
        "audit_events",
        ["recorded", "id"],
        sqlite_where=waiting,
        postgresql_where=waiting,
    )
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER audit_events_keep")
        for statement in _SQLITE_TRIGGERS:
            op.execute(statement)
        return
    op.execute("DROP TRIGGER audit_events_keep ON audit_events")
    for statement in _POSTGRESQL_FUNCTIONS:
        op.execute(statement)
    for table, name, when, function in _POSTGRESQL_TRIGGERS:
        op.execute(f"CREATE TRIGGER {table}_{name} BEFORE {when} EXECUTE FUNCTION {function}()")


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER audit_events_keep")
        op.execute(_SQLITE_KEEP)
    else:
        op.execute("DROP TRIGGER audit_events_keep ON audit_events")
        op.execute(
            "CREATE TRIGGER audit_events_keep BEFORE DELETE ON audit_events FOR EACH ROW EXECUTE FUNCTION row_is_kept()"
        )
    op.drop_index("ix_audit_events_waiting", "audit_events")
    for table in ("log_keys", "log_checkpoints", "log_tiles", "certificates"):
        op.drop_table(table)
    if op.get_bind().dialect.name != "sqlite":
        op.execute("DROP FUNCTION tile_only_grows")
        op.execute("DROP FUNCTION event_goes_only_when_expired")


# Five years from writing is what NEN 7513 asks at least. What goes leaves its hash in the tree, so it must be there.
_POSTGRESQL_FUNCTIONS = (
    """
    CREATE FUNCTION event_goes_only_when_expired() RETURNS trigger LANGUAGE plpgsql AS $guard$
    DECLARE covered boolean;
    BEGIN
        -- Named with its schema: a temporary table of the same name must not answer instead.
        EXECUTE format('SELECT EXISTS (SELECT FROM %I.log_checkpoints WHERE size > $1)', TG_TABLE_SCHEMA)
            INTO covered USING OLD.log_index;
        IF OLD.log_index IS NULL OR NOT covered OR OLD.recorded > now() - interval '5 years' THEN
            RAISE EXCEPTION 'an audit event is kept five years, and until a checkpoint covers it'
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        RETURN OLD;
    END $guard$
    """,
    """
    CREATE FUNCTION tile_only_grows() RETURNS trigger LANGUAGE plpgsql AS $guard$
    BEGIN
        IF (NEW.level, NEW.number) IS DISTINCT FROM (OLD.level, OLD.number)
            OR length(NEW.hashes) <= length(OLD.hashes)
            OR substring(NEW.hashes FROM 1 FOR length(OLD.hashes)) IS DISTINCT FROM OLD.hashes THEN
            RAISE EXCEPTION 'a tile of the log only grows'
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        RETURN NEW;
    END $guard$
    """,
)

_KEPT = ("log_checkpoints", "log_keys", "certificates")

_POSTGRESQL_TRIGGERS = (
    ("audit_events", "keep", "DELETE ON audit_events FOR EACH ROW", "event_goes_only_when_expired"),
    ("log_tiles", "change", "UPDATE ON log_tiles FOR EACH ROW", "tile_only_grows"),
    ("log_tiles", "keep", "DELETE ON log_tiles FOR EACH ROW", "row_is_kept"),
    ("log_tiles", "keep_all", "TRUNCATE ON log_tiles", "row_is_kept"),
    *((table, "keep", f"UPDATE OR DELETE ON {table} FOR EACH ROW", "row_is_kept") for table in _KEPT),
    *((table, "keep_all", f"TRUNCATE ON {table}", "row_is_kept") for table in _KEPT),
)

_SQLITE_KEEP = """
    CREATE TRIGGER audit_events_keep BEFORE DELETE ON audit_events
    BEGIN SELECT RAISE(ABORT, 'rows of audit_events are kept as they are'); END
    """

_SQLITE_KEYS = {"log_checkpoints": "size", "log_keys": "key", "certificates": "release"}

_SQLITE_TRIGGERS = (
    """
    CREATE TRIGGER audit_events_keep BEFORE DELETE ON audit_events
    WHEN OLD.log_index IS NULL OR OLD.recorded > strftime('%Y-%m-%d %H:%M:%f', 'now', '-5 years')
        OR NOT EXISTS (SELECT 1 FROM log_checkpoints WHERE size > OLD.log_index)
    BEGIN SELECT RAISE(ABORT, 'an audit event is kept five years, and until a checkpoint covers it'); END
    """,
    """
    CREATE TRIGGER log_tiles_change BEFORE UPDATE ON log_tiles
    WHEN (NEW.level, NEW.number) IS NOT (OLD.level, OLD.number) OR length(NEW.hashes) <= length(OLD.hashes)
        OR substr(NEW.hashes, 1, length(OLD.hashes)) IS NOT OLD.hashes
    BEGIN SELECT RAISE(ABORT, 'a tile of the log only grows'); END
    """,
    """
    CREATE TRIGGER log_tiles_keep BEFORE DELETE ON log_tiles
    BEGIN SELECT RAISE(ABORT, 'rows of log_tiles are kept as they are'); END
    """,
    """
    CREATE TRIGGER log_tiles_replace BEFORE INSERT ON log_tiles
    WHEN EXISTS (SELECT 1 FROM log_tiles WHERE level = NEW.level AND number = NEW.number)
    BEGIN SELECT RAISE(ABORT, 'a tile of the log only grows'); END
    """,
    *(
        f"""
        CREATE TRIGGER {table}_{name} BEFORE {when} ON {table}
        {condition} BEGIN SELECT RAISE(ABORT, 'rows of {table} are kept as they are'); END
        """
        for table, key in _SQLITE_KEYS.items()
        for name, when, condition in (
            ("change", "UPDATE", ""),
            ("keep", "DELETE", ""),
            ("replace", "INSERT", f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {key} = NEW.{key})"),  # noqa: S608
        )
    ),
)
