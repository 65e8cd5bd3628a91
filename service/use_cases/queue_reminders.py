"""The service looks who has to be reminded of a delivery, and puts a mail in the outbox for each of them.

Whatever stops the service, a reminder is put there once: supplier, round and step name it in the database. One mail
of an organisation is under way at a time; while it is, what comes due joins it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from service.domain import reminder_facts as facts
from service.domain.audit import DECIDED, Action, EventCode, Fact
from service.domain.reminder import Contact, Reminder, ReminderMail, ReminderStep, step_due
from service.domain.round import RoundState
from service.use_cases.call import Call, Step
from service.use_cases.read_calendar import every_round

LOOK = EventCode("reminder.look", Action.READ, "reminder", refusals_only=True)
EVENT = EventCode("reminder.queue", Action.CREATE, "reminder", DECIDED | {Fact.QUERY})


def any_reminder_due(call: Call) -> bool:
    """Whether anybody has to be reminded: most of the time nobody has, and then nothing is written.

    Raises:
        Denied: neither the service itself nor an operator.
    """
    with call.look(LOOK) as step:
        step.authorise(facts.may_remind(step.caller()))
        return next(_due(step, step.data.reminders.contacts()), None) is not None


def queue_reminders(call: Call) -> int:
    """Put in the outbox what is due now.

    1. Nobody else does so at the same moment.
    2. Due is each open round for each supplier with an address that has not delivered, once per step.
    3. It joins the mail of that supplier that is under way, or a new one.

    Returns:
        How many reminders were added.

    Raises:
        Denied: neither the service itself nor an operator.
    """
    with call.transact(EVENT) as step:
        step.authorise(facts.may_remind(step.caller()))
        outbox = step.data.reminders
        # 1
        outbox.take_turn()
        # 2
        due = list(_due(step, outbox.contacts()))
        # 3
        mails = {mail.organisation: mail for mail in outbox.under_way()}
        for round_, organisation, at in due:
            if organisation not in mails:
                made = ReminderMail(step.call.services.randomness.new_id(), organisation, step.now, step.now)
                outbox.add_mail(made)
                mails[organisation] = made
            outbox.add(Reminder(round_, organisation, at, mails[organisation].id))
        step.query = json.dumps({"reminders": len(due), "rounds": sorted({round_ for round_, _, _ in due})})
        return len(due)


def _due(step: Step, contacts: Mapping[str, Contact]) -> Iterator[tuple[str, str, ReminderStep]]:
    """Round, supplier and step of what is to be told now and was not told yet."""
    for round_ in every_round(step.data):
        at = step_due(round_, step.now) if round_.state is RoundState.OPEN else None
        if at is None:
            continue
        told = step.data.reminders.told(round_.id, at)
        for organisation in sorted(round_.expected & contacts.keys() - told):
            if step.data.submissions.counting(organisation, round_.id) is None:
                yield round_.id, organisation, at
