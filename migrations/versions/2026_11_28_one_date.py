"""An audit event says its date once, in the form that verifiers read: no second one hides behind the first.

Whoever verifies an exported log reads the date of an event without parsing all of it
(`sluis_client.wire.log.erasures`), and the trigger read the first date of whatever form. A payload with two could be of
now for the database and of the future for every verifier, to whom all later erasures would look false
(docs/adr/0014-log.md).
"""

from __future__ import annotations

from alembic import op

revision = "2026_11_28_one_date"
down_revision = "2026_11_28_region_changes"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute(_SQLITE_TRIGGER)
        return
    op.execute(_FUNCTION.format(date=_DATE, once=_ONCE))


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER audit_events_one_date")
        return
    op.execute(_FUNCTION.format(date='"recorded":"([^"]*)"', once=""))


# Canonical JSON: no text in it holds a bare quote, so this can only be a member of the event.
_DATE = r'"recorded":"([12][0-9]{3}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\.[0-9]{6}Z)"'
_ONCE = """
            OR cardinality(string_to_array(NEW.payload, '"recorded":')) <> 2"""

_FUNCTION = """
    CREATE OR REPLACE FUNCTION event_is_of_now() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog
    AS $guard$
    BEGIN
        IF NEW.recorded IS DISTINCT FROM CAST(substring(NEW.payload FROM '{date}') AS timestamptz){once} THEN
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

_DIGITS = "[0-9]"
_FORM = "-".join(("[12]" + _DIGITS * 3, _DIGITS * 2, _DIGITS * 2)) + "T" + "[0-9:]" * 8 + "." + _DIGITS * 6 + "Z"
_SQLITE_TRIGGER = f"""
    CREATE TRIGGER audit_events_one_date BEFORE INSERT ON audit_events
    WHEN NEW.payload NOT GLOB '*"recorded":"{_FORM}"*'
        OR length(NEW.payload) - length(replace(NEW.payload, '"recorded":', '')) <> length('"recorded":')
    BEGIN SELECT RAISE(ABORT, 'an audit event is dated as it says itself'); END
"""
