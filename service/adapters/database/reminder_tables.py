"""The tables of reminders: where they go to, what was told to whom, and the mails of the outbox."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Integer, PrimaryKeyConstraint, Table, text

from service.adapters.database.columns import OneOf, PlainText, TextTuple, UtcDateTime, one_of
from service.adapters.database.tables import metadata, organisations, rounds
from service.domain.reminder import ReminderStep

contacts = Table(
    "contacts",
    metadata,
    Column("organisation", ForeignKey(organisations.c.id), primary_key=True),
    Column("addresses", TextTuple, nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
)

_UNDER_WAY = text("ended_at IS NULL")

# Of an organisation one mail at most is under way, whoever fills the outbox.
reminder_mails = Table(
    "reminder_mails",
    metadata,
    Column("id", PlainText, primary_key=True),
    Column("organisation", ForeignKey(organisations.c.id), nullable=False),
    Column("queued_at", UtcDateTime, nullable=False),
    Column("next_try", UtcDateTime, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("ended_at", UtcDateTime),
    CheckConstraint("tries >= 0", name="tries_not_negative"),
    Index(
        "ix_reminder_mails_under_way",
        "organisation",
        unique=True,
        sqlite_where=_UNDER_WAY,
        postgresql_where=_UNDER_WAY,
    ),
)

# The key is what makes a reminder exist once.
reminders = Table(
    "reminders",
    metadata,
    Column("round", ForeignKey(rounds.c.id), nullable=False),
    Column("organisation", ForeignKey(organisations.c.id), nullable=False),
    Column("step", OneOf(ReminderStep), nullable=False),
    Column("mail", ForeignKey(reminder_mails.c.id), nullable=False, index=True),
    PrimaryKeyConstraint("round", "step", "organisation"),
    one_of("step", ReminderStep),
)
