"""The tables of agreements, assessments and consents, and of who is a party to them."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Date, ForeignKey, Table
from sqlalchemy import PrimaryKeyConstraint as PrimaryKey

from service.adapters.database.columns import OneOf, PlainText, TextTuple, UtcDateTime, one_of
from service.adapters.database.tables import metadata, organisations
from service.domain.agreement import AgreementKind, AgreementState

# Triggers keep what an agreement says; only how it stands is changed, and that a party left.
agreements = Table(
    "agreements",
    metadata,
    Column("id", PlainText, primary_key=True),
    Column("kind", OneOf(AgreementKind), nullable=False),
    Column("reference", PlainText, nullable=False),
    Column("data_sets", TextTuple, nullable=False),
    Column("purposes", TextTuple, nullable=False),
    Column("valid_from", Date, nullable=False),
    Column("valid_until", Date),
    Column("state", OneOf(AgreementState), nullable=False),
    Column("recorder", PlainText, nullable=False),
    Column("recorded_at", UtcDateTime, nullable=False),
    Column("confirmer", PlainText),
    Column("withdrawn_at", UtcDateTime),
    Column("withdrawal_reason", PlainText),
    one_of("kind", AgreementKind),
    one_of("state", AgreementState),
    CheckConstraint("valid_until >= valid_from", name="dates"),
    CheckConstraint("confirmer <> recorder", name="four_eyes"),
    CheckConstraint(
        "state NOT IN ('confirmed', 'withdrawn') OR confirmer IS NOT NULL OR kind = 'supplier-consent'",
        name="confirmed_by_somebody",
    ),
    CheckConstraint(
        "(state = 'withdrawn') = (withdrawn_at IS NOT NULL) AND (withdrawn_at IS NULL) = (withdrawal_reason IS NULL)",
        name="withdrawn_with_reason",
    ),
    sqlite_with_rowid=False,
)

agreement_parties = Table(
    "agreement_parties",
    metadata,
    Column("agreement", ForeignKey(agreements.c.id), nullable=False),
    Column("organisation", ForeignKey(organisations.c.id), nullable=False, index=True),
    Column("left_at", UtcDateTime),
    Column("reason", PlainText),
    PrimaryKey("agreement", "organisation"),
    CheckConstraint("(left_at IS NULL) = (reason IS NULL)", name="left_with_reason"),
    sqlite_with_rowid=False,
)
