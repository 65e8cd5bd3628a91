"""Reminders: addresses, what was told to whom, and the outbox of mails."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "2026_11_28_reminders"
down_revision = "2026_11_28_sealing"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
MOMENT = sa.DateTime(timezone=True)
UNDER_WAY = sa.text("ended_at IS NULL")


def upgrade() -> None:
    op.create_table(
        "contacts",
        sa.Column("organisation", TEXT, nullable=False),
        sa.Column("addresses", TEXT, nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("organisation", name=op.f("pk_contacts")),
        sa.ForeignKeyConstraint(["organisation"], ["organisations.id"], name=op.f("fk_contacts_organisation")),
    )
    op.create_table(
        "reminder_mails",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("organisation", TEXT, nullable=False),
        sa.Column("queued_at", MOMENT, nullable=False),
        sa.Column("next_try", MOMENT, nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("ended_at", MOMENT),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reminder_mails")),
        sa.ForeignKeyConstraint(["organisation"], ["organisations.id"], name=op.f("fk_reminder_mails_organisation")),
        sa.CheckConstraint("tries >= 0", name=op.f("ck_reminder_mails_tries_not_negative")),
    )
    op.create_index(
        "ix_reminder_mails_under_way",
        "reminder_mails",
        ["organisation"],
        unique=True,
        sqlite_where=UNDER_WAY,
        postgresql_where=UNDER_WAY,
    )
    op.create_table(
        "reminders",
        sa.Column("round", TEXT, nullable=False),
        sa.Column("organisation", TEXT, nullable=False),
        sa.Column("step", TEXT, nullable=False),
        sa.Column("mail", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("round", "step", "organisation", name=op.f("pk_reminders")),
        sa.ForeignKeyConstraint(["round"], ["rounds.id"], name=op.f("fk_reminders_round")),
        sa.ForeignKeyConstraint(["organisation"], ["organisations.id"], name=op.f("fk_reminders_organisation")),
        sa.ForeignKeyConstraint(["mail"], ["reminder_mails.id"], name=op.f("fk_reminders_mail")),
        sa.CheckConstraint("step IN ('14-days', '7-days', '1-day', 'overdue')", name=op.f("ck_reminders_step_known")),
    )
    op.create_index(op.f("ix_reminders_mail"), "reminders", ["mail"])


def downgrade() -> None:
    for table in ("reminders", "reminder_mails", "contacts"):
        op.drop_table(table)
