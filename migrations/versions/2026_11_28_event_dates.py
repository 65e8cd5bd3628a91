"""An audit event is dated as it says itself, and not after the database's clock; who tells of an erasure may erase.

One event that is dated far ahead would make every later erasure look false (docs/adr/0014-log.md), and an erasure that
the service's account tells of could explain events that somebody else took away. Both are read in the payload, for that
is what the log commits to; the columns beside it have to agree. Of dating back nobody gains anything: places are given
in order, and a place behind an event that is younger is never explained by an erasure.
"""

from __future__ import annotations

from alembic import op

revision = "2026_11_28_event_dates"
down_revision = "2026_11_28_regions"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for statement in _SQLITE_TRIGGERS:
            op.execute(statement)
        return
    op.execute(_POSTGRESQL_FUNCTION)
    op.execute(
        "CREATE TRIGGER audit_events_date BEFORE INSERT ON audit_events FOR EACH ROW EXECUTE FUNCTION event_is_of_now()"
    )


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for statement in _SQLITE_TRIGGERS:
            op.execute(f"DROP TRIGGER {statement.split()[2]}")
        return
    op.execute("DROP TRIGGER audit_events_date ON audit_events")
    op.execute("DROP FUNCTION event_is_of_now")


# Canonical JSON: no text in it holds a bare quote, so these can only be members of the event.
_POSTGRESQL_FUNCTION = """
    CREATE FUNCTION event_is_of_now() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $guard$
    BEGIN
        IF NEW.recorded IS DISTINCT FROM CAST(substring(NEW.payload FROM '"recorded":"([^"]*)"') AS timestamptz) THEN
            RAISE EXCEPTION 'an audit event is dated as it says itself'
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        IF NEW.recorded > clock_timestamp() + interval '1 hour' THEN
            RAISE EXCEPTION 'an audit event is not dated after the clock of the database'
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        IF strpos(NEW.payload, '"code":"audit.erase"') > 0 AND strpos(NEW.payload, '"outcome":"success"') > 0
            AND NOT has_table_privilege(current_user, TG_RELID, 'DELETE') THEN
            RAISE EXCEPTION 'only who may erase audit events tells of an erasure'
                USING ERRCODE = 'insufficient_privilege';
        END IF;
        RETURN NEW;
    END $guard$
"""

_SQLITE_TRIGGERS = (
    """
    CREATE TRIGGER audit_events_date BEFORE INSERT ON audit_events
    WHEN strftime('%Y-%m-%d %H:%M:%f', NEW.recorded)
        IS NOT strftime('%Y-%m-%d %H:%M:%f', json_extract(NEW.payload, '$.recorded'))
    BEGIN SELECT RAISE(ABORT, 'an audit event is dated as it says itself'); END
    """,
    """
    CREATE TRIGGER audit_events_ahead BEFORE INSERT ON audit_events
    WHEN NEW.recorded > strftime('%Y-%m-%d %H:%M:%f', 'now', '+1 hour')
    BEGIN SELECT RAISE(ABORT, 'an audit event is not dated after the clock of the database'); END
    """,
)
