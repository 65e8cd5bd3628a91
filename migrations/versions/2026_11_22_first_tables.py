"""The first tables: parties, deliveries, requests, releases and audit events."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "2026_11_22_first_tables"
down_revision = None
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _parties()
    _rounds()
    _submissions()
    _requests()
    _releases()
    _audit_events()


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.drop_constraint(op.f("fk_requests_release"), "requests", type_="foreignkey")
    else:
        # SQLite empties a table before it drops it: the check of who refers to whom waits until all are gone.
        op.execute("PRAGMA defer_foreign_keys = ON")
    for table in (
        "audit_events",
        "release_recipients",
        "releases",
        "reviews",
        "evidence",
        "requests",
        "upload_parts",
        "submissions",
        "expected_suppliers",
        "rounds",
        "used_tokens",
        "client_keys",
        "invitations",
        "organisations",
    ):
        op.drop_table(table)


def _parties() -> None:
    op.create_table(
        "organisations",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("kinds", TEXT, nullable=False),
        sa.Column("holding", TEXT, nullable=False),
        sa.Column("agreement_reference", TEXT, nullable=False),
        sa.Column("agreement_valid_from", sa.Date(), nullable=False),
        sa.Column("agreement_valid_until", sa.Date()),
        sa.Column("region", TEXT),
        sa.Column("identifiers", TEXT, nullable=False),
        sa.Column("suspended", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisations")),
        sa.CheckConstraint(
            "agreement_valid_until >= agreement_valid_from", name=op.f("ck_organisations_agreement_dates")
        ),
    )
    op.create_table(
        "invitations",
        sa.Column("code_hash", TEXT, nullable=False),
        sa.Column("organisation", TEXT, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("used_at", MOMENT),
        sa.PrimaryKeyConstraint("code_hash", name=op.f("pk_invitations")),
        sa.ForeignKeyConstraint(["organisation"], ["organisations.id"], name=op.f("fk_invitations_organisation")),
    )
    op.create_table(
        "client_keys",
        sa.Column("key_id", TEXT, nullable=False),
        sa.Column("organisation", TEXT, nullable=False),
        sa.Column("public_jwk", TEXT, nullable=False),
        sa.Column("registered_at", MOMENT, nullable=False),
        sa.Column("revoked_at", MOMENT),
        sa.PrimaryKeyConstraint("key_id", name=op.f("pk_client_keys")),
        sa.ForeignKeyConstraint(["organisation"], ["organisations.id"], name=op.f("fk_client_keys_organisation")),
    )
    op.create_index(op.f("ix_client_keys_organisation"), "client_keys", ["organisation"])
    op.create_table(
        "used_tokens",
        sa.Column("issuer", TEXT, nullable=False),
        sa.Column("jti", TEXT, nullable=False),
        sa.Column("until", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("issuer", "jti", name=op.f("pk_used_tokens")),
    )
    op.create_index(op.f("ix_used_tokens_until"), "used_tokens", ["until"])


def _rounds() -> None:
    op.create_table(
        "rounds",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("data_set", TEXT, nullable=False),
        sa.Column("data_set_version", sa.Integer(), nullable=False),
        sa.Column("period", TEXT, nullable=False),
        sa.Column("deadline", MOMENT, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("reason", TEXT),
        sa.Column("wrapped_key", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rounds")),
        sa.UniqueConstraint("data_set", "period", name=op.f("uq_rounds_data_set_period")),
        sa.CheckConstraint("state IN ('draft', 'open', 'closed', 'cancelled')", name=op.f("ck_rounds_state_known")),
    )
    op.create_table(
        "expected_suppliers",
        sa.Column("round", TEXT, nullable=False),
        sa.Column("organisation", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("round", "organisation", name=op.f("pk_expected_suppliers")),
        sa.ForeignKeyConstraint(["round"], ["rounds.id"], name=op.f("fk_expected_suppliers_round")),
        sa.ForeignKeyConstraint(
            ["organisation"], ["organisations.id"], name=op.f("fk_expected_suppliers_organisation")
        ),
    )
    op.create_index(op.f("ix_expected_suppliers_organisation"), "expected_suppliers", ["organisation"])


def _submissions() -> None:
    op.create_table(
        "submissions",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("organisation", TEXT, nullable=False),
        sa.Column("round", TEXT, nullable=False),
        sa.Column("data_set", TEXT, nullable=False),
        sa.Column("data_set_version", sa.Integer(), nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("idempotency_key", TEXT, nullable=False),
        sa.Column("manifest", TEXT, nullable=False),
        sa.Column("manifest_digest", TEXT, nullable=False),
        sa.Column("manifest_key_id", TEXT, nullable=False),
        sa.Column("manifest_signature", TEXT, nullable=False),
        sa.Column("content_digest", TEXT, nullable=False),
        sa.Column("format", TEXT, nullable=False),
        sa.Column("received_at", MOMENT, nullable=False),
        sa.Column("rows", sa.BigInteger()),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.Column("corrects", TEXT),
        sa.Column("accepted_at", MOMENT),
        sa.Column("part", TEXT),
        sa.Column("warnings", TEXT),
        sa.Column("faults", TEXT),
        sa.Column("receipt", TEXT),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_submissions")),
        sa.ForeignKeyConstraint(["organisation"], ["organisations.id"], name=op.f("fk_submissions_organisation")),
        sa.ForeignKeyConstraint(["round"], ["rounds.id"], name=op.f("fk_submissions_round")),
        sa.ForeignKeyConstraint(["corrects"], ["submissions.id"], name=op.f("fk_submissions_corrects")),
        sa.UniqueConstraint(
            "organisation", "idempotency_key", name=op.f("uq_submissions_organisation_idempotency_key")
        ),
        sa.UniqueConstraint(
            "organisation", "manifest_digest", name=op.f("uq_submissions_organisation_manifest_digest")
        ),
        sa.CheckConstraint(
            "state IN ('receiving', 'accepted', 'superseded', 'refused', 'abandoned')",
            name=op.f("ck_submissions_state_known"),
        ),
        sa.CheckConstraint("rows >= 0", name=op.f("ck_submissions_rows_not_negative")),
        sa.CheckConstraint(
            "state <> 'accepted' OR (part IS NOT NULL AND rows IS NOT NULL AND accepted_at IS NOT NULL)",
            name=op.f("ck_submissions_accepted_is_complete"),
        ),
    )
    op.create_index("ix_submissions_received_at_id", "submissions", ["received_at", "id"])
    op.create_index("ix_submissions_organisation_received_at_id", "submissions", ["organisation", "received_at", "id"])
    op.create_index("ix_submissions_round_received_at_id", "submissions", ["round", "received_at", "id"])
    accepted = sa.text("state = 'accepted'")
    op.create_index(
        "uq_submissions_accepted",
        "submissions",
        ["round", "organisation"],
        unique=True,
        sqlite_where=accepted,
        postgresql_where=accepted,
    )
    numbered = sa.text("state IN ('accepted', 'superseded')")
    op.create_index(
        "uq_submissions_version",
        "submissions",
        ["round", "organisation", "version"],
        unique=True,
        sqlite_where=numbered,
        postgresql_where=numbered,
    )
    op.create_table(
        "upload_parts",
        sa.Column("submission", TEXT, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("digest", TEXT, nullable=False),
        sa.Column("stored_as", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("submission", "number", name=op.f("pk_upload_parts")),
        sa.ForeignKeyConstraint(["submission"], ["submissions.id"], name=op.f("fk_upload_parts_submission")),
        sa.CheckConstraint("number >= 0", name=op.f("ck_upload_parts_number_not_negative")),
        sa.CheckConstraint("size >= 0", name=op.f("ck_upload_parts_size_not_negative")),
    )


def _requests() -> None:
    # Requests and releases refer to each other: PostgreSQL gets this one when both tables exist (`_releases`).
    to_release = sa.ForeignKeyConstraint(
        ["release"], ["releases.id"], name=op.f("fk_requests_release"), deferrable=True, initially="DEFERRED"
    )
    op.create_table(
        "requests",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("requester", TEXT, nullable=False),
        sa.Column("organisation", TEXT, nullable=False),
        sa.Column("spec", TEXT, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("decision", TEXT, nullable=False),
        sa.Column("policy_hash", TEXT, nullable=False),
        sa.Column("purpose_version", sa.Integer(), nullable=False),
        sa.Column("release", TEXT),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_requests")),
        sa.ForeignKeyConstraint(["organisation"], ["organisations.id"], name=op.f("fk_requests_organisation")),
        sa.CheckConstraint(
            "state IN ('denied', 'permitted', 'prepared', 'unsafe', 'failed', 'approved-once', 'approved', 'rejected',"
            " 'released')",
            name=op.f("ck_requests_state_known"),
        ),
        sa.CheckConstraint(
            "(state = 'released') = (release IS NOT NULL)", name=op.f("ck_requests_released_has_release")
        ),
        *([to_release] if op.get_bind().dialect.name == "sqlite" else []),
    )
    op.create_index("ix_requests_created_at_id", "requests", ["created_at", "id"])
    op.create_index("ix_requests_organisation_created_at_id", "requests", ["organisation", "created_at", "id"])
    op.create_index("ix_requests_state_created_at_id", "requests", ["state", "created_at", "id"])
    op.create_table(
        "evidence",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("request", TEXT, nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("inputs", TEXT, nullable=False),
        sa.Column("history", TEXT, nullable=False),
        sa.Column("safe", sa.Boolean(), nullable=False),
        sa.Column("tables", TEXT, nullable=False),
        sa.Column("report", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evidence")),
        sa.ForeignKeyConstraint(["request"], ["requests.id"], name=op.f("fk_evidence_request")),
        sa.UniqueConstraint("id", "request", name=op.f("uq_evidence_id_request")),
    )
    op.create_index("ix_evidence_request_made_at_id", "evidence", ["request", "made_at", "id"])
    op.create_table(
        "reviews",
        sa.Column("request", TEXT, nullable=False),
        sa.Column("evidence", TEXT, nullable=False),
        sa.Column("steward", TEXT, nullable=False),
        sa.Column("verdict", TEXT, nullable=False),
        sa.Column("reason", TEXT, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("evidence", "steward", name=op.f("pk_reviews")),
        sa.ForeignKeyConstraint(
            ["evidence", "request"], ["evidence.id", "evidence.request"], name=op.f("fk_reviews_evidence_request")
        ),
        sa.CheckConstraint("verdict IN ('approve', 'reject')", name=op.f("ck_reviews_verdict_known")),
    )


def _releases() -> None:
    op.create_table(
        "releases",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("request", TEXT, nullable=False),
        sa.Column("data_set", TEXT, nullable=False),
        sa.Column("purpose", TEXT, nullable=False),
        sa.Column("rounds", TEXT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("content", TEXT, nullable=False),
        sa.Column("content_digest", TEXT, nullable=False),
        sa.Column("key_id", TEXT, nullable=False),
        sa.Column("signature", TEXT, nullable=False),
        sa.Column("inputs", TEXT, nullable=False),
        sa.Column("released_at", MOMENT, nullable=False),
        sa.Column("withdrawn_at", MOMENT),
        sa.Column("withdrawal_reason", TEXT),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_releases")),
        sa.ForeignKeyConstraint(["request"], ["requests.id"], name=op.f("fk_releases_request")),
        sa.UniqueConstraint("request", "version", name=op.f("uq_releases_request_version")),
        sa.CheckConstraint(
            "(withdrawn_at IS NULL) = (withdrawal_reason IS NULL)", name=op.f("ck_releases_withdrawn_with_reason")
        ),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_releases_released_at_id", "releases", ["released_at", "id"])
    op.create_index("ix_releases_data_set_released_at_id", "releases", ["data_set", "released_at", "id"])
    op.create_table(
        "release_recipients",
        sa.Column("release", TEXT, nullable=False),
        sa.Column("organisation", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("release", "organisation", name=op.f("pk_release_recipients")),
        sa.ForeignKeyConstraint(
            ["release"],
            ["releases.id"],
            name=op.f("fk_release_recipients_release"),
            deferrable=True,
            initially="DEFERRED",
        ),
        sa.ForeignKeyConstraint(
            ["organisation"], ["organisations.id"], name=op.f("fk_release_recipients_organisation")
        ),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_release_recipients_organisation"), "release_recipients", ["organisation"])
    if op.get_bind().dialect.name == "postgresql":
        op.create_foreign_key(
            op.f("fk_requests_release"),
            "requests",
            "releases",
            ["release"],
            ["id"],
            deferrable=True,
            initially="DEFERRED",
        )


def _audit_events() -> None:
    op.create_table(
        "audit_events",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("log_index", sa.BigInteger()),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("payload", TEXT, nullable=False),
        sa.Column("recorded", MOMENT, nullable=False),
        sa.Column("user_id", TEXT, nullable=False),
        sa.Column("organisation", TEXT),
        sa.Column("code", TEXT, nullable=False),
        sa.Column("action", TEXT, nullable=False),
        sa.Column("outcome", TEXT, nullable=False),
        sa.Column("object_type", TEXT, nullable=False),
        sa.Column("object_id", TEXT),
        sa.Column("purpose", TEXT),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_events")),
        sa.UniqueConstraint("log_index", name=op.f("uq_audit_events_log_index")),
        sa.CheckConstraint("action IN ('C', 'R', 'U', 'D', 'E')", name=op.f("ck_audit_events_action_known")),
        sa.CheckConstraint("outcome IN ('success', 'denied', 'failed')", name=op.f("ck_audit_events_outcome_known")),
        sa.CheckConstraint("log_index >= 0", name=op.f("ck_audit_events_log_index_not_negative")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_audit_events_recorded_id", "audit_events", ["recorded", "id"])
    for name in ("user_id", "organisation", "code", "action", "outcome", "object_type", "object_id", "purpose"):
        op.create_index(f"ix_audit_events_{name}_recorded_id", "audit_events", [name, "recorded", "id"])
