"""Addresses for reminders, and the outbox of mails."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import delete, insert, select, update

from service.adapters.database.reminder_tables import contacts, reminder_mails, reminders
from service.adapters.database.transaction import Transaction
from service.domain.errors import NotFound
from service.domain.reminder import Contact, Reminder, ReminderMail, ReminderStep


class SqlReminders:
    """Implements `service.ports.unit_of_work.Reminders`."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    def contacts(self) -> Mapping[str, Contact]:
        """Who has none has no row."""
        return {row["organisation"]: Contact(row["addresses"]) for row in self._transaction.rows(select(contacts))}

    def contact(self, organisation: str) -> Contact:
        """Without addresses when there is no row."""
        found = self._transaction.row(select(contacts).where(contacts.c.organisation == organisation))
        return Contact(found["addresses"] if found else ())

    def set_contact(self, organisation: str, contact: Contact, at: datetime) -> None:
        """The addresses before are gone: they are personal data, and nobody needs them any more."""
        self._transaction.write(delete(contacts).where(contacts.c.organisation == organisation))
        if contact.addresses:
            row = {"organisation": organisation, "addresses": contact.addresses, "changed_at": at}
            self._transaction.write(insert(contacts).values(**row))

    def take_turn(self) -> None:
        """Until the end of the transaction."""
        self._transaction.take_turn("reminders", "")

    def told(self, round_: str, step: ReminderStep) -> frozenset[str]:
        """In the outbox or sent, that makes no difference."""
        query = select(reminders.c.organisation).where(reminders.c.round == round_, reminders.c.step == step)
        return frozenset(row["organisation"] for row in self._transaction.rows(query))

    def add(self, reminder: Reminder) -> None:
        """Refused when it exists: the use case looked before, in its turn."""
        self._transaction.write(insert(reminders).values(**asdict(reminder)))

    def of_mail(self, mail: str) -> Sequence[Reminder]:
        """By round and step."""
        query = select(reminders).where(reminders.c.mail == mail).order_by(reminders.c.round, reminders.c.step)
        return [Reminder(**row) for row in self._transaction.rows(query)]

    def add_mail(self, mail: ReminderMail) -> None:
        """Refused while another one of the organisation is under way."""
        self._transaction.write(insert(reminder_mails).values(**asdict(mail)))

    def save_mail(self, mail: ReminderMail) -> None:
        """NotFound when it was never added."""
        how = {"tries": mail.tries, "next_try": mail.next_try, "ended_at": mail.ended_at}
        change = update(reminder_mails).where(reminder_mails.c.id == mail.id).values(**how)
        if not self._transaction.write(change):
            raise NotFound("reminder")

    def get_mail(self, mail: str, *, lock: bool = False) -> ReminderMail:
        """NotFound when there is none."""
        found = self._transaction.row(select(reminder_mails).where(reminder_mails.c.id == mail), lock=lock)
        if found is None:
            raise NotFound("reminder")
        return ReminderMail(**found)

    def under_way(self) -> Sequence[ReminderMail]:
        """Oldest first."""
        query = select(reminder_mails).where(reminder_mails.c.ended_at.is_(None))
        rows = self._transaction.rows(query.order_by(reminder_mails.c.queued_at, reminder_mails.c.id))
        return [ReminderMail(**row) for row in rows]
