"""What auditors and suppliers search by: words of reasons, persons and inputs; and searches that auditors keep."""

from __future__ import annotations

import json
from collections.abc import Iterator

import sqlalchemy as sa
from alembic import op

revision = "2026_11_27_auditor"
down_revision = "2026_11_27_log"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    terms = op.create_table(
        "audit_terms",
        sa.Column("term", TEXT, nullable=False),
        sa.Column("recorded", MOMENT, nullable=False),
        sa.Column("event", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("term", "recorded", "event", name=op.f("pk_audit_terms")),
        sa.ForeignKeyConstraint(["event"], ["audit_events.id"], name=op.f("fk_audit_terms_event"), ondelete="CASCADE"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_audit_terms_event", "audit_terms", ["event"])
    op.create_table(
        "submission_persons",
        sa.Column("person", sa.LargeBinary(), nullable=False),
        sa.Column("submission", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("person", "submission", name=op.f("pk_submission_persons")),
        sa.ForeignKeyConstraint(["submission"], ["submissions.id"], name=op.f("fk_submission_persons_submission")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_submission_persons_submission", "submission_persons", ["submission"])
    of_releases = _inputs("release", "releases", deferrable=True, initially="DEFERRED")
    of_evidence = _inputs("evidence", "evidence")
    op.create_table(
        "saved_queries",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("owner", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("query", TEXT, nullable=False),
        sa.Column("saved_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_queries")),
        sa.UniqueConstraint("owner", "name", name=op.f("uq_saved_queries_owner_name")),
    )
    connection = op.get_bind()
    # What was written before is found as well. The inputs come before the triggers that keep them as they are.
    for table, owner, source in ((of_releases, "release", "releases"), (of_evidence, "evidence", "evidence")):
        made_of = sa.select(sa.column("id"), sa.column("inputs")).select_from(sa.table(source))
        for id_, inputs in connection.execute(made_of).all():
            if rows := [{owner: id_, "submission": name} for name in sorted(set(json.loads(inputs)))]:
                connection.execute(table.insert(), rows)
    events = sa.table("audit_events", sa.column("id", TEXT), sa.column("recorded", MOMENT), sa.column("payload", TEXT))
    query = sa.select(events.c.id, events.c.recorded, events.c.payload).execution_options(yield_per=1000)
    for id_, recorded, payload in connection.execute(query.where(events.c.payload.not_like('%"reasons":[]%'))):
        if rows := [{"term": term, "recorded": recorded, "event": id_} for term in _terms(json.loads(payload))]:
            connection.execute(terms.insert(), rows)
    if connection.dialect.name == "sqlite":
        for statement in _SQLITE_TRIGGERS:
            op.execute(statement)
    else:
        for statement in _POSTGRESQL_TRIGGERS:
            op.execute(statement)


def downgrade() -> None:
    for table in ("saved_queries", "evidence_inputs", "release_inputs", "submission_persons", "audit_terms"):
        op.drop_table(table)


def _inputs(owner: str, owners: str, **foreign: object) -> sa.Table:
    name = f"{owner}_inputs"
    made = op.create_table(
        name,
        sa.Column(owner, TEXT, nullable=False),
        sa.Column("submission", TEXT, nullable=False),
        sa.PrimaryKeyConstraint(owner, "submission", name=op.f(f"pk_{name}")),
        sa.ForeignKeyConstraint([owner], [f"{owners}.id"], name=op.f(f"fk_{name}_{owner}"), **foreign),
        sqlite_with_rowid=False,
    )
    op.create_index(f"ix_{name}_submission_{owner}", name, ["submission", owner])
    return made


def _terms(event: dict[str, object]) -> Iterator[str]:
    codes = {str(code).lower() for code in event["reasons"]}
    yield from sorted({f"reason:{word}" for code in codes for word in (code, *code.split("-")) if word})


_POSTGRESQL_TRIGGERS = (
    """
    CREATE TRIGGER release_inputs_come BEFORE INSERT ON release_inputs
    FOR EACH ROW EXECUTE FUNCTION recipient_comes_before_release()
    """,
    """
    CREATE TRIGGER release_inputs_keep BEFORE UPDATE OR DELETE ON release_inputs
    FOR EACH ROW EXECUTE FUNCTION row_is_kept()
    """,
    "CREATE TRIGGER release_inputs_keep_all BEFORE TRUNCATE ON release_inputs EXECUTE FUNCTION row_is_kept()",
)

_SQLITE_TRIGGERS = (
    """
    CREATE TRIGGER release_inputs_come BEFORE INSERT ON release_inputs
    WHEN EXISTS (SELECT 1 FROM releases WHERE id = NEW.release)
    BEGIN SELECT RAISE(ABORT, 'a release that exists gets no more inputs'); END
    """,
    """
    CREATE TRIGGER release_inputs_change BEFORE UPDATE ON release_inputs
    BEGIN SELECT RAISE(ABORT, 'rows of release_inputs are kept as they are'); END
    """,
    """
    CREATE TRIGGER release_inputs_keep BEFORE DELETE ON release_inputs
    BEGIN SELECT RAISE(ABORT, 'rows of release_inputs are kept as they are'); END
    """,
)
