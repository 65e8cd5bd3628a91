"""Addresses for reminders and the outbox of mails: on the fake and on both databases."""

from __future__ import annotations

from dataclasses import replace

import pytest
from database_samples import NOON, after, an_event, prepared

from service.adapters.database import RowRefused
from service.domain.errors import NotFound
from service.domain.reminder import Contact, Reminder, ReminderMail, ReminderStep
from service.ports.unit_of_work import Database

MAIL = ReminderMail("m-1", "north", NOON, NOON)
TOLD = Reminder("beds-2019", "north", ReminderStep.DAYS_7, "m-1")


def test_addresses_are_replaced_and_removed(database: Database) -> None:
    prepared(database)
    first, second = Contact(("a@north.example", "b@north.example")), Contact(("c@north.example",))
    with database.begin() as uow:
        assert uow.reminders.contact("north") == Contact(())
        uow.reminders.set_contact("north", first, NOON)
        uow.reminders.set_contact("south", second, NOON)
        uow.commit(an_event())
    with database.look() as uow:
        assert uow.reminders.contacts() == {"north": first, "south": second}
    with database.begin() as uow:
        uow.reminders.set_contact("north", second, after(1))
        uow.reminders.set_contact("south", Contact(()), after(1))
        uow.commit(an_event())
    with database.look() as uow:
        assert (uow.reminders.contact("north"), uow.reminders.contacts()) == (second, {"north": second})


def test_a_mail_is_under_way_until_it_ends(database: Database) -> None:
    prepared(database)
    with database.begin() as uow:
        uow.reminders.take_turn()
        uow.reminders.add_mail(replace(MAIL, id="m-2", organisation="south", queued_at=after(-1)))
        uow.reminders.add_mail(MAIL)
        uow.commit(an_event())
    tried = replace(MAIL, tries=1, next_try=after(10))
    with database.begin() as uow:
        assert [mail.id for mail in uow.reminders.under_way()] == ["m-2", "m-1"]
        assert uow.reminders.get_mail("m-1", lock=True) == MAIL
        uow.reminders.save_mail(tried)
        uow.reminders.save_mail(replace(uow.reminders.get_mail("m-2"), ended_at=after(2)))
        uow.commit(an_event())
    with database.look() as uow:
        assert uow.reminders.under_way() == [tried]
        assert uow.reminders.get_mail("m-2").ended_at == after(2)
        with pytest.raises(NotFound):
            uow.reminders.get_mail("m-3")
    with database.begin() as uow, pytest.raises(NotFound):
        uow.reminders.save_mail(replace(MAIL, id="m-3"))


def test_of_an_organisation_one_mail_is_under_way(database: Database) -> None:
    prepared(database)
    with database.begin() as uow:
        uow.reminders.add_mail(replace(MAIL, ended_at=after(1)))
        uow.reminders.add_mail(replace(MAIL, id="m-2"))
        uow.commit(an_event())
    with database.begin() as uow, pytest.raises(RowRefused):
        uow.reminders.add_mail(replace(MAIL, id="m-3"))


def test_a_reminder_exists_once(database: Database) -> None:
    prepared(database)
    later = replace(TOLD, step=ReminderStep.OVERDUE)
    with database.begin() as uow:
        uow.reminders.add_mail(MAIL)
        uow.reminders.add(later)
        uow.reminders.add(TOLD)
        uow.commit(an_event())
    with database.look() as uow:
        assert uow.reminders.told("beds-2019", ReminderStep.DAYS_7) == {"north"}
        assert uow.reminders.told("beds-2019", ReminderStep.DAYS_1) == frozenset()
        assert uow.reminders.of_mail("m-1") == [TOLD, later]
        assert uow.reminders.of_mail("m-2") == []
    with database.begin() as uow, pytest.raises(RowRefused):
        uow.reminders.add(TOLD)
