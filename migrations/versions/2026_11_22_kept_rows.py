"""Releases and audit events are kept as they were written: triggers refuse to change, delete or replace them."""

from __future__ import annotations

from alembic import op

revision = "2026_11_22_kept_rows"
down_revision = "2026_11_22_first_tables"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for statement in _SQLITE_TRIGGERS:
            op.execute(statement)
        return
    for statement in _POSTGRESQL_FUNCTIONS:
        op.execute(statement)
    for table, name, when, function in _POSTGRESQL_TRIGGERS:
        op.execute(f"CREATE TRIGGER {table}_{name} BEFORE {when} EXECUTE FUNCTION {function}()")


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for statement in _SQLITE_TRIGGERS:
            op.execute(f"DROP TRIGGER {statement.split()[2]}")
        return
    for table, name, _when, _function in _POSTGRESQL_TRIGGERS:
        op.execute(f"DROP TRIGGER {table}_{name} ON {table}")
    for statement in _POSTGRESQL_FUNCTIONS:
        op.execute(f"DROP FUNCTION {statement.split()[2]}")


# PostgreSQL compares whole rows, so that a column which a later migration adds is guarded too.
_POSTGRESQL_FUNCTIONS = (
    """
    CREATE FUNCTION row_is_kept() RETURNS trigger LANGUAGE plpgsql AS $guard$
    BEGIN
        RAISE EXCEPTION 'rows of % are kept as they are', TG_TABLE_NAME
            USING ERRCODE = 'integrity_constraint_violation';
    END $guard$
    """,
    """
    CREATE FUNCTION release_changes_only_by_withdrawal() RETURNS trigger LANGUAGE plpgsql AS $guard$
    BEGIN
        IF OLD.withdrawn_at IS NOT NULL OR NEW.withdrawn_at IS NULL
            OR to_jsonb(NEW) - 'withdrawn_at' - 'withdrawal_reason'
                IS DISTINCT FROM to_jsonb(OLD) - 'withdrawn_at' - 'withdrawal_reason' THEN
            RAISE EXCEPTION 'a release can be withdrawn once and not be changed'
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        RETURN NEW;
    END $guard$
    """,
    """
    CREATE FUNCTION recipient_comes_before_release() RETURNS trigger LANGUAGE plpgsql AS $guard$
    DECLARE released boolean;
    BEGIN
        -- Named with its schema: a temporary table of the same name must not answer instead.
        EXECUTE format('SELECT EXISTS (SELECT FROM %I.releases WHERE id = $1)', TG_TABLE_SCHEMA)
            INTO released USING NEW.release;
        IF released THEN
            RAISE EXCEPTION 'a release that exists gets no more recipients'
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        RETURN NEW;
    END $guard$
    """,
    """
    CREATE FUNCTION event_changes_only_by_index() RETURNS trigger LANGUAGE plpgsql AS $guard$
    BEGIN
        IF OLD.log_index IS NOT NULL OR NEW.log_index IS NULL
            OR to_jsonb(NEW) - 'log_index' IS DISTINCT FROM to_jsonb(OLD) - 'log_index' THEN
            RAISE EXCEPTION 'an audit event gets its index once and is not changed'
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        RETURN NEW;
    END $guard$
    """,
)

_POSTGRESQL_TRIGGERS = (
    ("releases", "change", "UPDATE ON releases FOR EACH ROW", "release_changes_only_by_withdrawal"),
    ("releases", "keep", "DELETE ON releases FOR EACH ROW", "row_is_kept"),
    ("releases", "keep_all", "TRUNCATE ON releases", "row_is_kept"),
    ("release_recipients", "come", "INSERT ON release_recipients FOR EACH ROW", "recipient_comes_before_release"),
    ("release_recipients", "keep", "UPDATE OR DELETE ON release_recipients FOR EACH ROW", "row_is_kept"),
    ("release_recipients", "keep_all", "TRUNCATE ON release_recipients", "row_is_kept"),
    ("audit_events", "change", "UPDATE ON audit_events FOR EACH ROW", "event_changes_only_by_index"),
    ("audit_events", "keep", "DELETE ON audit_events FOR EACH ROW", "row_is_kept"),
    ("audit_events", "keep_all", "TRUNCATE ON audit_events", "row_is_kept"),
)

