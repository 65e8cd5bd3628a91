"""The tables. What must hold whatever the code does is a constraint here; triggers are in the migrations.

Names of constraints follow from one convention, because refusals are recognised by them (`refusals`).
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
    false,
    text,
)

from service.adapters.database.columns import OneOf, PlainText, TextTuple, UtcDateTime, one_of
from service.domain.audit import Action, Outcome
from service.domain.method import Mechanism
from service.domain.request import RequestState, Verdict
from service.domain.round import RoundState
from service.domain.submission import SubmissionState

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)

organisations = Table(
    "organisations",
    metadata,
    Column("id", PlainText, primary_key=True),
    Column("name", PlainText, nullable=False),
    Column("kinds", TextTuple, nullable=False),
    Column("holding", PlainText, nullable=False),
    Column("agreement_reference", PlainText, nullable=False),
    Column("agreement_valid_from", Date, nullable=False),
    Column("agreement_valid_until", Date),
    Column("identifiers", PlainText, nullable=False),
    Column("suspended", Boolean, nullable=False),
    Column("regions", TextTuple, nullable=False, server_default="[]"),
    CheckConstraint("agreement_valid_until >= agreement_valid_from", name="agreement_dates"),
)

invitations = Table(
    "invitations",
    metadata,
    Column("code_hash", PlainText, primary_key=True),
    Column("organisation", ForeignKey(organisations.c.id), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("used_at", UtcDateTime),
)

client_keys = Table(
    "client_keys",
    metadata,
    Column("key_id", PlainText, primary_key=True),
    Column("organisation", ForeignKey(organisations.c.id), nullable=False, index=True),
    Column("public_jwk", PlainText, nullable=False),
    Column("registered_at", UtcDateTime, nullable=False),
    Column("revoked_at", UtcDateTime),
)

used_tokens = Table(
    "used_tokens",
    metadata,
    Column("issuer", PlainText, nullable=False),
    Column("jti", PlainText, nullable=False),
    Column("until", UtcDateTime, nullable=False, index=True),
    PrimaryKeyConstraint("issuer", "jti"),
)

rounds = Table(
    "rounds",
    metadata,
    Column("id", PlainText, primary_key=True),
    Column("data_set", PlainText, nullable=False),
    Column("data_set_version", Integer, nullable=False),
    Column("period", PlainText, nullable=False),
    Column("deadline", UtcDateTime, nullable=False),
    Column("state", OneOf(RoundState), nullable=False),
    Column("reason", PlainText),
    Column("wrapped_key", PlainText, nullable=False),
    UniqueConstraint("data_set", "period"),
    one_of("state", RoundState),
)

expected_suppliers = Table(
    "expected_suppliers",
    metadata,
    Column("round", ForeignKey(rounds.c.id), nullable=False),
    Column("organisation", ForeignKey(organisations.c.id), nullable=False, index=True),
    PrimaryKeyConstraint("round", "organisation"),
)

submissions = Table(
    "submissions",
    metadata,
    Column("id", PlainText, primary_key=True),
    Column("organisation", ForeignKey(organisations.c.id), nullable=False),
    Column("round", ForeignKey(rounds.c.id), nullable=False),
    Column("data_set", PlainText, nullable=False),
    Column("data_set_version", Integer, nullable=False),
    Column("state", OneOf(SubmissionState), nullable=False),
    Column("version", Integer, nullable=False),
    Column("idempotency_key", PlainText, nullable=False),
    Column("manifest", PlainText, nullable=False),
    Column("manifest_digest", PlainText, nullable=False),
    Column("manifest_key_id", PlainText, nullable=False),
    Column("manifest_signature", PlainText, nullable=False),
    Column("content_digest", PlainText, nullable=False),
    Column("format", PlainText, nullable=False),
    Column("received_at", UtcDateTime, nullable=False),
    Column("rows", BigInteger),
    Column("late", Boolean, nullable=False),
    Column("corrects", ForeignKey("submissions.id")),
    Column("accepted_at", UtcDateTime),
    Column("part", PlainText),
    Column("warnings", PlainText),
    Column("faults", PlainText),
    Column("receipt", PlainText),
    Column("withdrawal", PlainText),
    Column("served_by", ForeignKey("submissions.id")),
    UniqueConstraint("organisation", "idempotency_key"),
    UniqueConstraint("organisation", "manifest_digest"),
    one_of("state", SubmissionState),
    CheckConstraint("rows >= 0", name="rows_not_negative"),
    CheckConstraint(
        "state <> 'accepted' OR (part IS NOT NULL AND rows IS NOT NULL AND accepted_at IS NOT NULL)",
        name="accepted_is_complete",
    ),
    Index("ix_submissions_served_by", "served_by"),
    Index("ix_submissions_received_at_id", "received_at", "id"),
    Index("ix_submissions_organisation_received_at_id", "organisation", "received_at", "id"),
    Index("ix_submissions_round_received_at_id", "round", "received_at", "id"),
)
_ACCEPTED = text("state = 'accepted'")
Index(
    "uq_submissions_accepted",
    submissions.c.round,
    submissions.c.organisation,
    unique=True,
    sqlite_where=_ACCEPTED,
    postgresql_where=_ACCEPTED,
)
# Deliveries that were refused, abandoned or are still coming in hold no number that another could need.
_NUMBERED = text("state IN ('accepted', 'superseded', 'withdrawn')")
Index(
    "uq_submissions_version",
    submissions.c.round,
    submissions.c.organisation,
    submissions.c.version,
    unique=True,
    sqlite_where=_NUMBERED,
    postgresql_where=_NUMBERED,
)

upload_parts = Table(
    "upload_parts",
    metadata,
    Column("submission", ForeignKey(submissions.c.id), nullable=False),
    Column("number", Integer, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("digest", PlainText, nullable=False),
    Column("stored_as", PlainText, nullable=False),
    PrimaryKeyConstraint("submission", "number"),
    CheckConstraint("number >= 0", name="number_not_negative"),
    CheckConstraint("size >= 0", name="size_not_negative"),
)

requests = Table(
    "requests",
    metadata,
    Column("id", PlainText, primary_key=True),
    Column("requester", PlainText, nullable=False),
    Column("organisation", ForeignKey(organisations.c.id), nullable=False),
    Column("spec", PlainText, nullable=False),
    Column("state", OneOf(RequestState), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("decision", PlainText, nullable=False),
    Column("policy_hash", PlainText, nullable=False),
    Column("purpose_version", Integer, nullable=False),
    # Request and release name each other: the check waits until the commit.
    Column("release", ForeignKey("releases.id", use_alter=True, deferrable=True, initially="DEFERRED")),
    one_of("state", RequestState),
    CheckConstraint("(state = 'released') = (release IS NOT NULL)", name="released_has_release"),
    Index("ix_requests_created_at_id", "created_at", "id"),
    Index("ix_requests_organisation_created_at_id", "organisation", "created_at", "id"),
    Index("ix_requests_state_created_at_id", "state", "created_at", "id"),
)

evidence = Table(
    "evidence",
    metadata,
    Column("id", PlainText, primary_key=True),
    Column("request", ForeignKey(requests.c.id), nullable=False),
    Column("made_at", UtcDateTime, nullable=False),
    Column("inputs", TextTuple, nullable=False),
    Column("history", TextTuple, nullable=False),
    Column("safe", Boolean, nullable=False),
    Column("tables", PlainText, nullable=False),
    Column("report", PlainText, nullable=False),
    UniqueConstraint("id", "request"),
    Index("ix_evidence_request_made_at_id", "request", "made_at", "id"),
)

reviews = Table(
    "reviews",
    metadata,
    Column("request", PlainText, nullable=False),
    Column("evidence", PlainText, nullable=False),
    Column("steward", PlainText, nullable=False),
    Column("verdict", OneOf(Verdict), nullable=False),
    Column("reason", PlainText, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    PrimaryKeyConstraint("evidence", "steward"),
    ForeignKeyConstraint(["evidence", "request"], [evidence.c.id, evidence.c.request]),
    one_of("verdict", Verdict),
)

# Tables that may never lose or change a row have no hidden rowid in SQLite by which a row could be replaced.
releases = Table(
    "releases",
    metadata,
    Column("id", PlainText, primary_key=True),
    Column("request", ForeignKey(requests.c.id), nullable=False),
    Column("data_set", PlainText, nullable=False),
    Column("purpose", PlainText, nullable=False),
    Column("rounds", TextTuple, nullable=False),
    Column("version", Integer, nullable=False),
    Column("content", PlainText, nullable=False),
    Column("content_digest", PlainText, nullable=False),
    Column("key_id", PlainText, nullable=False),
    Column("signature", PlainText, nullable=False),
    Column("inputs", TextTuple, nullable=False),
    Column("released_at", UtcDateTime, nullable=False),
    Column("withdrawn_at", UtcDateTime),
    Column("withdrawal_reason", PlainText),
    Column("revises", TextTuple, nullable=False, server_default="[]"),
    Column("certified", PlainText),
    Column("public", Boolean, nullable=False, server_default=false()),
    UniqueConstraint("request", "version"),
    CheckConstraint("(withdrawn_at IS NULL) = (withdrawal_reason IS NULL)", name="withdrawn_with_reason"),
    Index("ix_releases_released_at_id", "released_at", "id"),
    Index("ix_releases_data_set_released_at_id", "data_set", "released_at", "id"),
    sqlite_with_rowid=False,
)

# Written before their release, in the same transaction: once a release exists, nobody can be added to it.
release_recipients = Table(
    "release_recipients",
    metadata,
    Column("release", ForeignKey(releases.c.id, deferrable=True, initially="DEFERRED"), nullable=False),
    Column("organisation", ForeignKey(organisations.c.id), nullable=False, index=True),
    PrimaryKeyConstraint("release", "organisation"),
    sqlite_with_rowid=False,
)

# Losses are in thousandths. What was drawn is never drawn again, and what it cost stays spent: triggers keep the rows.
drawings = Table(
    "drawings",
    metadata,
    Column("id", PlainText, primary_key=True),
    Column("data_set", PlainText, nullable=False),
    Column("rounds", TextTuple, nullable=False),
    Column("mechanism", OneOf(Mechanism), nullable=False),
    Column("loss", Integer, nullable=False),
    Column("budget", Integer, nullable=False),
    Column("drawn_at", UtcDateTime, nullable=False),
    Column("figures", PlainText, nullable=False),
    one_of("mechanism", Mechanism),
    CheckConstraint("loss > 0 AND loss <= budget", name="loss_within_budget"),
    Index("ix_drawings_data_set_drawn_at_id", "data_set", "drawn_at", "id"),
    sqlite_with_rowid=False,
)

# What was certified of a release: the event that made it, its place in the log, and what the stewards approved.
certificates = Table(
    "certificates",
    metadata,
    Column("release", ForeignKey(releases.c.id), primary_key=True),
    Column("content", PlainText, nullable=False),
    Column("key_id", PlainText, nullable=False),
    Column("signature", PlainText, nullable=False),
    Column("made_at", UtcDateTime, nullable=False),
    sqlite_with_rowid=False,
)

_WAITING = text("log_index IS NULL")

# `payload` is the event; the columns beside it are there to search by. `log_index` waits for the sequencer and
# `salt` makes the leaf unguessable once the payload is erased (audit.md).
audit_events = Table(
    "audit_events",
    metadata,
    Column("id", PlainText, primary_key=True),
    Column("log_index", BigInteger, unique=True),
    Column("salt", LargeBinary, nullable=False),
    Column("payload", PlainText, nullable=False),
    Column("recorded", UtcDateTime, nullable=False),
    Column("user_id", PlainText, nullable=False),
    Column("organisation", PlainText),
    Column("code", PlainText, nullable=False),
    Column("action", OneOf(Action), nullable=False),
    Column("outcome", OneOf(Outcome), nullable=False),
    Column("object_type", PlainText, nullable=False),
    Column("object_id", PlainText),
    Column("purpose", PlainText),
    one_of("action", Action),
    one_of("outcome", Outcome),
    CheckConstraint("log_index >= 0", name="log_index_not_negative"),
    Index("ix_audit_events_recorded_id", "recorded", "id"),
    Index("ix_audit_events_waiting", "recorded", "id", sqlite_where=_WAITING, postgresql_where=_WAITING),
    *(
        Index(f"ix_audit_events_{name}_recorded_id", name, "recorded", "id")
        for name in ("user_id", "organisation", "code", "action", "outcome", "object_type", "object_id", "purpose")
    ),
    sqlite_with_rowid=False,
)

# The Merkle tree of the log (service/domain/log_tiles.py). A tile only grows, a checkpoint and a key stay.
log_tiles = Table(
    "log_tiles",
    metadata,
    Column("level", Integer, nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("hashes", LargeBinary, nullable=False),
    PrimaryKeyConstraint("level", "number"),
    CheckConstraint("level >= 0 AND number >= 0", name="place_not_negative"),
    CheckConstraint("length(hashes) BETWEEN 32 AND 8192 AND length(hashes) % 32 = 0", name="whole_hashes"),
    sqlite_with_rowid=False,
)

log_checkpoints = Table(
    "log_checkpoints",
    metadata,
    Column("size", BigInteger, primary_key=True, autoincrement=False),
    Column("root", LargeBinary, nullable=False),
    Column("note", PlainText, nullable=False),
    Column("signed_at", UtcDateTime, nullable=False),
    CheckConstraint("size > 0", name="size_positive"),
    sqlite_with_rowid=False,
)

log_keys = Table(
    "log_keys",
    metadata,
    Column("key", PlainText, primary_key=True),
    Column("since", UtcDateTime, nullable=False),
    Column("from_size", BigInteger, nullable=False, server_default="0"),
    Column("succession", PlainText),
    sqlite_with_rowid=False,
)
