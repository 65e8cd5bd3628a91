"""Addresses for reminders and the outbox, in memory; the contract suite holds them to what the real ones do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from fake_repositories import _opened, present
from fake_tables import FakeTransaction

from service.adapters.database import RowRefused
from service.domain.reminder import Contact, Reminder, ReminderMail, ReminderStep


class FakeReminders:
    def __init__(self, transaction: FakeTransaction) -> None:
        self._t = transaction

    def contacts(self) -> Mapping[str, Contact]:
        return dict(self._t.read().contacts)

    def contact(self, organisation: str) -> Contact:
        return self._t.read(organisation).contacts.get(organisation, Contact(()))

    def set_contact(self, organisation: str, contact: Contact, at: datetime) -> None:
        tables = self._t.write(organisation, contact, at)
        tables.contacts.pop(organisation, None)
        if contact.addresses:
            self._t.require(tables.organisations, organisation)
            tables.contacts[organisation] = contact

    def take_turn(self) -> None:
        self._t.write()

    def told(self, round_: str, step: ReminderStep) -> frozenset[str]:
        every = self._t.read(round_).reminders.values()
        return frozenset(one.organisation for one in every if (one.round, one.step) == (round_, step))

    def add(self, reminder: Reminder) -> None:
        tables = self._t.write(reminder)
        key = reminder.round, reminder.step.value, reminder.organisation
        if key in tables.reminders:
            self._t.refuse(RowRefused("pk_reminders"))
        self._t.require(tables.rounds, reminder.round)
        self._t.require(tables.organisations, reminder.organisation)
        self._t.require(tables.reminder_mails, reminder.mail)
        tables.reminders[key] = reminder

    def of_mail(self, mail: str) -> Sequence[Reminder]:
        found = [one for one in self._t.read(mail).reminders.values() if one.mail == mail]
        return sorted(found, key=lambda one: (one.round, one.step.value))

    def add_mail(self, mail: ReminderMail) -> None:
        tables = self._t.write(mail)
        if mail.id in tables.reminder_mails:
            self._t.refuse(RowRefused("pk_reminder_mails"))
        if any(one.organisation == mail.organisation for one in self.under_way()):
            self._t.refuse(RowRefused("ix_reminder_mails_under_way"))
        self._t.require(tables.organisations, mail.organisation)
        tables.reminder_mails[mail.id] = mail

    def save_mail(self, mail: ReminderMail) -> None:
        tables = self._t.write(mail)
        known = present(tables.reminder_mails, mail.id, "reminder")
        tables.reminder_mails[mail.id] = replace(
            known, tries=mail.tries, next_try=mail.next_try, ended_at=mail.ended_at
        )

    def get_mail(self, mail: str, *, lock: bool = False) -> ReminderMail:
        return present(_opened(self._t, lock, mail).reminder_mails, mail, "reminder")

    def under_way(self) -> Sequence[ReminderMail]:
        every = self._t.read().reminder_mails.values()
        return sorted((one for one in every if one.ended_at is None), key=lambda one: (one.queued_at, one.id))