# SQLite has to name the columns. REPLACE deletes without asking a trigger for deletes, so what it would replace is
# refused before.
_SQLITE_TRIGGERS = (
    """
    CREATE TRIGGER releases_change BEFORE UPDATE ON releases
    WHEN OLD.withdrawn_at IS NOT NULL OR NEW.withdrawn_at IS NULL
        OR (NEW.id, NEW.request, NEW.data_set, NEW.purpose, NEW.rounds, NEW.version, NEW.content, NEW.content_digest,
            NEW.key_id, NEW.signature, NEW.inputs, NEW.released_at)
        IS NOT (OLD.id, OLD.request, OLD.data_set, OLD.purpose, OLD.rounds, OLD.version, OLD.content,
            OLD.content_digest, OLD.key_id, OLD.signature, OLD.inputs, OLD.released_at)
    BEGIN SELECT RAISE(ABORT, 'a release can be withdrawn once and not be changed'); END
    """,
    """
    CREATE TRIGGER releases_keep BEFORE DELETE ON releases
    BEGIN SELECT RAISE(ABORT, 'rows of releases are kept as they are'); END
    """,
    """
    CREATE TRIGGER releases_replace BEFORE INSERT ON releases
    WHEN EXISTS (SELECT 1 FROM releases
        WHERE id = NEW.id OR (request = NEW.request AND version = NEW.version))
    BEGIN SELECT RAISE(ABORT, 'rows of releases are kept as they are'); END
    """,
    """
    CREATE TRIGGER release_recipients_come BEFORE INSERT ON release_recipients
    WHEN EXISTS (SELECT 1 FROM releases WHERE id = NEW.release)
    BEGIN SELECT RAISE(ABORT, 'a release that exists gets no more recipients'); END
    """,
    """
    CREATE TRIGGER release_recipients_change BEFORE UPDATE ON release_recipients
    BEGIN SELECT RAISE(ABORT, 'rows of release_recipients are kept as they are'); END
    """,
    """
    CREATE TRIGGER release_recipients_keep BEFORE DELETE ON release_recipients
    BEGIN SELECT RAISE(ABORT, 'rows of release_recipients are kept as they are'); END
    """,
    """
    CREATE TRIGGER audit_events_change BEFORE UPDATE ON audit_events
    WHEN OLD.log_index IS NOT NULL OR NEW.log_index IS NULL
        OR EXISTS (SELECT 1 FROM audit_events WHERE log_index = NEW.log_index)
        OR (NEW.id, NEW.salt, NEW.payload, NEW.recorded, NEW.user_id, NEW.organisation, NEW.code, NEW.action,
            NEW.outcome, NEW.object_type, NEW.object_id, NEW.purpose)
        IS NOT (OLD.id, OLD.salt, OLD.payload, OLD.recorded, OLD.user_id, OLD.organisation, OLD.code, OLD.action,
            OLD.outcome, OLD.object_type, OLD.object_id, OLD.purpose)
    BEGIN SELECT RAISE(ABORT, 'an audit event gets its index once and is not changed'); END
    """,
    """
    CREATE TRIGGER audit_events_keep BEFORE DELETE ON audit_events
    BEGIN SELECT RAISE(ABORT, 'rows of audit_events are kept as they are'); END
    """,
    """
    CREATE TRIGGER audit_events_replace BEFORE INSERT ON audit_events
    WHEN EXISTS (SELECT 1 FROM audit_events WHERE id = NEW.id OR log_index = NEW.log_index)
    BEGIN SELECT RAISE(ABORT, 'rows of audit_events are kept as they are'); END
    """,
)
